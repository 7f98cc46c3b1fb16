"""Fitting one candidate on one part of the rows."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import lightgbm as lgb
import pandas as pd

from ccml.config.predictors import ModelConfig, PredictorConfig
from ccml.predictors.baselines import fit_logistic, fit_prior, fit_rule
from ccml.predictors.dataset import Floats, Rows, TrainingSet
from ccml.predictors.encode import Encoder, cross_fitted, fit_encoder
from ccml.predictors.models import BoosterModel, Model, safe_names, threads
from ccml.predictors.split import Fold

CANDIDATES = ("prior", "rule", "logistic", "lightgbm_default", "tuned")


@dataclass(frozen=True)
class Part:
    """Rows to learn from, encoded by nothing but themselves."""

    encoder: Encoder
    X: pd.DataFrame
    y: Floats
    seed: int
    fitted: dict[ModelConfig, BoosterModel] = field(default_factory=dict, repr=False)

    @property
    def fixed_settings(self) -> dict[str, Any]:
        """Return the LightGBM settings that make a model repeatable."""
        return fixed_settings(self.seed, len(self.y))

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


def learning_part(data: TrainingSet, rows: Rows, seed: int, place: str) -> Part:
    """Encode the rows of a training part."""
    chosen = data.take(rows)
    encoder = fit_encoder(chosen.features, chosen.y, place)
    X = cross_fitted(encoder, chosen.features, chosen.y, chosen.clusters, seed)
    return Part(encoder, X, chosen.y, seed)


def fold_data(data: TrainingSet, fold: Fold, seed: int, place: str) -> FoldData:
    """Encode a fold: the codes come from its training rows only."""
    part = learning_part(data, fold.train, seed, place)
    X = part.encoder.transform(data.features.iloc[fold.valid])
    return FoldData(part, X, data.y[fold.valid], data.clusters[fold.valid])


def fit_booster(part: Part, settings: ModelConfig) -> BoosterModel:
    """Fit LightGBM, once per part and settings.

    The model is rebuilt from its text, so that both are one.
    """
    if settings not in part.fitted:
        asked = settings.model_dump()
        rounds = asked.pop("n_estimators")
        booster = lgb.train(
            part.fixed_settings | asked, part.binned, num_boost_round=rounds
        )
        part.fitted[settings] = BoosterModel.from_text(booster.model_to_string())
    return part.fitted[settings]


def fit_model(
    candidate: str, part: Part, config: PredictorConfig, tuned: ModelConfig
) -> Model:
    """Fit one of CANDIDATES."""
    if candidate == "prior":
        return fit_prior(part.y)
    if candidate == "rule":
        return fit_rule(part.X, part.y, config.rule, part.encoder)
    if candidate == "logistic":
        return fit_logistic(part.X, part.y)
    return fit_booster(part, tuned if candidate == "tuned" else config.model)
