import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccml.kpis.concentration import CountTable, gini, lorenz_points, top_shares

SEVEN = CountTable.of([1, 10, 1, 5, 1, 1, 1])


def test_top_shares_of_the_vector():
    assert top_shares(SEVEN, [1 / 7, 2 / 7])[0] == pytest.approx([0.5, 0.75])


def test_equal_customers_have_no_concentration():
    table = CountTable.of([3] * 10)
    assert gini(table) == pytest.approx(0)
    assert top_shares(table, [0.2])[0] == pytest.approx([0.2])


def test_one_caller_among_many_has_nearly_all():
    assert gini(CountTable.of([100, *[0] * 99])) == pytest.approx(0.99)


def test_nobody_called():
    table = CountTable.of([0, 0])
    assert np.isnan(gini(table))
    assert np.isnan(top_shares(table, [0.1])).all()


def test_resampling_is_repeatable_and_keeps_the_number_of_customers():
    first, again = SEVEN.resampled(5, seed=3), SEVEN.resampled(5, seed=3)
    assert (first == again).all()
    assert (first.sum(axis=1) == 7).all()


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60).filter(any))
def test_the_curve_rises_to_one_and_bends_down(calls):
    curve = lorenz_points(CountTable.of(calls), points=21)["share_of_calls"].to_numpy()
    steps = np.diff(curve)
    assert curve[0] == 0
    assert curve[-1] == pytest.approx(1)
    assert (steps >= -1e-12).all()
    assert (np.diff(steps) <= 1e-9).all()
