"""Person-period rows, and how much each of them weighs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.predictors.survival.periods import (
    Spells,
    drawn,
    periods_learnt,
    person_periods,
)


def made(*rows):
    """Give spells of (customer, start, days, happened, followed)."""
    customers, starts, days, happened, followed = zip(*rows, strict=True)
    return Spells(
        np.array(customers, dtype=np.int64),
        np.array(starts, dtype=np.float64),
        np.array(days, dtype=np.float64),
        np.array(happened, dtype=bool),
        np.array(followed, dtype=np.float64),
    )


@pytest.mark.parametrize(
    ("spell", "happened"),
    [
        pytest.param((0, 0, 70, True, 200), [0, 0, 1], id="event"),
        pytest.param((0, 0, 30, True, 200), [0, 1], id="event at a boundary"),
        pytest.param((0, 0, 95, False, 95), [0, 0, 0], id="censored"),
        pytest.param((0, 0, 92, True, 95), [0, 0, 0], id="event in a half-seen period"),
        pytest.param((0, 0, 300, True, 400), [0, 0, 0, 0], id="after the last period"),
        pytest.param((0, 0, 20, False, 20), [], id="no whole period"),
    ],
)
def test_a_spell_is_spread_over_whole_periods(spell, happened):
    rows = person_periods(made(spell), 30, 4)
    assert rows.happened.tolist() == happened
    assert rows.period_no.tolist() == list(range(len(happened)))


def test_days_that_two_spells_tell_of_weigh_one_together():
    rows = person_periods(made((0, 0, 90, False, 90), (0, 30, 60, False, 60)), 30, 24)
    assert rows.weight.tolist() == [1, 0.5, 0.5, 0.5, 0.5]


def test_other_customers_spells_do_not_matter():
    rows = person_periods(made((0, 0, 60, False, 60), (1, 0, 60, False, 60)), 30, 24)
    assert rows.weight.tolist() == [1, 1, 1, 1]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 11), st.integers(0, 330), st.integers(1, 3))
def test_one_event_counts_once_from_however_many_cutoffs(cutoffs, left, customers):
    """Every 30 days a spell begins; all end with the customer's one event, or with 330."""
    spells = [
        (who, 30 * i, min(left, 330) - 30 * i, left < 330, 330 - 30 * i)
        for who in range(customers)
        for i in range(cutoffs)
        if 30 * i <= left
    ]
    rows = person_periods(made(*spells), 30, 24)
    assert (rows.weight * rows.happened).sum() == pytest.approx(
        customers * (left < 330)
    )
    periods = min(left // 30 + 1, 11)
    assert rows.weight.sum() == pytest.approx(customers * periods)


def test_drawn_rows_stand_for_those_left_out():
    spells = [(i, 0, 40 if i % 50 == 0 else 90, i % 50 == 0, 90) for i in range(1000)]
    rows = person_periods(made(*spells), 30, 24)
    few = drawn(rows, 300, seed=1)
    assert len(few) == 300
    assert few.happened.sum() == 20
    for outcome in (0, 1):
        totals = [one.weight[one.happened == outcome].sum() for one in (rows, few)]
        assert totals[0] == pytest.approx(totals[1])
    assert drawn(rows, 10**6, seed=1).spell.tolist() == rows.spell.tolist()
    many = drawn(rows, 10, seed=1)
    assert (many.happened.sum(), len(many)) == (5, 10)


def test_periods_are_learnt_as_far_as_enough_rows_go():
    rows = person_periods(
        made(*[(i, 0, 90 - i, False, 90 - i) for i in range(61)]), 30, 9
    )
    assert [periods_learnt(rows, fewest) for fewest in (1, 31, 32, 62)] == [3, 2, 1, 0]
