from collections.abc import Callable
from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.config.reasons import ReasonsConfig
from ccml.config.search import ModelConfig
from ccml.errors import RefusedError
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.dependence import dependence, typical_scores
from ccml.predictors.encode import fit_encoder
from ccml.predictors.explain import ShapSample, shap_sample
from ccml.predictors.fit import learning_part
from ccml.predictors.models import BoosterModel, PriorModel
from ccml.predictors.protected import refuse_protected
from ccml.predictors.scorer import BIAS, Scorer
from ccml.predictors.stability import (
    Stability,
    agreement,
    stability,
    with_stability,
)


def frame(rows: int = 2000, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["driver", "weak", "noise"])
    X["driver"] = rng.poisson(2, rows).astype(float)
    X.loc[rng.random(rows) < 0.1, "weak"] = np.nan
    X["tariff"] = rng.choice(["basic", "plus", "pro"], rows, p=[0.5, 0.495, 0.005])
    return X


def outcome(X: pd.DataFrame) -> np.ndarray:
    odds = 1.2 * X["driver"] - 3 + 0.2 * X["weak"].fillna(0) + (X["tariff"] == "plus")
    chance = 1 / (1 + np.exp(-odds.to_numpy()))
    return (np.random.default_rng(9).random(len(X)) < chance).astype(float)


def scorer(X: pd.DataFrame, trees: int = 60) -> Scorer:
    y = outcome(X)
    encoder = fit_encoder(X, y, "p")
    options = {"objective": "binary", "num_leaves": 8, "verbosity": -1, "seed": 1}
    fixed = {"num_threads": 1, "feature_fraction": 0.7, "learning_rate": 0.05}
    fitted = lgb.train(options | fixed, lgb.Dataset(encoder.transform(X), y), trees)
    return Scorer("p", encoder, BoosterModel.from_text(fitted.model_to_string()))


@pytest.fixture(scope="module")
def sample() -> ShapSample:
    X = frame()
    return shap_sample(scorer(X), X, seed=1)


def test_a_planted_driver_is_the_first_reason(sample: ShapSample) -> None:
    moves = sample.values.drop(columns=BIAS)
    affected = (sample.features["driver"] >= 4).to_numpy()
    assert (moves[affected].idxmax(axis=1) == "driver").mean() >= 0.95


def test_a_copied_feature_keeps_the_total_of_its_family(sample: ShapSample) -> None:
    X = frame().assign(copy=frame()["driver"])
    twice = scorer(X).contributions(X)
    total = (twice["driver"] + twice["copy"]).abs().mean()
    alone = sample.values["driver"].abs().mean()
    assert total == pytest.approx(alone, rel=0.1)


def test_dependence_follows_the_value_in_groups_of_twenty_or_more(
    sample: ShapSample,
) -> None:
    found = {one["feature"]: one for one in dependence(sample)}
    driver = found["driver"]["groups"]
    assert [g["value"] for g in driver] == sorted(g["value"] for g in driver)
    assert driver[0]["mean"] < 0 < driver[-1]["mean"]
    assert sum(g["rows"] for g in driver) == len(sample.features)
    tariff = {g["value"] for g in found["tariff"]["groups"]}
    assert tariff == {"basic", "plus"}  # pro has ten rows
    assert found["weak"]["groups"][-1]["value"] is None
    for one in found.values():
        for group in one["groups"]:
            assert group["rows"] >= 20
            assert group["low"] <= group["high"]


def test_equal_values_stay_in_one_group() -> None:
    values = pd.DataFrame({"x": np.r_[np.zeros(500), np.arange(1, 60)]})
    moves = pd.DataFrame({"x": values["x"] - 1, BIAS: 0.0})
    (one,) = dependence(ShapSample(moves, values, "m"))
    assert [g["rows"] for g in one["groups"]] == [500, 59]
    few = ShapSample(moves.iloc[:10] + 1.0, values.iloc[:10], "m")
    assert dependence(few) == []


