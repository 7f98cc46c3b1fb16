"""How concentrated calls are, how sure that is, and what chance alone would give."""

from typing import Any

import numpy as np
from scipy import stats

from ccml.kpis.concentration import (
    TOP_SHARES,
    CountTable,
    gini,
    lorenz_points,
    top_shares,
)
from ccml.segments.callers.gamma_poisson import CallCounts, poisson_rate

SAMPLES = 500
NEGLIGIBLE = 1e-12


def concentration(counts: CallCounts, seed: int) -> dict[str, Any]:
    """Describe the concentration of calls beside the chance level.

    Returns:
        gini, gini_by_chance, top: list of top, share, low, high (95 %, customers
        resampled), by_chance; lorenz: list of share_of_customers, share_of_calls,
        by_chance (heaviest callers first).
    """
    table = CountTable.of(counts.calls[counts.where])
    chance = chance_table(counts)
    shares = top_shares(table, TOP_SHARES)[0]
    drawn = top_shares(table, TOP_SHARES, table.resampled(SAMPLES, seed))
    low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    by_chance = top_shares(chance, TOP_SHARES)[0]
    curve = lorenz_points(table).assign(
        by_chance=lorenz_points(chance)["share_of_calls"]
    )
    columns = zip(TOP_SHARES, shares, low, high, by_chance, strict=True)
    names = ("top", "share", "low", "high", "by_chance")
    return {
        "gini": gini(table),
        "gini_by_chance": gini(chance),
        "top": [dict(zip(names, map(float, row), strict=True)) for row in columns],
        "lorenz": curve.to_dict("records"),
    }


def chance_table(counts: CallCounts) -> CountTable:
    """Spread the customers over numbers of calls as if all had the same rate.

    Everybody keeps his own exposure; where customers without a call are not on record,
    the chance level has none either.
    """
    days, where = np.unique(counts.days, return_inverse=True)
    weight = np.bincount(where, weights=counts.customers)
    expected = poisson_rate(counts) * days
    most = int(stats.poisson.isf(NEGLIGIBLE, expected.max())) + 1
    number = np.arange(most + 1)
    mass = stats.poisson.pmf(number[None, :], expected[:, None])
    if counts.is_truncated:
        mass[:, 0] = 0
        mass /= mass.sum(axis=1, keepdims=True)
    return CountTable(number[::-1].astype(float), (weight @ mass)[::-1])
