"""Fitting one candidate on one part of the rows."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.baselines import fit_logistic, fit_prior, fit_rule
from ccml.predictors.constraints import Constraints, constraints
from ccml.predictors.dataset import Floats, Rows, TrainingSet
from ccml.predictors.encode import TextCoding, cross_fitted, fit_encoder
from ccml.predictors.encoder import Encoder, FeatureCode
from ccml.predictors.folds import Fold
from ccml.predictors.linear_model import LogisticModel
from ccml.predictors.models import BoosterModel, Model, safe_names, threads

CANDIDATES = ("prior", "rule", "logistic", "lightgbm_default", "tuned")
ENSEMBLE = "ensemble"
MOST_LEVELS = 50
DRAWS = ("bagging_seed", "feature_fraction_seed")
FOREST = {
    "boosting": "rf",
    "num_leaves": 256,
    "subsample": 0.632,
    "subsample_freq": 1,
    "feature_fraction_bynode": 0.3,
}
FOREST_LEAF_ROWS = (2, 50)
ROWS_PER_FOREST_LEAF_ROW = 2000


@dataclass(frozen=True)
class Part:
    """Rows to learn from, encoded by nothing but themselves.

    Attributes:
        encoder: The codes.
        X: Encoded features; rates of texts come from other customers' rows.
        y: Outcomes.
        seed: Seed of everything random.
        clusters: Customer of each row.
        levels: The texts as they are scored later, so that each level has its number.
        limits: What the config forbids a model.
        balanced: Whether LightGBM gives both outcomes the same weight in all.
        fitted: LightGBM models fitted so far, by settings and seed.
    """

    encoder: Encoder
    X: pd.DataFrame
    y: Floats
    seed: int
    clusters: Rows
    levels: pd.DataFrame
    limits: Constraints = field(default_factory=Constraints)
    balanced: bool = False
    fitted: dict[tuple[Any, ...], BoosterModel] = field(
        default_factory=dict, repr=False
    )

    @cached_property
    def linear(self) -> LogisticModel:
        """Logistic regression, with a weight per stored level of a text."""
        names = list(self.levels.columns)
        codes = {code.name: code for code in self.encoder.codes}
        levels = {name: tuple(sorted(codes[name].levels.values())) for name in names}
        X = self.X.assign(**{n: self.levels[n] for n in names}) if names else self.X
        return fit_logistic(X, self.y, levels, self.limits.signs)

    @property
    def fixed_settings(self) -> dict[str, Any]:
        """Return the LightGBM settings that make a model repeatable and allowed."""
        asked = {"is_unbalance": True} if self.balanced else {}
        fixed = fixed_settings(self.seed, len(self.y)) | asked
        return fixed | dict(self.limits.settings)

    @cached_property
    def binned(self) -> lgb.Dataset:
        """The features as LightGBM bins, made once for all settings tried."""
        named = self.X.set_axis(safe_names(list(self.X.columns)), axis=1)
        return lgb.Dataset(named, self.y, params=self.fixed_settings).construct()


@dataclass(frozen=True)
class FoldData:
    """One fold, ready to fit and judge."""

    part: Part
    X: pd.DataFrame
    y: Floats
    clusters: Rows


def fixed_settings(seed: int, rows: int) -> dict[str, Any]:
    """Return the LightGBM settings that make a model repeatable."""
    return {
        "objective": "binary",
        "verbosity": -1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads(rows),
        # Bins must not depend on min_data_in_leaf, since trials share them.
        "feature_pre_filter": False,
    }


def learning_part(
    data: TrainingSet,
    rows: Rows,
    seed: int,
    place: str,
    config: PredictorConfig | None = None,
) -> Part:
    """Encode the rows of a training part, as the config says if one is given."""
    chosen = data.take(rows)
    y, clusters = chosen.y, chosen.clusters
    coding = config.encoding if config else None
    texts = TextCoding(coding.shares, coding.orders) if coding else None
    encoder = fit_encoder(chosen.features, y, place, clusters, texts)
    rates = Encoder(tuple(c for c in encoder.codes if _by_level(c)), place)
    return Part(
        encoder=encoder,
        X=cross_fitted(encoder, chosen.features, y, clusters, seed),
        y=y,
        seed=seed,
        clusters=clusters,
        levels=rates.transform(chosen.features)[rates.names],
        limits=constraints(config, encoder) if config else Constraints(),
        balanced=bool(config and config.calibration.class_weights == "balanced"),
    )


def _by_level(code: FeatureCode) -> bool:
    return code.is_rate and 0 < len(code.levels) <= MOST_LEVELS


def fold_data(
    data: TrainingSet,
    fold: Fold,
    seed: int,
    place: str,
    config: PredictorConfig | None = None,
) -> FoldData:
    """Encode a fold: the codes come from its training rows only."""
    part = learning_part(data, fold.train, seed, place, config)
    X = part.encoder.transform(data.features.iloc[fold.valid])
    return FoldData(part, X, data.y[fold.valid], data.clusters[fold.valid])


def fit_booster(part: Part, settings: ModelConfig, again: int = 0) -> BoosterModel:
    """Fit LightGBM, once per part, settings and seed.

    The model is rebuilt from its text, so that both are one.

    Args:
        part: Rows to learn from.
        settings: Settings, the number of trees among them.
        again: Added to the seed: another draw of rows and features.
    """
    asked = settings.model_dump()
    trees = asked.pop("n_estimators")
    return _fitted(part, asked, trees, again)


def fit_forest(part: Part, trees: int, again: int = 0) -> BoosterModel:
    """Fit a forest: deep trees, each on its own draw of rows, few features per split.

    Its raw score is the sum of its trees' log-odds.

    Args:
        part: Rows to learn from.
        trees: How many.
        again: Added to the seed: another draw of rows and features.
    """
    fewest, most = FOREST_LEAF_ROWS
    leaf_rows = int(np.clip(len(part.y) // ROWS_PER_FOREST_LEAF_ROW, fewest, most))
    return _fitted(part, FOREST | {"min_child_samples": leaf_rows}, trees, again)


def _fitted(part: Part, asked: dict[str, Any], trees: int, again: int) -> BoosterModel:
    key = (*sorted(asked.items()), ("trees", trees), ("again", again))
    if key not in part.fitted:
        draws = dict.fromkeys(DRAWS, part.seed + again) if again else {}
        booster = lgb.train(
            part.fixed_settings | asked | draws, part.binned, num_boost_round=trees
        )
        part.fitted[key] = BoosterModel.from_text(booster.model_to_string())
    return part.fitted[key]


def fit_model(
    candidate: str, part: Part, config: PredictorConfig, tuned: ModelConfig
) -> Model:
    """Fit one of CANDIDATES."""
    if candidate == "prior":
        return fit_prior(part.y)
    if candidate == "rule":
        signs = part.limits.signs
        return fit_rule(part.X, part.y, config.rule, part.encoder, signs)
    if candidate == "logistic":
        return part.linear
    return fit_booster(part, tuned if candidate == "tuned" else config.model)
