"""What actions spare, on calls made by hand and on any calls."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.config.strategies import ActionConfig
from ccml.segments.strategies.playbook import Fit
from ccml.segments.strategies.rank import Playbook, proposals, together
from ccml.segments.strategies.savings import (
    DRAWS,
    Amount,
    Resampled,
    SegmentCalls,
    shares_drawn,
    spared,
)


def action(low=0.1, high=0.3, **given_):
    return ActionConfig(
        title="Do it", where="x > 0", why="So.", spares=(low, high), **given_
    )


def calls_of(calls, hours, marks, who=None, customers=None):
    calls = np.asarray(calls, dtype=float)
    who = np.arange(len(calls)) if who is None else np.asarray(who)
    return SegmentCalls(
        "s1",
        customers or len(calls),
        who,
        np.asarray(marks, dtype=np.int64),
        calls,
        calls,
        np.asarray(hours, dtype=float),
    )


def book(*actions, price=30.0, most=3):
    named = {f"a{i}": one for i, one in enumerate(actions)}
    found = {name: Fit(("s1",), ()) for name in named}
    return Playbook(named, found, most, price, 1)


AMOUNTS = st.lists(st.floats(0, 50), min_size=1, max_size=40)


@settings(max_examples=50, deadline=None)
@given(
    calls=AMOUNTS,
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    bits=st.integers(0, 2**40),
    cost=st.floats(0, 10),
)
def test_no_more_is_spared_than_is_concerned(calls, shares, bits, cost):
    marks = [(bits >> i) & 3 for i in range(len(calls))]
    segment = Resampled.of(calls_of(calls, np.array(calls) / 10, marks), 1)
    two = book(
        action(*shares, cost_per_call_eur=cost),
        action(0.1, 0.4, reaches="those concerned", cost_per_customer_eur=cost),
    )
    judged = proposals(segment, two)
    assert len(judged) == 2
    for one in judged:
        found = one.spared
        assert found.spared <= found.calls + 1e-9
        assert (found.calls_drawn >= 0).all()
        for amount in one.amounts.values():
            assert amount.low <= amount.value <= amount.high
        assert (one.reason is None) == (one.amounts["net_eur"].value > 0)
        assert found.reached <= len(calls) + 1e-9
    total = together(segment, two, [one for one in judged if one.rank is not None])
    either = sum(c for c, mark in zip(calls, marks, strict=True) if mark)
    assert total.spared <= either + 1e-9
    assert total.spared <= sum(one.spared.spared for one in judged) + 1e-9


def test_the_interval_holds_what_is_assumed_and_who_was_there():
    one_share = action(0.2, 0.2)
    calls = calls_of([1.0] * 400, [0.1] * 400, [1] * 400)
    segment = Resampled.of(calls, 1)
    found = spared(
        segment, one_share, calls.concerned(0), shares_drawn("a", one_share, 1)
    )
    # All customers are alike and the share is sure: nothing is left to chance.
    assert np.ptp(found.calls_drawn) == pytest.approx(0, abs=1e-9)
    rng = np.random.default_rng(1)
    uneven = calls_of(rng.gamma(0.3, 10, 400), np.full(400, 0.1), [1] * 400)
    segment = Resampled.of(uneven, 1)
    found = spared(segment, one_share, uneven.concerned(0), np.full(DRAWS, 0.2))
    by_theory = 0.2 * np.std(uneven.calls) * np.sqrt(400)
    assert np.std(found.calls_drawn) == pytest.approx(by_theory, rel=0.1)
    unsure = spared(
        segment,
        action(0.0, 0.4),
        uneven.concerned(0),
        shares_drawn("a", action(0, 0.4), 1),
    )
    assert np.std(unsure.calls_drawn) > 2 * np.std(found.calls_drawn)


def test_customers_beyond_a_thousand_are_dealt_into_groups():
    rng = np.random.default_rng(1)
    calls = calls_of(rng.gamma(0.5, 2, 5_000), np.ones(5_000), [1] * 5_000)
    segment = Resampled.of(calls, 1)
    assert segment.weights.shape == (DRAWS, 1_000)
    drawn = segment.sums(calls.calls)
    assert drawn.mean() == pytest.approx(calls.calls.sum(), rel=0.01)
    assert drawn.std() == pytest.approx(calls.calls.std() * np.sqrt(5_000), rel=0.1)


def test_customers_are_resampled_with_all_their_calls():
    calls = calls_of([1.0] * 100, [1.0] * 100, [1] * 100, who=[0] * 50 + [1] * 50)
    segment = Resampled.of(calls, 1)
    assert set(np.round(segment.sums(calls.calls))) == {100.0}
    assert len(set(segment.group)) == 2


def test_costs_are_those_of_calls_customers_and_of_the_month():
    calls = calls_of([2.0, 3.0], [1.0, 1.0], [1, 0], customers=10)
    segment = Resampled.of(calls, 1)
    everyone = action(
        fixed_cost_eur=5.0, cost_per_customer_eur=1.0, cost_per_call_eur=2.0
    )
    mine = calls.concerned(0)
    found = spared(segment, everyone, mine, shares_drawn("a", everyone, 1))
    assert found.cost_eur == pytest.approx(5 + 10 * 1 + 2 * 2)
    few = action(cost_per_customer_eur=1.0, reaches="those concerned")
    found = spared(segment, few, mine, shares_drawn("a", few, 1))
    # One customer with two calls a month makes at least one with chance 1 - exp(-2).
    assert found.reached == pytest.approx(1 - np.exp(-2))


def test_actions_are_ranked_by_what_is_left_after_their_cost():
    calls = calls_of([10.0] * 20, [2.0] * 20, [7] * 20)
    segment = Resampled.of(calls, 1)
    three = book(
        action(0.1, 0.2),
        action(0.4, 0.6, fixed_cost_eur=700.0),
        action(0.2, 0.3),
    )
    judged = proposals(segment, three)
    assert [one.action for one in judged] == ["a2", "a0", "a1"]
    assert [one.rank for one in judged] == [1, 2, None]
    assert judged[2].reason.startswith("Not worth it: it costs 700 EUR")
    assert judged[1].added_calls == 0
    assert judged[0].overlap is None


def test_the_share_of_an_action_is_the_same_draw_everywhere():
    one = action(0.1, 0.3)
    first, again = shares_drawn("a", one, 1), shares_drawn("a", one, 1)
    assert (first == again).all()
    assert not (first == shares_drawn("b", one, 1)).all()
    assert first.min() >= 0.1
    assert first.max() <= 0.3


def test_an_interval_holds_its_point_even_when_no_draw_does():
    assert Amount.of(5.0, np.zeros(10)) == Amount(0.0, 5.0, 5.0)
