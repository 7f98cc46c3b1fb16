"""Windowed aggregates: all features of one event table in one pass."""

from collections.abc import Callable, Sequence
from typing import Any

import ibis

from ccml.features.as_of import events_known_at
from ccml.features.catalogue import Feature

MICROSECONDS_PER_DAY = 86_400_000_000
EXACT = "decimal(38, 6)"
"""Sums are taken over millionths: they come out the same in whatever order."""


def windowed(
    spine: ibis.Table, events: ibis.Table, features: Sequence[Feature]
) -> ibis.Table:
    """Compute the features of one event table for every spine row.

    Args:
        spine: Columns row_id, customer_id, cutoff_at.
        events: Columns customer_id, event_at, known_at, event_id and described ones.
        features: Features of this table.

    Returns:
        One row per spine row that has an event: row_id and one column per feature.
        Rows without an event are left out; `fill_missing` says what they mean.
    """
    windows = {f.window_days for f in features}
    edges = {
        _edge(days): spine.cutoff_at - ibis.interval(days=days)
        for days in windows
        if days is not None
    }
    rows = spine.select("row_id", "customer_id", "cutoff_at").mutate(**edges)
    numbered = _numbered(events)
    longest = None if None in windows else max(d for d in windows if d is not None)
    pairs = events_known_at(rows, numbered, longest)
    return pairs.group_by("row_id").agg(
        **{feature.name: _aggregate(pairs, feature) for feature in features}
    )


def days_between(earlier: ibis.Value, later: ibis.Value) -> ibis.Value:
    """Measure the time from one instant to another in days, to the microsecond."""
    return later.delta(earlier, unit="microsecond") / MICROSECONDS_PER_DAY


def fill_missing(table: ibis.Table, features: Sequence[Feature]) -> ibis.Table:
    """Set counts to 0 where no event was known; all else stays null."""
    counts = [f.name for f in features if f.statistic in ("count", "true", "value")]
    return table.mutate(**{name: table[name].fill_null(0) for name in counts})


def _numbered(events: ibis.Table) -> ibis.Table:
    """Number each customer's events in a total order, so that `last` has no ties."""
    order = ibis.window(
        group_by=events.customer_id,
        order_by=[events.event_at, events.known_at, events.event_id],
    )
    return events.mutate(event_no=ibis.row_number().over(order))


def _edge(days: int) -> str:
    return f"from_{days}d"


def _aggregate(pairs: ibis.Table, feature: Feature) -> ibis.Value:
    inside = _inside(pairs, feature.window_days)
    column: Any = pairs[feature.column] if feature.column else None
    simple: dict[str, Callable[[], Any]] = {
        "count": lambda: pairs.count(where=inside),
        "true": lambda: pairs.count(where=_and(inside, column)),
        "value": lambda: pairs.count(where=_and(inside, column == feature.value)),
        "sum": lambda: _sum(column, inside),
        "mean": lambda: _sum(column, inside) / _exact(column).count(where=inside),
        "max": lambda: column.max(where=inside),
        "value_recency": lambda: days_between(
            pairs.event_at.max(where=column == feature.value), pairs.cutoff_at.max()
        ),
        "recency": lambda: days_between(pairs.event_at.max(), pairs.cutoff_at.max()),
        "first": lambda: days_between(pairs.event_at.min(), pairs.cutoff_at.max()),
        "last": lambda: column.argmax(pairs.event_no),
    }
    return simple[feature.statistic]()


def _inside(pairs: ibis.Table, days: int | None) -> ibis.Value | None:
    return None if days is None else pairs.event_at >= pairs[_edge(days)]


def _and(left: ibis.Value | None, right: ibis.Value) -> ibis.Value:
    return right if left is None else left & right


def _sum(column: Any, inside: ibis.Value | None) -> ibis.Value:
    return _exact(column).sum(where=inside).cast("float64")


def _exact(column: Any) -> Any:
    return column.try_cast(EXACT)
