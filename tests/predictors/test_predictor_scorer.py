import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.errors import DataError
from ccml.predictors.baselines import fit_rule
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.encode import fit_encoder
from ccml.predictors.explain import shap_values
from ccml.predictors.fit import CANDIDATES, fit_model, learning_part
from ccml.predictors.metrics import roc_auc
from ccml.predictors.models import safe_names
from ccml.predictors.scorer import BIAS, Scorer

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]
Scorers = dict[str, Scorer]


@pytest.fixture
def data(flat_config: Config, flat_set: Maker) -> TrainingSet:
    return prepare(flat_config(), flat_set(), "p")


@pytest.fixture
def scorers(flat_config: Config, data: TrainingSet) -> Scorers:
    config = flat_config()
    part = learning_part(data, np.arange(len(data)), 1, "predictors.churn")
    calibrator = Calibrator("sigmoid", 0.9, -0.1)
    return {
        name: Scorer(
            "churn",
            part.encoder,
            fit_model(name, part, config, config.model),
            calibrator,
        )
        for name in CANDIDATES[:4]
    }


@pytest.mark.parametrize("name", CANDIDATES[:4])
def test_contributions_add_up_and_columns_may_come_in_any_order(
    name: str, scorers: Scorers, data: TrainingSet
) -> None:
    scorer = scorers[name]
    scored = scorer.predict(data.features)
    parts = scorer.contributions(data.features)
    assert list(parts.columns) == [*data.features.columns, BIAS]
    assert np.abs(parts.sum(axis=1) - scored["raw_score"]).max() < 1e-6
    turned = data.features[data.features.columns[::-1]].assign(extra=1)
    pd.testing.assert_frame_equal(scorer.predict(turned), scored)


@pytest.mark.parametrize("name", CANDIDATES[:4])
def test_a_saved_scorer_scores_the_same_and_holds_no_pickle(
    name: str, scorers: Scorers, data: TrainingSet, tmp_path: Path
) -> None:
    scorers[name].save(tmp_path)
    again = Scorer.load(tmp_path)
    assert again == scorers[name]
    pd.testing.assert_frame_equal(
        again.predict(data.features), scorers[name].predict(data.features)
    )
    files = {path.name for path in tmp_path.iterdir()}
    expected = (
        {"model.json", "model_0.lgb"} if again.kind == "lightgbm" else {"model.json"}
    )
    assert files == expected


def test_a_changed_model_text_is_refused_with_both_hashes(
    scorers: Scorers, tmp_path: Path
) -> None:
    scorers["lightgbm_default"].save(tmp_path)
    hashes = json.loads((tmp_path / "model.json").read_text())["model_sha256"]
    expected = hashes["model_0.lgb"]
    content = bytearray((tmp_path / "model_0.lgb").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "model_0.lgb").write_bytes(content)
    with pytest.raises(DataError, match=f"[0-9a-f]{{64}}, expected {expected}"):
        Scorer.load(tmp_path)
    (tmp_path / "model_0.lgb").unlink()
    with pytest.raises(DataError, match="no such file"):
        Scorer.load(tmp_path)


def test_another_format_is_refused(scorers: Scorers, tmp_path: Path) -> None:
    scorers["prior"].save(tmp_path)
    stored = json.loads((tmp_path / "model.json").read_text()) | {"format": 99}
    (tmp_path / "model.json").write_text(json.dumps(stored))
    with pytest.raises(DataError, match="format 99"):
        Scorer.load(tmp_path)


def test_missing_and_mistyped_columns_are_refused_by_name(
    scorers: Scorers, data: TrainingSet
) -> None:
    scorer, frame = scorers["lightgbm_default"], data.features
    with pytest.raises(DataError, match=r"columns \['noise'\] are missing"):
        scorer.predict(frame.drop(columns="noise"))
    with pytest.raises(DataError, match="'tariff' must hold texts"):
        scorer.predict(frame.assign(tariff=1.0))
    with pytest.raises(DataError, match="'noise' has 1200 infinite"):
        scorer.predict(frame.assign(noise=-np.inf))


def test_unseen_levels_are_scored_and_their_share_is_told(
    scorers: Scorers, data: TrainingSet
) -> None:
    scorer = scorers["lightgbm_default"]
    frame = data.features.assign(tariff=["gold", None] * 600)
    assert scorer.unseen_shares(frame).to_dict() == {"tariff": 1.0}
    assert scorer.unseen_shares(data.features)["tariff"] == 0
    assert scorer.predict(frame).notna().all(axis=None)
    assert scorer.training_unseen_shares == {"tariff": 0.0}


def test_an_empty_frame_is_scored_as_empty(scorers: Scorers, data: TrainingSet) -> None:
    for scorer in scorers.values():
        assert len(scorer.predict(data.features.iloc[:0])) == 0
        assert len(scorer.contributions(data.features.iloc[:0])) == 0


@pytest.mark.slow
def test_shap_gives_the_same_parts_as_lightgbm_itself(
    scorers: Scorers, data: TrainingSet
) -> None:
    scorer, frame = scorers["lightgbm_default"], data.features.iloc[:50]
    gap = (shap_values(scorer, frame) - scorer.contributions(frame)).abs()
    assert gap.max(axis=None) < 1e-9
    with pytest.raises(TypeError, match="'logistic'"):
        shap_values(scorers["logistic"], frame)


def test_typical_values_are_the_median_and_the_commonest_level(
    scorers: Scorers, data: TrainingSet
) -> None:
    typical = scorers["prior"].typical_values
    assert typical["strength"] == data.features["strength"].median()
    assert typical["tariff"] == data.features["tariff"].mode()[0]


@pytest.mark.parametrize("sign", [1, -1])
def test_the_rule_ranks_exactly_as_its_feature(sign: int) -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson(3, 2000).astype(float)
    frame = pd.DataFrame({"calls": counts, "noise": rng.normal(size=2000)})
    y = (rng.random(2000) < 1 / (1 + np.exp(-sign * (counts - 3)))).astype(float)
    rule = fit_rule(frame, y, None, fit_encoder(frame, y, "p"))
    assert rule.feature == "calls"
    assert roc_auc(y, rule.raw(frame)) == pytest.approx(roc_auc(y, sign * counts))


def test_a_rule_without_a_value_in_a_fold_falls_back_to_the_prior() -> None:
    y = np.array([0.0, 1.0] * 20)
    frame = pd.DataFrame({"calls": np.full(40, np.nan)})
    rule = fit_rule(frame, y, "calls", fit_encoder(frame, y, "p"))
    assert np.abs(rule.raw(frame)).max() < 1e-9


def test_names_that_lightgbm_refuses_become_plain_and_stay_unique() -> None:
    assert safe_names(["a", "b c"]) == ["a", "b_c"]
    made = safe_names(["a:b", "a,b", "a_b_0"])
    assert len(set(made)) == 3
