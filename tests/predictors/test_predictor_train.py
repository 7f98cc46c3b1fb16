import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.fit import CANDIDATES
from ccml.predictors.metrics import METRICS, roc_auc
from ccml.predictors.models import BoosterModel
from ccml.predictors.refit import Refitted, refit_note, refit_slope
from ccml.predictors.scorer import BIAS, Scorer
from ccml.predictors.split import split_rows
from ccml.predictors.train import TrainedPredictor, train

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]


def run(
    config: PredictorConfig, data: TrainingSet, said: list[str] | None = None
) -> TrainedPredictor:
    told = said if said is not None else []
    return train(config, data, name="churn", study_storage=None, progress=told.append)


def text_of(trained: TrainedPredictor) -> str:
    model = trained.candidates["lightgbm_default"].model
    assert isinstance(model, BoosterModel)
    return model.text


def findings(trained: TrainedPredictor) -> dict[str, str]:
    found = trained.evaluation["findings"]
    return {finding["check"]: finding["severity"] for finding in found}


def test_a_spine_is_learnt_calibrated_and_judged(
    spine_config: Config, spine_set: Maker
) -> None:
    said: list[str] = []
    trained = run(spine_config(tune={"trials": 2}), spine_set(), said)
    evaluation = json.loads(json.dumps(trained.evaluation, allow_nan=False))
    assert evaluation["recommended"] in {"rule", "logistic"}
    assert evaluation["metrics"]["roc_auc"]["low"] > 0.6
    assert 0.8 < evaluation["metrics"]["calibration_slope"]["value"] < 1.25
    assert evaluation["claim"]["holds"]
    assert evaluation["importance"][0]["feature"] == "calls"
    assert set(trained.candidates) == set(evaluation["baselines"])
    # The ensemble is added where it pays.
    assert set(CANDIDATES) <= set(trained.candidates) <= {*CANDIDATES, "ensemble"}
    assert all(set(m) == set(METRICS) for m in evaluation["baselines"].values())
    assert set(evaluation["comparison"]) == set(trained.candidates) - {
        evaluation["recommended"]
    }
    assert len(evaluation["split"]["folds"]) == 3
    assert evaluation["split"]["embargo_days"] == 28
    assert "tuning: trial 2 of 2" in said


def test_test_predictions_and_explanations_are_those_of_the_scorer(
    spine_config: Config, spine_set: Maker
) -> None:
    data = spine_set()
    trained = run(spine_config(), data)
    rows = data.keys.assign(order=range(len(data)))
    order = trained.test_predictions.merge(rows, on=["customer_id", "cutoff_at"])[
        "order"
    ]
    scored = trained.scorer.predict(data.features.iloc[order])
    assert list(scored["probability"]) == list(trained.test_predictions["probability"])
    sample = trained.shap_sample
    again = trained.scorer.predict(sample.features)["raw_score"]
    assert np.abs(sample.values.sum(axis=1) - again).max() < 1e-6
    assert list(sample.features.columns) == list(sample.values.columns.drop(BIAS))


