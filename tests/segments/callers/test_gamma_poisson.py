import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.segments.callers.gamma_poisson import (
    CallCounts,
    RateFit,
    expected_customers,
    fit_rates,
    persistence,
    poisson_rate,
)

DAYS = 90.0
SHAPE, MEAN = 0.8, 1.2 / DAYS


def simulated(size=40_000, seed=1, shape=SHAPE, mean=MEAN):
    rng = np.random.default_rng(seed)
    rates = rng.gamma(shape, mean / shape, size)
    days = rng.choice([30.0, 60.0, DAYS], size)
    return rates, days, rng.poisson(rates * days)


def alike(size=20_000, seed=2):
    return np.random.default_rng(seed).poisson(MEAN * DAYS, size)


def test_parameters_come_back_from_gamma_poisson_calls():
    _, days, calls = simulated()
    fit = fit_rates(CallCounts.of(calls, days))
    assert fit.shape == pytest.approx(SHAPE, rel=0.1)
    assert fit.mean_per_day == pytest.approx(MEAN, rel=0.1)


def test_parameters_come_back_when_only_callers_are_on_record():
    _, days, calls = simulated()
    seen = calls > 0
    fit = fit_rates(CallCounts.of(calls[seen], days[seen], is_truncated=True))
    assert fit.shape == pytest.approx(SHAPE, rel=0.1)
    assert fit.mean_per_day == pytest.approx(MEAN, rel=0.1)


def test_persistent_callers_are_truly_above_the_threshold():
    rates, days, calls = simulated()
    counts = CallCounts.of(calls, days)
    judged = persistence(fit_rates(counts), counts, 0.14)
    flagged = (judged.probability >= 0.8)[counts.where]
    truly = rates > judged.threshold_per_day
    assert truly.mean() == pytest.approx(0.14, abs=0.02)
    assert truly[flagged].mean() >= 0.9
    assert flagged.sum() > 500


def test_the_posterior_rate_predicts_better_than_the_raw_count():
    rates, days, calls = simulated()
    counts = CallCounts.of(calls, days)
    judged = persistence(fit_rates(counts), counts, 0.14)
    ahead = np.random.default_rng(9).poisson(rates * DAYS)
    raw = np.mean((calls / days * DAYS - ahead) ** 2)
    posterior = np.mean((judged.rate_per_day[counts.where] * DAYS - ahead) ** 2)
    assert posterior < 0.8 * raw


@pytest.mark.parametrize("is_truncated", [False, True])
def test_customers_who_are_alike_are_hardly_ever_persistent(is_truncated):
    doubted, flagged = 0, []
    for seed in range(10):
        calls = alike(seed=seed)
        calls = calls[calls > 0] if is_truncated else calls
        days = np.full(len(calls), DAYS)
        counts = CallCounts.of(calls, days, is_truncated=is_truncated)
        fit = fit_rates(counts)
        judged = persistence(fit, counts, 0.14)
        doubted += fit.is_overdispersed
        flagged.append((judged.probability >= 0.8) @ counts.customers / len(calls))
        assert fit.mean_per_day == pytest.approx(MEAN, rel=0.05)
    assert max(flagged) <= 0.005
    assert doubted <= 1


def test_the_same_calls_in_half_the_time_rank_higher():
    fit = RateFit(MEAN, SHAPE, 0.0, is_truncated=False)
    counts = CallCounts.of([3, 3], [45.0, 90.0])
    judged = persistence(fit, counts, 0.14)
    assert judged.rate_per_day[0] > judged.rate_per_day[1]
    assert judged.probability[0] > judged.probability[1]


@settings(max_examples=30, deadline=None)
@given(calls=st.integers(0, 40), days=st.integers(1, 90))
def test_a_further_call_makes_persistence_more_probable(calls, days):
    fit = RateFit(MEAN, SHAPE, 0.0, is_truncated=False)
    counts = CallCounts.of([calls, calls + 1], [days, days])
    fewer, more = persistence(fit, counts, 0.14).probability
    assert fewer < more or more == 1


def test_where_only_callers_are_known_the_threshold_is_theirs():
    _, days, calls = simulated(shape=0.05)
    seen = calls > 0
    counts = CallCounts.of(calls[seen], days[seen], is_truncated=True)
    judged = persistence(fit_rates(counts), counts, 0.14)
    mean = judged.probability @ counts.customers / counts.customers.sum()
    assert mean == pytest.approx(0.14, abs=1e-6)


def test_expected_customers_follow_the_simulated_ones():
    _, days, calls = simulated()
    counts = CallCounts.of(calls, days)
    expected = expected_customers(fit_rates(counts), counts, 3)
    observed = np.bincount(calls, minlength=4)[:4]
    assert expected == pytest.approx(observed, rel=0.05)


def test_expected_callers_are_as_many_as_there_are():
    _, days, calls = simulated(size=5_000)
    seen = calls > 0
    counts = CallCounts.of(calls[seen], days[seen], is_truncated=True)
    expected = expected_customers(fit_rates(counts), counts, 400)
    assert expected[0] == 0
    assert expected.sum() == pytest.approx(seen.sum(), rel=1e-3)


def test_nobody_called():
    counts = CallCounts.of(np.zeros(50), np.full(50, DAYS))
    fit = fit_rates(counts)
    assert not fit.is_overdispersed
    assert poisson_rate(counts) == 0
    assert (persistence(fit, counts, 0.14).rate_per_day == 0).all()
