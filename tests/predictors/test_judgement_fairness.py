from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from ccml.config.judgement import JudgementConfig
from ccml.config.predictors import PredictorConfig
from ccml.errors import ConfigError
from ccml.predictors.checks.use import unfair_slice
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.judgement.fairness import fairness, group_names, on_list
from ccml.predictors.judgement.parts import Judged
from ccml.predictors.metrics import Scored
from ccml.predictors.train import TrainedPredictor, train

ROWS = 2000
Config = Callable[..., PredictorConfig]


def told(
    groups: pd.DataFrame, raw: np.ndarray, seed: int = 0, **limits: int
) -> dict[str, Any] | None:
    rng = np.random.default_rng(seed)
    p = expit(raw)
    y = (rng.random(len(raw)) < p).astype(float)
    judged = Judged(y, Scored(raw, p), np.arange(len(raw)))
    return fairness(groups, judged, JudgementConfig(**limits), seed=1)


def test_groups_that_fare_alike_are_not_flagged() -> None:
    rng = np.random.default_rng(0)
    groups = pd.DataFrame({"sex": rng.choice(["f", "m"], ROWS)})
    found = told(groups, rng.normal(size=ROWS) - 1)
    assert found is not None
    assert found["unfair"] == []
    for group in found["columns"]["sex"]["groups"]:
        assert group["calibration"]["low"] < 1 < group["calibration"]["high"]
        assert group["roc_auc"]["low"] > 0.5


def test_small_groups_are_counted_and_tiny_ones_not_named() -> None:
    town = ["rome"] * 1900 + ["oslo"] * 85 + ["ulm"] * 15
    rng = np.random.default_rng(0)
    found = told(pd.DataFrame({"town": town}), rng.normal(size=ROWS))
    assert found is not None
    judged = found["columns"]["town"]
    small = {group["name"]: group["too_small"] for group in judged["groups"]}
    assert small == {"oslo": True, "rome": False}
    assert judged["left_out"] == {"groups": 1, "rows": 15}
    assert "ulm" not in str(found)
    oslo = next(g for g in judged["groups"] if g["name"] == "oslo")
    assert oslo["ratio"]["value"] is None


def test_numbers_are_cut_into_thirds_and_gaps_are_a_group() -> None:
    ages = pd.Series([*np.arange(20.0, 80.0), np.nan], name="age")
    names = group_names(ages)
    assert names.nunique() == 4
    assert names.iloc[-1] == "age is missing"
    few = group_names(pd.Series([1, 2, 2], name="lines"))
    assert list(few) == ["1", "2", "2"]
    flags = group_names(pd.Series([True, False], name="online"))
    assert list(flags) == ["true", "false"]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.floats(0.01, 1))
def test_the_list_has_its_size_and_equal_scores_fare_alike(
    scores: list[int], share: float
) -> None:
    raw = np.array(scores, dtype=float)
    chosen = on_list(raw, share)
    assert chosen.sum() == pytest.approx(share * len(raw))
    assert ((chosen >= 0) & (chosen <= 1 + 1e-12)).all()
    for score in set(scores):
        assert np.ptp(chosen[raw == score]) < 1e-12
    assert (np.diff(chosen[np.argsort(-raw, kind="stable")]) <= 1e-12).all()


@pytest.fixture(scope="module")
def proxied() -> TrainingSet:
    """Outcomes that come as often in both groups; a feature that follows the group."""
    rng = np.random.default_rng(1)
    minority = rng.random(3000) < 0.3
    strength = rng.normal(size=3000)
    # In the past the group was measured with another scale: the feature is its proxy.
    district = strength - 1.2 * minority + 0.3 * rng.normal(size=3000)
    label = rng.random(3000) < expit(1.5 * strength - 1.5 - 0.8 * minority)
    features = pd.DataFrame(
        {"district": district, "origin": np.where(minority, "a", "b")}
    )
    return TrainingSet(
        keys=pd.DataFrame({"row_no": np.arange(3000)}),
        features=features,
        label=pd.Series(label.astype(int)),
        slices=pd.DataFrame(index=range(3000)),
    )


def run(config: PredictorConfig, data: TrainingSet) -> TrainedPredictor:
    return train(config, data, name="p", study_storage=None, progress=lambda _: None)


def test_a_planted_proxy_is_flagged_and_its_group_never_learnt_from(
    flat_config: Config, proxied: TrainingSet
) -> None:
    judge = {"groups": ["origin"], "slice_by": ["origin"]}
    trained = run(flat_config(judge=judge, ensemble=False, drop=["origin"]), proxied)
    found = trained.evaluation["fairness"]
    assert trained.scorer.feature_names == ["district"]
    assert "origin" not in str(trained.evaluation["importance"])
    assert "origin = a" in trained.evaluation["slices"]
    unfair = found["unfair"][0]
    assert (unfair["column"], unfair["name"]) == ("origin", "a")
    assert unfair["ratio"]["value"] < 0.8
    findings = {f["check"]: f for f in trained.evaluation["findings"]}
    assert findings["unfair_slice"]["severity"] == "warning"
    assert "origin 'a'" in findings["unfair_slice"]["sentence"]


def test_an_unknown_group_is_an_error_with_a_suggestion(
    flat_config: Config, proxied: TrainingSet
) -> None:
    config = flat_config(judge={"groups": ["orgin"]})
    with pytest.raises(ConfigError, match=r"judge\.groups.*Did you mean 'origin'"):
        run(config, proxied)


def test_without_groups_nothing_is_compared() -> None:
    assert told(pd.DataFrame(index=range(10)), np.zeros(10)) is None


def test_no_finding_without_a_flagged_group() -> None:
    fair: Any = SimpleNamespace(further={"fairness": {"unfair": []}})
    assert unfair_slice(fair) is None
