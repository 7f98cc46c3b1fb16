import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.errors import DataError
from ccml.predictors.baselines import fit_logistic
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.encode import TextCoding, cross_fitted, fit_encoder
from ccml.predictors.encoder import SHARE, Encoder
from ccml.predictors.fit import fit_model, learning_part
from ccml.predictors.metrics import roc_auc
from ccml.predictors.scorer import Scorer, sha256

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]


def regions(rows_of_one: int = 24) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Two regions of many customers, and one level of a single customer."""
    levels = ["north"] * 300 + ["south"] * 300 + ["flat 12"] * rows_of_one
    owners = [*range(600), *[600] * rows_of_one]
    y = np.array([1.0, 0.0] * 300 + [1.0] * rows_of_one)
    return pd.DataFrame({"region": levels}), y, np.array(owners)


def test_a_level_of_one_customer_is_neither_stored_nor_learnt() -> None:
    frame, y, owners = regions()
    encoder = fit_encoder(frame, y, "p", owners)
    code = encoder.codes[0]
    assert set(code.levels) == {"north", "south"}
    assert "flat 12" not in json.dumps(encoder.to_json())
    assert code.unseen_share == pytest.approx(24 / 624)
    trained = cross_fitted(encoder, frame, y, owners, seed=1)["region"]
    scored = encoder.transform(frame)["region"]
    alone = frame["region"] == "flat 12"
    assert set(trained[alone]) == set(scored[alone]) == {code.rest}
    by_row = fit_encoder(frame, y, "p")
    assert "flat 12" in by_row.codes[0].levels


def test_the_typical_level_is_never_one_that_is_not_stored() -> None:
    frame, y, owners = regions(rows_of_one=400)
    assert fit_encoder(frame, y, "p", owners).codes[0].typical == "north"


def test_a_level_needs_ten_customers() -> None:
    y = np.array([1.0, 0.0] * 20)
    frame = pd.DataFrame({"t": ["a"] * 40})
    nine, ten = np.arange(40) % 9, np.arange(40) % 10
    assert not fit_encoder(frame, y, "p", nine).codes[0].levels
    assert set(fit_encoder(frame, y, "p", ten).codes[0].levels) == {"a"}


def test_levels_with_the_same_rate_keep_their_own_weight() -> None:
    rng = np.random.default_rng(0)
    level = np.repeat(["a", "b", "c"], 600)
    x = rng.normal(size=1800)
    y = np.tile([1.0, 0.0], 900)
    frame = pd.DataFrame({"t": level, "x": x})
    codes = fit_encoder(frame, y, "p").codes[0].levels
    assert len(set(codes.values())) == 3
    assert np.ptp(list(codes.values())) < 1e-9
    # x tells the outcome, and shifts by level: only a weight per level can mend that.
    shift = pd.Series(level).map({"a": 1.0, "b": -1.0, "c": 1.0}).to_numpy()
    frame["x"] = shift + (y - 0.5) + 0.3 * x
    encoder = fit_encoder(frame, y, "p")
    X = encoder.transform(frame)
    numbers = tuple(sorted(encoder.codes[0].levels.values()))
    assert roc_auc(y, fit_logistic(X, y, {"t": numbers}).raw(X)) > 0.97
    assert roc_auc(y, fit_logistic(X, y).raw(X)) < 0.9


def test_one_weight_per_level_beats_one_rate_and_adds_up(
    flat_config: Config, flat_set: Maker, tmp_path: Path
) -> None:
    data = prepare(flat_config(), flat_set(), "p")
    rows, place = np.arange(len(data)), "predictors.churn"
    part = learning_part(data, rows, 1, place, flat_config())
    model = part.linear
    column = model.names.index("tariff")
    assert len(model.levels[column]) == 3
    assert model.weights[column] == 0.0
    assert sorted(model.level_weights[column]) == list(model.level_weights[column])
    scorer = Scorer("churn", part.encoder, model)
    scored = scorer.predict(data.features)["raw_score"]
    parts = scorer.contributions(data.features)
    assert np.abs(parts.sum(axis=1) - scored).max() < 1e-9
    scorer.save(tmp_path)
    again = Scorer.load(tmp_path)
    assert again == scorer
    assert list(again.predict(data.features)["raw_score"]) == list(scored)


def test_shares_of_levels_count_with_their_feature(
    flat_config: Config, flat_set: Maker
) -> None:
    config = flat_config(encoding={"shares": True})
    data = prepare(config, flat_set(), "p")
    part = learning_part(data, np.arange(len(data)), 1, "p", config)
    assert list(part.X.columns) == [*data.features.columns, "tariff" + SHARE]
    share = (data.features["tariff"] == "pro").mean()
    row = data.features["tariff"].tolist().index("pro")
    assert part.X["tariff" + SHARE].iloc[row] == pytest.approx(np.log(share))
    for name in ("logistic", "lightgbm_default"):
        scorer = Scorer(
            "churn", part.encoder, fit_model(name, part, config, config.model)
        )
        parts = scorer.contributions(data.features)
        assert list(parts.columns) == [*data.features.columns, "bias"]
        raw = scorer.predict(data.features)["raw_score"]
        assert np.abs(parts.sum(axis=1) - raw).max() < 1e-6
    new = data.features.iloc[:1].assign(tariff="gold")
    least = min(part.encoder.codes[list(new.columns).index("tariff")].shares.values())
    assert part.encoder.transform(new)["tariff" + SHARE].iloc[0] == least


def test_an_order_gives_places_and_other_levels_are_missing() -> None:
    frame = pd.DataFrame({"t": ["low", "high", "odd", None] * 10})
    y = np.array([0.0, 1.0] * 20)
    texts = TextCoding(orders={"t": ("low", "normal", "high")})
    encoder = fit_encoder(frame, y, "p", None, texts)
    read = encoder.transform(frame)["t"].to_numpy()
    assert list(read[:2]) == [0.0, 2.0]
    assert np.isnan(read[2:4]).all()
    assert encoder.unseen_shares(frame)["t"] == pytest.approx(1 / 3)
    trained = cross_fitted(encoder, frame, y, np.arange(40), seed=1)["t"].to_numpy()
    np.testing.assert_array_equal(trained, read)
    with pytest.raises(DataError, match="only texts need an order"):
        fit_encoder(pd.DataFrame({"t": y}), y, "p", None, texts)


def test_a_scorer_of_format_1_is_still_read(
    flat_config: Config, flat_set: Maker, tmp_path: Path
) -> None:
    config = flat_config()
    data = prepare(config, flat_set(300), "p")
    part = learning_part(data, np.arange(len(data)), 1, "p")
    model = fit_model("lightgbm_default", part, config, config.model)
    scorer = Scorer("churn", part.encoder, model)
    scorer.save(tmp_path)
    (tmp_path / "model_0.lgb").rename(tmp_path / "model.lgb")
    stored = json.loads((tmp_path / "model.json").read_text())
    text = (tmp_path / "model.lgb").read_bytes()
    stored |= {"format": 1, "model_sha256": sha256(text)}
    for code in stored["features"]:
        for later in ("ordered", "shares", "rest_share"):
            del code[later]
    (tmp_path / "model.json").write_text(json.dumps(stored))
    again = Scorer.load(tmp_path)
    pd.testing.assert_frame_equal(
        again.predict(data.features), scorer.predict(data.features)
    )
    assert again == Scorer(
        "churn", Encoder(again.encoder.codes, "predictors.churn"), model
    )
