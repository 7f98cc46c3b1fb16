"""Figures of many cuts, made of sums, equal those measured on each group's rows."""

import numpy as np
import pandas as pd
import pytest

from ccml.kpis import groups, levels, sums
from ccml.kpis.figures import count_true, mean, quantile, rate
from ccml.kpis.groups import UNNAMED, WHOLE
from ccml.kpis.handling import handle_time
from ccml.kpis.measure import measure, measure_cuts
from ccml.kpis.queueing import volume
from ccml.kpis.service_level import LevelRule, service_levels
from ccml.kpis.sums import Parts
from ccml.kpis.waiting import speed_of_answer

CUTS = [
    {"period": None, "group": None},
    {"period": "region", "group": None},
    {"period": None, "group": "queue"},
    {"period": "region", "group": "queue"},
    {"period": None, "group": "reason"},
]
NUMBERS = ["value", "numerator", "denominator", "n", "low", "high"]


@pytest.fixture(scope="module")
def rows(calls):
    rng = np.random.default_rng(5)

    def one_of(*values):
        return values[rng.integers(len(values))]

    return calls(
        *[
            {
                "queue": one_of("a", "b", None),
                "reason": one_of("x", "y", UNNAMED, None),
                "region": one_of("n", "s"),
                "direction": one_of("inbound", "inbound", "outbound"),
                "answered": one_of(True, True, False, None),
                "abandoned": one_of(True, False, None),
                "short_abandon": one_of(True, False, None),
                "wait_s": one_of(5.0, 20.0, 41.0, None),
                "handle_s": one_of(30.1, 30.1, 700.25, None),
                "customer_id": one_of("A", None),
            }
            for _ in range(150)
        ]
    )


def figures(table):
    return [
        *volume(table),
        *service_levels(table, LevelRule(20)),
        *speed_of_answer(table),
        *handle_time(table),
    ]


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({}, id="one-pass-counted-values"),
        pytest.param({"FEW_ROWS": 0}, id="patterns", marks=pytest.mark.slow),
        pytest.param({"MOST_VALUES": 0}, id="of-rows", marks=pytest.mark.slow),
        pytest.param({"MOST_COUNTS": 9}, id="many-counts", marks=pytest.mark.slow),
        pytest.param({"MOST_JOINT_GROUPS": 0}, id="passes", marks=pytest.mark.slow),
    ],
)
def test_each_group_has_what_its_rows_alone_give(rows, monkeypatch, limits):
    for name, limit in limits.items():
        [home] = [m for m in (groups, levels, sums) if name in vars(m)]
        monkeypatch.setattr(home, name, limit)
    checked = 0
    for cut, tidy in zip(CUTS, measure_cuts(rows, figures, CUTS), strict=True):
        for place, found in tidy.groupby(["period", "group"]):
            alone = rows_of(rows, cut, place)
            expected = measure(alone, figures(alone))
            pd.testing.assert_frame_equal(
                found[NUMBERS].reset_index(drop=True), expected[NUMBERS], rtol=1e-9
            )
            assert found["variant"].tolist() == expected["variant"].tolist()
            checked += 1
    assert checked == 1 + 2 + 3 + 6 + 3


def rows_of(rows, cut, place):
    for column, name in zip(cut.values(), place, strict=True):
        if column is None:
            assert name == WHOLE
        else:
            rows = rows.filter(rows[column].fill_null(UNNAMED) == name)
    return rows


def test_equal_amounts_have_no_spread(calls):
    same = calls(*[{"handle_s": 30.1, "queue": q} for q in "aabbb"])

    def build(table):
        return [mean("aht", "", "s", table.handle_s, table.answered)]

    whole, _ = measure_cuts(same, build, [{"group": None}, {"group": "queue"}])
    row = whole.iloc[0]
    assert row["n"] == 5
    assert row["low"] == pytest.approx(row["high"], abs=1e-12)


def test_without_rows_there_are_no_groups(calls):
    none = calls({}).limit(0)
    assert [len(tidy) for tidy in measure_cuts(none, figures, CUTS)] == [0] * len(CUTS)


def test_quantiles_alone_can_be_cut(calls):
    some = calls(*[{"wait_s": float(s), "queue": "a"} for s in (1, 2, 4)])

    def build(table):
        return [quantile("wait_p50", "", "s", table.wait_s, table.answered)]

    [tidy] = measure_cuts(some, build, [{"group": "queue"}])
    assert tidy["value"].tolist() == [2]


def test_what_nobody_can_sum_up_is_refused(calls):
    table = calls({})
    with pytest.raises(TypeError, match="CountDistinct"):
        Parts.of([table.customer_id.nunique()])


def test_a_flag_that_is_null_everywhere_stays_unknown(calls):
    table = calls({"queue": "a", "callback": None}, {"queue": "b", "callback": True})

    def build(rows):
        return [
            rate("called_back", "", rows.callback, rows.answered),
            mean("x", "", "calls", rows.callback.cast("float64"), rows.answered),
        ]

    assert count_true(table.callback).execute() == 1
    [tidy] = measure_cuts(table, build, [{"group": "queue"}])
    value = tidy.set_index(["group", "kpi"])["value"]
    assert np.isnan(value["a", "called_back"])
    assert value["b", "called_back"] == 1
