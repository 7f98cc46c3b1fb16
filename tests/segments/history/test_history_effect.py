"""Difference in differences of the repeat rate: placebo, and a planted fall."""

import numpy as np
import pandas as pd
import pytest

from ccml.segments.history.effect import Repeats, difference


def made(rng, *, fall=0.0, week_shock=0.0, customers=400, weeks=12):
    """Draw calls by week of customers whose repeat rates differ; half are the group."""
    who = np.repeat(np.arange(customers), weeks)
    week = np.tile(np.arange(weeks) - weeks // 2, customers)
    is_group = who % 2 == 0
    own = rng.beta(2, 4, customers)[who]
    shock = week_shock * rng.normal(size=(2, weeks))[is_group * 1, week + weeks // 2]
    rate = np.clip(own + shock - fall * (is_group & (week >= 0)), 0, 1)
    calls = rng.poisson(0.6, len(who)).astype(float)
    repeated = rng.binomial(calls.astype(int), rate).astype(float)
    return Repeats(who, week, is_group, calls, repeated)


def effect_of(seen):
    return difference(seen, seen.week < 0, seen.week >= 0)


def test_rates_and_effect_are_those_counted_by_hand():
    rows = [  # week, group, calls, repeated
        (-2, True, 50, 20), (-1, True, 50, 30), (0, True, 40, 10), (1, True, 60, 20),
        (-2, False, 100, 30), (-1, False, 100, 20), (0, False, 50, 10), (1, False, 50, 20),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["week", "is_group", "calls", "repeated"])
    frame = frame.assign(customer_id=[f"c{i}" for i in range(len(frame))])
    found = effect_of(Repeats.of(frame))
    assert (found.before, found.after) == (0.5, 0.3)
    assert (found.rest_before, found.rest_after) == (0.25, 0.3)
    assert found.effect == pytest.approx(-0.25)
    assert found.calls == 200
    assert found.low < found.effect < found.high


@pytest.mark.parametrize("week_shock", [0.0, 0.05], ids=["calm", "restless-weeks"])
def test_without_an_effect_the_interval_holds_0_in_about_95_of_100(week_shock):
    rng = np.random.default_rng(1)
    found = [effect_of(made(rng, week_shock=week_shock)) for _ in range(300)]
    covered = np.mean([one.low <= 0 <= one.high for one in found])
    assert 0.92 <= covered <= 0.985 or (week_shock and covered >= 0.88)
    assert np.mean([one.effect for one in found]) == pytest.approx(0, abs=0.01)


def test_a_planted_fall_is_found_and_measured():
    rng = np.random.default_rng(2)
    found = [effect_of(made(rng, fall=0.15)) for _ in range(60)]
    assert np.mean([one.high < 0 for one in found]) >= 0.9
    assert np.mean([one.effect for one in found]) == pytest.approx(-0.15, abs=0.02)
    assert np.mean([one.low <= -0.15 <= one.high for one in found]) >= 0.85


def test_a_change_of_all_alike_is_no_effect():
    rng = np.random.default_rng(3)
    seen = made(rng, customers=2_000)
    late = seen.week >= 0
    all_fall = np.where(late, np.floor(seen.repeated / 2), seen.repeated)
    found = effect_of(
        Repeats(seen.customer, seen.week, seen.is_group, seen.calls, all_fall)
    )
    assert found.after < found.before - 0.05
    assert not found.is_sure


@pytest.mark.parametrize(
    ("weeks", "customers"),
    [pytest.param(2, 400, id="one-week"), pytest.param(8, 10, id="few-calls")],
)
def test_too_little_is_no_effect_at_all(weeks, customers):
    rng = np.random.default_rng(4)
    assert effect_of(made(rng, weeks=weeks, customers=customers)) is None


def test_calls_of_one_customer_are_no_independent_evidence():
    rng = np.random.default_rng(5)
    one = made(rng, customers=40)
    apart = Repeats(
        np.arange(len(one.customer)), one.week, one.is_group, one.calls, one.repeated
    )
    together, single = effect_of(one), effect_of(apart)
    assert together.effect == single.effect
    assert together.high - together.low != single.high - single.low
