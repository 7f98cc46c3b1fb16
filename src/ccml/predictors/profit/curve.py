"""The profit curve: what contacting more and more customers would have earned."""

import numpy as np

from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.profit.offers import Offers, Weights

POINTS = 60
_LEVELS = (0.025, 0.975)


def profit_curve(
    offers: Offers,
    clusters: Rows,
    weights: Weights,
) -> list[dict[str, float | int]]:
    """Return the profit of growing numbers of contacts, with its interval over customers.

    Those whom the capacity reaches come first; what follows is what a larger capacity
    would bring.

    Args:
        offers: The test rows.
        clusters: Customer of each row, numbered from 0 without gaps.
        weights: How often each customer comes in each resample.

    Returns:
        Points with contacts, share (of the rows), profit, low, high.
    """
    order = np.lexsort((-offers.raw, -offers.expected, ~offers.within))
    rows, counted = len(order), np.append(0.0, np.cumsum(offers.weight[order]))
    ends = np.unique(np.linspace(0, rows, min(POINTS, rows) + 1).round().astype(int))
    step = np.searchsorted(ends[1:], np.arange(rows), side="right")
    earned, owners = offers.earned[order], clusters[order]
    ones = np.ones(weights.shape[1])
    sampled = np.array(
        [_steps(earned * w[owners], step, len(ends)) for w in (ones, *weights)]
    )
    drawn = sampled[1:] if len(weights) else sampled
    low, high = np.quantile(drawn, _LEVELS, axis=0)
    return [
        {
            "contacts": round(float(counted[end])),
            "share": float(counted[end] / counted[-1]),
            "profit": float(sampled[0, i]),
            "low": float(low[i]),
            "high": float(high[i]),
        }
        for i, end in enumerate(ends)
    ]


def _steps(earned: Floats, step: Rows, points: int) -> Floats:
    """Sum up to each point; the first is nobody."""
    sums = np.bincount(step, weights=earned, minlength=points - 1)
    return np.append(0.0, np.cumsum(sums))
