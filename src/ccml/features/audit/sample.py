"""The customers whom the audit draws, their rows of a spine, and all their tables."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.config.engine import LOCAL
from ccml.config.features import SpineConfig
from ccml.config.project import ProjectConfig
from ccml.features.audit.memory import Tables
from ccml.features.plan import CUSTOMERS, Plan
from ccml.features.reference_rows import CALLS, CONTACTS, Company
from ccml.features.spine import spine_keys
from ccml.project import Project
from ccml.sources.watermark import data_until

LINKS = "identity_map"
HERE = {"backend": "duckdb", "master": LOCAL, "options": {}}
"""A sample is small: it is described in this process, whatever engine made the rest."""


@dataclass(frozen=True)
class Sample:
    """Some customers' stored tables, and the config that describes them.

    Args:
        spine: Name of the spine.
        keys: Key columns of the spine.
        config: The project's, with what was found in the whole data written into it:
            values that are told apart, first cutoffs and the end of the data.
        tables: Stored tables of these customers.
        turns: A moment per customer, one of the customer's cutoffs: what comes from then
            on is the future of the customer's rows until then.
    """

    spine: str
    keys: list[str]
    config: ProjectConfig
    tables: Tables
    turns: Mapping[str, datetime]
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def company(self) -> Company:
        """The tables as plain rows."""
        return company(self.tables, self.config)

    def chance(self, what: str) -> random.Random:
        """Give dice that fall alike in every run."""
        return random.Random(f"{self.config.seed} {self.spine} {what}")  # noqa: S311


def company(tables: Tables, config: ProjectConfig) -> Company:
    """Lay tables out as plain rows."""
    return Company({name: rows.to_pylist() for name, rows in tables.items()}, config)


def draw(
    project: Project, name: str, plan: Plan, more_tables: Iterable[str] = ()
) -> Sample:
    """Draw customers of a spine by a hash of their ids, and read what is theirs.

    Args:
        project: The project, whose spine and features stand.
        name: The spine.
        plan: Its features.
        more_tables: Event tables that labels need beside those of features.
    """
    spine = project.config.spines[name]
    keys = spine_keys(spine)
    stored = project.store.read(f"spine__{name}")
    rows = stored.group_by("customer_id").agg(rows=stored.count()).to_pyarrow()
    ids = _drawn(rows, project)
    turns = _turns(stored, ids, project.config.seed)
    needed = {*plan.tables, *more_tables, *([spine.each] if spine.each else [])}
    tables = {
        table: part
        for event_table in sorted(needed)
        for table, part in _of_customers(project, event_table, ids).items()
    }
    if project.config.sources.customers is not None:
        tables |= _of_customers(project, CUSTOMERS, ids)
    config = _as_it_was(project, plan)
    return Sample(name, keys, config, tables, turns)


def stable_order(ids: Iterable[str], seed: int) -> list[str]:
    """Order ids by a hash, which has nothing to do with what they are."""
    return sorted(ids, key=lambda i: sha256(f"{seed}:{i}".encode()).digest())


def _drawn(rows: pa.Table, project: Project) -> list[str]:
    audit, seed = project.config.audit, project.config.seed
    counted = dict(
        zip(*(rows[c].to_pylist() for c in ("customer_id", "rows")), strict=True)
    )
    chosen: list[str] = []
    left = audit.rows
    for customer_id in stable_order(counted, seed):
        fits = counted[customer_id] <= left
        if fits and len(chosen) < audit.customers:
            chosen.append(customer_id)
            left -= counted[customer_id]
    return chosen or stable_order(counted, seed)[:1]


def _turns(stored: ibis.Table, ids: Sequence[str], seed: int) -> dict[str, datetime]:
    rows = stored.filter(stored.customer_id.isin(ids))
    found: dict[str, list[datetime]] = {}
    for row in rows.select("customer_id", "cutoff_at").to_pyarrow().to_pylist():
        found.setdefault(row["customer_id"], []).append(row["cutoff_at"])
    chance = random.Random(seed)  # noqa: S311 - no secret
    return {i: sorted(found[i])[chance.randrange(len(found[i]))] for i in sorted(found)}


def _of_customers(
    project: Project, table: str, ids: Sequence[str]
) -> dict[str, pa.Table]:
    """Read the rows of some customers; calls come with the links that make them theirs."""
    rows = project.store.read(table)
    if table != CALLS:
        return {table: _plain(rows.filter(rows.customer_id.isin(ids)).to_pyarrow())}
    links = project.store.read(LINKS)
    links = links.filter(links.customer_id.isin(ids))
    own = rows.semi_join(links, "call_id")
    return {CALLS: _plain(own.to_pyarrow()), LINKS: _plain(links.to_pyarrow())}


def _plain(rows: pa.Table) -> pa.Table:
    """Order rows in one way, whatever the engine gave first."""
    first = [c for c in ("call_id", "event_id", "contact_id", "customer_id", "valid_from")
             if c in rows.column_names]  # fmt: skip
    return rows.combine_chunks().sort_by([(column, "ascending") for column in first])


def _as_it_was(project: Project, plan: Plan) -> ProjectConfig:
    """Write into the config what a sample could not tell by itself."""
    config = project.config
    tables = {
        name: table.model_copy(update={"values": _values(plan, name)})
        for name, table in config.features.tables.items()
    }
    features = config.features.model_copy(update={"tables": tables})
    spines = {name: _with_first(project, name) for name in config.spines}
    until = data_until(project)
    engine = config.engine.model_copy(update=HERE)
    return config.model_copy(
        update={
            "features": features,
            "spines": spines,
            "data_until": until,
            "engine": engine,
        }
    )


def _values(plan: Plan, name: str) -> dict[str, list[str]]:
    from ccml.features.listing import DAY_PART

    values = plan.tables[name].values
    return {column: list(kept) for column, kept in values.items() if column != DAY_PART}


def _with_first(project: Project, name: str) -> SpineConfig:
    spine = project.config.spines[name]
    if spine.first or not spine.every or f"spine__{name}" not in project.store.names():
        return spine
    first = project.store.read(f"spine__{name}").cutoff_at.min().execute()
    return spine.model_copy(update={"first": first.astimezone(project.zone).date()})


def id_column(table: str) -> str:
    """Name the key of an event table."""
    return {CALLS: "call_id", CONTACTS: "contact_id", LINKS: "call_id"}.get(
        table, "event_id"
    )


def happened_column(table: str) -> str:
    """Name the column that says when a row happened, or began."""
    return {CALLS: "started_at", CUSTOMERS: "valid_from", LINKS: "known_at"}.get(
        table, "event_at"
    )


def owners(tables: Tables, table: str) -> list[str]:
    """Give the customer of each row of a table."""
    if table != CALLS:
        found: list[str] = tables[table]["customer_id"].to_pylist()
        return found
    links = tables[LINKS]
    of_call = dict(
        zip(links["call_id"].to_pylist(), links["customer_id"].to_pylist(), strict=True)
    )
    return [of_call[call] for call in tables[CALLS]["call_id"].to_pylist()]


def usable_from(tables: Tables, table: str) -> Any:
    """Give when each row had happened and was known, as NumPy instants (rows)."""
    rows = tables[table]
    moments = [instants(rows[happened_column(table)]), instants(rows["known_at"])]
    if table in (CALLS, LINKS):
        moments += [_beside(tables, table)]
    return np.maximum.reduce(moments)


def _beside(tables: Tables, table: str) -> Any:
    """Give when the link of each call, or the call of each link, was known."""
    other = LINKS if table == CALLS else CALLS
    known = dict(
        zip(tables[other]["call_id"].to_pylist(), instants(tables[other]["known_at"]),
            strict=True)
    )  # fmt: skip
    return np.array([known[call] for call in tables[table]["call_id"].to_pylist()])


def instants(column: pa.ChunkedArray) -> Any:
    """Read instants in UTC; null is never later than anything."""
    plain = pc.cast(column, pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    found = plain.to_numpy(zero_copy_only=False)
    return np.where(np.isnat(found), np.datetime64(0, "us"), found)


def turns_of(sample: Sample, tables: Tables, table: str) -> Any:
    """Give the turn of each row's customer, as NumPy instants (rows)."""
    turns = {
        i: np.datetime64(t.replace(tzinfo=None), "us") for i, t in sample.turns.items()
    }
    return np.array([turns[i] for i in owners(tables, table)], "datetime64[us]")
