"""The drawn tables with another future, without a future, and with another past."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.config.expressions import condition_columns
from ccml.features.attributes import VALID_TO
from ccml.features.audit.garbage import GONE, TEN, Dice, replaced, with_fates
from ccml.features.audit.memory import Tables
from ccml.features.audit.sample import (
    LINKS,
    Sample,
    id_column,
    instants,
    turns_of,
    usable_from,
)
from ccml.features.plan import CUSTOMERS
from ccml.features.reference_rows import CALLS

DAY = pa.scalar(86_400_000_000, pa.duration("us"))


@dataclass(frozen=True)
class Spared:
    """Events that make spine rows whose features are compared: they stay as they are."""

    table: str | None
    ids: frozenset[str]

    def rows(self, table: str, rows: pa.Table) -> Any:
        """Tell which rows of a table are spared (rows)."""
        if self.table is None or table not in (self.table, *self._links()):
            return np.zeros(len(rows), bool)
        ids = rows[id_column(table)].to_pylist()
        return np.array([str(i) in self.ids for i in ids], bool)

    def _links(self) -> tuple[str, ...]:
        return (LINKS,) if self.table == CALLS else ()


def spared(sample: Sample, compared: pa.Table) -> Spared:
    """Spare the events of compared spine rows."""
    each = sample.config.spines[sample.spine].each
    if each is None:
        return Spared(None, frozenset())
    return Spared(each, frozenset(map(str, compared["event_id"].to_pylist())))


def other_future(sample: Sample, keep: Spared) -> Tables:
    """Make garbage of what happened, or was known, at or after each customer's turn."""
    made = {}
    for table in _ordered(sample.tables):
        turns = turns_of(sample, sample.tables, table)
        is_future = usable_from(sample.tables, table) >= turns
        dice = dice_of(sample, f"future of {table}")
        made[table] = _perturbed(sample, table, is_future, (GONE, TEN + 1), keep, dice)
    if CUSTOMERS in made:
        turns = turns_of(sample, made, CUSTOMERS)
        made[CUSTOMERS] = _not_yet_ended(made[CUSTOMERS], turns)
    return linked(sample, made)


def other_past(sample: Sample, keep: Spared) -> Tables:
    """Change or leave out what was usable before each customer's turn."""
    made = {}
    for table in _ordered(sample.tables):
        turns = turns_of(sample, sample.tables, table)
        is_past = usable_from(sample.tables, table) < turns
        dice = dice_of(sample, f"past of {table}")
        fates = (GONE + (table == CUSTOMERS), TEN)
        rows = _perturbed(sample, table, is_past, fates, keep, dice)
        made[table] = _a_day_earlier(rows) if table == CUSTOMERS else rows
    return linked(sample, made)


def cut_at(sample: Sample, moment: datetime, keep: Spared) -> Tables:
    """Leave out what happened, or was known, at or after a moment."""
    cut = np.datetime64(moment.replace(tzinfo=None), "us")
    made = {}
    for table, rows in sample.tables.items():
        stays = (usable_from(sample.tables, table) < cut) | keep.rows(table, rows)
        made[table] = rows.filter(pa.array(stays))
    if CUSTOMERS in made:
        made[CUSTOMERS] = _not_yet_ended(made[CUSTOMERS], cut)
    return made


def _ordered(tables: Iterable[str]) -> list[str]:
    """Name the tables that are changed by themselves; links follow their calls."""
    return [table for table in tables if table != LINKS]


def _perturbed(
    sample: Sample,
    table: str,
    chosen: Any,
    fates: tuple[int, int],
    keep: Spared,
    dice: Dice,
) -> pa.Table:
    rows = sample.tables[table]
    fate = dice.integers(*fates, len(rows))
    fate[~chosen | keep.rows(table, rows)] = -1
    return with_fates(table, rows, fate, dice, _deciding(sample, table))


def _deciding(sample: Sample, table: str) -> list[str]:
    """Name the columns that decide which rows the spine has."""
    spine = sample.config.spines[sample.spine]
    if table not in (spine.each, None if spine.each else CUSTOMERS):
        return []
    columns = condition_columns(spine.where) if spine.where else []
    ends = [VALID_TO] if table == CUSTOMERS else [spine.at]
    return [*columns, *ends]


def linked(sample: Sample, made: dict[str, pa.Table]) -> Tables:
    """Link the calls that there are now as the drawn ones were linked."""
    if LINKS in sample.tables:
        made[LINKS] = _links(sample.tables[LINKS], made[CALLS])
    return made


def _links(links: pa.Table, calls: pa.Table) -> pa.Table:
    """Link each call as the one was linked of which it is, or is a copy of."""
    place = {call: i for i, call in enumerate(links["call_id"].to_pylist())}
    ids = calls["call_id"].to_pylist()
    origin = [i if i in place else i.rpartition(" ")[0] for i in ids]
    found = links.take(pa.array([place[i] for i in origin], pa.int64()))
    return replaced(found, "call_id", ids)


def _a_day_earlier(customers: pa.Table) -> pa.Table:
    for column in ("valid_from", "known_at"):
        earlier = pc.subtract(customers[column], DAY)
        customers = replaced(customers, column, earlier)
    return customers


def _not_yet_ended(customers: pa.Table, moments: Any) -> pa.Table:
    """Forget the ends of validity that lie at or after a moment, or one per row."""
    is_known = instants(customers[VALID_TO]) < moments
    ends = pc.if_else(pa.array(is_known), customers[VALID_TO], None)
    return replaced(customers, VALID_TO, ends)


def dice_of(sample: Sample, what: str) -> Dice:
    """Give dice that fall alike in every run, for whole columns."""
    text = f"{sample.config.seed} {sample.spine} {what}"
    seed = int.from_bytes(sha256(text.encode()).digest()[:8])
    return np.random.default_rng(seed)
