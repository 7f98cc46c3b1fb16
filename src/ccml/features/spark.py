"""Features of a spine by Spark: it brings customers together and gives out the work."""

import shutil
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from ccml.config.features import SpineConfig
from ccml.engine.atomic import remove_leftovers
from ccml.engine.digest import code_version
from ccml.engine.local_time import microseconds
from ccml.engine.spark import errors_of_workers
from ccml.engine.spark_rows import SharedRows
from ccml.features.blocks import SHARE_OF_MEMORY
from ccml.features.history import KEYS
from ccml.features.inputs import customer_intervals, described_events
from ccml.features.partitions import CODE, PARTITION, with_partition
from ccml.features.plan import CUSTOMERS, Plan, plain_events
from ccml.features.spark_pieces import SPINE, Work, join_pieces, write_pieces
from ccml.features.spark_rows import CUSTOMER, put_together
from ccml.features.spine import spine_keys
from ccml.features.writing import Due
from ccml.project import Project

if TYPE_CHECKING:
    from ccml.engine.spark_sql import SparkBackend
    from ccml.engine.spark_store import SparkStore

PIECES = "pieces"
TOLD = "label string, file string, first string"


@dataclass(frozen=True)
class SparkWriting:
    """All partitions that are due, and where their rows come from.

    Args:
        tables: Rows of the spine and events, by table, all with customer_id.
        plan: What is described; its tables are not looked at.
        zone: Time zone of the site.
        keys: Columns that identify a row.
        due: Partitions to be written, by name.
        kept: Names of the files of partitions that stand as they are.
        block_bytes: Size of a block of customers that a worker describes.
        shared: Files of the spine, which must stand until all is written.
    """

    tables: Mapping[str, ibis.Table]
    plan: Plan
    zone: str
    keys: list[str]
    due: Mapping[str, Due]
    kept: list[str]
    block_bytes: float
    shared: SharedRows

    def fill(self, folder: Path) -> None:
        """Write the files of all partitions that are due."""
        if not self.due:
            return
        with errors_of_workers():
            pieces = self._describe(folder.absolute() / PIECES)
            self._join(pieces, folder.absolute())
        shutil.rmtree(folder / PIECES)
        # A task that Spark began twice may have left half a file.
        remove_leftovers(folder)

    @property
    def _engine(self) -> "SparkBackend":
        backend: SparkBackend = ibis.get_backend(self.tables[SPINE])
        return backend

    def _describe(self, folder: Path) -> dict[str, list[str]]:
        """Describe all customers; give the pieces of each partition in their order."""
        folder.mkdir()
        frames = {name: self._engine.frame(rows) for name, rows in self.tables.items()}
        rows, layout = put_together(frames)
        work = Work(
            self.plan,
            {label: due.missing for label, due in self.due.items()},
            self.zone,
            self.keys,
            layout,
            folder,
            self.block_bytes,
            code_version(CODE),
        )
        in_order = rows.repartitionByRange(CUSTOMER).sortWithinPartitions(CUSTOMER)
        told = in_order.mapInArrow(lambda batches: write_pieces(work, batches), TOLD)
        pieces: dict[str, list[str]] = defaultdict(list)
        for piece in sorted(told.collect(), key=lambda piece: piece["first"]):
            pieces[piece["label"]].append(piece["file"])
        return pieces

    def _join(self, pieces: Mapping[str, list[str]], folder: Path) -> None:
        """Let each partition's file be written by one task."""
        keys = self.keys
        jobs = [(due, pieces[label]) for label, due in self.due.items()]
        context = self._engine.session.sparkContext
        spread = context.parallelize(jobs, len(jobs))
        spread.map(lambda job: join_pieces(job[0], job[1], keys, folder)).collect()


def spark_writing(
    seen: Project,
    name: str,
    shared: SharedRows,
    plan: Plan,
    found: tuple[Mapping[str, Due], list[str]],
) -> SparkWriting:
    """Let Spark open all that is needed for the partitions that are due.

    Args:
        seen: The project as Spark sees it.
        name: Name of the spine.
        shared: Its rows.
        plan: What is described.
        found: Partitions that are due, and the files that stand.
    """
    config, engine, (due, kept) = seen.config.spines[name], seen.config.engine, found
    tables = {SPINE: _spine(seen, config, shared, list(due)), **_histories(seen, plan)}
    task_bytes = engine.memory_limit_gb * 1e9 / engine.threads
    return SparkWriting(
        tables,
        without_tables(plan),
        seen.config.time_zone,
        spine_keys(config),
        due,
        kept,
        task_bytes * SHARE_OF_MEMORY,
        shared,
    )


def _spine(
    seen: Project, config: SpineConfig, shared: SharedRows, labels: list[str]
) -> ibis.Table:
    store: SparkStore = seen.store  # type: ignore[assignment]
    rows = with_partition(store.open(shared.files), config, seen.config.time_zone)
    rows = rows.filter(rows[PARTITION].isin(labels))
    return rows.mutate(cutoff_us=microseconds(rows.cutoff_at))


def _histories(seen: Project, plan: Plan) -> dict[str, ibis.Table]:
    described = seen.config.features.tables
    found = {
        name: _events(
            described_events(seen, name)
            if name in described
            else plain_events(seen, name)
        )
        for name in plan.tables
    }
    if plan.customers is not None:
        found[CUSTOMERS] = _events(customer_intervals(seen))
    return found


def _events(events: ibis.Table) -> ibis.Table:
    described = [c for c in events.columns if c not in (CUSTOMER, *KEYS)]
    return events.select(
        CUSTOMER,
        "event_id",
        event_at=microseconds(events.event_at),
        known_at=microseconds(events.known_at),
        **{column: events[column] for column in described},
    )


def without_tables(plan: Plan) -> Plan:
    """Give a plan that can be sent away: its tables have columns, but no rows."""
    return replace(
        plan,
        tables={
            name: replace(table, events=_empty(table.events))
            for name, table in plan.tables.items()
        },
        customers=None if plan.customers is None else _empty(plan.customers),
    )


def _empty(table: ibis.Table) -> ibis.Table:
    return ibis.table(table.schema(), name="elsewhere")