def test_shuffled_rows_give_the_same_bytes(
    spine_config: Config, spine_set: Maker
) -> None:
    data = spine_set()
    data = replace(
        data, features=data.features.assign(tariff=["a", "b", "c"] * (len(data) // 3))
    )
    mixed = data.take(np.random.default_rng(1).permutation(len(data)))
    turned = replace(mixed, features=mixed.features[mixed.features.columns[::-1]])
    config = spine_config()
    first, second = run(config, data), run(config, turned)
    assert text_of(first) == text_of(second)
    pd.testing.assert_frame_equal(first.test_predictions, second.test_predictions)
    assert first.scorer == second.scorer


def test_a_random_split_says_that_it_is_optimistic(
    flat_config: Config, flat_set: Maker
) -> None:
    trained = run(flat_config(), flat_set())
    assert trained.evaluation["split"]["kind"] == "random"
    assert "optimistic for use on later data" in trained.evaluation["claim"]["sentence"]
    assert findings(trained)["random_split"] == "warning"
    assert trained.evaluation["claim"]["shuffled_estimate"] is None
    online = trained.evaluation["slices"]["online"]
    assert 0 < online["rows"] < trained.evaluation["split"]["test_rows"]
    assert online["roc_auc"]["low"] < online["roc_auc"]["high"]


def test_copies_leaks_and_empty_features_are_found(
    flat_config: Config, flat_set: Maker
) -> None:
    data = flat_set()
    since = np.where(data.label == 1, np.arange(len(data)) % 7.0, np.nan)
    leaking = data.features.assign(
        is_closed=data.label == 1, days_since_cancelling=since, later=np.nan
    )
    leaky = run(flat_config(), replace(data, features=leaking))
    assert {"leak_suspicion", "empty_features"} <= set(findings(leaky))
    leak = next(
        found["sentence"]
        for found in leaky.evaluation["findings"]
        if found["check"] == "leak_suspicion"
    )
    assert "Features ['days_since_cancelling', 'is_closed'] alone" in leak
    assert "(['days_since_cancelling'] merely by where they are missing)" in leak
    twice = np.tile(np.arange(len(data)), 2)
    copied = data.take(twice)
    copied = replace(copied, keys=pd.DataFrame({"row_no": range(len(copied))}))
    trained = run(flat_config(), copied)
    assert findings(trained)["duplicate_rows"] == "warning"
    assert trained.evaluation["duplicates"]["rows"] == len(data)


def drifting(rows: int = 4000, *, seed: int = 0) -> TrainingSet:
    """Rows in order: a feature whose effect turns round, and a rising base rate."""
    rng = np.random.default_rng(seed)
    part = np.arange(rows) * 5 // rows
    level, effect = np.array([-3, -2.5, -2, -2, 0.5])[part], np.array([1, -1, 1, -1, 1])
    x = rng.normal(size=rows)
    chance = 1 / (1 + np.exp(-(level + effect[part] * x)))
    return TrainingSet(
        keys=pd.DataFrame({"row_no": np.arange(rows)}),
        features=pd.DataFrame(
            {"x": x, "index": part + rng.normal(0, 0.1, rows), "z": rng.random(rows)}
        ),
        label=pd.Series((rng.random(rows) < chance).astype(int)),
        slices=pd.DataFrame(index=range(rows)),
    )


def test_a_past_that_does_not_carry_over_is_said_loudly(flat_config: Config) -> None:
    trained = run(flat_config("ordered"), drifting())
    claim = trained.evaluation["claim"]
    assert not claim["holds"]
    assert claim["declined"]
    assert claim["sentence"].startswith("Before the test nothing was claimed")
    assert "No accuracy is promised" in claim["sentence"]
    assert {"base_rate_shift", "claim_declined"} <= set(findings(trained))
    assert trained.evaluation["recommended"] == "prior"


def test_without_any_fold_the_rule_is_used_and_it_says_why(
    spine_config: Config, spine_set: Maker
) -> None:
    config = spine_config(split={"test_from": "2025-05-26"}, tune={"trials": 5})
    trained = run(config, spine_set(embargo_days=120))
    assert trained.evaluation["recommended"] == "rule"
    assert "no fold" in trained.evaluation["recommendation"]["sentence"]
    assert not trained.evaluation["claim"]["holds"]
    assert findings(trained)["few_folds"] == "warning"


def test_a_noise_category_gives_no_skill(flat_config: Config, flat_set: Maker) -> None:
    data = flat_set(2000)
    rng = np.random.default_rng(77)
    noise = pd.DataFrame({"code": rng.integers(0, 60, 2000).astype(str)})
    trained = run(flat_config(), replace(data, features=noise))
    scored = trained.candidates["lightgbm_default"].predict(
        pd.DataFrame({"code": noise["code"]})
    )
    test = trained.test_predictions["row_no"].to_numpy()
    auc = roc_auc(
        data.label.to_numpy(float)[test], scored["raw_score"].to_numpy()[test]
    )
    assert abs(auc - 0.5) < 0.1
    assert trained.evaluation["recommended"] == "prior"


def test_the_test_is_touched_once_after_the_claim_and_the_count_is_told(
    spine_config: Config, spine_set: Maker
) -> None:
    uses: list[str] = []
    said: list[str] = []

    def touch(test_id: str) -> int:
        uses.append(test_id)
        assert "judging on the test period" in said[-1]
        return 5

    trained = train(
        spine_config(),
        spine_set(),
        name="churn",
        study_storage=None,
        progress=said.append,
        touch=touch,
    )
    assert uses == [trained.test_id]
    assert trained.evaluation["test_use"] == {"id": trained.test_id, "times": 5}
    assert findings(trained)["test_used_often"] == "warning"
    rows = trained.test_rows
    assert len(rows) == trained.evaluation["split"]["test_rows"]
    assert list(rows.label) == list(trained.test_predictions["label"])


def test_the_claim_stands_before_the_test_is_known(
    spine_config: Config, spine_set: Maker
) -> None:
    data = spine_set()
    config = spine_config()
    honest = run(config, data)
    in_test = data.keys["cutoff_at"] >= pd.Timestamp("2025-05-19", tz="UTC")
    assert in_test.sum() == len(honest.test_rows)
    turned = replace(data, label=data.label.where(~in_test, 1 - data.label))
    other = run(config, turned)
    first, second = honest.evaluation["claim"], other.evaluation["claim"]
    assert first["promised"] == second["promised"]
    assert first["declined"] == second["declined"] == []
    assert first["holds"]
    assert not second["holds"]
    assert findings(other)["claim_not_borne_out"] == "warning"


def test_oversampled_rows_are_judged_as_reality_would(
    flat_config: Config, flat_set: Maker
) -> None:
    plain = flat_config(calibration="sigmoid")
    real = {"kind": "sigmoid", "real_base_rate": 0.02}
    rare = flat_config(calibration=real)
    first, second = run(plain, flat_set()), run(rare, flat_set())
    figures = [trained.evaluation["metrics"] for trained in (first, second)]
    assert figures[0]["roc_auc"] == pytest.approx(figures[1]["roc_auc"])
    assert figures[1]["base_rate"]["value"] == pytest.approx(0.02, abs=0.003)
    assert figures[1]["mean_probability"]["value"] == pytest.approx(0.02, rel=0.25)
    assert figures[1]["log_loss"]["value"] < figures[0]["log_loss"]["value"] / 2
    assert second.evaluation["calibration"]["offset"] < -2
    bins = second.evaluation["curves"]["calibration"]
    assert bins == first.evaluation["curves"]["calibration"]


def test_balanced_weights_spoil_scores_and_calibration_mends_them(
    flat_config: Config, flat_set: Maker
) -> None:
    data = flat_set(3000)
    keep = (data.label == 0) | (np.arange(len(data)) % 8 == 0)
    data = data.take(np.flatnonzero(keep))
    balanced = {"kind": "auto", "class_weights": "balanced"}
    trained = run(flat_config(calibration=balanced), data)
    scorer = trained.candidates["lightgbm_default"]
    raw = scorer.predict(trained.test_rows.features)
    spoilt = 1 / (1 + np.exp(-raw["raw_score"]))
    rate = trained.test_rows.y.mean()
    assert spoilt.mean() > 2 * rate
    assert raw["probability"].mean() == pytest.approx(rate, rel=0.25)


def test_a_calibrator_that_does_not_fit_the_final_model_is_said(
    spine_config: Config, spine_set: Maker
) -> None:
    config, data = spine_config(), prepare(spine_config(), spine_set(), "p")
    split = split_rows(config, data, "p")
    trained = run(config, data)

    scorer = trained.candidates["lightgbm_default"]

    def slope(name: str, judged: Scorer) -> Refitted | None:
        return refit_slope(config, data, split, name, config.model, judged)

    right = slope("lightgbm_default", scorer)
    bold = slope(
        "lightgbm_default", scorer.calibrated(Calibrator("sigmoid", slope=4.0))
    )
    assert right is not None
    assert bold is not None
    assert right.slope > 2 * bold.slope
    assert refit_note(right) is None
    assert "does not quite fit" in str(refit_note(bold))
    assert refit_note(Refitted(0.5, 0.2)) is None
    assert refit_note(None) is None
    assert slope("prior", trained.candidates["prior"]) is None
