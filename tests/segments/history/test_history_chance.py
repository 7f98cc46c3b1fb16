"""What chance alone gives, against a brute-force simulation."""

import numpy as np
import pytest
from history_company import callers_only, counted_law, forgetting_law, pair_of
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.segments.history.chance import (
    persistent_leavers,
    quiet_leavers,
    top_leavers,
    total,
)
from ccml.segments.history.law import at_most
from ccml.segments.history.membership import (
    persistent_membership,
    top_membership,
)
from ccml.segments.history.snapshot import Pair
from ccml.segments.history.top import Top

LAWS = [
    pytest.param(counted_law, id="numbers-of-calls"),
    pytest.param(forgetting_law, id="calls-that-fade"),
]


@pytest.mark.parametrize("make", LAWS)
def test_the_fewest_calls_of_a_persistent_caller_flag_the_same_customers(make):
    pair, law, universe = pair_of(1, law=make)
    calls, days = universe.seen.faded(0.0, law.reach, law.half_life)
    np.testing.assert_allclose(days, pair.after.watched)
    least = law.least_calls(days)
    assert ((calls >= least - 1e-6) == pair.after.is_persistent).all()
    assert 0.01 < pair.after.is_persistent.mean() < 0.14
    assert least[days < days.max()].max() < least[days == days.max()].min()


def simulated_leavers(pair, law, times=300):
    """Draw rates and calls of every former member, and judge them again."""
    rng = np.random.default_rng(9)
    members = np.flatnonzero(pair.before.is_persistent)
    place = pair.place[members]
    belief = pair.before.coming.of(members)
    days = pair.after.recent_days[place] * pair.level
    least = law.least_calls(pair.after.watched[place])
    left = []
    for _ in range(times):
        new = rng.poisson(belief.drawn(rng) * days)
        row = np.repeat(np.arange(len(members)), new)
        fade = np.exp2(-rng.uniform(0, 30, len(row)) / law.half_life)
        calls = pair.after.kept[place] + np.bincount(row, fade, minlength=len(members))
        left.append((calls < least - 1e-6).sum())
    return np.array(left)


@pytest.mark.parametrize("make", LAWS)
def test_expected_leavers_are_those_of_a_simulation(make):
    pair, law, _ = pair_of(2, law=make)
    found = persistent_leavers(pair, law, seed=1)
    drawn = simulated_leavers(pair, law)
    error = drawn.std() / np.sqrt(len(drawn))
    # When calls come is taken as normal where they fade: good to two in a hundred.
    off = 0.02 * drawn.mean() * np.isfinite(law.half_life)
    assert found.expected == pytest.approx(drawn.mean(), abs=4 * error + off)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=7)
    assert found.high == pytest.approx(high, abs=7)


def test_where_nobody_changes_leavers_are_those_of_chance():
    inside = []
    for seed in range(12):
        pair, law, _ = pair_of(100 + seed, size=3_000)
        one = persistent_membership(pair.after, pair, law, seed)
        assert one.former == pair.before.is_persistent.sum()
        inside.append(one.chance.low <= one.left <= one.chance.high)
    assert np.mean(inside) >= 0.75


def test_an_action_that_cuts_their_calls_shows_beyond_chance():
    pair, law, _ = pair_of(3, change=0.3)
    one = persistent_membership(pair.after, pair, law, 1)
    assert one.left > one.chance.high


def test_alike_customers_have_no_persistent_callers_to_lose():
    pair, law, _ = pair_of(4, alike=True)
    one = persistent_membership(pair.after, pair, law, 1)
    assert (one.former, one.customers, one.left) == (0, 0, 0)
    assert (one.chance.expected, one.chance.high) == (0, 0)
    quiet = (pair.before.calls == 0) & (pair.before.days == 90)
    found = quiet_leavers(pair, quiet, 1.0, 1)
    assert found.low <= (pair.after.recent[quiet] > 0).sum() <= found.high
    assert np.isinf(law.least_calls(pair.after.watched)).all()


