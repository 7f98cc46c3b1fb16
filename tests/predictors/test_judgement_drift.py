from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import aging_rows
import numpy as np
import pandas as pd
import pytest

from ccml.predictors.checks.use import drifted
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.fit import learning_part
from ccml.predictors.judgement.drift import FAR, drift, psi
from ccml.predictors.split import Split, split_rows

IMPORTANCE = [{"feature": name, "mean_abs_shap": 1.0} for name in ("a", "b", "city")]


def told(data: TrainingSet, *, kind: str = "time") -> dict[str, Any] | None:
    settings = aging_rows.config()
    ready = prepare(settings, data, "p")
    split: Split = split_rows(settings, ready, "p")
    part = learning_part(ready, split.train, 1, "p", settings)
    return drift(ready, replace(split, kind=kind), part.encoder, IMPORTANCE, 1)


def moved(data: TrainingSet, **changed: Any) -> TrainingSet:
    """Change the latest four months of some features."""
    late = (data.keys.cutoff_at >= "2024-09-01").to_numpy()
    features = data.features.copy()
    for name, change in changed.items():
        features.loc[late, name] = change(features.loc[late, name])
    return replace(data, features=features)


@pytest.fixture(scope="module")
def still() -> TrainingSet:
    data = aging_rows.rows(customers=200)
    rng = np.random.default_rng(3)
    city = rng.choice(["north", "south"], len(data))
    return replace(data, features=data.features.assign(city=city))


def names(found: dict[str, Any]) -> list[str]:
    return [row["name"] for row in found["features"]]


def test_nothing_moves_where_nothing_was_moved(still: TrainingSet) -> None:
    found = told(still)
    assert found is not None
    assert found["moved"] == []
    assert found["auc"]["low"] < 0.5 < found["auc"]["high"] + 0.05
    assert found["features"][0]["psi"] < 0.1


def test_a_shifted_feature_is_first_and_named(still: TrainingSet) -> None:
    found = told(moved(still, a=lambda v: v + 1.5))
    assert found is not None
    assert names(found)[0] == "a"
    assert found["moved"] == ["a"]
    assert found["auc"]["low"] > 0.7
    row = found["features"][0]
    assert row["mean_now"] - row["mean_before"] > 1


def test_values_no_longer_filled_and_new_texts_are_movement(still: TrainingSet) -> None:
    def emptied(values: pd.Series) -> pd.Series:
        return values.where(np.arange(len(values)) % 3 > 0)

    data = moved(still, b=emptied, city=lambda v: v.replace("north", "west"))
    found = told(data)
    assert found is not None
    assert set(found["moved"]) == {"b", "city"}
    row = next(row for row in found["features"] if row["name"] == "b")
    assert row["missing_now"] > row["missing_before"] + 0.2


def test_what_does_not_count_in_the_model_is_no_alarm(still: TrainingSet) -> None:
    found = told(moved(still, noise=lambda v: v + 1.5))
    assert found is not None
    assert names(found)[0] == "noise"
    assert found["features"][0]["psi"] > FAR
    assert found["moved"] == []


def test_a_random_split_is_not_compared(still: TrainingSet) -> None:
    assert told(still, kind="random") is None


def test_psi_is_nought_for_equal_shares_and_grows_with_the_shift() -> None:
    even = np.array([10.0, 10.0])
    counts = [psi(even, np.array([10.0 + k, 10.0 - k])) for k in (0, 2, 5)]
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert np.isclose(counts[2], 0.25 * np.log(3))  # by hand


def test_the_finding_names_at_most_five_features() -> None:
    auc = {"value": 0.8, "low": 0.7, "high": 0.9}
    known: Any = SimpleNamespace(
        further={"drift": {"auc": auc, "moved": list("abcdefg")}}
    )
    found = drifted(known)
    assert found is not None
    assert found[0] == "warning"
    assert "['a', 'b', 'c', 'd', 'e'] and 2 more" in found[1]
    known.further["drift"]["moved"] = []
    assert drifted(known) is None
