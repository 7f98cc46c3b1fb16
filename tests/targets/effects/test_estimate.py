"""The effect of a contact: its interval is right, and what was known before narrows it."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from ccml.targets.effects.estimate import mean_effect, standardised_difference

EFFECT = 0.04


def trial(seed: int, *, effect: float = EFFECT, size: int = 1_500):
    """Draw a campaign of buyers, a fifth held out; a trait tells who buys anyway."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=size)
    treated = rng.random(size) >= 0.2
    chance = np.clip(0.1 + 0.08 * trait + effect * treated, 0, 1)
    y = (rng.random(size) < chance).astype(float)
    true = np.clip(0.1 + 0.08 * trait + effect, 0, 1) - np.clip(
        0.1 + 0.08 * trait, 0, 1
    )
    return y, treated, trait[:, None], float(true.mean())


def test_the_interval_covers_the_truth_as_often_as_it_says():
    covered = 0
    for seed in range(200):
        y, treated, trait, true = trial(seed)
        found = mean_effect(y, treated, trait)
        covered += found.low <= true <= found.high
    assert 180 <= covered <= 198


def test_where_nothing_was_done_the_interval_covers_nothing():
    found = [mean_effect(*trial(seed, effect=0.0)[:3]) for seed in range(200)]
    covered = sum(f.low <= 0 <= f.high for f in found)
    assert 180 <= covered <= 198


def test_without_covariates_it_is_the_difference_of_means_with_welchs_error():
    y, treated, _, _ = trial(1)
    found = mean_effect(y, treated, np.empty((len(y), 0)))
    reference = ttest_ind(y[treated], y[~treated], equal_var=False)
    difference = y[treated].mean() - y[~treated].mean()
    assert found.value == pytest.approx(difference)
    half = (found.high - found.low) / 2
    assert half == pytest.approx(1.959964 * difference / reference.statistic)
    assert not found.adjusted


def test_what_was_known_before_narrows_the_interval():
    rng = np.random.default_rng(3)
    before = rng.normal(size=1_000)
    treated = rng.random(1_000) >= 0.3
    y = 2 * before + 0.2 * treated + rng.normal(size=1_000)
    plain = mean_effect(y, treated, np.empty((1_000, 0)))
    adjusted = mean_effect(y, treated, before[:, None])
    assert adjusted.high - adjusted.low < 0.6 * (plain.high - plain.low)
    assert adjusted.could_show < plain.could_show


def test_a_change_that_could_be_shown_is_found_four_times_in_five():
    y, treated, trait, _ = trial(5, effect=0.0)
    size = mean_effect(y, treated, trait).could_show
    found = [mean_effect(*trial(seed, effect=size)[:3]) for seed in range(200)]
    share = np.mean([f.low > 0 for f in found])
    assert 0.7 <= share <= 0.9


def test_covariates_that_few_customers_could_not_bear_are_left_out():
    rng = np.random.default_rng(4)
    treated = np.arange(60) >= 19
    found = mean_effect(rng.normal(size=60), treated, rng.normal(size=(60, 3)))
    assert not found.adjusted


def test_a_covariate_that_never_varies_in_a_group_is_left_out():
    treated = np.arange(100) >= 50
    flat = np.where(treated, np.arange(100), 1.0)[:, None]
    assert not mean_effect(np.arange(100.0), treated, flat).adjusted


def test_a_group_of_one_is_refused():
    with pytest.raises(ValueError, match="two customers or more"):
        mean_effect(np.arange(5.0), np.arange(5) > 0, np.empty((5, 0)))


def test_the_standardised_difference_is_in_pooled_deviations():
    values = np.array([1.0, 3.0, 4.0, 6.0])
    treated = np.array([False, False, True, True])
    assert standardised_difference(values, treated) == pytest.approx(3.0)
    assert standardised_difference(np.ones(4), treated) == 0
