"""Whether to believe a search: would tuning on earlier folds have paid on later ones?

For each fold after the first, the settings that had won on the folds before it are
fitted beside the default. Their gains were measured on rows that chose nothing. Tuned
settings are used only where the mean gain is more than noise and the latest fold gains.
The settings before a fold follow the same rule from what was known then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.fit import FoldData, fit_booster
from ccml.predictors.growing import (
    best_trees,
    calibrated_losses,
    loss_curve,
    search_fold,
)
from ccml.predictors.resampling import error_of_sum

CONFIDENCE = 0.95
FOLDS_FOR_SPREAD = 3


@dataclass(frozen=True)
class Tried:
    """Settings that were tried, with the loss curve of each fold they came to."""

    settings: ModelConfig
    curves: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Gains:
    """How much lower the loss of tuned settings was on the rows of one later fold."""

    default: Floats
    tuned: Floats
    clusters: Rows

    @property
    def rows(self) -> Floats:
        """Return the gain of every row."""
        return self.default - self.tuned


@dataclass(frozen=True)
class Verdict:
    """What is used, what would have been used before each fold, and why.

    Attributes:
        settings: Settings to use from now on.
        by_fold: Settings known before each fold began.
        default_loss: Mean loss of the default over the later folds.
        best_loss: The same of the settings that had won before each.
        gain_error: Standard error of the gain.
    """

    settings: ModelConfig
    by_fold: tuple[ModelConfig, ...]
    default_loss: float
    best_loss: float
    gain_error: float


def judge_search(
    config: PredictorConfig,
    default: Tried,
    tried: Sequence[Tried],
    folds: Sequence[FoldData],
    *,
    bounded: bool,
) -> Verdict:
    """Weigh a search by what it would have gained fold after fold.

    Args:
        config: The predictor's section.
        default: The default settings and their losses.
        tried: All other settings.
        folds: The folds with all their rows.
        bounded: Whether trials saw only part of the rows; the number of trees is then
            found again on all rows of the latest fold before.
    """
    winners = [
        _with_trees(_winner(default, tried, count), config, folds[count - 1], bounded)
        for count in range(1, len(folds) + 1)
    ]
    gains = [
        _gains(fold, config.model, winner)
        for fold, winner in zip(folds[1:], winners, strict=False)
    ]
    used = [
        winner if is_clear(gains[:known]) else config.model
        for known, winner in enumerate(winners)
    ]
    means = [(gain.default.mean(), gain.tuned.mean()) for gain in gains]
    base, won = np.mean(means, axis=0)
    return Verdict(
        settings=used[-1],
        by_fold=(config.model, *used[:-1]),
        default_loss=float(base),
        best_loss=float(won),
        gain_error=gain_error(gains),
    )


def _winner(default: Tried, tried: Sequence[Tried], folds: int) -> ModelConfig:
    """Return the settings with the lowest mean loss over the first folds."""
    best = float(np.mean([curve[-1] for curve in default.curves[:folds]]))
    settings = default.settings
    for trial in tried:
        if len(trial.curves) < folds:
            continue
        trees, loss = best_trees(trial.curves[:folds])
        if loss < best:
            best = loss
            settings = trial.settings.model_copy(update={"n_estimators": trees})
    return settings


def _with_trees(
    settings: ModelConfig, config: PredictorConfig, fold: FoldData, bounded: bool
) -> ModelConfig:
    if not bounded or settings == config.model:
        return settings
    whole = search_fold(fold, None, config.seed)
    trees = best_trees([loss_curve(whole, settings, config.tune)])[0]
    return settings.model_copy(update={"n_estimators": trees})


def _gains(fold: FoldData, default: ModelConfig, tuned: ModelConfig) -> Gains:
    base, won = (
        calibrated_losses(fold.y, fit_booster(fold.part, settings).raw(fold.X))
        for settings in (default, tuned)
    )
    return Gains(base, won, fold.clusters)


def is_clear(gains: Sequence[Gains]) -> bool:
    """Tell whether the mean gain is more than noise, and the latest fold gains."""
    if not gains or gains[-1].rows.mean() <= 0:
        return False
    return exceeds(gains, float(norm.ppf(CONFIDENCE)))


def exceeds(gains: Sequence[Gains], errors: float) -> bool:
    """Tell whether the mean gain is more than so many of its standard errors."""
    return mean_gain(gains) > errors * gain_error(gains)


def mean_gain(gains: Sequence[Gains]) -> float:
    """Return the mean over folds of their mean gains."""
    return float(np.mean([gain.rows.mean() for gain in gains]))


def gain_error(gains: Sequence[Gains]) -> float:
    """Return the standard error of the mean gain.

    It is by customer; from three folds on, their spread counts where it is larger, made
    as wide as so few folds ask for.
    """
    parts = [(g.rows - g.rows.mean()) / (len(g.rows) * len(gains)) for g in gains]
    owners = np.concatenate([gain.clusters for gain in gains])
    error = error_of_sum(np.concatenate(parts), owners)
    if len(gains) < FOLDS_FOR_SPREAD:
        return error
    means = [gain.rows.mean() for gain in gains]
    spread = float(np.std(means, ddof=1) / np.sqrt(len(means)))
    wider = t.ppf(CONFIDENCE, len(gains) - 1) / norm.ppf(CONFIDENCE)
    return max(error, spread * float(wider))
