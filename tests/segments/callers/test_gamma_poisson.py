import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.config.segments import RepeatCallersConfig
from ccml.segments.callers.call_days import CallDays
from ccml.segments.callers.gamma_poisson import (
    CallCounts,
    RateFit,
    fit_rates,
    poisson_rate,
)
from ccml.segments.callers.judge import Laws, lasting_rates

DAYS = 90.0
SHAPE, MEAN = 0.8, 1.2 / DAYS


def simulated(size=40_000, seed=1, shape=SHAPE, mean=MEAN):
    rng = np.random.default_rng(seed)
    rates = rng.gamma(shape, mean / shape, size)
    days = rng.choice([30.0, 60.0, DAYS], size)
    return rates, days, rng.poisson(rates * days)


def alike(size=20_000, seed=2):
    return np.random.default_rng(seed).poisson(MEAN * DAYS, size)


FIT = RateFit(MEAN, SHAPE, 0.0, is_truncated=False)
NOBODY = CallDays(np.empty(0, int), np.empty(0), np.empty(0))


def believed(calls, days, *, is_truncated=False, fit=None):
    """Judge rates by the numbers of calls alone."""
    calls, days = np.asarray(calls, float), np.asarray(days, float)
    fit = fit or fit_rates(CallCounts.of(calls, days, is_truncated=is_truncated))
    laws = Laws(fit, None, None)
    return lasting_rates(NOBODY, calls, days, laws, RepeatCallersConfig())


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
    belief = believed(calls, days)
    threshold = belief.rate_exceeded_by(0.14)
    flagged = belief.above(threshold) >= 0.8
    truly = rates > threshold
    assert truly.mean() == pytest.approx(0.14, abs=0.02)
    assert truly[flagged].mean() >= 0.9
    assert flagged.sum() > 500


def test_the_posterior_rate_predicts_better_than_the_raw_count():
    rates, days, calls = simulated()
    ahead = np.random.default_rng(9).poisson(rates * DAYS)
    raw = np.mean((calls / days * DAYS - ahead) ** 2)
    posterior = np.mean((believed(calls, days).mean * DAYS - ahead) ** 2)
    assert posterior < 0.8 * raw


@pytest.mark.parametrize("is_truncated", [False, True])
def test_customers_who_are_alike_hardly_ever_seem_to_differ(is_truncated):
    doubted, flagged = 0, []
    for seed in range(10):
        calls = alike(seed=seed)
        calls = calls[calls > 0] if is_truncated else calls
        days = np.full(len(calls), DAYS)
        fit = fit_rates(CallCounts.of(calls, days, is_truncated=is_truncated))
        doubted += fit.is_overdispersed
        belief = believed(calls, days, is_truncated=is_truncated)
        sure = belief.above(belief.rate_exceeded_by(0.14))
        flagged.append((sure >= 0.8).mean() if fit.is_overdispersed else 0.0)
        assert fit.mean_per_day == pytest.approx(MEAN, rel=0.05)
    assert max(flagged) <= 0.005
    assert doubted <= 1


def test_the_same_calls_in_half_the_time_rank_higher():
    belief = believed([3, 3], [45.0, 90.0], fit=FIT)
    assert belief.mean[0] > belief.mean[1]
    assert belief.above(1 / 30)[0] > belief.above(1 / 30)[1]


@settings(max_examples=30, deadline=None)
@given(calls=st.integers(0, 40), days=st.integers(1, 90))
def test_a_further_call_makes_persistence_more_probable(calls, days):
    fewer, more = believed([calls, calls + 1], [days, days], fit=FIT).above(1 / 30)
    assert fewer < more or more == 1


def test_nobody_called():
    counts = CallCounts.of(np.zeros(50), np.full(50, DAYS))
    fit = fit_rates(counts)
    assert not fit.is_overdispersed
    assert poisson_rate(counts) == 0
