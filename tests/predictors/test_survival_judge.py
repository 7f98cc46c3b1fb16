"""Measures under censoring, against examples worked out by hand."""

import numpy as np
import pytest

from ccml.predictors.metrics import roc_auc
from ccml.predictors.survival.judge import (
    Sampled,
    ipcw_brier,
    judged,
    outcome,
    time_auc,
)
from ccml.predictors.survival.kaplan_meier import censoring, kaplan_meier

DAYS = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
HAPPENED = np.array([True, False, True, False, True])


def sample(rows, resamples=0):
    draws = np.ones((resamples, rows), dtype=np.int8)
    return Sampled(np.arange(rows, dtype=np.int64), draws)


def test_kaplan_meier_by_hand():
    """Of 5, 3 and 1 at risk, one each leaves at days 1, 3 and 5."""
    curve = kaplan_meier(DAYS, HAPPENED)
    left = [1, 4 / 5, 4 / 5, 4 / 5 * 2 / 3, 0]
    assert curve.at(np.array([0, 1, 2.5, 3, 5])) == pytest.approx(left)
    assert curve.before(np.array([1.0, 3.0])) == pytest.approx([1, 4 / 5])


def test_censoring_by_hand():
    """Of 4 and 2 still there, one each is lost at days 2 and 4."""
    left = censoring(DAYS, HAPPENED)
    assert left.at(DAYS) == pytest.approx([1, 3 / 4, 3 / 4, 3 / 8, 3 / 8])


def test_who_is_censored_at_an_instant_was_not_watched_through_it():
    days, happened = np.array([1.0, 1.0, 2.0]), np.array([True, False, True])
    assert kaplan_meier(days, happened).at(np.array([1.0])) == pytest.approx([1 / 2])
    assert censoring(days, happened).at(np.array([1.0])) == pytest.approx([2 / 3])


def test_ipcw_brier_by_hand():
    """Day 3.5: events at 1 (G 1) and 3 (G 3/4), survivors 4 and 5 (G 3/4), 2 is lost."""
    survival = np.array([0.2, 0.9, 0.4, 0.7, 0.6])
    parts = [0.2**2 / 1, 0, 0.4**2 / 0.75, 0.3**2 / 0.75, 0.4**2 / 0.75]
    found = ipcw_brier(DAYS, HAPPENED, survival, 3.5)
    assert found == pytest.approx(sum(parts) / 5)


def test_ipcw_brier_without_censoring_is_the_plain_one():
    rng = np.random.default_rng(1)
    days, survival = rng.exponential(50, 300), rng.random(300)
    everybody = np.ones(300, dtype=bool)
    plain = (((days >= 40) - survival) ** 2).mean()
    assert ipcw_brier(days, everybody, survival, 40.0) == pytest.approx(plain)


def test_an_event_at_the_horizon_comes_after_it():
    seen = outcome(np.array([30.0, 29.9]), np.array([True, True]), 30.0)
    assert seen.event.tolist() == [0.0, 1.0]


def test_the_weights_of_the_known_stand_for_all():
    rng = np.random.default_rng(2)
    waited, lost = rng.exponential(60, 4000), rng.uniform(0, 120, 4000)
    days, happened = np.minimum(waited, lost), waited < lost
    seen = outcome(days, happened, 60.0)
    assert seen.weight.mean() == pytest.approx(1, abs=0.02)
    observed = (seen.weight * seen.event).mean()
    assert observed == pytest.approx((waited < 60).mean(), abs=0.03)
    curve = kaplan_meier(days, happened).before(np.array([60.0]))[0]
    assert observed == pytest.approx(1 - curve, abs=1e-9)


def test_time_auc_without_censoring_is_the_plain_one():
    rng = np.random.default_rng(3)
    days = rng.exponential(50, 200)
    risk = np.round(rng.random(200) - days / 200, 1)
    seen = outcome(days, np.ones(200, dtype=bool), 40.0)
    found = time_auc(seen, risk, sample(200, resamples=2))
    assert found == pytest.approx([roc_auc((days < 40) * 1.0, risk)] * 3)


def test_time_auc_with_censoring_by_hand():
    """Cases weigh 1 and 4/3; the first is above both others, the second above one."""
    risk = np.array([0.9, 0.0, 0.5, 0.4, 0.6])
    found = time_auc(outcome(DAYS, HAPPENED, 3.5), risk, sample(5))
    assert found[0] == pytest.approx((1 * 2 + 4 / 3 * 1) / ((1 + 4 / 3) * 2))


def test_the_same_curve_for_everybody_is_not_beaten_by_itself():
    seen = outcome(DAYS, HAPPENED, 3.5)
    found = judged(seen, np.full(5, 0.6), 0.6, sample(5, resamples=3))
    assert found["brier_difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert not found["beats_kaplan_meier"]
