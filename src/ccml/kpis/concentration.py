"""How unevenly calls are spread over customers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
TOP_SHARES = (0.01, 0.05, 0.10, 0.14, 0.20)


@dataclass(frozen=True)
class CountTable:
    """How many customers made how many calls, most calls first.

    Args:
        calls: Distinct numbers of calls, descending.
        customers: Customers with each number; may be fractional.
    """

    calls: Floats
    customers: Floats

    @classmethod
    def of(cls, calls_per_customer: ArrayLike) -> "CountTable":
        """Count equal customers together."""
        values, sizes = np.unique(np.asarray(calls_per_customer), return_counts=True)
        return cls(values[::-1].astype(float), sizes[::-1].astype(float))

    def resampled(self, times: int, seed: int) -> Floats:
        """Draw bootstrap samples of the customers, one row of sizes per sample."""
        rng = np.random.default_rng(seed)
        total = round(self.customers.sum())
        shares = self.customers / self.customers.sum()
        return rng.multinomial(total, shares, size=times).astype(float)


def top_shares(
    counts: CountTable, tops: Sequence[float] | Floats, sizes: Floats | None = None
) -> Floats:
    """Compute the share of calls that the top x of the customers make.

    Args:
        counts: Calls per customer; `sizes` may replace its customers.
        tops: Shares of customers between 0 and 1.
        sizes: Customers with each number of calls, one row per sample.

    Returns:
        One row per sample and one column per top; nan where nobody called.
    """
    rows = np.atleast_2d(counts.customers if sizes is None else sizes)
    found = np.full((len(rows), len(tops)), np.nan)
    for position, row in enumerate(rows):
        people, calls = _cumulated(counts.calls, row)
        if calls[-1] > 0:
            found[position] = np.interp(tops, people / people[-1], calls / calls[-1])
    return found


def lorenz_points(counts: CountTable, points: int = 101) -> pd.DataFrame:
    """Draw the curve of calls over customers, heaviest callers first.

    Returns:
        share_of_customers, share_of_calls.
    """
    at = np.linspace(0, 1, points)
    return pd.DataFrame(
        {"share_of_customers": at, "share_of_calls": top_shares(counts, at)[0]}
    )


def gini(counts: CountTable) -> float:
    """Compute the Gini coefficient: 0 = all call alike, 1 = one makes all calls."""
    people, calls = _cumulated(counts.calls, counts.customers)
    if calls[-1] <= 0:
        return float("nan")
    area = np.trapezoid(calls / calls[-1], people / people[-1])
    return float(2 * area - 1)


def _cumulated(calls: Floats, customers: Floats) -> tuple[Floats, Floats]:
    people = np.concatenate([[0.0], np.cumsum(customers)])
    return people, np.concatenate([[0.0], np.cumsum(customers * calls)])
