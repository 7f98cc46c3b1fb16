"""Customers in blocks that fit into memory: their spine rows and their histories."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

import ibis
import pyarrow as pa

from ccml.engine.local_time import microseconds
from ccml.features.describe import prepared
from ccml.features.history import KEYS, History, pack
from ccml.features.partitions import PARTITION
from ccml.features.plan import CUSTOMERS, Plan

BYTES_PER_CELL, BYTES_PER_EVENT, BYTES_PER_ROW = 16, 80, 80
SHARE_OF_MEMORY = 0.25
"""Of the memory that the engine may use, as it holds most of a block twice."""


@dataclass(frozen=True)
class Block:
    """Some customers: their spine rows, ordered by partition, and their histories."""

    spine: pa.Table
    histories: Mapping[str, History]


@dataclass(frozen=True)
class Reading:
    """A spine whose customers have numbers, and all that is read for it.

    Args:
        spine: Keys, own columns, `partition`.
        people: customer_id and person, from 0 in the order of customer_id.
        plan: What is described.
        zone: Time zone of the site.
    """

    spine: ibis.Table
    people: ibis.Table
    plan: Plan
    zone: str

    def blocks(self, memory_bytes: float) -> Iterator[Block]:
        """Read block by block, customers in the order of their ids."""
        customers = int(self.people.count().execute())
        number = min(ceil(self._size() / (memory_bytes * SHARE_OF_MEMORY)), customers)
        for i in range(number):
            first, after = customers * i // number, customers * (i + 1) // number
            yield self._block(first, after)

    def _size(self) -> int:
        """Estimate the bytes of all rows and histories."""
        size = int(self.spine.count().execute()) * BYTES_PER_ROW
        for events in self._tables().values():
            cells = BYTES_PER_CELL * len(events.columns) + BYTES_PER_EVENT
            size += int(events.count().execute()) * cells
        return max(size, 1)

    def _tables(self) -> dict[str, ibis.Table]:
        found = {name: table.events for name, table in self.plan.tables.items()}
        if self.plan.customers is not None:
            found[CUSTOMERS] = self.plan.customers
        return found

    def _block(self, first: int, after: int) -> Block:
        person = self.people.person
        people = self.people.filter((person >= first) & (person < after))
        people = people.mutate(person=(people.person - first).cast("int32"))
        histories = {
            name: pack(self._events(events, people), after - first)
            for name, events in self._tables().items()
        }
        ready = prepared(self.plan, histories, self.zone)
        return Block(self._rows(people), ready)

    def _events(self, events: ibis.Table, people: ibis.Table) -> pa.Table:
        found = events.join(people, "customer_id")
        described = [c for c in events.columns if c not in ("customer_id", *KEYS)]
        return found.select(
            "person",
            "event_id",
            event_at=microseconds(found.event_at),
            known_at=microseconds(found.known_at),
            **{column: found[column] for column in described},
        ).to_pyarrow()

    def _rows(self, people: ibis.Table) -> pa.Table:
        found = self.spine.join(people, "customer_id")
        order = [PARTITION, "person", "cutoff_at"]
        order += ["event_id"] if "event_id" in self.spine.columns else []
        rows = found.select(
            *self.spine.columns, "person", cutoff_us=microseconds(found.cutoff_at)
        )
        return rows.order_by(order).to_pyarrow()
