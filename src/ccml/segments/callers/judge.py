"""Who calls persistently more than others, at one cutoff."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.segments import RepeatCallersConfig
from ccml.segments.callers.call_days import CallDays
from ccml.segments.callers.forgetting import ForgettingLaw, fit_law, past_periods
from ccml.segments.callers.gamma_poisson import CallCounts, RateFit, fit_rates
from ccml.segments.callers.posterior import Posterior

Floats = NDArray[np.float64]
MONTH_DAYS = 30
GAP_DAYS = 7.0  # a chain of calls about one matter is no lasting rate


@dataclass(frozen=True)
class Laws:
    """How rates are spread over customers.

    Args:
        fit: Of the numbers of calls in the window; tells whether customers differ.
        lasting: The law that foretells what comes a week later; nothing where
            customers are alike or the calls go back too few days.
        coming: The law that foretells the days right after.
    """

    fit: RateFit
    lasting: ForgettingLaw | None
    coming: ForgettingLaw | None


@dataclass(frozen=True)
class Callers:
    """Who calls persistently.

    Args:
        table: customer_id, calls, exposure_days, posterior_rate_per_30d,
            expected_calls_30d, expected_low, expected_high, probability_persistent,
            is_persistent.
        counts: The customers counted together.
        laws: The fitted population.
        belief: What is believed of each customer's lasting rate.
        threshold_per_day: Rates above it are persistent.
    """

    table: pd.DataFrame
    counts: CallCounts
    laws: Laws
    belief: Posterior
    threshold_per_day: float


def fit_laws(
    seen: CallDays, counts: CallCounts, rule: RepeatCallersConfig, seed: int
) -> Laws:
    """Fit the population, unless all customers may be alike.

    Args:
        seen: Calls of everyone, as far back as they are looked at.
        counts: Calls of the window.
        rule: Window and memory.
        seed: Seed of the sample that laws are fitted to.
    """
    fit = fit_rates(counts)
    lasting = lasting_law(seen, fit, rule, seed)
    if lasting is None:
        return Laws(fit, None, None)
    periods = past_periods(rule.memory_days, _watched(seen), 0.0)
    return Laws(fit, lasting, fit_law(seen, periods, seed))


def lasting_law(
    seen: CallDays, fit: RateFit, rule: RepeatCallersConfig, seed: int
) -> ForgettingLaw | None:
    """Fit the law of rates that last; nothing where customers are alike or unknown."""
    periods = past_periods(rule.memory_days, _watched(seen), GAP_DAYS)
    if not (fit.is_overdispersed and periods):
        return None
    return fit_law(seen, periods, seed)


def _watched(seen: CallDays) -> float:
    return float(seen.watched.max(initial=0.0))


def judge(
    ids: "pd.Series[str]",
    seen: CallDays,
    counts: CallCounts,
    laws: Laws,
    rule: RepeatCallersConfig,
) -> Callers:
    """Judge every customer.

    Args:
        ids: The customers, in the order of their calls.
        seen: Their calls.
        counts: Their calls in the window.
        laws: The fitted population.
        rule: Threshold and least probability.
    """
    calls, days = counts.calls[counts.where], counts.days[counts.where]
    belief = lasting_rates(seen, calls, days, laws, rule)
    threshold = _threshold(belief, laws, rule)
    alike = not laws.fit.is_overdispersed
    probability = np.zeros(len(calls)) if alike else belief.above(threshold)
    coming = (
        belief if laws.coming is None else laws.coming.judged(seen, rule.memory_days)
    )
    clumps = 1.0 if laws.coming is None else laws.coming.clumps
    expected, low, high = coming.calls_within(MONTH_DAYS, clumps)
    table = pd.DataFrame(
        {
            "customer_id": ids,
            "calls": calls.astype(np.int64),
            "exposure_days": days,
            "posterior_rate_per_30d": belief.mean * MONTH_DAYS,
            "expected_calls_30d": expected,
            "expected_low": low,
            "expected_high": high,
            "probability_persistent": probability,
            "is_persistent": probability >= rule.min_probability,
        }
    )
    return Callers(table, counts, laws, belief, threshold)


def lasting_rates(
    seen: CallDays,
    calls: Floats,
    days: Floats,
    laws: Laws,
    rule: RepeatCallersConfig,
    at: float = 0.0,
) -> Posterior:
    """Judge lasting rates, some days before the cutoff if asked for.

    Without a law of what lasts, the spread of the numbers of calls has to do.
    """
    if laws.lasting is not None:
        return laws.lasting.judged(seen, rule.memory_days, at)
    fit = laws.fit
    if not fit.is_overdispersed:  # beliefs as narrow as if all were known
        sure = np.full((1, len(calls)), 1e9)
        return Posterior(np.ones_like(sure), sure, sure / fit.mean_per_day)
    shape, scale = fit.shape + calls, fit.inverse_scale_days + days
    return Posterior(np.ones((1, len(calls))), shape[None, :], scale[None, :])


def _threshold(belief: Posterior, laws: Laws, rule: RepeatCallersConfig) -> float:
    if rule.rate_per_30d is not None:
        return rule.rate_per_30d / MONTH_DAYS
    if not laws.fit.is_overdispersed:
        return laws.fit.mean_per_day
    return belief.rate_exceeded_by(rule.top_share)
