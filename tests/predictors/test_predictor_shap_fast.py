from collections.abc import Callable
from importlib.util import find_spec

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from ccml.predictors import explain, shap_fast
from ccml.predictors.encode import fit_encoder
from ccml.predictors.explain import contributions
from ccml.predictors.linear_model import LogisticModel
from ccml.predictors.models import BoosterModel, EnsembleModel, PriorModel
from ccml.predictors.scorer import BIAS, Scorer
from ccml.predictors.shap_fast import SlowRouteNeededError, fast_contributions

needs_woodelf = pytest.mark.skipif(
    find_spec("woodelf") is None, reason="needs woodelf-explainer (extra fast)"
)


def rows(count: int, seed: int = 0) -> pd.DataFrame:
    """Numbers, counts, flags, missing values and a feature that says nothing."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(count, 5)), columns=list("abcde"))
    X["b"] = rng.poisson(1.5, count).astype(float)
    X["c"] = (rng.random(count) < 0.3).astype(float)
    X.loc[rng.random(count) < 0.3, "d"] = np.nan
    return X.assign(constant=1.0)


def outcome(X: pd.DataFrame, seed: int = 1) -> np.ndarray:
    odds = X["a"] + X["b"] * X["c"] - X["d"].fillna(2) - 1
    chance = 1 / (1 + np.exp(-odds.to_numpy()))
    return (np.random.default_rng(seed).random(len(X)) < chance).astype(float)


def booster(X: pd.DataFrame, leaves: int = 15, trees: int = 30) -> BoosterModel:
    options = {"objective": "binary", "num_leaves": leaves, "verbosity": -1}
    fixed = {"num_threads": 1, "seed": 1, "min_data_in_leaf": 3}
    fitted = lgb.train(options | fixed, lgb.Dataset(X, outcome(X)), trees)
    return BoosterModel.from_text(fitted.model_to_string())


@pytest.fixture(scope="module")
def model() -> BoosterModel:
    return booster(rows(1500))


Values = Callable[[str, np.ndarray], np.ndarray]


@pytest.fixture
def pretend(
    monkeypatch: pytest.MonkeyPatch, model: BoosterModel
) -> Callable[..., None]:
    """Let the library give the model's own values, put in error somehow."""

    def by(spoil: Callable[[np.ndarray], None]) -> None:
        def values(text: str, found: np.ndarray) -> np.ndarray:
            assert text == model.text
            X = pd.DataFrame(found, columns=model.booster.feature_name())
            single = model.contributions(X)[:, :-1].astype(np.float32)
            spoil(single)
            return single

        monkeypatch.setattr(shap_fast, "find_spec", lambda _: object())
        monkeypatch.setattr(shap_fast, "woodelf_values", values)

    return by


def test_rounding_goes_into_the_bias_so_that_rows_add_up(
    model: BoosterModel, pretend: Callable[..., None]
) -> None:
    pretend(lambda _: None)
    X = rows(3000, seed=3)
    raw = model.raw(X)
    own = model.contributions(X)
    parts = fast_contributions(model, X, raw)
    assert np.abs(parts.sum(axis=1) - raw).max() < 1e-12
    assert 0 < np.abs(parts - own).max() < 1e-5
    assert (parts[:, X.columns.get_loc("constant")] == 0).all()


def test_values_that_are_not_the_models_are_not_taken(
    model: BoosterModel, pretend: Callable[..., None]
) -> None:
    def swap(single: np.ndarray) -> None:
        single[:, [0, 1]] = single[:, [1, 0]]  # still adds up to the score

    pretend(swap)
    X = rows(3000)
    with pytest.raises(SlowRouteNeededError, match=r"differ by .* allowed is 1e-05"):
        fast_contributions(model, X, model.raw(X))


