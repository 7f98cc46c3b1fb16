"""What lasts is told from what passes: the law that foretells, and who it flags."""

import numpy as np
import pandas as pd
import pytest

from ccml.config.segments import RepeatCallersConfig
from ccml.segments.callers.call_days import CallDays
from ccml.segments.callers.forgetting import fit_law, past_periods
from ccml.segments.callers.gamma_poisson import CallCounts, fit_rates
from ccml.segments.callers.judge import Laws, fit_laws, judge
from ccml.segments.callers.placebo import alike, placebo
from ccml.segments.callers.posterior import Posterior
from ccml.segments.callers.regression import leavers_by_chance

DAYS, AHEAD = 250.0, 30.0
RULE = RepeatCallersConfig(window_days=90, memory_days=180)


def calls_of(rates, seed=1, days=DAYS):
    """Draw the calls of customers with these rates, evenly over the days."""
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(len(rates)), rng.poisson(rates * days))
    age = rng.uniform(1e-3, days, len(row))
    order = np.lexsort((age, row))
    return CallDays(row[order], age[order], np.full(len(rates), days))


def gamma_rates(size=3_000, shape=0.8, mean=1.5 / 90, seed=3):
    return np.random.default_rng(seed).gamma(shape, mean / shape, size)


def counts_of(seen, window=90.0):
    return CallCounts.of(seen.counted(0, window), seen.exposure(0, window))


def judged(seen, rule=RULE):
    counts = counts_of(seen)
    laws = fit_laws(seen, counts, rule, seed=1)
    return judge(pd.Series(np.arange(seen.size)).astype(str), seen, counts, laws, rule)


@pytest.fixture(scope="module")
def found():
    rates = gamma_rates()
    return rates, judged(calls_of(rates))


def test_those_flagged_are_truly_above_the_threshold(found):
    rates, callers = found
    flagged = callers.table["is_persistent"].to_numpy()
    truly = rates > callers.threshold_per_day
    assert flagged.sum() > 60
    assert truly[flagged].mean() >= 0.9


def test_how_sure_it_is_agrees_with_how_often_it_is_right(found):
    rates, callers = found
    sure = callers.table["probability_persistent"].to_numpy()
    truly = rates > callers.threshold_per_day
    for low, high in ((0.2, 0.5), (0.5, 0.8), (0.8, 1.01)):
        inside = (sure >= low) & (sure < high)
        assert truly[inside].mean() == pytest.approx(sure[inside].mean(), abs=0.12)


def test_the_next_period_is_foretold_a_fifth_better_than_by_raw_counts(found):
    rates, callers = found
    ahead = np.random.default_rng(9).poisson(rates * 90)
    raw = callers.table["calls"] / callers.table["exposure_days"] * 90
    law = callers.belief.mean * 90
    assert np.mean((law - ahead) ** 2) < 0.8 * np.mean((raw - ahead) ** 2)


def test_the_interval_holds_next_months_calls(found):
    rates, callers = found
    ahead = np.random.default_rng(10).poisson(rates * AHEAD)
    inside = (callers.table["expected_low"] <= ahead) & (
        ahead <= callers.table["expected_high"]
    )
    assert inside.mean() >= 0.93


def test_steady_customers_are_not_forgotten():
    seen = calls_of(gamma_rates(size=2_000))
    law = fit_law(seen, past_periods(180, DAYS, 0.0), 1, (10.0, float("inf")))
    assert law.half_life_days == float("inf")
    assert law.clumps == pytest.approx(1.0, abs=0.15)


def test_customers_who_change_every_month_are_forgotten():
    rng = np.random.default_rng(4)
    size, parts = 1_500, []
    for month in range(8):
        rates = rng.gamma(0.3, 5 / 0.3 / 30, size)
        row = np.repeat(np.arange(size), rng.poisson(rates * 30))
        parts.append((row, month * 30 + rng.uniform(0.01, 30, len(row))))
    row, age = (np.concatenate(values) for values in zip(*parts, strict=True))
    seen = CallDays(row, age, np.full(size, 240.0))
    # Foretold is the second half of a month from what came before.
    law = fit_law(seen, past_periods(15, 45.0, 0.0), 1, (5.0, float("inf")))
    lasting = fit_law(seen, past_periods(150, 240.0, 7.0), 1, (float("inf"),))
    calls, days = np.array([0.0, 60.0]), np.array([150.0, 150.0])
    none, many = lasting.posterior(calls, days).mean
    assert law.periods == 2
    assert many < 3 * none  # 60 calls would be 60 times as many without forgetting


