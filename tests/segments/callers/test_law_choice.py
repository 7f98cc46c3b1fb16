"""Laws of the numbers of calls, and how well they fit."""

import numpy as np
import pytest

from ccml.segments.callers.gamma_poisson import CallCounts, fit_rates, poisson_rate
from ccml.segments.callers.law_choice import (
    chosen,
    fit_words,
    law_trials,
    pit,
    rootogram,
)

DAYS = 90.0


def best_of(calls, *, is_truncated=False):
    counts = CallCounts.of(calls, np.full(len(calls), DAYS), is_truncated=is_truncated)
    trials = law_trials(counts, fit_rates(counts), poisson_rate(counts))
    return counts, trials, chosen(trials)


def smooth(size=20_000, seed=1):
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(0.8, 1.5, size))


def test_smooth_rates_need_no_other_law():
    _, trials, best = best_of(smooth())
    assert best.name == "gamma_poisson"
    assert {trial.name for trial in trials} == {
        "poisson", "gamma_poisson", "zero_inflated", "two_groups",
    }  # fmt: skip


def test_customers_who_are_alike_follow_chance():
    calls = np.random.default_rng(5).poisson(1.2, 10_000)
    _, trials, best = best_of(calls)
    assert [trial.name for trial in trials] == ["poisson"]
    assert best.parameters["calls_per_30d"] == pytest.approx(0.4, rel=0.05)


def test_customers_who_never_call_are_found():
    rng = np.random.default_rng(3)
    calls = np.where(rng.random(20_000) < 0.4, 0, rng.poisson(rng.gamma(4, 1, 20_000)))
    _, _, best = best_of(calls)
    assert best.name == "zero_inflated"
    assert best.parameters["share_who_never_call"] == pytest.approx(0.4, abs=0.03)


def test_two_groups_are_found():
    rng = np.random.default_rng(4)
    rates = np.where(rng.random(20_000) < 0.1, rng.gamma(20, 1, 20_000), 0.5)
    _, _, best = best_of(rng.poisson(rates))
    assert best.name == "two_groups"


@pytest.mark.parametrize("is_truncated", [False, True])
def test_a_fitting_law_fills_all_tenths_alike(is_truncated):
    calls = smooth()
    calls = calls[calls > 0] if is_truncated else calls
    counts, _, best = best_of(calls, is_truncated=is_truncated)
    shares = pit(counts, best)
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx([0.1] * 10, abs=0.01)
    assert "closely" in fit_words(shares, best)


def test_a_law_that_does_not_fit_shows():
    counts, trials, _ = best_of(smooth())
    poisson = next(trial for trial in trials if trial.name == "poisson")
    shares = pit(counts, poisson)
    assert max(shares) > 0.13
    assert "roughly" in fit_words(shares, poisson)


def test_the_rootogram_counts_every_customer():
    counts, _, best = best_of(smooth(size=5_000))
    rows = rootogram(counts, best, int(counts.calls.max()))
    assert sum(row["observed"] for row in rows) == 5_000
    assert sum(row["expected"] for row in rows) == pytest.approx(5_000, rel=0.01)
