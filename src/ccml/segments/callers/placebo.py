"""What would be flagged among customers who are all alike, to see who is fooled."""

import numpy as np
import pandas as pd

from ccml.config.segments import RepeatCallersConfig
from ccml.segments.callers.call_days import CallDays
from ccml.segments.callers.gamma_poisson import CallCounts, fit_rates, poisson_rate
from ccml.segments.callers.judge import Laws, judge, lasting_law

MOST_CUSTOMERS = 10_000
CHAIN_DAYS = 2.0  # mean days from a call to its repeat


def alike(seen: CallDays, rate: float, clumps: float, seed: int) -> CallDays:
    """Draw calls of customers who are all alike, though their calls come in chains.

    Args:
        seen: The real customers, for the days in which each was watched.
        rate: Calls per day of everybody.
        clumps: Variance over mean of a customer's calls; 1 = no chains.
        seed: Seed of the calls.
    """
    rng = np.random.default_rng(seed)
    watched = seen.watched
    if seen.size > MOST_CUSTOMERS:
        watched = np.sort(rng.choice(watched, MOST_CUSTOMERS, replace=False))
    again = (clumps - 1) / (clumps + 1)  # geometric chains with that variance
    starts = rng.poisson(rate * (1 - again) * watched)
    row = np.repeat(np.arange(len(watched)), starts)
    age = rng.random(len(row)) * watched[row]
    rows, ages = [row], [age]
    while len(row):
        goes_on = rng.random(len(row)) < again
        row = row[goes_on]
        age = age[goes_on] - rng.exponential(CHAIN_DAYS, len(row))
        row, age = row[age > 0], age[age > 0]
        rows.append(row)
        ages.append(age)
    return CallDays(np.concatenate(rows), np.concatenate(ages), watched)


def placebo(
    seen: CallDays,
    counts: CallCounts,
    laws: Laws,
    rule: RepeatCallersConfig,
    seed: int,
) -> dict[str, float]:
    """Flag customers who are all alike.

    Returns:
        flagged: share of alike customers called persistent; flagged_by_counts: share
        that the numbers of calls alone would flag; rule_of_three: share that "three or
        more calls" would flag.
    """
    clumps = 1.0 if laws.lasting is None else laws.lasting.clumps
    drawn = alike(seen, poisson_rate(counts), clumps, seed)
    window = float(rule.window_days)
    calls, days = drawn.counted(0.0, window), drawn.exposure(0.0, window)
    shown = calls > 0 if counts.is_truncated else np.ones(drawn.size, dtype=bool)
    if not shown.any():
        return {"flagged": 0.0, "flagged_by_counts": 0.0, "rule_of_three": 0.0}
    few = drawn.of(np.flatnonzero(shown))
    same = CallCounts.of(calls[shown], days[shown], is_truncated=counts.is_truncated)
    fit = fit_rates(same)
    own = Laws(fit, lasting_law(drawn, fit, rule, seed), None)
    plain = Laws(fit, None, None)
    nobody = pd.Series(np.arange(few.size)).astype(str)
    judged = [judge(nobody, few, same, each, rule) for each in (own, plain)]
    shares = [float(found.table["is_persistent"].mean()) for found in judged]
    three = float((same.calls >= 3) @ same.customers / same.customers.sum())
    return {
        "flagged": shares[0],
        "flagged_by_counts": shares[1],
        "rule_of_three": three,
    }
