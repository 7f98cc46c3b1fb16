from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.errors import ConfigError, DataError
from ccml.predictors.dataset import (
    TrainingSet,
    as_numbers,
    feature_kind,
    prepare,
    without_empty_features,
)
from ccml.predictors.encode import cross_fitted, fit_encoder
from ccml.predictors.metrics import roc_auc

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]


def changed(data: TrainingSet, **features: Any) -> TrainingSet:
    return replace(data, features=data.features.assign(**features))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        pytest.param(pd.Series([1, 2]), "number", id="int"),
        pytest.param(pd.Series([1, None], dtype="Int64"), "number", id="nullable"),
        pytest.param(pd.Series([True, None], dtype="boolean"), "bool", id="boolean"),
        pytest.param(pd.Series([True, None], dtype=object), "bool", id="objects"),
        pytest.param(pd.Series(["a", None]), "category", id="text"),
        pytest.param(pd.Series(["a", "b"]).astype("category"), "category", id="cat"),
        pytest.param(pd.Series(["a", 1.5][:1], dtype=object), "category", id="object"),
        pytest.param(pd.Series([Decimal("1.5"), None], dtype=object), "number", id="d"),
        pytest.param(pd.Series([None, None], dtype=object), "number", id="empty"),
    ],
)
def test_the_kind_of_a_feature_is_read_from_its_values(
    values: pd.Series, kind: str
) -> None:
    assert feature_kind(values, "p") == kind


@pytest.mark.parametrize(
    "values",
    [pd.Series(pd.to_datetime(["2025-01-01"])), pd.Series(["a", 1], dtype=object)],
)
def test_other_kinds_are_refused(values: pd.Series) -> None:
    with pytest.raises(DataError, match="numbers, booleans and texts"):
        feature_kind(values.rename("x"), "p")


def test_infinite_values_and_texts_are_no_numbers() -> None:
    with pytest.raises(DataError, match="'x' has 1 infinite"):
        as_numbers(pd.Series([1.0, np.inf], name="x"), "p")
    with pytest.raises(DataError, match="'x' must hold numbers"):
        as_numbers(pd.Series(["a"], name="x"), "p")


def test_rows_and_columns_get_a_total_order(
    flat_config: Config, flat_set: Maker
) -> None:
    config, data = flat_config(drop=["noise"]), flat_set(100)
    mixed = np.random.default_rng(1).permutation(100)
    ready = prepare(config, data.take(mixed), "p")
    assert list(ready.keys["row_no"]) == list(range(100))
    assert list(ready.features.columns) == ["is_online", "strength", "tariff"]
    assert (ready.y == data.label).all()


@pytest.mark.parametrize(
    ("break_it", "match"),
    [
        pytest.param(lambda d: d.take(np.array([], int)), "no rows", id="no-rows"),
        pytest.param(
            lambda d: replace(d, label=d.label.iloc[1:]),
            "differ in length",
            id="length",
        ),
        pytest.param(
            lambda d: replace(d, keys=d.keys.assign(row_no=1)),
            "99 rows repeat",
            id="key",
        ),
        pytest.param(
            lambda d: replace(d, label=d.label.where(d.label > 0)), "null", id="null"
        ),
        pytest.param(lambda d: replace(d, label=d.label + 1), "0 and 1", id="values"),
        pytest.param(lambda d: replace(d, label=d.label * 0), "both", id="one-class"),
    ],
)
def test_rows_that_cannot_teach_are_refused(
    flat_config: Config,
    flat_set: Maker,
    break_it: Callable[[TrainingSet], TrainingSet],
    match: str,
) -> None:
    with pytest.raises(DataError, match=match):
        prepare(flat_config(), break_it(flat_set(100)), "p")


def test_unknown_names_get_a_suggestion(flat_config: Config, flat_set: Maker) -> None:
    for field in ({"drop": ["strenght"]}, {"rule": "strenght"}):
        with pytest.raises(ConfigError, match="mean 'strength'"):
            prepare(flat_config(**field), flat_set(100), "predictors.churn")


def test_features_without_a_value_in_training_are_left_out_and_named(
    flat_config: Config, flat_set: Maker
) -> None:
    data = changed(flat_set(100), later=[np.nan] * 50 + [1.0] * 50)
    rows = np.arange(50)
    kept, empty = without_empty_features(flat_config(), data, rows, "p")
    assert empty == ["later"]
    assert "later" not in kept.features
    with pytest.raises(DataError, match="'later' has no value"):
        without_empty_features(flat_config(rule="later"), data, rows, "p")
    only = replace(data, features=data.features[["later"]])
    with pytest.raises(DataError, match="none of 1 features"):
        without_empty_features(flat_config(), only, rows, "p")


def test_missing_stays_missing_and_rare_levels_are_pooled_and_never_stored() -> None:
    levels = ["a"] * 60 + ["b"] * 60 + ["C-104"] * 3 + [None] * 7
    frame = pd.DataFrame({"t": levels, "b": [True, False] * 65})
    y = np.array([1.0] * 50 + [0.0] * 80)
    encoder = fit_encoder(frame, y, "p")
    encoded = encoder.transform(frame)
    code = encoder.codes[0]
    assert set(code.levels) == {"a", "b"}
    assert code.unseen_share == pytest.approx(3 / 123)
    assert encoded["t"].isna().sum() == 7
    assert set(encoded["t"].iloc[120:123]) == {code.rest}
    assert set(encoded["b"]) == {0.0, 1.0}
    assert encoder.unseen_shares(frame)["t"] == pytest.approx(3 / 123)


def test_a_noise_category_with_many_levels_teaches_nothing() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"t": rng.integers(0, 100, 4000).astype(str)})
    y = (rng.random(4000) < 0.3).astype(float)
    encoder = fit_encoder(frame, y, "p")
    clusters = np.arange(4000)
    honest = cross_fitted(encoder, frame, y, clusters, seed=1)["t"].to_numpy()
    naive = encoder.transform(frame)["t"].to_numpy()
    assert roc_auc(y, naive) > 0.55
    assert roc_auc(y, honest) < 0.52


def test_a_level_of_one_customer_does_not_carry_that_customers_label() -> None:
    customers = np.repeat(np.arange(60), 30)
    y = (np.random.default_rng(0).random(60) < 0.5)[customers].astype(float)
    frame = pd.DataFrame({"t": customers.astype(str)})
    encoder = fit_encoder(frame, y, "p")
    by_row = cross_fitted(encoder, frame, y, np.arange(len(y)), seed=1)["t"].to_numpy()
    by_customer = cross_fitted(encoder, frame, y, customers, seed=1)["t"].to_numpy()
    assert roc_auc(y, by_row) > 0.95
    assert roc_auc(y, by_customer) == 0.5
