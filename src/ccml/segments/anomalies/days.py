"""Days of a reason, queue or region with more calls than usual.

What is usual is learnt from the same weekday in the history. Calls of a day scatter more
than chance alone (bills, weather, campaigns): how much more is learnt from the history
too, so a group that always scatters must be further off to be called out of the ordinary
(negative binomial). Former outliers and closed days are left out of the learning.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
OUTLIER = 1e-4
"""A day of the history that is rarer than this is not learnt from."""
TRIMMED = 0.2
"""Share of the highest days that the first guess leaves out."""
EXTREME = 0.1
"""Share of the days furthest off that the first spread leaves out."""
ROUNDS = 3
UNSURE = 5.0
"""A variance learnt from n days is widened by this over n, as Student's t is far out."""
CLOSED = 0.2
"""A day with less than this share of its weekday's usual calls was closed."""
FEWEST_DAYS = 3
"""Days of the same weekday that must be known."""
PRIOR_CALLS = 0.5


@dataclass(frozen=True)
class DayCounts:
    """Calls of groups by day.

    Args:
        calls: One row per group, one column per day.
        weekday: 0 to 6, of each day.
        is_history: The day is learnt from; the others are looked at.
        is_off: The day is a day off: neither learnt from nor looked at.
    """

    calls: Floats
    weekday: NDArray[np.int64]
    is_history: Bools
    is_off: Bools


@dataclass(frozen=True)
class Judged:
    """How unusual each looked-at day is, in the shape of the calls.

    Args:
        expected: Calls expected of the group on this day.
        p_value: Chance of as many calls or more; nan where nothing is known.
    """

    expected: Floats
    p_value: Floats

    @property
    def tests(self) -> int:
        """How many days of groups were tested."""
        return int((~np.isnan(self.p_value)).sum())


def judge_days(days: DayCounts) -> Judged:
    """Hold each looked-at day against the same weekday of the history.

    A group is learnt from its first call on: before, it may not have existed.
    """
    is_open = _open_days(days)
    born = np.maximum.accumulate(days.calls > 0, axis=1)
    usable = days.is_history & is_open & born
    expected = _first_guess(days, usable)
    kept = usable & _not_extreme(days.calls, usable, expected)
    spread = _spread(days, kept, expected)
    for _ in range(ROUNDS):
        kept = usable & (_tail(days.calls, expected, spread[:, None]) >= OUTLIER)
        expected = _means(days, kept)
        spread = _spread(days, kept, expected)
    known = _of_weekday(days, kept.astype(float))
    # Mean and spread are only known from some days: the law is that much wider.
    unsure = (
        1 / np.maximum(known, 1) + UNSURE / np.maximum(kept.sum(axis=1), 1)[:, None]
    )
    wide = spread[:, None] + unsure * (1 / expected + spread[:, None])
    p_value = _tail(days.calls, expected, wide)
    fit = ~days.is_history & is_open & (known >= FEWEST_DAYS)
    return Judged(expected, np.where(fit, p_value, np.nan))


def _open_days(days: DayCounts) -> Bools:
    """Tell on which days the centre as a whole was at work."""
    total = days.calls.sum(axis=0)
    usual = np.zeros(len(total))
    for weekday in range(7):
        mine = days.weekday == weekday
        past = total[mine & days.is_history & ~days.is_off]
        usual[mine] = np.median(past) if len(past) else 0.0
    return np.asarray((total > CLOSED * usual) & (usual > 0) & ~days.is_off)


def _first_guess(days: DayCounts, usable: Bools) -> Floats:
    """Average the days of each weekday without the highest ones."""
    guess = np.full_like(days.calls, PRIOR_CALLS)
    for weekday in range(7):
        mine = days.weekday == weekday
        past = np.where(usable, days.calls, np.nan)[:, mine]
        number = np.sum(~np.isnan(past), axis=1)
        lowest = number - np.ceil(TRIMMED * number).astype(int)
        sums = np.nancumsum(np.sort(past, axis=1), axis=1)
        rows = np.flatnonzero(lowest > 0)
        total = sums[rows, lowest[rows] - 1] + PRIOR_CALLS
        guess[np.ix_(rows, mine)] = (total / lowest[rows])[:, None]
    return guess


def _not_extreme(calls: Floats, usable: Bools, expected: Floats) -> Bools:
    """Tell which days are not among each group's furthest off, for a first spread."""
    away = np.where(usable, (calls - expected) ** 2 / expected, np.inf)
    inner = np.floor(usable.sum(axis=1) * (1 - EXTREME)).astype(int)
    edge = np.sort(away, axis=1)[np.arange(len(calls)), np.maximum(inner - 1, 0)]
    return np.asarray(away <= edge[:, None])


def _means(days: DayCounts, kept: Bools) -> Floats:
    number = _of_weekday(days, kept.astype(float))
    total = _of_weekday(days, np.where(kept, days.calls, 0.0))
    return np.asarray((total + PRIOR_CALLS) / np.maximum(number, 1))


def _of_weekday(days: DayCounts, values: Floats) -> Floats:
    """Sum values over the days of the same weekday, for every day."""
    sums = np.zeros_like(days.calls)
    for weekday in range(7):
        mine = days.weekday == weekday
        sums[:, mine] = values[:, mine].sum(axis=1, keepdims=True)
    return sums


def _spread(days: DayCounts, kept: Bools, expected: Floats) -> Floats:
    """Estimate by how much a group's days scatter beyond chance, relative to the mean.

    Returns:
        Per group the variance beyond chance over the square of the mean.
    """
    number = _of_weekday(days, kept.astype(float))
    # Deviations from the mean of the same few days are too small by this much.
    lost = np.where(number > 1, number / np.maximum(number - 1, 1), 0.0)
    above = (days.calls - expected) ** 2 * lost - expected
    excess = np.where(kept & (number > 1), above, 0.0).sum(axis=1)
    scale = np.where(kept & (number > 1), expected**2, 0.0).sum(axis=1)
    found = np.divide(excess, scale, out=np.zeros(len(scale)), where=scale > 0)
    return np.asarray(np.maximum(found, 0.0))


def _tail(calls: Floats, expected: Floats, spread: Floats) -> Floats:
    """Chance of as many calls or more; spread 0 is the Poisson law."""
    size = 1 / np.maximum(spread, 1e-9)
    return np.asarray(stats.nbinom.sf(calls - 1, size, size / (size + expected)))
