"""Customers who could be contacted, in the order in which they would be."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.predictors.dataset import CUTOFF, Floats, Rows
from ccml.predictors.resampling import Measure, with_interval

Marks = NDArray[np.bool_]
Weights = NDArray[np.int8]

MANY_CUTOFFS = 60
PARTS = 5
_SALT = 7


@dataclass(frozen=True)
class Offers:
    """A scored sample with what contacting each of its customers earns.

    Attributes:
        expected: Expected profit of contacting each, by which they are ranked.
        raw: Raw scores, which rank those of equal expectation.
        earned: What contacting each comes to, by what happened, times its weight.
        weight: How many real customers each row stands for.
        clusters: Customer of each row.
        periods: Which period each row belongs to; a capacity holds for each period.
        capacity: Most contacts in a period.
    """

    expected: Floats
    raw: Floats
    earned: Floats
    weight: Floats
    clusters: Rows
    periods: Rows
    capacity: int | None = None

    @cached_property
    def within(self) -> Marks:
        """Tell which rows the capacity reaches: the best of each period."""
        if self.capacity is None:
            return np.ones(len(self.expected), dtype=bool)
        order = np.lexsort((-self.raw, -self.expected, self.periods))
        period = self.periods[order]
        begins = np.flatnonzero(np.diff(period, prepend=period[:1] - 1))
        sizes = np.diff(begins, append=len(period))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order)) - np.repeat(begins, sizes)
        return np.asarray(rank < self.capacity)

    def take(self, rows: Rows) -> "Offers":
        """Return some rows, without a capacity: it holds for the whole."""
        return replace(
            self,
            expected=self.expected[rows],
            raw=self.raw[rows],
            earned=self.earned[rows],
            weight=self.weight[rows],
            clusters=self.clusters[rows],
            periods=self.periods[rows],
            capacity=None,
        )


@dataclass(frozen=True)
class Cut:
    """Contact those whose expected profit reaches `threshold`; infinite: nobody."""

    threshold: float


NOBODY = Cut(float("inf"))
BREAK_EVEN = Cut(float(np.nextafter(0, 1)))
"""Contact whoever is expected to earn anything: best where probabilities are true."""


def period_codes(keys: pd.DataFrame) -> Rows:
    """Number the periods that a capacity holds for; a flat table is a single one."""
    if CUTOFF not in keys.columns:
        return np.zeros(len(keys), dtype=np.int64)
    cutoffs = keys[CUTOFF]
    if cutoffs.nunique() > MANY_CUTOFFS:
        cutoffs = cutoffs.dt.floor("D")
    return pd.factorize(cutoffs, sort=True)[0].astype(np.int64)


def best_cut(offers: Offers) -> Cut:
    """Find the cut that earned most on these rows; nobody where none earned."""
    inside = np.flatnonzero(offers.within)
    if not len(inside):
        return NOBODY
    order = inside[np.argsort(-offers.expected[inside], kind="stable")]
    expected = offers.expected[order]
    ends = np.append(np.flatnonzero(np.diff(expected)), len(order) - 1)
    profits = np.cumsum(offers.earned[order])[ends]
    best = int(profits.argmax())
    if profits[best] <= 0:
        return NOBODY
    last = float(expected[ends[best]])
    below = expected[ends[best] + 1 :]
    return Cut(_between(float(below[0]), last) if len(below) else last)


def _between(out: float, last: float) -> float:
    """Put the threshold where it is least sensitive: at break-even, or half-way."""
    return BREAK_EVEN.threshold if out <= 0 < last else (out + last) / 2


def contacted(offers: Offers, threshold: float) -> Marks:
    """Tell whom a cut contacts, within the capacity."""
    return np.asarray(offers.within & (offers.expected >= threshold))


def contacted_by_others_cut(offers: Offers, seed: int) -> Marks:
    """Tell whom cuts contact that were each chosen on other customers' rows.

    The best cut of a sample earns more on that sample than it will elsewhere. Here
    nobody's own outcome moves the cut that he or she is judged by.
    """
    known, owner = np.unique(offers.clusters, return_inverse=True)
    rng = np.random.default_rng([seed, _SALT])
    part = (rng.permutation(len(known)) % PARTS)[owner]
    within, chosen = offers.within, np.zeros(len(owner), dtype=bool)
    for k in range(PARTS):
        cut = best_cut(offers.take(np.flatnonzero(within & (part != k))))
        mine = part == k
        chosen[mine] = offers.expected[mine] >= cut.threshold
    return np.asarray(chosen & within)


def total(
    earned: Floats,
    clusters: Rows,
    weights: Weights,
) -> Measure:
    """Sum euros up, with the interval over customers.

    Args:
        earned: Euros of each row, 0 where nobody was contacted.
        clusters: Customer of each row, numbered from 0 without gaps.
        weights: How often each customer comes in each resample.
    """
    sums = np.bincount(clusters, weights=earned, minlength=weights.shape[1])
    return with_interval(np.append(sums.sum(), weights @ sums))
