"""Windowed aggregates: all features of one event table in one pass."""

from collections.abc import Callable, Sequence
from typing import Any

import ibis

from ccml.features.as_of import events_known_at
from ccml.features.catalogue import Feature

SECONDS_PER_DAY = 86_400.0


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
        Rows without an event are left out; `null_rule` says what they mean.
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
        "sum": lambda: column.sum(where=inside),
        "mean": lambda: column.mean(where=inside),
        "max": lambda: column.max(where=inside),
        "recency": lambda: _days(pairs, pairs.event_at.max()),
        "first": lambda: _days(pairs, pairs.event_at.min()),
        "last": lambda: column.argmax(pairs.event_no),
    }
    return simple[feature.statistic]()


def _inside(pairs: ibis.Table, days: int | None) -> ibis.Value | None:
    return None if days is None else pairs.event_at >= pairs[_edge(days)]


def _and(left: ibis.Value | None, right: ibis.Value) -> ibis.Value:
    return right if left is None else left & right


def _days(pairs: ibis.Table, instant: ibis.Value) -> ibis.Value:
    elapsed = pairs.cutoff_at.max().epoch_seconds() - instant.epoch_seconds()
    return elapsed / SECONDS_PER_DAY
