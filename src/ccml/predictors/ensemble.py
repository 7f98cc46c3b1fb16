"""A sum of models where it pays: LightGBM drawn three times, and a linear partner.

The weights are learnt from scores of later rows: for a fold from the folds before it, for
good from all folds. The sum is kept only where that would clearly have beaten the single
LightGBM model, and it is one model: its raw score and its parts are weighted sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.candidates import OutOfTime, tuning_before
from ccml.predictors.dataset import Floats
from ccml.predictors.fit import ENSEMBLE, FoldData, Part, fit_booster, fit_linear
from ccml.predictors.growing import calibrated_losses
from ccml.predictors.models import EnsembleModel, Model
from ccml.predictors.tune import Tuning
from ccml.predictors.verdict import Gains, is_clear

BOOSTERS = 3
_PULL = 1.0


@dataclass(frozen=True)
class Blend:
    """How much of the mean booster and of the linear model is summed up."""

    booster: float = 1.0
    linear: float = 0.0
    intercept: float = 0.0

    @property
    def weights(self) -> tuple[float, ...]:
        """Return the weight of each member."""
        return (*[self.booster / BOOSTERS] * BOOSTERS, self.linear)

    def apply(self, scores: Floats) -> Floats:
        """Return the summed scores of rows x members."""
        return np.asarray(scores @ np.asarray(self.weights) + self.intercept)


def with_ensemble(
    seen: OutOfTime, config: PredictorConfig, tuning: Tuning
) -> tuple[OutOfTime, Blend | None]:
    """Add the ensemble to the candidates where it clearly pays.

    Returns:
        The scores of the folds, and the weights for good; None where it does not pay.
    """
    if not config.ensemble or len(seen.folds) < 2:
        return seen, None
    known = [tuning_before(i, tuning, config).settings for i in range(len(seen.folds))]
    scores = [
        _scores(fold, settings)
        for fold, settings in zip(seen.folds, known, strict=True)
    ]
    blends = [_learn(scores[:i], seen.folds[:i]) for i in range(len(scores))]
    raw = [blend.apply(rows) for blend, rows in zip(blends, scores, strict=True)]
    gains = [
        Gains(
            calibrated_losses(fold.y, rows[:, 0]),
            calibrated_losses(fold.y, blended),
            fold.clusters,
        )
        for fold, rows, blended in zip(seen.folds, scores, raw, strict=True)
    ]
    if not is_clear(gains[1:]):
        return seen, None
    last = [_scores(fold, tuning.settings) for fold in seen.folds]
    final = _learn(last, seen.folds)
    added = replace(
        seen,
        raw=seen.raw | {ENSEMBLE: tuple(raw)},
        final=seen.final | {ENSEMBLE: tuple(final.apply(rows) for rows in last)},
    )
    return added, final


def fit_ensemble(part: Part, settings: ModelConfig, blend: Blend) -> EnsembleModel:
    """Fit the members and sum them up; a member without weight is left out."""
    pairs = zip(_members(part, settings), blend.weights, strict=True)
    used = [(model, weight) for model, weight in pairs if weight > 0]
    return EnsembleModel(
        members=tuple(model for model, _ in used),
        weights=tuple(weight for _, weight in used),
        intercept=blend.intercept,
    )


def _members(part: Part, settings: ModelConfig) -> tuple[Model, ...]:
    drawn = [fit_booster(part, settings, again) for again in range(BOOSTERS)]
    return (*drawn, fit_linear(part))


def _scores(fold: FoldData, settings: ModelConfig) -> Floats:
    members = _members(fold.part, settings)
    return np.column_stack([member.raw(fold.X) for member in members])


def _learn(scores: Sequence[Floats], folds: Sequence[FoldData]) -> Blend:
    """Learn weights that are not negative, by logistic regression on later rows.

    A faint pull towards the boosters alone keeps few rows from deciding.
    """
    if not scores:
        return Blend()
    rows, y = np.concatenate(scores), np.concatenate([fold.y for fold in folds])
    z = np.column_stack(
        [rows[:, :BOOSTERS].mean(axis=1), rows[:, BOOSTERS], np.ones(len(y))]
    )
    start = np.array([1.0, 0.0, 0.0])

    def loss(w: Floats) -> tuple[float, Floats]:
        odds, pull = z @ w, _PULL * (w - start)
        fit = (np.logaddexp(0, odds) - y * odds).sum() + 0.5 * (pull @ (w - start))
        return float(fit), np.asarray(z.T @ (expit(odds) - y) + pull)

    bounds = [(0, None), (0, None), (None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return Blend(*(float(w) for w in found.x))
