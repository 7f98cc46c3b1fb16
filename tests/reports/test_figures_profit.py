import copy

import pytest

from ccml.reports.figures_profit import (
    assumption_words,
    profit_figures,
    sensitivity_rows,
)
from ccml.reports.predictor import _facts
from ccml.reports.predictor_figures import predictor_figures, predictor_pictures
from ccml.reports.predictor_tables import figure_table


def made(contacts, value, low, high):
    profit = {"value": value, "low": low, "high": high}
    return {"contacts": contacts, "profit": profit}


def grid_row(value_times, cost_times, success_rate, profit):
    return {
        "value_times": value_times,
        "cost_times": cost_times,
        "success_rate": success_rate,
        "profit": profit,
        "contacts": 40,
        "profit_adapted": max(profit, 0.0),
    }


PROFIT = {
    "nobody": False,
    "assumptions": {
        "value_eur": 200.0,
        "value_column": None,
        "value_factor": 1.0,
        "cost_per_contact_eur": 4.0,
        "cost_of_offer_eur": 10.0,
        "accepted_by_others": 0.5,
        "success_rate": 0.2,
        "capacity": 50,
    },
    "decision": made(40, 300.0, 100.0, 500.0),
    "everybody": made(100, -200.0, -400.0, 50.0),
    "curve": [
        {"contacts": 0, "share": 0.0, "profit": 0.0, "low": 0.0, "high": 0.0},
        {"contacts": 40, "share": 0.4, "profit": 300.0, "low": 100.0, "high": 500.0},
        {"contacts": 100, "share": 1.0, "profit": -200.0, "low": -400.0, "high": 50.0},
    ],
    "sensitivity": [
        grid_row(1.0, 1.0, 0.2, 300.0),
        grid_row(0.5, 1.0, 0.2, -20.0),
        grid_row(2.0, 1.0, 0.2, 940.0),
        grid_row(1.0, 2.0, 0.2, 140.0),
        grid_row(1.0, 1.0, 0.4, 950.0),
        grid_row(1.0, 1.0, 0.3, 600.0),
        grid_row(0.5, 2.0, 0.4, 1.0),
    ],
    "sentence": "Contacting 40 of 100 test rows would have earned 300 EUR.",
}


@pytest.fixture
def found():
    return {"profit": copy.deepcopy(PROFIT)}


def test_profit_is_drawn_with_a_title_and_a_table(found):
    figures = profit_figures(found)
    assert set(figures) == {"profit", "profit_sensitivity"}
    for name, chart in figures.items():
        chart.to_dict()
        assert figure_table(name, found, None).rows
    title = figures["profit"].title.replace("\u00a0", " ")
    assert title.startswith("40 contacts (orange) earn 300 EUR (100\u2013500); all 100")
    assert "half the worth of a success" in figures["profit_sensitivity"].title


def test_the_curve_marks_the_capacity_only_where_there_is_one(found):
    with_capacity = len(profit_figures(found)["profit"].layer)
    found["profit"]["assumptions"]["capacity"] = None
    assert len(profit_figures(found)["profit"].layer) == with_capacity - 2


def test_nobody_is_said_in_the_title(found):
    found["profit"] |= {"nobody": True, "decision": made(0, 0.0, 0.0, 0.0)}
    figures = profit_figures(found)
    assert figures["profit"].title.startswith("Nobody should be contacted")
    shown = {row["assumption"]: row["profit"] for row in sensitivity_rows(found)}
    assert shown["costs"] == 140.0
    assert all(row["profit"] >= 0 for row in sensitivity_rows(found))


def test_all_that_may_be_contacted_are_said_to_be_all(found):
    found["profit"]["everybody"] = found["profit"]["decision"]
    assert profit_figures(found)["profit"].title.endswith("all that may be made")


def test_only_one_assumption_at_a_time_is_shown(found):
    rows = sensitivity_rows(found)
    assert rows[0]["assumption"] == "as assumed"
    assert sorted((r["times"], r["assumption"]) for r in rows[1:]) == [
        ("double", "costs"),
        ("double", "success rate"),
        ("double", "worth of a success"),
        ("half", "worth of a success"),
    ]


def test_where_nothing_ever_pays_there_is_no_second_picture(found):
    for row in found["profit"]["sensitivity"]:
        row |= {"profit": 0.0, "profit_adapted": 0.0}
    assert set(profit_figures(found)) == {"profit"}


def test_without_a_payoff_nothing_is_drawn_or_said(evaluation, sample):
    assert profit_figures(evaluation) == {}
    assert assumption_words(evaluation) == ""
    assert "profit" not in predictor_figures(evaluation, sample)


def test_the_report_and_the_model_store_show_money(evaluation, found):
    whole = {**evaluation, **found, "curves": {}, "slices": {}, "importance": []}
    assert {"profit.png", "profit_sensitivity.png"} <= set(
        predictor_pictures(whole, None)
    )
    facts = dict(_facts(whole))
    assert facts["What it earns"] == PROFIT["sentence"]
    words = facts["Assumed of money, not measured"].replace("\u00a0", " ")
    assert words == (
        "A success is worth 200 EUR; a contact costs 4 EUR; an accepted offer costs "
        "10 EUR, and 50.0 % of the others take it; it works on 20.0 % of those rightly "
        "chosen; at most 50 contacts at a time."
    )


def test_values_by_column_are_said_in_its_words(found):
    assumed = found["profit"]["assumptions"]
    assumed |= {"value_column": "monthly_fee_eur", "value_factor": 12.0}
    assert "worth 12 times monthly fee eur;" in assumption_words(found)
    assumed |= {"value_factor": 1.0, "cost_of_offer_eur": 0.0}
    assert "worth monthly fee eur; a contact" in assumption_words(found)
