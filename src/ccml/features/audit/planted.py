"""Events planted exactly at, just before and just after the edges of windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from ccml.features.audit.memory import Tables
from ccml.features.audit.sample import (
    LINKS,
    Sample,
    company,
    happened_column,
    id_column,
)
from ccml.features.catalogue import Feature
from ccml.features.reference_rows import CALLS, Row
from ccml.features.reference_values import meets, value_of
from ccml.windows import Horizon

TICK = timedelta(microseconds=1)
PLANTED = "planted"


@dataclass(frozen=True)
class Spot:
    """A place beside a cutoff: when the event happens, and when it is known.

    Args:
        name: What is said of it in the report.
        happens: From the cutoff to the event.
        known: From the cutoff to when it is known.
    """

    name: str
    happens: timedelta
    known: timedelta

    def in_window(self, days: int | None) -> bool:
        """Tell whether a feature over a window must count the event."""
        is_inside = days is None or self.happens >= -timedelta(days=days)
        return is_inside and self.happens < timedelta(0) and self.known < timedelta(0)

    def in_horizon(self, horizon: Horizon) -> bool:
        """Tell whether a label must count the event."""
        return horizon.starts_after <= self.happens < horizon.ends_after


def spots(windows_days: Sequence[int], horizons: Sequence[Horizon]) -> list[Spot]:
    """List the places at which it is decided what an event counts for."""
    found = {
        "at the cutoff": timedelta(0),
        "just before the cutoff": -TICK,
    }
    for days in sorted({*windows_days}):
        edge = -timedelta(days=days)
        found[f"at the start of {days} days"] = edge
        found[f"just before {days} days"] = edge - TICK
    for horizon in horizons:
        start, end = horizon.starts_after, horizon.ends_after
        span = f"the label's {horizon.horizon_days:g} days"
        found |= {
            f"at the start of {span}": start,
            f"just before {span}": start - TICK,
            f"at the end of {span}": end,
            f"just inside the end of {span}": end - TICK,
        }
    late = -timedelta(hours=1)
    return [
        *(Spot(name, at, at) for name, at in found.items()),
        Spot("known at the cutoff", late, timedelta(0)),
        Spot("known just before the cutoff", late, -TICK),
    ]


@dataclass(frozen=True)
class Planted:
    """The drawn tables with one more event per customer, beside the customer's turn.

    Args:
        tables: All tables.
        spot: Where the event was planted, by customer.
        events: Tables that have got events.
    """

    tables: Tables
    spot: Mapping[str, Spot]
    events: frozenset[str]


def plant(
    sample: Sample, places: Sequence[Spot], where: Mapping[str, Sequence[str | None]]
) -> Planted:
    """Plant one event per customer and table, every place as often.

    Args:
        sample: What was drawn.
        places: Where events may be planted.
        where: Table to the conditions that its event must meet.
    """
    people = sorted(sample.turns)
    chance = sample.chance("places")
    chance.shuffle(people)
    spot = {i: places[n % len(places)] for n, i in enumerate(people)}
    tables = dict(sample.tables)
    sown = set()
    for table, conditions in where.items():
        pattern = _pattern(sample, table, conditions)
        if pattern is not None:
            rows = [_sown(table, pattern, i, sample.turns[i], spot[i]) for i in people]
            tables[table] = _with_rows(tables[table], rows)
            if table == CALLS:
                tables[LINKS] = _with_rows(tables[LINKS], _links(sample, rows))
            sown.add(table)
    return Planted(tables, spot, frozenset(sown))


def _pattern(
    sample: Sample, table: str, conditions: Sequence[str | None]
) -> Row | None:
    """Find an event that meets all conditions; the events of one table look alike."""
    features = sample.config.features.tables.get(table)
    rows = sample.tables[table].to_pylist()
    linked = (
        company({table: sample.tables[table]}, sample.config)
        if table != CALLS
        else None
    )
    known = linked.linked_events(table) if linked else rows
    for row, event in zip(rows, known, strict=True):
        own = dict(event)
        for name, text in features.columns.items() if features else ():
            own[name] = value_of(own, text)
        if all(meets(own, text) for text in conditions):
            return dict(row)
    return None


def _sown(
    table: str, pattern: Row, customer_id: str, turn: datetime, spot: Spot
) -> Row:
    at, known = turn + spot.happens, turn + spot.known
    row = {
        **pattern,
        id_column(table): f"{PLANTED} {customer_id}",
        "customer_id": customer_id,
        happened_column(table): at,
        "known_at": known,
    }
    return row | ({"ended_at": at} if table == CALLS else {})


def _with_rows(table: pa.Table, rows: Sequence[Row]) -> pa.Table:
    named: list[dict[str, Any]] = [
        {name: row.get(name) for name in table.column_names} for row in rows
    ]
    return pa.concat_tables([table, pa.Table.from_pylist(named, table.schema)])


def _links(sample: Sample, calls: Sequence[Row]) -> list[Row]:
    pattern = sample.tables[LINKS].slice(0, 1).to_pylist()[0]
    return [
        {
            **pattern,
            "call_id": call["call_id"],
            "customer_id": call["customer_id"],
            "known_at": call["known_at"],
        }
        for call in calls
    ]


def counting(features: Sequence[Feature]) -> list[Feature]:
    """Choose the features that count all events of a table in a window."""
    return [f for f in features if f.statistic == "count"]