def test_few_rows_off_are_worked_out_anew_and_many_are_refused(
    model: BoosterModel,
    pretend: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X = rows(2000)
    monkeypatch.setattr(shap_fast, "_sample", lambda _: np.array([0]))

    def spoil(last: int) -> Callable[[np.ndarray], None]:
        def add(single: np.ndarray) -> None:
            single[1:last, 2] += 0.5

        return add

    pretend(spoil(4))
    parts = fast_contributions(model, X, model.raw(X))
    assert np.abs(parts - model.contributions(X)).max() < 1e-5
    pretend(spoil(500))
    with pytest.raises(SlowRouteNeededError, match=r"499 of 2,000 rows"):
        fast_contributions(model, X, model.raw(X))


def test_whatever_stops_the_library_is_a_reason_for_the_slow_way(
    model: BoosterModel, pretend: Callable[..., None]
) -> None:
    def stop(_: np.ndarray) -> None:
        raise ValueError

    pretend(stop)
    X = rows(50)
    with pytest.raises(SlowRouteNeededError, match="stopped with ValueError"):
        fast_contributions(model, X, model.raw(X))


def test_an_ensemble_is_the_weighted_sum_of_its_members(
    model: BoosterModel, pretend: Callable[..., None]
) -> None:
    pretend(lambda _: None)
    X = rows(1000)
    size = X.shape[1]
    one, nought = (1.0,) * size, (0.0,) * size
    linear = LogisticModel(
        tuple(X.columns), nought, nought, one, one, nought, 0.3, nought, nought
    )
    both = EnsembleModel((model, linear, model), (0.5, 0.2, 0.25), -0.1)
    parts = fast_contributions(both, X, both.raw(X))
    assert np.abs(parts - both.contributions(X)).max() < 1e-5
    assert np.abs(parts.sum(axis=1) - both.raw(X)).max() < 1e-9


def test_other_models_and_no_rows_need_no_library(model: BoosterModel) -> None:
    prior = PriorModel(-1.0)
    X = rows(10)
    parts = fast_contributions(prior, X, prior.raw(X))
    assert parts.tolist() == prior.contributions(X).tolist()
    assert fast_contributions(model, X.iloc[:0], np.zeros(0)).shape == (0, 7)


def scorer_of(X: pd.DataFrame, model: BoosterModel) -> Scorer:
    return Scorer("churn", fit_encoder(X, outcome(X), "p"), model)


def test_without_the_library_the_slow_way_is_taken_and_said(
    model: BoosterModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = rows(60)
    scorer = scorer_of(X, model)
    raw = model.raw(X)
    monkeypatch.setattr(shap_fast, "find_spec", lambda _: None)
    few = contributions(scorer, X, raw)
    assert few.method.startswith("pred_contrib of lightgbm")
    assert few.slow_because is None
    monkeypatch.setattr(explain, "FAST_ROWS", 50)
    many = contributions(scorer, X, raw)
    assert many.slow_because == "woodelf-explainer is not installed (extra `fast`)"
    pd.testing.assert_frame_equal(many.values, few.values)
    unasked = contributions(scorer, X, raw, fast=False)
    assert unasked.slow_because is None


def test_the_fast_way_names_itself_and_keeps_columns(
    model: BoosterModel,
    pretend: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend(lambda _: None)
    monkeypatch.setattr(explain, "FAST_ROWS", 50)
    X = rows(60).set_axis(range(5, 65))
    scorer = scorer_of(X, model)
    raw = scorer.predict(X)["raw_score"].to_numpy()
    found = contributions(scorer, X[X.columns[::-1]], raw)
    assert found.method.startswith("woodelf-explainer")
    own = scorer.contributions(X)
    assert list(found.values.columns) == [*X.columns, BIAS]
    assert list(found.values.index) == list(X.index)
    assert (found.values - own).abs().to_numpy().max() < 1e-5


@needs_woodelf
@pytest.mark.parametrize(("leaves", "trees"), [(2, 20), (15, 30), (120, 5)])
def test_the_library_gives_lightgbms_own_values(leaves: int, trees: int) -> None:
    X = rows(3000)
    found = booster(X, leaves, trees)
    raw = found.raw(X)
    parts = fast_contributions(found, X, raw)
    assert np.abs(parts - found.contributions(X)).max() < 1e-5
    assert np.abs(parts.sum(axis=1) - raw).max() < 1e-6


@needs_woodelf
def test_missing_values_that_training_did_not_know_are_taken_rightly() -> None:
    X = rows(3000).fillna(0.0)
    found = booster(X)
    later = X.copy()
    later.loc[::7, "a"] = np.nan
    raw = found.raw(later)
    parts = fast_contributions(found, later, raw)
    assert np.abs(parts - found.contributions(later)).max() < 1e-5


@pytest.mark.slow
@needs_woodelf
def test_two_processes_give_what_one_gives(
    model: BoosterModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = rows(1001)
    raw = model.raw(X)
    alone = fast_contributions(model, X, raw, processes=1)
    monkeypatch.setattr(shap_fast, "TWO_PROCESS_ROWS", 1000)
    assert fast_contributions(model, X, raw).tolist() == alone.tolist()


@pytest.mark.slow
@needs_woodelf
def test_a_process_that_fails_is_a_reason_for_the_slow_way(
    model: BoosterModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shap_fast, "TWO_PROCESS_ROWS", 100)
    monkeypatch.setattr(shap_fast, "ROWS_NAME", "other.npy")
    X = rows(200)
    with pytest.raises(SlowRouteNeededError, match="stopped with SubprocessError"):
        fast_contributions(model, X, model.raw(X))
