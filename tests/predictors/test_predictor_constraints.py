from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.errors import ConfigError
from ccml.predictors.constraints import check_constraints
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.ensemble import Blend, fit_ensemble
from ccml.predictors.fit import Part, fit_model, learning_part
from ccml.predictors.models import BoosterModel, Model

Config = Callable[..., PredictorConfig]

FEATURES = ["amount", "calls", "noise", "tariff"]
GREEDY = {"n_estimators": 80, "num_leaves": 31, "min_child_samples": 3}
KINDS = ("rule", "logistic", "lightgbm_default", "ensemble")


def waves() -> TrainingSet:
    """Rows in which more calls first raise and then lower the chance."""
    rng = np.random.default_rng(0)
    calls, amount = rng.uniform(0, 10, 1500), rng.normal(size=1500)
    odds = 2 * np.sin(calls) + calls / 5 + amount * (calls > 5) - 1
    label = rng.random(1500) < 1 / (1 + np.exp(-odds))
    features = {
        "calls": calls,
        "amount": amount,
        "noise": rng.normal(size=1500),
        "tariff": rng.choice(["a", "b"], 1500),
    }
    return TrainingSet(
        keys=pd.DataFrame({"row_no": np.arange(1500)}),
        features=pd.DataFrame(features),
        label=pd.Series(label.astype(int)),
        slices=pd.DataFrame(index=range(1500)),
    )


def fitted(config: PredictorConfig, kind: str) -> tuple[Part, Model]:
    data = prepare(config, waves(), "p")
    part = learning_part(data, np.arange(len(data)), 1, "p", config)
    if kind == "ensemble":
        return part, fit_ensemble(part, config.model, Blend((0.5, 0.3, 0.2, 0.3), 0.1))
    return part, fit_model(kind, part, config, config.model)


def steps(part: Part, model: Model, feature: str) -> np.ndarray:
    """Changes of the score along a grid of one feature, for 20 rows."""
    grid = np.linspace(0, 10, 60)
    rows = part.X.iloc[:20]
    scores = [model.raw(rows.assign(**{feature: value})) for value in grid]
    return np.diff(np.stack(scores), axis=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("direction", "sign"), [("rising", 1), ("falling", -1)])
def test_every_model_goes_the_asked_way_along_a_grid(
    flat_config: Config, kind: str, direction: str, sign: int
) -> None:
    asked = {"model": GREEDY, "rule": "calls"}
    free = steps(*fitted(flat_config(**asked), kind), "calls")
    config = flat_config(**asked, monotone={"ca*": direction})
    bound = steps(*fitted(config, kind), "calls")
    assert (sign * bound).min() >= -1e-12
    if kind not in {"rule", "logistic"} or sign < 0:
        assert (sign * free).min() < -1e-6


def test_features_act_together_only_within_their_groups(flat_config: Config) -> None:
    config = flat_config(model=GREEDY, interactions=[["amount", "noise"]])
    _, model = fitted(config, "lightgbm_default")
    assert isinstance(model, BoosterModel)
    groups = together(model)
    assert groups <= {frozenset(p) for p in ({"amount", "noise"}, {"amount"})} | {
        frozenset({name}) for name in FEATURES
    }
    assert frozenset({"calls"}) in groups
    _, free = fitted(flat_config(model=GREEDY), "lightgbm_default")
    assert isinstance(free, BoosterModel)
    assert any({"amount", "calls"} <= group for group in together(free))


def together(model: BoosterModel) -> set[frozenset[str]]:
    """Features on each path from a root to a leaf."""
    paths: set[frozenset[str]] = set()
    names = model.booster.feature_name()

    def walk(node: dict[str, Any], seen: frozenset[str]) -> None:
        if "split_feature" not in node:
            paths.add(seen)
            return
        deeper = seen | {names[node["split_feature"]]}
        walk(node["left_child"], deeper)
        walk(node["right_child"], deeper)

    for tree in model.booster.dump_model()["tree_info"]:
        walk(tree["tree_structure"], frozenset())
    return paths - {frozenset()}


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"monotone": {"cals": "rising"}}, r"p\.monotone.*'cals'.*mean 'calls'"),
        ({"interactions": [["noise", "x*"]]}, r"p\.interactions.*'x\*'"),
        ({"encoding": {"orders": {"tarif": ["a"]}}}, r"p\.encoding\.orders.*'tariff'"),
        (
            {"monotone": {"calls": "rising", "c*": "falling"}},
            "'calls' fits a rising and a falling",
        ),
    ],
)
def test_wrong_names_and_contradictions_are_refused(
    flat_config: Config, asked: dict[str, Any], match: str
) -> None:
    with pytest.raises(ConfigError, match=match):
        check_constraints(flat_config(**asked), FEATURES, "p")


def test_texts_have_a_direction_only_with_an_order(flat_config: Config) -> None:
    with pytest.raises(ConfigError, match="'tariff' holds texts without an order"):
        fitted(flat_config(monotone={"tariff": "rising"}), "prior")
    part, _ = fitted(flat_config(monotone={"*": "rising"}), "prior")
    assert set(part.limits.signs) == {"amount", "calls", "noise"}
    ordered = flat_config(
        monotone={"tariff": "rising"}, encoding={"orders": {"tariff": ["b", "a"]}}
    )
    part, _ = fitted(ordered, "prior")
    assert part.limits.settings["monotone_constraints"] == [0, 0, 0, 1]
