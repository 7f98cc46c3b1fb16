"""LightGBM models grown tree by tree on few rows, to compare settings cheaply.

A model is judged on the later rows of its fold by the log loss that is left after the
best line through its scores: what calibration will mend is not held against it. Bins
are those of the whole fold, so that trials only differ in what they are tried for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from scipy.special import expit

from ccml.config.search import ModelConfig, TuneConfig
from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.fit import FoldData
from ccml.predictors.metrics import fit_line, log_odds, row_log_loss
from ccml.predictors.models import safe_names

STEP = 10
NO_METRIC = {"metric": "none"}


@dataclass(frozen=True)
class SearchFold:
    """One fold with at most so many rows on either side, as LightGBM bins.

    Attributes:
        settings: LightGBM settings that all models share.
        train: Rows to learn from.
        valid: Later rows.
        limited: Whether rows of the fold were left out.
    """

    settings: dict[str, Any]
    train: lgb.Dataset
    valid: lgb.Dataset
    limited: bool


def search_fold(fold: FoldData, rows: int | None, seed: int) -> SearchFold:
    """Draw customers of a fold until there are so many rows; None takes all."""
    part = fold.part
    learn = drawn_rows(part.clusters, rows, seed)
    judge = drawn_rows(fold.clusters, rows, seed)
    binned = part.binned
    train = binned if len(learn) == len(part.y) else binned.subset(learn.tolist())
    named = fold.X.iloc[judge].set_axis(safe_names(list(fold.X.columns)), axis=1)
    fixed = part.fixed_settings
    valid = lgb.Dataset(named, fold.y[judge], reference=binned, params=fixed)
    limited = len(learn) < len(part.y) or len(judge) < len(fold.y)
    settings = fixed | NO_METRIC
    return SearchFold(settings, train.construct(), valid.construct(), limited)


def drawn_rows(clusters: Rows, limit: int | None, seed: int) -> Rows:
    """Choose the rows of whole customers, drawn until no more fit."""
    if limit is None or len(clusters) <= limit:
        return np.arange(len(clusters), dtype=np.int64)
    owner = np.unique(clusters, return_inverse=True)[1]
    sizes = np.bincount(owner)
    order = np.random.default_rng([seed, 7]).permutation(len(sizes))
    fits = np.cumsum(sizes[order]) <= limit
    fits[0] = True
    chosen = np.zeros(len(sizes), dtype=bool)
    chosen[order[fits]] = True
    return np.flatnonzero(chosen[owner]).astype(np.int64)


def loss_curve(
    fold: SearchFold, settings: ModelConfig, tune: TuneConfig
) -> list[float]:
    """Return the loss without trees and after every 10, until more do not help."""
    booster = _booster(fold, settings)
    curve = [_prior_loss(fold)]
    patience = tune.early_stopping_rounds // STEP
    while STEP * len(curve) <= tune.max_trees:
        if _grow(booster, STEP):
            break
        curve.append(_loss_now(booster))
        if len(curve) - 1 - int(np.argmin(curve)) >= patience:
            break
    return curve


def loss_after(fold: SearchFold, settings: ModelConfig) -> float:
    """Return the loss of a model with the number of trees its settings ask for."""
    booster = _booster(fold, settings)
    _grow(booster, settings.n_estimators)
    return _loss_now(booster)


def best_trees(curves: Sequence[Sequence[float]]) -> tuple[int, float]:
    """Return the number of trees that is best for the mean of the folds, and its loss.

    A fold whose model stopped early is taken to stay where it stopped.
    """
    longest = max(len(curve) for curve in curves)
    level = [list(curve) + [curve[-1]] * (longest - len(curve)) for curve in curves]
    mean = np.mean(level, axis=0)
    best = int(np.argmin(mean))
    return max(1, best * STEP), float(mean[best])


def calibrated_losses(y: Floats, raw: Floats) -> Floats:
    """Return the log loss of every row after the best line that does not fall."""
    slope, intercept = fit_line(raw, y)
    if slope <= 0:
        return row_log_loss(y, np.full(len(y), y.mean()))
    return row_log_loss(y, np.asarray(expit(slope * raw + intercept)))


def _booster(fold: SearchFold, settings: ModelConfig) -> lgb.Booster:
    asked = settings.model_dump(exclude={"n_estimators"})
    booster = lgb.Booster(fold.settings | asked, fold.train)
    return booster.add_valid(fold.valid, "later")


def _grow(booster: lgb.Booster, trees: int) -> bool:
    """Add trees; tell whether none could be added any more."""
    return any(booster.update() for _ in range(trees))


def _loss_now(booster: lgb.Booster) -> float:
    return float(booster.eval_valid(_feval)[0][2])


def _feval(probability: Floats, data: lgb.Dataset) -> tuple[str, float, bool]:
    y = np.asarray(data.get_label(), dtype=np.float64)
    losses = calibrated_losses(y, log_odds(np.asarray(probability, dtype=np.float64)))
    return "loss", float(losses.mean()), False


def _prior_loss(fold: SearchFold) -> float:
    y = np.asarray(fold.valid.get_label(), dtype=np.float64)
    return float(row_log_loss(y, np.full(len(y), y.mean())).mean())
