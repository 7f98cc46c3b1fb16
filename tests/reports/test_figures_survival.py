"""The picture and the words of when it happens."""

import copy

import pytest

from ccml.reports.figures_survival import (
    survival_figures,
    survival_table,
    survival_words,
)
from ccml.reports.predictor_figures import predictor_figures
from ccml.reports.predictor_tables import figure_table

FIGURE = {"value": 0.12, "low": 0.1, "high": 0.14}
SECTION = {
    "restricted_days": 330,
    "sentence": "Within 60 days 12.0% were expected and 11.0% came.",
    "expected_days": {"low": 200.0, "median": 309.4, "high": 329.0},
    "horizons": {
        days: {
            "probability_mean": FIGURE,
            "observed": FIGURE,
            "brier": FIGURE,
            "brier_kaplan_meier": FIGURE,
            "brier_difference": {"value": -0.01, "low": -0.02, "high": -0.005},
            "auc": FIGURE,
            "events": 1200,
        }
        for days in ("30", "60")
    },
    "thirds": [
        {
            "group": f"{word} third",
            "rows": 100,
            "promised": [[0.0, 1.0], [30.0, 1 - risk / 2], [60.0, 1 - risk]],
            "observed": [[0.0, 1.0], [45.0, 1 - risk], [60.0, 1 - 2 * risk]],
        }
        for word, risk in (("lowest", 0.01), ("middle", 0.05), ("highest", 0.2))
    ],
}


@pytest.fixture
def found():
    return {"survival": copy.deepcopy(SECTION)}


def test_three_groups_are_drawn_and_the_title_compares(found):
    chart = survival_figures(found)["survival"]
    assert "40.0\u00a0% had it within 60 days; 20.0\u00a0% were expected" in chart.title
    drawn = [
        layer["data"].groupby("group").size().to_dict() for layer in _layers(chart)
    ]
    assert drawn == [{f"{w} third": 3 for w in ("highest", "lowest", "middle")}] * 3


def _layers(chart):
    return [{"data": layer.data} for layer in chart.layer]


def test_the_picture_stands_among_those_of_the_predictor_with_its_table(found):
    assert "survival" in predictor_figures(_bare() | found, None)
    assert figure_table("survival", found, None) == survival_table(found)
    assert [row[0].text for row in survival_table(found).rows] == ["30 days", "60 days"]


def _bare():
    empty = {"from": "2025-01-01", "until": "2025-06-01"}
    return {
        "metrics": {},
        "split": {"train_period": empty, "test_period": empty, "folds": []},
    }


def test_nothing_is_drawn_or_said_without_a_survival_model():
    assert survival_figures({}) == {}
    assert survival_words({}) == ""


def test_expected_days_name_their_end(found):
    words = survival_words(found)
    assert words.startswith("Within 60 days")
    assert "Of the next 330 days the median customer stays 309 without it." in words
    found["survival"]["expected_days"] = {}
    assert "median" not in survival_words(found)
