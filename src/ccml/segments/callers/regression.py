"""Regression to the mean: who leaves the top by chance alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccml.segments.callers.posterior import Posterior

Floats = NDArray[np.float64]
DRAWS = 20


def leavers_by_chance(
    belief: Posterior,
    calls: Floats,
    top: float,
    days: float,
    clumps: float,
    seed: int,
) -> dict[str, Any]:
    """Draw the next period with unchanged rates, and count who falls out of the top.

    Args:
        belief: What is believed of each customer's rate.
        calls: Calls of each in the last period.
        top: Share of customers that makes the top.
        days: Length of a period.
        clumps: Variance over mean of the calls of a customer whose rate is known.
        seed: Seed of the draws.

    Returns:
        top, period_days, customers (in the top), left_by_chance and the ends of a 95 %
        interval, all as shares of them; words.
    """
    rng = np.random.default_rng(seed)
    size = max(round(top * len(calls)), 1)
    shares = []
    for _ in range(DRAWS):
        before = _top(calls, size, rng)
        rates = belief.drawn(rng) * days
        after = _top(_calls(rates, clumps, rng), size, rng)
        shares.append(1 - np.intersect1d(before, after).size / size)
    low, high = np.quantile(shares, [0.025, 0.975])
    mean = float(np.mean(shares))
    return {
        "top": top,
        "period_days": days,
        "customers": size,
        "left_by_chance": mean,
        "left_low": float(low),
        "left_high": float(high),
        "words": f"Of the {100 * top:.0f} % who called most in {days:g} days, about "
        f"{100 * mean:.0f} % leave that group in the next {days:g} days by chance alone, "
        f"though nothing changed for them. An action must beat that.",
    }


def _calls(expected: Floats, clumps: float, rng: np.random.Generator) -> Floats:
    if clumps <= 1 + 1e-6:
        return rng.poisson(expected).astype(float)
    shape = np.maximum(expected / (clumps - 1), 1e-9)
    return rng.negative_binomial(shape, 1 / clumps).astype(float)


def _top(calls: Floats, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Take those with most calls; equal numbers are drawn."""
    mixed = calls + rng.random(len(calls)) * 0.5
    return np.argpartition(-mixed, size - 1)[:size]
