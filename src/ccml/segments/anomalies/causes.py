"""Known causes of anomalies: events that more of the callers had than usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd
from scipy import stats

from ccml.kpis.measure import records
from ccml.segments.anomalies.counts import Period

LEVEL = 0.01
"""Chance at which so many callers with an event are no accident."""
LEAST_PART = 0.5
"""Least part of the extra calls that must come after such an event."""


@dataclass(frozen=True)
class Cause:
    """What explains an anomaly.

    Args:
        table: Name of the event table.
        share: Share of the calls (of known customers) that followed such an event.
        usual: The same share in the history.
    """

    table: str
    share: float
    usual: float


def marked_calls(
    calls: ibis.Table, events: Mapping[str, ibis.Table], days: float
) -> ibis.Table:
    """Tell which calls of known customers followed an event within some days.

    Args:
        calls: Calls with customer_id.
        events: Event tables by name: customer_id, event_at.
        days: How long before the call the event may lie.

    Returns:
        The calls of known customers, with a flag named after each table.
    """
    rows = calls.filter(calls.customer_id.notnull())
    for name, table in events.items():
        told = table.filter(table.event_at.notnull() & table.customer_id.notnull())
        slim = told.select(event_customer="customer_id", event_at="event_at")
        joined = rows.asof_join(
            slim.distinct(),
            rows.started_at >= slim.event_at,
            predicates=rows.customer_id == slim.event_customer,
        )
        edge = joined.event_at + ibis.interval(seconds=round(days * 86_400))
        flag = (joined.started_at < edge).fill_null(False)
        rows = joined.mutate(**{_flag(name): flag}).drop("event_customer", "event_at")
    return rows


def explained(
    alarms: pd.DataFrame,
    marked: ibis.Table,
    kind: tuple[str, str],
    tables: Sequence[str],
    period: Period,
) -> list[Cause | None]:
    """Find the first known cause of each anomaly of one kind.

    Args:
        alarms: Rows with value, day, calls, expected.
        marked: Rows of `marked_calls`.
        kind: The column that holds the value, and `day` where one day is looked at, or
            `period` where all of them are.
        tables: Event tables in the order in which they are looked at.
        period: The days.
    """
    if alarms.empty or not tables:
        return [None] * len(alarms)
    column, span = kind
    rows = marked.filter(marked[column].isin(sorted(set(alarms["value"]))))
    now = _counts(rows.filter(rows.day >= period.first), [column, "day"], tables)
    before = marked.filter(marked.day < period.first)
    if span == "day":
        past = _counts(rows.filter(rows.day < period.first), [column], tables)
        past = past.set_index(column)
    else:
        now = now.drop(columns="day").groupby(column, as_index=False).sum()
        past = _counts(
            before.mutate(everyone=ibis.literal("all")), ["everyone"], tables
        )
        past = past.set_index("everyone")
    found: list[Cause | None] = []
    for alarm in records(alarms):
        mine = now[now[column] == alarm["value"]]
        if span == "day":
            mine = mine[pd.to_datetime(mine["day"]) == pd.Timestamp(alarm["day"])]
        key = str(alarm["value"]) if span == "day" else "all"
        usual = past.loc[key] if key in past.index else None
        found.append(_first_cause(alarm, mine, usual, tables))
    return found


def _counts(rows: ibis.Table, by: list[str], tables: Sequence[str]) -> pd.DataFrame:
    made = rows.group_by(by).agg(
        known=rows.count(),
        **{_flag(name): rows[_flag(name)].cast("int64").sum() for name in tables},
    )
    frame: pd.DataFrame = made.to_pandas()
    return frame


def _first_cause(
    alarm: Mapping[str, Any],
    now: pd.DataFrame,
    usual: Any,
    tables: Sequence[str],
) -> Cause | None:
    if now.empty:
        return None
    known = int(now["known"].iloc[0])
    part = float(alarm["expected"] / alarm["calls"])
    for table in tables:
        hits = int(now[_flag(table)].iloc[0])
        past, all_past = (
            (0, 0) if usual is None else (usual[_flag(table)], usual["known"])
        )
        share = (past + 0.5) / (all_past + 1)
        if _is_cause(hits, known, share, part):
            return Cause(table, hits / known, float(share))
    return None


def _is_cause(hits: int, known: int, usual: float, part: float) -> bool:
    """Judge hits among known calls, of which only a part would have come as usual."""
    ordinary = known * min(part, 1.0)
    extra = known - ordinary
    rare = float(stats.binom.sf(hits - 1, known, min(usual, 1.0))) < LEVEL
    return rare and hits - usual * ordinary >= LEAST_PART * extra


def _flag(table: str) -> str:
    return f"after_{table}"
