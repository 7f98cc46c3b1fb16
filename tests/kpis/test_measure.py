import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccml.kpis.cost import repeat_cost_rows
from ccml.kpis.figures import Figure, mean, rate
from ccml.kpis.handling import PER_CALL
from ccml.kpis.intervals import around_mean, wilson
from ccml.kpis.measure import COLUMNS, absent, measure, measure_cuts


@given(n=st.integers(1, 500), share=st.floats(0, 1))
def test_an_interval_holds_its_share_and_stays_between_0_and_1(n, share):
    hits = round(n * share)
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1


def test_wilson_of_a_known_case_and_of_nothing():
    low, high = wilson([5, 0], [10, 0])
    assert [low[0], high[0]] == pytest.approx([0.2366, 0.7634], abs=5e-5)
    assert np.isnan([low[1], high[1]]).all()


def test_one_call_gives_a_mean_without_interval():
    low, high = around_mean([10.0, 10.0], [np.nan, 2.0], [1, 4])
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert high[1] == pytest.approx(10 + 1.96, abs=1e-3)


def test_reasons_tell_a_column_nobody_fills_from_a_group_that_does_not(calls):
    rows = calls(
        {"queue": "a", "wait_s": 5.0}, {"queue": "b"}, {"queue": None, "wait_s": 1.0}
    )

    def build(table):
        waited = table.answered & (table.queue == "a")
        return [
            mean("wait", "", "s", table.wait_s, table.answered),
            mean("wrap", "", "s", table.wrap_s, table.answered),
            mean("wait_of_a", "", "s", table.wait_s, waited),
        ]

    [tidy] = measure_cuts(rows, build, [{"group": "queue"}])
    why = tidy.set_index(["group", "kpi"])["why_null"]
    assert why["b", "wait"] == "no call here tells wait_s"
    assert why["b", "wrap"] == "not reported: wrap_s"
    assert why["not given", "wait_of_a"] == "no call here tells queue"
    assert pd.isna(why["a", "wait"])


def test_every_cut_gives_what_measuring_it_alone_gives(calls):
    rows = calls({"queue": "a", "wait_s": 5.0}, {"queue": "b", "wait_s": 7.0})

    def build(table):
        return [rate("late", "", table.wait_s > 6, table.answered)]

    cuts = [
        {"group": "queue"},
        {"group": "call_id"},
    ]
    by_queue, by_call = measure_cuts(rows, build, cuts)
    assert by_queue["value"].sum() == by_call["value"].sum() == 1
    only_b = rows.filter(rows.queue == "b")
    alone = measure(only_b, build(only_b)).iloc[0]
    there = by_queue.set_index("group").loc["b"]
    assert there["low"] == alone["low"]
    assert list(by_queue.columns) == ["group", *COLUMNS]


def test_an_absent_figure_has_a_reason_and_no_calls():
    row = absent("aht", "per leg", "s", "no legs").iloc[0]
    assert np.isnan(row["value"])
    assert (row["n"], row["why_null"]) == (0, "no legs")


def rows_of(calls, handled):
    table = calls(*[{"handle_s": seconds} for seconds in handled])
    size = table.count()
    figures = [
        Figure("repeat_rate", "x", "share", size, size - 1, size, window_days=7),
        mean("aht", PER_CALL, "s", table.handle_s, table.answered),
    ]
    place = dict.fromkeys(("period", "group", "group_kind"), "all")
    return measure(table, figures).assign(**place)


def test_repeats_cost_their_handle_time_with_an_interval(calls):
    cost = repeat_cost_rows(rows_of(calls, [300.0, 420.0, 360.0]), 7, 30.0).iloc[0]
    assert cost["value"] == pytest.approx(2 * 360 / 3600 * 30)
    assert cost["low"] < cost["value"] < cost["high"]
    assert cost["unit"] == "EUR"


def test_repeats_have_no_cost_without_handle_time(calls):
    cost = repeat_cost_rows(rows_of(calls, [None, None]), 7, 30.0).iloc[0]
    assert np.isnan(cost["value"])
    assert cost["why_null"] == "not reported: handle_s"
