"""Customers and phones with more calls than their own past lets expect.

Rates differ between callers (gamma), and one caller's calls come in bursts. How bursty
is learnt from the history: its last part is held against its first part, as the days
looked at are held against the history.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from ccml.segments.callers.gamma_poisson import CallCounts, RateFit, fit_rates

Floats = NDArray[np.float64]
LARGEST_SHAPE = 1e6
NODES = 24
NO_BURST = 0.02
"""Below this variance bursts make no difference."""
LOG_BURST = (-6.0, 3.0)
"""Bounds of the log of the variance that bursts add, relative to the mean squared."""


@dataclass(frozen=True)
class CallerCounts:
    """Calls of callers before and in the days looked at; one entry per caller.

    Args:
        early: Calls in the first part of the history.
        late: Calls in its last part, as long as the days looked at.
        now: Calls in the days looked at.
        early_days: Days of the first part in which the caller was on record.
        late_days: Days of the last part, likewise.
        now_days: Days looked at, likewise.
        is_truncated: Those who never called are not on record.
    """

    early: Floats
    late: Floats
    now: Floats
    early_days: Floats
    late_days: Floats
    now_days: Floats
    is_truncated: bool


@dataclass(frozen=True)
class Outlook:
    """The law of each caller's calls ahead: gamma-Poisson, times a burst common to them.

    Args:
        expected: Mean number of calls.
        size: Size of the negative binomial law without bursts.
        bursts: Factors by which a burst multiplies the rate.
        weights: How likely each of them is.
    """

    expected: Floats
    size: Floats
    bursts: Floats
    weights: Floats

    def at_least(self, calls: Floats) -> Floats:
        """Chance of so many calls or more."""
        return self._mixed(lambda law: law.sf(calls - 1))

    def exactly(self, calls: Floats) -> Floats:
        """Chance of exactly so many calls."""
        return self._mixed(lambda law: law.pmf(calls))

    def _mixed(self, chance: Callable[[Any], Floats]) -> Floats:
        total = np.zeros(len(self.expected))
        for burst, weight in zip(self.bursts, self.weights, strict=True):
            mean = self.expected * burst
            law = stats.nbinom(self.size, self.size / (self.size + mean))
            total += weight * chance(law)
        return total


def judge_callers_now(counts: CallerCounts) -> tuple[Floats, Floats]:
    """Hold each caller's calls in the days looked at against the history.

    Returns:
        expected calls, and the chance of as many or more. Where only callers are on
        record, both are those of newcomers who called at all.
    """
    past = counts.early + counts.late
    days = counts.early_days + counts.late_days
    fit = _fit(past, days, truncated=counts.is_truncated)
    if fit is None:
        unknown = np.full(len(past), np.nan)
        return unknown, unknown.copy()
    # Most callers share their numbers with others, so each case is worked out once.
    every = np.column_stack([past, days, counts.now, counts.now_days])
    rows, where = np.unique(every, axis=0, return_inverse=True)
    law = _outlook(fit, rows[:, 0], rows[:, 1], rows[:, 3], _burst(counts))
    newcomer = (rows[:, 0] == 0) & counts.is_truncated
    given = np.where(newcomer, law.at_least(np.ones(len(rows))), 1.0)
    p_value = np.minimum(law.at_least(rows[:, 2]) / given, 1.0)
    return (law.expected / given)[where], p_value[where]


def _fit(calls: Floats, days: Floats, *, truncated: bool) -> RateFit | None:
    """Fit rates to those who could have called; None when nobody did."""
    seen = (days > 0) & ((calls > 0) | (not truncated))
    if calls[seen].sum() == 0:
        return None
    return fit_rates(CallCounts.of(calls[seen], days[seen], is_truncated=truncated))


def _outlook(
    fit: RateFit, calls: Floats, days: Floats, ahead: Floats, burst: float
) -> Outlook:
    """Give the law of calls in the days ahead.

    Calls of the past came in bursts too, so they tell less of the rate than they would
    if each had come by itself.
    """
    shape = min(fit.shape, LARGEST_SHAPE)
    stretches = np.maximum(days / np.maximum(ahead, 1.0), 1.0)
    told = 1 / (1 + calls * burst / stretches)
    size = shape + calls * told
    expected = size / (shape / fit.mean_per_day + days * told) * ahead
    return Outlook(np.maximum(expected, 1e-9), size, *_bursts(burst))


def _bursts(burst: float) -> tuple[Floats, Floats]:
    """Give factors of mean 1 and this variance, gamma-distributed, and their weights."""
    if burst < NO_BURST:
        return np.ones(1), np.ones(1)
    shape = 1 / burst
    nodes, weights = special.roots_genlaguerre(NODES, shape - 1)
    return nodes / shape, weights / weights.sum()


def _burst(counts: CallerCounts) -> float:
    """Learn how bursty calls are: the last part of the history given its first part."""
    fit = _fit(counts.early, counts.early_days, truncated=counts.is_truncated)
    seen = counts.early_days > 0
    if counts.is_truncated:
        seen &= counts.early > 0
    if fit is None or not counts.late[seen].sum():
        return 0.0
    columns = np.column_stack(
        [counts.early, counts.early_days, counts.late, counts.late_days]
    )[seen]
    rows, customers = np.unique(columns, axis=0, return_counts=True)

    def loss(log_burst: float) -> float:
        law = _outlook(
            fit, rows[:, 0], rows[:, 1], rows[:, 3], float(np.exp(log_burst))
        )
        likely = np.log(np.maximum(law.exactly(rows[:, 2]), 1e-300))
        return -float(likely @ customers)

    best = optimize.minimize_scalar(loss, bounds=LOG_BURST, method="bounded")
    return float(np.exp(best.x))
