"""What the report shows of age, moved features, more rows, families and groups."""

from typing import Any

import pytest

from ccml.reports.figures_use import use_figures
from ccml.reports.predictor_tables import figure_table
from ccml.tracking.records import metric_values


def measure(value: float | None) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": value - 0.02, "high": value + 0.02}


def aged(*, decays: bool) -> dict[str, Any]:
    points = [
        {
            "age": age,
            "pairs": 1,
            "excess_log_loss": measure(age / 50),
            "auc_lost": measure(0.01),
            "share_of_skill": age / 20,
        }
        for age in (1.5, 3.0)
    ]
    return {
        "candidate": "tuned",
        "unit": "months",
        "ages": points,
        "by_rows": None,
        "skill": 0.4,
        "decays": decays,
        "advised_age": {"value": 2.0, "low": 1.0, "high": None} if decays else None,
        "sentence": "",
    }


def feature(name: str, psi: float, mean: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "psi": psi,
        "chance": 0.02,
        "share": 0.3,
        "missing_before": 0.1,
        "missing_now": 0.4,
        "mean_before": mean,
        "mean_now": mean,
    }


def point(of: str, value: float | None, behind: float) -> dict[str, Any]:
    loss = {"rows": 100, "log_loss": 0.4, "roc_auc": 0.7, "behind": measure(behind)}
    return {of: value, **loss}


def group(name: str, ratio: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "rows": 300,
        "positives": 30,
        "too_small": ratio is None,
        "base_rate": 0.1,
        "selection_rate": measure(ratio),
        "ratio": measure(ratio),
        "calibration": measure(ratio),
        "roc_auc": measure(ratio),
    }


JUDGED: dict[str, Any] = {
    "staleness": aged(decays=True),
    "drift": {
        "auc": measure(0.8),
        "rows": [100, 100],
        "features": [feature("calls_7d", 0.6, 2.0), feature("tariff", 0.1, None)],
        "moved": ["calls_7d"],
    },
    "learning_curve": {
        "candidate": "tuned",
        "rows": [point("share", 0.5, 0.1), point("share", 1.0, 0.0)],
        "history": [point("months", 2, 0.1), point("months", None, 0.0)],
        "more_rows": {"pays": True, "sentence": "More rows would pay."},
        "longer_history": {"pays": False, "sentence": "A longer one would not."},
    },
    "ablation": {
        "candidate": "tuned",
        "folds": 2,
        "rows": 1000,
        "families": [
            {
                "name": name,
                "features": [name],
                "worth": measure(worth),
                "verdict": verdict,
            }
            for name, worth, verdict in (
                ("calls", 0.1, "useful"),
                ("bills", 0.0, "not beneficial"),
            )
        ],
    },
    "fairness": {
        "share": 0.1,
        "columns": {
            "region": {
                "most": "north",
                "groups": [group("north", 1.0), group("isle", None), group("s", 0.5)],
                "left_out": {"groups": 2, "rows": 9},
            }
        },
        "unfair": [{"column": "region", "name": "s", "ratio": measure(0.5)}],
    },
}


def title(chart: Any) -> str:
    return str(chart.to_dict()["title"])


def cells(name: str) -> str:
    block = figure_table(name, JUDGED, None)
    return " ".join(str(cell) for row in block.rows for cell in row)


def test_every_key_has_a_picture_that_says_what_was_found() -> None:
    titles = {name: title(chart) for name, chart in use_figures(JUDGED).items()}
    assert titles == {
        "staleness": "After 2.0 months a tenth of the gain is lost to age: train again",
        "drift": "Training and test rows can be told apart with an AUC of 0.80",
        "learning_curve": "More rows would pay",
        "learning_history": "A longer one would not",
        "ablation": "1 of 2 families of features are clearly useful",
        "fairness": "1 group is clearly chosen less than four fifths as often as another",
    }


def test_what_was_not_computed_is_not_drawn() -> None:
    assert set(use_figures({}).values()) == {None}
    calm = use_figures({"staleness": aged(decays=False)})["staleness"]
    assert title(calm) == "Up to 3.0 months after training no decay by age shows"
    few = use_figures({"staleness": aged(decays=False) | {"by_rows": 0.01}})
    assert "no more than new ones of as few rows" in title(few["staleness"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("staleness", "3.0"),
        ("drift", "calls_7d"),
        ("learning_curve", "50"),
        ("learning_history", "all"),
        ("ablation", "not beneficial"),
        ("fairness", "too few to judge"),
    ],
)
def test_every_picture_has_its_table(name: str, said: str) -> None:
    assert said in cells(name)


def test_groups_left_out_are_counted_and_texts_have_no_mean() -> None:
    assert "2 groups" in figure_table("fairness", JUDGED, None).caption
    assert "10" in cells("drift")
    assert "\u2013" in cells("drift")


def test_the_figures_are_recorded_as_measures() -> None:
    found = dict(metric_values(JUDGED))
    assert found["staleness.advised_age"] == 2.0
    assert "staleness.advised_age_high" not in found
    assert found["drift.auc"] == 0.8
    assert found["drift.features_moved"] == 1
    assert found["ablation.calls"] == 0.1
    assert found["fairness.region.lowest_ratio"] == 0.5
    assert not any(key.startswith("staleness") for key, _ in metric_values({}))