def test_a_busier_season_for_all_is_no_change_of_anybody():
    pair, law, _ = pair_of(5, busier=1.5)
    assert pair.level == pytest.approx(1.5, rel=0.1)
    one = persistent_membership(pair.after, pair, law, 1)
    assert one.chance.low * 0.9 <= one.left <= one.chance.high * 1.1
    calm, law, _ = pair_of(5)
    other = persistent_membership(calm.after, calm, law, 1)
    assert one.chance.expected < other.chance.expected


def test_customers_no_more_leave_for_sure():
    pair, law, _ = pair_of(6)
    flagged = np.flatnonzero(pair.before.is_persistent)
    kept = np.ones(len(pair.after.calls), dtype=bool)
    kept[flagged[:20]] = False
    fewer = Pair.of(pair.before, pair.after.of(kept))
    one = persistent_membership(fewer.after, fewer, law, 1)
    assert one.gone == 20
    assert one.chance.low >= 20
    assert one.stayed + one.left == one.former == len(flagged)
    before = persistent_membership(pair.after, pair, law, 1)
    assert one.chance.expected > before.chance.expected


def test_without_a_record_nobody_is_gone_but_may_call_no_more():
    pair, law = callers_only(7)
    assert not pair.is_gone.any()
    assert not pair.is_there.all()
    one = persistent_membership(pair.after, pair, law, 1)
    assert one.gone == 0
    assert one.chance.low * 0.9 <= one.left <= one.chance.high * 1.1


@pytest.mark.parametrize("seed", range(3))
def test_a_months_top_callers_leave_as_chance_would_have_it(seed):
    pair, law, _ = pair_of(seed)
    month = Pair.of(pair.before.since_then(), pair.after.since_then())
    one = top_membership(month.after, month, law.clumps, seed)
    assert one.chance.low * 0.95 <= one.left <= one.chance.high * 1.05
    callers = int((pair.before.recent > 0).sum())
    assert one.former == pytest.approx(0.14 * callers, abs=0.5)
    assert one.customers == one.stayed + one.entered


def test_expected_leavers_of_a_months_top_are_those_of_a_simulation():
    pair, law, _ = pair_of(8)
    month = Pair.of(pair.before.since_then(), pair.after.since_then())
    before, after = (Top.of(one.calls, 0.14) for one in (month.before, month.after))
    found = top_leavers(month, before, after, law.clumps, 1)
    rng = np.random.default_rng(8)
    weight = before.weights(month.before.calls)
    days = month.days * month.level
    drawn = [
        weight.sum()
        - after.weights(rng.poisson(month.before.coming.drawn(rng) * days)) @ weight
        for _ in range(300)
    ]
    assert found.expected == pytest.approx(np.mean(drawn), rel=0.01)


def test_clumps_make_many_calls_and_none_both_likelier():
    pair, _, _ = pair_of(9, size=500)
    belief = pair.before.coming
    one, three = (
        [at_most(belief, most, 30.0, clumps).mean() for most in (0, 6, 2_000)]
        for clumps in (1.0, 3.0)
    )
    assert three[0] > one[0]
    assert three[1] < one[1]
    assert one[2] == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.floats(0.01, 0.9))
def test_the_top_share_is_met_whatever_the_ties(calls, share):
    counts = np.array(calls)
    weight = Top.of(counts, share).weights(counts)
    assert weight.sum() == pytest.approx(share * (counts > 0).sum())
    assert ((weight >= 0) & (weight <= 1)).all()
    order = np.argsort(counts)
    assert (np.diff(weight[order]) >= 0).all()
    assert (weight[counts == 0] == 0).all()


def test_the_interval_of_a_total_is_that_of_its_parts():
    chances = np.repeat([0.2, 0.7], 500)
    found = total(chances, seed=1)
    assert found.expected == pytest.approx(450)
    half = 1.96 * np.sqrt(500 * 0.16 + 500 * 0.21)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)
    assert total(chances, seed=1) == found
