"""Unusual days: how often nothing is taken for something, and what is found."""

import numpy as np
import pytest
from anomaly_calls import DAYS, LOOKED, drawn_days, weekdays

from ccml.segments.anomalies.callers import CallerCounts, judge_callers_now
from ccml.segments.anomalies.days import DayCounts, judge_days

SEEDS = range(40)


def counts(calls, off=()):
    history = np.arange(DAYS) < DAYS - LOOKED
    return DayCounts(calls, weekdays(), history, np.isin(np.arange(DAYS), off))


def alarms(calls, off=(), budget=1.0):
    judged = judge_days(counts(calls, off))
    return np.argwhere(judged.p_value <= budget / max(judged.tests, 1))


@pytest.mark.parametrize(
    ("mean", "spread"),
    [
        pytest.param(30.0, 0.0, id="chance-alone"),
        pytest.param(0.4, 0.0, id="very-few-calls"),
        pytest.param(200.0, 0.03, id="scattered"),
    ],
)
def test_a_homogeneous_centre_gives_about_the_budget_of_false_alarms(mean, spread):
    found = [
        len(alarms(drawn_days(np.random.default_rng(seed), 20, mean, spread)))
        for seed in SEEDS
    ]
    assert np.mean(found) <= 1.5


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_day_is_found(seed):
    calls = drawn_days(np.random.default_rng(seed), 20, 30.0, 0.02)
    calls[4, 100] *= 3
    assert [4, 100] in alarms(calls).tolist()


def test_a_former_outlier_hides_no_later_one():
    calls = drawn_days(np.random.default_rng(1), 20, 30.0)
    calls[4, 100 - 35] *= 12
    calls[4, 100] *= 2.5
    judged = judge_days(counts(calls))
    assert [4, 100] in alarms(calls).tolist()
    assert judged.expected[4, 100] < 1.3 * judged.expected[5, 100]


def test_a_group_that_always_scatters_must_be_further_off():
    calm = drawn_days(np.random.default_rng(2), 1, 100.0)
    wild = drawn_days(np.random.default_rng(2), 1, 100.0, 0.3)
    calls = np.vstack([calm, wild])
    calls[:, 100] = 1.6 * 100
    p_value = judge_days(counts(calls)).p_value[:, 100]
    assert p_value[0] < 1e-4 < p_value[1]


def test_days_off_and_closed_days_neither_alarm_nor_teach():
    calls = drawn_days(np.random.default_rng(3), 20, 30.0)
    plain = judge_days(counts(calls)).expected[:, 100]
    closed = calls.copy()
    closed[:, [100 - 7, 100 - 14]] = 0.0
    assert judge_days(counts(closed)).expected[:, 100] == pytest.approx(plain, rel=0.1)
    closed[:, 100] *= 5
    assert 100 not in alarms(closed, off=[100])[:, 1]
    assert 100 in alarms(closed)[:, 1]


def test_a_weekday_on_which_nobody_works_is_not_tested():
    calls = drawn_days(np.random.default_rng(4), 20, 30.0)
    calls[0, weekdays() == 6] = 0.0
    calls[0, 111] = 1.0
    judged = judge_days(counts(calls))
    assert np.isnan(judged.p_value[:, weekdays() == 6]).all()


def test_a_new_group_is_not_held_against_the_days_before_it_began():
    calls = drawn_days(np.random.default_rng(5), 20, 30.0)
    calls[3, :40] = 0.0
    judged = judge_days(counts(calls))
    assert judged.expected[3, 100] == pytest.approx(judged.expected[4, 100], rel=0.3)
    calls[3, :80] = 0.0
    assert np.isnan(judge_days(counts(calls)).p_value[3]).all()


def callers(rng, size=4000, burst=0.0, *, truncated=False):
    rate = rng.gamma(0.8, 0.03, size)

    def drawn(days):
        factor = rng.gamma(1 / burst, burst, size) if burst else 1.0
        return rng.poisson(rate * days * factor).astype(float)

    early, late, now = drawn(56), drawn(28), drawn(28)
    seen = early + late + now > 0 if truncated else np.ones(size, dtype=bool)
    parts = [part[seen] for part in (early, late, now)]
    days = [np.full(int(seen.sum()), length) for length in (56.0, 28.0, 28.0)]
    return CallerCounts(*parts, *days, is_truncated=truncated)


@pytest.mark.parametrize(
    ("burst", "most"),
    [
        pytest.param(0.0, 2.0, id="steady"),
        # Rates and bursts cannot be told apart perfectly, so a few more are let in.
        pytest.param(0.8, 5.0, id="very-bursty"),
    ],
)
@pytest.mark.parametrize("truncated", [False, True])
def test_callers_like_before_give_about_the_budget_of_false_alarms(
    burst, most, truncated
):
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        _, p_value = judge_callers_now(callers(rng, burst=burst, truncated=truncated))
        found.append((p_value <= 1 / len(p_value)).sum())
    assert np.mean(found) <= most


def test_a_caller_who_suddenly_calls_more_is_found():
    many = callers(np.random.default_rng(7))
    place = int(np.argmin(many.early + many.late))
    many.now[place] = 14
    expected, p_value = judge_callers_now(many)
    assert np.argmin(p_value) == place
    assert p_value[place] <= 1 / len(p_value)
    assert expected[place] < 1


def test_bursty_callers_make_the_rule_more_careful():
    calm, wild = (callers(np.random.default_rng(8), burst=b) for b in (0.0, 2.0))
    p_values = []
    for many in (calm, wild):
        place = int(np.argmin(many.early + many.late))
        many.now[place] = 8
        p_values.append(judge_callers_now(many)[1][place])
    assert p_values[0] < p_values[1]


def test_where_nobody_called_before_nothing_can_be_said():
    none, now = np.zeros(5), np.ones(5)
    days = [np.full(5, 28.0)] * 3
    _, p_value = judge_callers_now(CallerCounts(none, none, now, *days, False))
    assert np.isnan(p_value).all()