def test_chains_of_calls_of_customers_who_are_alike_flag_nobody():
    """Repeats make calls clumpy; a law of counts alone takes that for persistence."""
    shares, by_counts = [], []
    for seed in range(3):
        watched = CallDays(np.empty(0, int), np.empty(0), np.full(4_000, DAYS))
        drawn = alike(watched, 1.5 / 90, 2.2, seed)
        counts = counts_of(drawn)
        plain = Laws(fit_rates(counts), None, None)
        ids = pd.Series(np.arange(drawn.size)).astype(str)
        shares.append(judged(drawn).table["is_persistent"].mean())
        by_counts.append(
            judge(ids, drawn, counts, plain, RULE).table["is_persistent"].mean()
        )
    assert max(shares) <= 0.005
    assert min(by_counts) > 0.005


def test_the_placebo_tells_what_simple_rules_would_flag(found):
    rates, callers = found
    seen = calls_of(rates)
    fooled = placebo(seen, callers.counts, callers.laws, RULE, seed=5)
    assert fooled["flagged"] <= 0.005
    assert fooled["rule_of_three"] > 0.05


def test_drawn_chains_have_the_variance_asked_for():
    watched = CallDays(np.empty(0, int), np.empty(0), np.full(20_000, 400.0))
    calls = alike(watched, 0.02, 2.0, seed=1).counted(0, 400.0)
    assert calls.var() / calls.mean() == pytest.approx(2.0, rel=0.1)
    assert calls.mean() == pytest.approx(8.0, rel=0.05)


def test_a_short_log_is_judged_by_counts_alone():
    seen = calls_of(gamma_rates(size=2_000), days=20.0)
    callers = judged(seen)
    assert callers.laws.fit.is_overdispersed
    assert callers.laws.lasting is None
    assert callers.table["posterior_rate_per_30d"].notna().all()


def test_customers_who_are_alike_are_never_persistent():
    callers = judged(calls_of(np.full(3_000, 2 / 90)))
    assert not callers.laws.fit.is_overdispersed
    assert callers.table["is_persistent"].sum() == 0


def test_half_the_days_with_the_same_calls_rank_higher(found):
    _, callers = found
    law = callers.laws.lasting
    belief = law.posterior(np.array([3.0, 3.0]), np.array([45.0, 90.0]))
    assert belief.mean[0] > belief.mean[1]
    assert belief.above(1 / 30)[0] > belief.above(1 / 30)[1]


def test_a_given_rate_is_the_threshold(found):
    rates, _ = found
    rule = RULE.model_copy(update={"rate_per_30d": 1.0})
    callers = judged(calls_of(rates), rule)
    assert callers.threshold_per_day == pytest.approx(1 / 30)


def test_faded_calls_and_days_halve_with_the_half_life():
    seen = CallDays(np.array([0, 0, 1]), np.array([10.0, 20.0, 30.0]), np.full(2, 1e6))
    calls, days = seen.faded(0.0, 1e6, 10.0)
    assert calls == pytest.approx([0.5 + 0.25, 0.125])
    assert days == pytest.approx([10 / np.log(2)] * 2)
    assert seen.faded(0.0, 25.0, float("inf"))[0].tolist() == [2, 0]


def test_periods_lie_behind_what_is_known_of_them():
    periods = past_periods(90, 365, 7.0)
    assert [(p.at, p.begin, p.end) for p in periods] == [(37, 30, 0), (67, 60, 30)]
    assert all(p.at - p.begin == 7 for p in periods)
    assert past_periods(90, 20.0, 7.0) == []


def test_the_threshold_is_exceeded_by_the_share_asked_for():
    belief = Posterior(
        np.ones((1, 500)), np.full((1, 500), 2.0), np.full((1, 500), 60.0)
    )
    rate = belief.rate_exceeded_by(0.14)
    assert belief.above(rate).mean() == pytest.approx(0.14, abs=1e-6)


def test_more_leave_the_top_by_chance_when_rates_are_alike():
    rng = np.random.default_rng(2)
    alike_rates, size = np.full(2_000, 0.05), 2_000
    unequal = gamma_rates(size=size, shape=0.3, mean=0.05)
    left = []
    for rates in (alike_rates, unequal):
        sure = Posterior(np.ones((1, size)), np.full((1, size), 1e8), 1e8 / rates[None])
        calls = rng.poisson(rates * 30).astype(float)
        left.append(
            leavers_by_chance(sure, calls, 0.14, 30.0, 1.0, 1)["left_by_chance"]
        )
    assert left[0] == pytest.approx(0.86, abs=0.04)  # 14 % of anybody come back
    assert left[1] < left[0] - 0.2
