from dataclasses import replace
from typing import Any

import aging_rows
import numpy as np
import pytest

from ccml.predictors.candidates import OutOfTime
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.fit import fold_data
from ccml.predictors.judgement.ablation import ablation
from ccml.predictors.split import split_rows

NOISE = [f"noise_{i}" for i in range(5)]
FAMILIES = {"b": "calls", "b_late": "calls"}
SEEDS = 10
ENOUGH = 9


def noisy(seed: int, customers: int = 300) -> TrainingSet:
    data = aging_rows.rows(0.13, customers=customers, months=6, seed=seed)
    rng = np.random.default_rng([seed, 1])
    noise = {name: rng.normal(size=len(data)) for name in NOISE}
    late = data.features.b + 0.1 * rng.normal(size=len(data))
    return replace(data, features=data.features.assign(**noise, b_late=late))


def judged(
    data: TrainingSet, candidate: str = "lightgbm_default", folds: int = 2
) -> dict[str, Any] | None:
    settings = aging_rows.config(split={"folds": folds})
    ready = prepare(settings, data, "p")
    split = split_rows(settings, ready, "p")
    made = tuple(fold_data(ready, f, 1, "p", settings) for f in split.folds)
    seen = OutOfTime(made, {}, ())
    return ablation(seen, FAMILIES, candidate, settings, settings.model)


def verdicts(found: dict[str, Any] | None) -> dict[str, str]:
    assert found is not None
    return {row["name"]: row["verdict"] for row in found["families"]}


def test_five_columns_of_noise_are_not_beneficial_in_nine_of_ten_seeds() -> None:
    found = [verdicts(judged(noisy(seed))) for seed in range(SEEDS)]
    idle = [all(v[name] == "not beneficial" for name in NOISE) for v in found]
    assert sum(idle) >= ENOUGH
    assert all(v["a"] == "useful" for v in found)


def test_a_family_is_left_out_as_a_whole() -> None:
    found = judged(noisy(0), "logistic")
    told = verdicts(found)
    assert found is not None
    assert told["calls"] == "useful"
    assert not {"b", "b_late"} & set(told)
    calls = next(row for row in found["families"] if row["name"] == "calls")
    assert calls["features"] == ["b", "b_late"]
    worths = [row["worth"]["value"] for row in found["families"]]
    assert worths == sorted(worths, reverse=True)


def test_a_feature_that_turns_round_is_harmful() -> None:
    data = noisy(0)
    late = (data.keys.cutoff_at >= "2024-04-01").to_numpy()
    sign = np.where(data.label > 0, 1.0, -1.0) * np.where(late, -1.0, 1.0)
    wrong = sign * 0.7 + data.features.noise
    data = replace(data, features=data.features.assign(noise=wrong))
    assert verdicts(judged(data, "logistic"))["noise"] == "harmful"


@pytest.mark.parametrize("candidate", ["prior", "logistic"])
def test_without_a_fold_or_a_model_nothing_is_worth_anything(candidate: str) -> None:
    settings = aging_rows.config()
    nothing = OutOfTime((), {}, ())
    assert ablation(nothing, {}, candidate, settings, settings.model) is None
    assert judged(noisy(0), "prior") is None


def test_a_column_that_no_tree_splits_on_is_worth_what_chance_gives() -> None:
    data = noisy(0)
    still = np.where(np.arange(len(data)) < 5, 1.0, 0.0)
    data = replace(data, features=data.features.assign(noise=still))
    found = judged(data)
    assert verdicts(found)["noise"] == "not beneficial"
