"""Every statistic of an event table: how it comes from the compiled walks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from ccml.features import walks
from ccml.features.catalogue import Feature
from ccml.features.history import MICROSECONDS_PER_DAY, History, Rows, View
from ccml.features.walks import EVER

RATE_DAYS = 30
"""Rates are events per 30 days."""
TO_THE_BEGINNING = ("counts", "ends", "chains", "streaks", "newest_of_value")
"""Walks that go over all that is known, whatever the windows."""
OVER_ALL = (
    "count", "recency", "first", "last", "none_before", "chain", "chain_days", "streak",
    "value_recency",
)  # fmt: skip
"""Statistics that come from these walks."""


@dataclass
class Look:
    """One history seen by one slice of rows; every walk is taken once.

    Args:
        view: The history, the rows and all windows of its features.
        since: When each row's customer was first known, microseconds; EVER when never.
        values: Values that are told apart, per category column.
        chain_us: Longest pause inside a chain, microseconds.
        reach: How many of the windows, from the shortest on, all but counts need.
    """

    view: View
    since: walks.Ints
    values: Mapping[str, Sequence[str]]
    chain_us: int = 0
    reach: int | None = None
    done: dict[Any, Any] = field(default_factory=dict)

    @property
    def history(self) -> History:
        """The events."""
        return self.view.history

    @property
    def cutoff(self) -> walks.Ints:
        """The rows' cutoffs in microseconds."""
        return self.view.rows.cutoff

    def walk(self, name: str, *columns: Any, plus: Sequence[Any] = ()) -> Any:
        """Take a walk over some arrays of the events, once."""
        key = (name, *map(id, columns), *plus)
        if key not in self.done:
            low = self.view.low
            self.done[key] = getattr(walks, name)(
                self.history.known_at,
                *columns,
                self.cutoff,
                self.view.top,
                low if name in TO_THE_BEGINNING else low[: self.reach],
                *plus,
            )
        return self.done[key]

    def place(self, days: int | None) -> int:
        """Find the place of a window among those of the view."""
        window = EVER if days is None else days * MICROSECONDS_PER_DAY
        return int(np.searchsorted(self.view.windows, window))


Columns = Any
Statistic = Callable[[Look, Feature], Any]


def _count(look: Look, feature: Feature) -> Any:
    return look.walk("counts")[look.place(feature.window_days)]


def _total(look: Look, feature: Feature, part: int) -> Any:
    values = look.history.numbers(str(feature.column))
    return look.walk("totals", values)[part, look.place(feature.window_days)]


def _mean(look: Look, feature: Feature) -> Any:
    return _ratio(_total(look, feature, 1), _total(look, feature, 0))


def _true(look: Look, feature: Feature) -> Any:
    return _flags(look, feature)[0]


def _true_share(look: Look, feature: Feature) -> Any:
    return _ratio(*_flags(look, feature))


def _flags(look: Look, feature: Feature) -> Any:
    """Count the events whose flag is true, and those that have one."""
    slots, n = look.history.flags(str(feature.column))
    found = look.walk("value_counts", slots, plus=(n,))
    return found[:, look.place(feature.window_days)]


def _spread(look: Look, feature: Feature) -> Any:
    values = look.history.numbers(str(feature.column))
    return look.walk("spreads", values)[look.place(feature.window_days)]


def _slots(look: Look, column: str) -> tuple[Any, int]:
    return look.history.slots(column, tuple(look.values[column]))


def _value(look: Look, feature: Feature) -> Any:
    slots, n = _slots(look, str(feature.column))
    place = look.values[str(feature.column)].index(str(feature.value))
    found = look.walk("value_counts", slots, plus=(n,))
    return found[place, look.place(feature.window_days)]


def _value_share(look: Look, feature: Feature) -> Any:
    slots, n = _slots(look, str(feature.column))
    found = look.walk("value_counts", slots, plus=(n,))
    window = look.place(feature.window_days)
    return _ratio(_value(look, feature), found[n, window])


def _value_recency(look: Look, feature: Feature) -> Any:
    slots, n = _slots(look, str(feature.column))
    place = look.values[str(feature.column)].index(str(feature.value))
    times = look.history.event_at
    newest = look.walk("newest_of_value", times, slots, plus=(n,))[place]
    return _days(np.where(newest < 0, np.nan, look.cutoff - newest))


def _distinct(look: Look, feature: Feature) -> Any:
    codes, following = look.history.repeats(str(feature.column))
    return look.walk("distinct", codes, following)[look.place(feature.window_days)]


def _switches(look: Look, feature: Feature) -> Any:
    codes, _values = look.history.codes(str(feature.column))
    return look.walk("switches", codes)[look.place(feature.window_days)]