def test_typical_scores_add_up_and_rise(sample: ShapSample) -> None:
    found = typical_scores(sample)
    assert [one["name"] for one in found] == ["low", "middle", "high"]
    raws = [one["raw_score"] for one in found]
    assert raws == sorted(raws)
    for one in found:
        parts = sum(step["part"] for step in one["steps"]) + one["rest"]
        assert one["bias"] + parts == pytest.approx(one["raw_score"], abs=1e-9)
        assert one["rows"] >= 20
    high = {step["feature"]: step["value"] for step in found[-1]["steps"]}
    assert high["driver"] >= 3
    assert typical_scores(cut(sample, 59)) == []
    assert len(typical_scores(cut(sample, 60))) == 3


def cut(sample: ShapSample, rows: int) -> ShapSample:
    return replace(
        sample, values=sample.values.iloc[:rows], features=sample.features.iloc[:rows]
    )


def parts(*rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["a", "b", "c", "d", BIAS])


def test_agreement_counts_what_would_be_told() -> None:
    first = parts([1.0, 0.9, 0.8, 0.1, 0], [0.3, 0, 0, 0, 0], [0.01, 0, 0, -2, 0])
    same = agreement(first, first, {})
    assert same == Stability(1.0, 2)  # the third row is told nothing
    other = parts([1.0, 0.9, 0.1, 0.8, 0], [0, 0.3, 0, 0, 0], [0.01, 0, 0, -2, 0])
    assert agreement(first, other, {}).agreement == pytest.approx((2 / 3 + 0) / 2)
    families = {"c": "c", "d": "c", "a": "a", "b": "a"}
    assert agreement(first, other, families).agreement == 1.0
    nothing = agreement(first * 0, first * 0, {})
    assert nothing == Stability(None, 0)


Make = Callable[..., Any]


def test_a_refit_with_another_seed_is_compared(flat_set: Make) -> None:
    data: TrainingSet = flat_set(800)
    part = learning_part(data, np.arange(800), 1, "p")
    settings = ModelConfig(n_estimators=40, min_child_samples=10)
    from ccml.predictors.fit import fit_booster

    made = Scorer("p", part.encoder, fit_booster(part, settings))
    drawn = shap_sample(made, data.features, 1)
    found = stability(made, part, settings, drawn)
    assert found is not None
    assert found.agreement is not None
    assert 0.5 < found.agreement < 1.0
    prior = Scorer("p", part.encoder, PriorModel(0.0))
    assert stability(prior, part, settings, drawn) is None


@pytest.mark.parametrize(("share", "named"), [(0.69, True), (0.71, False)])
def test_reasons_that_change_are_a_warning_before_the_notes(
    share: float, named: bool
) -> None:
    before = [{"check": "x", "severity": s, "sentence": ""} for s in ("error", "note")]
    evaluation: dict[str, Any] = {"findings": list(before)}
    with_stability(evaluation, Stability(share, 400))
    assert evaluation["reason_stability"]["agreement"] == share
    checks = [finding["check"] for finding in evaluation["findings"]]
    assert checks == (["x", "unstable_reasons", "x"] if named else ["x", "x"])
    untouched: dict[str, Any] = {"findings": []}
    with_stability(untouched, None)
    assert untouched == {"findings": []}


def test_protected_features_are_refused_by_name() -> None:
    config = ReasonsConfig(protected=("gender*", "age"))
    with pytest.raises(RefusedError, match=r"predictors\.p\.reasons.*'gender_code'"):
        refuse_protected(config, ["calls", "gender_code"], "predictors.p")
    refuse_protected(config, ["calls", "agent_gender", "age_days"], "predictors.p")


def test_training_refuses_them_unless_dropped(
    flat_config: Make, flat_set: Make
) -> None:
    from ccml.predictors.train import train

    config: PredictorConfig = flat_config(reasons={"protected": ["tar*"]})
    with pytest.raises(RefusedError, match=r"\['tariff'\] are protected"):
        train(config, flat_set(), name="p", study_storage=None, progress=str)
