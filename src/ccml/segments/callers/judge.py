"""The table of repeat callers at one cutoff."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.segments import SegmentsConfig
from ccml.segments.callers.gamma_poisson import (
    CallCounts,
    Persistence,
    RateFit,
    fit_rates,
    persistence,
    placebo,
)
from ccml.segments.population import Population

MONTH_DAYS = 30


@dataclass(frozen=True)
class Callers:
    """Who calls persistently.

    Args:
        table: customer_id, calls, exposure_days, posterior_rate_per_30d,
            probability_persistent, is_persistent.
        counts: The customers counted together.
        fit: The fitted population.
        judged: What is believed of each count.
        placebo: What the method flags among customers who are all alike.
    """

    table: pd.DataFrame
    counts: CallCounts
    fit: RateFit
    judged: Persistence
    placebo: dict[str, float]


def judge_callers(
    people: Population, calls: NDArray[np.int64], config: SegmentsConfig
) -> Callers:
    """Judge every customer of a population.

    Args:
        people: Customers with exposure_days.
        calls: Calls of each in the window.
        config: Threshold, least probability and seed.
    """
    rule = config.repeat_callers
    days = people.customers["exposure_days"].to_numpy(dtype=float)
    counts = CallCounts.of(calls, days, is_truncated=not people.has_base)
    fit = fit_rates(counts)
    judged = persistence(fit, counts, rule.top_share)
    probability = judged.probability[counts.where]
    table = pd.DataFrame(
        {
            "customer_id": people.customers["customer_id"],
            "calls": calls,
            "exposure_days": days,
            "posterior_rate_per_30d": judged.rate_per_day[counts.where] * MONTH_DAYS,
            "probability_persistent": probability,
            "is_persistent": probability >= rule.min_probability,
        }
    )
    fooled = placebo(counts, fit, rule.top_share, rule.min_probability, config.seed)
    return Callers(table, counts, fit, judged, fooled)