def _gap(look: Look, feature: Feature, part: int) -> Any:
    found = look.walk("gaps", look.history.event_at)
    return _days(found[part, look.place(feature.window_days)])


def _chain(look: Look, _feature: Feature) -> Any:
    found = look.walk("chains", look.history.event_at, plus=(look.chain_us,))
    return found[0].astype(np.int32)


def _chain_days(look: Look, _feature: Feature) -> Any:
    return _days(look.walk("chains", look.history.event_at, plus=(look.chain_us,))[1])


def _streak(look: Look, feature: Feature) -> Any:
    return look.walk("streaks", look.history.numbers(str(feature.column)))


def _age(look: Look, _feature: Feature, end: int) -> Any:
    place = look.walk("ends")[end]
    times = look.history.event_at
    moment = times[np.maximum(place, 0)] if len(times) else np.zeros_like(place)
    return _days(np.where(place < 0, np.nan, look.cutoff - moment))


def _last(look: Look, feature: Feature) -> Any:
    place = look.walk("ends")[1]
    chosen = pa.array(place, mask=place < 0)
    return look.history.table[str(feature.column)].take(chosen).combine_chunks()


def _none_before(look: Look, _feature: Feature) -> Any:
    return look.walk("ends")[1] < 0


def _exposure(look: Look, feature: Feature) -> Any:
    known = np.where(look.since == EVER, np.nan, look.cutoff - look.since)
    days = _days(known)
    limit = feature.window_days
    return days if limit is None else np.minimum(days, limit)


def _rate(look: Look, feature: Feature) -> Any:
    return _ratio(RATE_DAYS * _count(look, feature), _exposure(look, feature))


def _trend(look: Look, feature: Feature) -> Any:
    """Rate in the window less the rate in the longer one; 0 when nothing changed."""
    longer = int(str(feature.value))
    short = _count(look, feature) / float(feature.window_days or 1)
    wide = look.walk("counts")[look.place(longer)] / longer
    return RATE_DAYS * (short - wide)


def _ratio(part: Any, whole: Any) -> Any:
    found = np.full(len(part), np.nan)
    return np.divide(part, whole, out=found, where=np.nan_to_num(whole) > 0)


def _days(microseconds: Any) -> Any:
    return microseconds / MICROSECONDS_PER_DAY


STATISTICS: dict[str, Statistic] = {
    "count": _count,
    "true": _true,
    "true_share": _true_share,
    "sum": partial(_total, part=1),
    "mean": _mean,
    "min": partial(_total, part=2),
    "max": partial(_total, part=3),
    "std": _spread,
    "value": _value,
    "value_share": _value_share,
    "value_recency": _value_recency,
    "distinct": _distinct,
    "switches": _switches,
    "gap_mean": partial(_gap, part=0),
    "gap_min": partial(_gap, part=1),
    "gap_std": partial(_gap, part=2),
    "chain": _chain,
    "chain_days": _chain_days,
    "streak": _streak,
    "recency": partial(_age, end=1),
    "first": partial(_age, end=0),
    "last": _last,
    "none_before": _none_before,
    "exposure": _exposure,
    "rate": _rate,
    "trend": _trend,
}
"""Statistics of event tables by name; each gives one value per row."""


def described(
    history: History,
    rows: Rows,
    features: Sequence[Feature],
    since: walks.Ints,
    values: Mapping[str, Sequence[str]],
    chain_days: float = 0,
) -> dict[str, pa.Array]:
    """Compute the features of one event table for some spine rows.

    Args:
        history: The customers' events.
        rows: The spine rows.
        features: Features of this table.
        since: When each row's customer was first known, microseconds; EVER when never.
        values: Values that are told apart, per category column.
        chain_days: Longest pause inside a chain.

    Returns:
        Feature name to its values (rows); NaN has become null.
    """
    windows = sorted(_windows_of(features))
    view = View(history, rows, np.array(windows, np.int64))
    look = Look(view, since, values, int(chain_days * MICROSECONDS_PER_DAY))
    bounded = [f.window_days for f in features if f.statistic not in OVER_ALL]
    look.reach = max((look.place(days) + 1 for days in bounded), default=0)
    return {
        feature.name: _as_array(STATISTICS[feature.statistic](look, feature))
        for feature in features
    }


def _windows_of(features: Sequence[Feature]) -> set[int]:
    """List the windows in microseconds; the widest takes all, for what has no window."""
    days = {f.window_days for f in features if f.window_days}
    days |= {int(str(f.value)) for f in features if f.statistic == "trend"}
    return {*(d * MICROSECONDS_PER_DAY for d in days), EVER}


def _as_array(values: Any) -> pa.Array:
    return (
        values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
    )
