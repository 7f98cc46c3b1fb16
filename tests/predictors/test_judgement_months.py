"""What the evaluation says by month and by part, of one small training."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.train import TrainedPredictor, train

WEEKS = 40
CUSTOMERS = 60


def weekly() -> TrainingSet:
    """Mondays at midnight in Warsaw, which is Sunday by UTC."""
    rng = np.random.default_rng(0)
    size = WEEKS * CUSTOMERS
    cutoffs = pd.date_range("2025-01-06", periods=WEEKS, freq="7D", tz="Europe/Warsaw")
    calls = rng.poisson(2, size).astype(float)
    chance = 1 / (1 + np.exp(2 - 0.8 * calls))
    return TrainingSet(
        keys=pd.DataFrame(
            {
                "customer_id": np.tile(np.arange(CUSTOMERS), WEEKS).astype(str),
                "cutoff_at": cutoffs.tz_convert("UTC").repeat(CUSTOMERS),
            }
        ),
        features=pd.DataFrame(
            {
                "calls": calls,
                "region": np.where(np.arange(size) % 3, "north", "south"),
                "noise": rng.normal(size=size),
            }
        ),
        label=pd.Series((rng.random(size) < chance).astype(int)),
        slices=pd.DataFrame({"few_calls": calls <= 1}),
        embargo=timedelta(days=28),
        zone="Europe/Warsaw",
    )


@pytest.fixture(scope="module")
def trained() -> TrainedPredictor:
    config = PredictorConfig.model_validate(
        {
            "spine": "weekly",
            "label": {"table": "contracts", "horizon_days": 28},
            "model": {"n_estimators": 20, "learning_rate": 0.1},
            "tune": {"trials": 0},
            "ensemble": False,
            "judge": {"slice_by": ["region", "calls"], "min_slice_rows": 200},
        }
    )
    return train(
        config, weekly(), name="churn", study_storage=None, progress=lambda _: None
    )


def months_of(trained: TrainedPredictor, part: str) -> list[dict[str, Any]]:
    return [row for row in trained.evaluation["months"] if row["part"] == part]


def test_months_follow_the_site_clock_and_leave_no_row_out(
    trained: TrainedPredictor,
) -> None:
    split = trained.evaluation["split"]
    for number, fold in enumerate(split["folds"], start=1):
        rows = months_of(trained, f"fold {number}")
        assert sum(row["rows"] for row in rows) == fold["valid_rows"]
    test = months_of(trained, "test")
    assert sum(row["rows"] for row in test) == split["test_rows"]
    local = trained.test_predictions.cutoff_at.dt.tz_convert("Europe/Warsaw")
    by_clock = local.dt.strftime("%Y-%m").value_counts().to_dict()
    by_utc = trained.test_predictions.cutoff_at.dt.strftime("%Y-%m").value_counts()
    assert {row["month"]: row["rows"] for row in test} == by_clock != by_utc.to_dict()
    assert [row["month"] for row in test] == sorted(by_clock)


def test_a_month_is_measured_with_intervals_or_said_to_be_too_small(
    trained: TrainedPredictor,
) -> None:
    sizes = {row["too_small"] for row in trained.evaluation["months"]}
    assert sizes == {True, False}
    for row in trained.evaluation["months"]:
        first_fold = row["part"] == "fold 1"
        if row["too_small"]:
            assert row["why_too_small"].endswith("200 are needed")
            assert row["roc_auc"]["value"] is None
            continue
        assert row["roc_auc"]["low"] < row["roc_auc"]["value"] < row["roc_auc"]["high"]
        assert row["base_rate"]["value"] == pytest.approx(
            row["positives"] / row["rows"]
        )
        # Nothing before the first fold could calibrate it.
        assert (row["log_loss"]["value"] is None) == first_fold
        assert (row["mean_probability"]["value"] is None) == first_fold


def test_a_month_shows_what_was_said_of_its_rows(trained: TrainedPredictor) -> None:
    said = trained.test_predictions
    local = said.cutoff_at.dt.tz_convert("Europe/Warsaw").dt.strftime("%Y-%m")
    measured = [row for row in months_of(trained, "test") if not row["too_small"]]
    for row in measured:
        inside = said[local == row["month"]]
        assert row["mean_probability"]["value"] == pytest.approx(
            inside.probability.mean()
        )
        assert row["positives"] == inside.label.sum()
    assert measured


def test_conditions_and_features_are_judged_side_by_side(
    trained: TrainedPredictor,
) -> None:
    slices = trained.evaluation["slices"]
    assert next(iter(slices)) == "few_calls"
    assert {found["of"] for found in slices.values()} == {
        "condition",
        "region",
        "calls",
    }
    test_rows = trained.evaluation["split"]["test_rows"]
    by_region = [found for found in slices.values() if found["of"] == "region"]
    assert sum(found["rows"] for found in by_region) == test_rows
    worst = trained.evaluation["worst_slice"]
    assert worst["name"] in slices
    assert not slices[worst["name"]]["too_small"]


def test_gains_and_alift_follow_from_lift_and_auc(trained: TrainedPredictor) -> None:
    found = trained.evaluation["metrics"]
    auc, rate = found["roc_auc"]["value"], found["base_rate"]["value"]
    alift = found["alift"]
    assert alift["value"] == pytest.approx((1 - rate) * auc + rate / 2)
    assert alift["low"] < alift["value"] < alift["high"] < 1 - rate / 2
    lift = found["lift_at_10pct"]["value"]
    assert found["gain_at_10pct"]["value"] == pytest.approx(lift / 10)
    assert lift / 10 < found["gain_at_50pct"]["value"] < 1


def test_a_table_without_cutoffs_has_no_months(
    flat_config: Callable[..., PredictorConfig], flat_set: Callable[..., TrainingSet]
) -> None:
    data = flat_set(600)
    few = replace(data, features=data.features[["strength"]])
    config = flat_config(
        split={"kind": "ordered", "folds": 2},
        ensemble=False,
        model={"n_estimators": 5, "min_child_samples": 10},
    )
    found = train(config, few, name="x", study_storage=None, progress=lambda _: None)
    assert found.evaluation["months"] == []
    assert found.evaluation["calibration"]["ece_noise"] > 0
