"""Whether the repeat rate fell after something was done: difference in differences.

The share of calls that are repeated, before and after, of those it was done for, against
the same of all others: what moves everybody drops out. The interval lets calls of one
customer hang together, and calls of one week where weeks differ by more than that.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.kpis.intervals import Z

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]
LEAST_CALLS = 30
LEAST_WEEKS = 2


@dataclass(frozen=True)
class Repeats:
    """Calls that may be repeated, counted by customer, week and group.

    Args:
        customer: Number of the customer.
        week: Week since it began; -1 is the last one before.
        is_group: Calls it was done for; the others are the rest.
        calls: Calls.
        repeated: Those of them that were repeated.
    """

    customer: Counts
    week: Counts
    is_group: Bools
    calls: Floats
    repeated: Floats

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "Repeats":
        """Read columns customer_id, week, is_group, calls, repeated."""
        return cls(
            pd.factorize(rows["customer_id"])[0].astype(np.int64),
            rows["week"].to_numpy(dtype=np.int64),
            rows["is_group"].to_numpy(dtype=bool),
            rows["calls"].to_numpy(dtype=np.float64),
            rows["repeated"].to_numpy(dtype=np.float64),
        )

    def between(self, first: int, until: int) -> Bools:
        """Tell which rows lie in the weeks [first, until)."""
        return (self.week >= first) & (self.week < until)


@dataclass(frozen=True)
class Effect:
    """Repeat rates before and after, and their difference of differences.

    Args:
        before: Rate of the group before.
        after: Rate of the group after.
        rest_before: Rate of the rest before.
        rest_after: Rate of the rest after.
        low: 95 % interval of the effect.
        high: 95 % interval of the effect.
        calls: Calls of the group.
    """

    before: float
    after: float
    rest_before: float
    rest_after: float
    low: float
    high: float
    calls: int

    @property
    def effect(self) -> float:
        """How much more the group's rate rose than that of the rest."""
        return (self.after - self.before) - (self.rest_after - self.rest_before)

    @property
    def is_sure(self) -> bool:
        """Tell whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def difference(seen: Repeats, before: Bools, after: Bools) -> Effect | None:
    """Compare the group with the rest; nothing where there are too few calls.

    Args:
        seen: The calls.
        before: Rows before.
        after: Rows after.
    """
    cells = [
        (after & seen.is_group, 1),
        (before & seen.is_group, -1),
        (after & ~seen.is_group, -1),
        (before & ~seen.is_group, 1),
    ]
    weeks = [len(np.unique(seen.week[side])) for side in (before, after)]
    sizes = [float(seen.calls[cell].sum()) for cell, _ in cells]
    if min(sizes) < LEAST_CALLS or min(weeks) < LEAST_WEEKS:
        return None
    rates, pull = [], np.zeros(len(seen.calls))
    for (cell, sign), size in zip(cells, sizes, strict=True):
        rate = float(seen.repeated[cell].sum()) / size
        pull += cell * sign * (seen.repeated - rate * seen.calls) / size
        rates.append(rate)
    after_rate, before_rate, rest_after, rest_before = rates
    effect = (after_rate - before_rate) - (rest_after - rest_before)
    half = Z * _spread(seen, pull, before | after)
    calls = round(sizes[0] + sizes[1])
    return Effect(
        before_rate, after_rate, rest_before, rest_after,
        effect - half, effect + half, calls,
    )  # fmt: skip


def _spread(seen: Repeats, pull: Floats, used: Bools) -> float:
    """Compute the standard error, calls of one customer and of one week together."""
    pull, customer, week = pull[used], seen.customer[used], seen.week[used]
    week = week - week.min()
    both = customer * (week.max() + 1) + week
    by_customer, by_week, by_both = (
        _clustered(pull, groups) for groups in (customer, week, both)
    )
    return float(np.sqrt(max(by_customer, by_customer + by_week - by_both)))


def _clustered(pull: Floats, groups: Counts) -> float:
    _, where = np.unique(groups, return_inverse=True)
    sums = np.bincount(where, weights=pull)
    size = len(sums)
    return float((sums**2).sum() * size / max(size - 1, 1))
