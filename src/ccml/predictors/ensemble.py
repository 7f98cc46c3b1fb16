"""A weighted sum of models that err in different ways, where it pays.

The weights are learnt from scores of later rows: for a fold from the folds before it, for
good from all folds. The sum takes the place of the single LightGBM model only where it
would have beaten it, and it is one model: its raw score and parts are weighted sums.
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
from ccml.predictors.fit import ENSEMBLE, FoldData, Part
from ccml.predictors.growing import calibrated_losses
from ccml.predictors.members import GROUPS, fit_group, group_scores, share
from ccml.predictors.models import EnsembleModel
from ccml.predictors.tune import Tuning
from ccml.predictors.verdict import Gains, exceeds

FEWEST_SHARE = 0.03
ERRORS = 1.0
_PULL = 1.0


@dataclass(frozen=True)
class Blend:
    """How much of each group's score is summed up; in the order of GROUPS."""

    weights: tuple[float, ...] = (1.0, *[0.0] * (len(GROUPS) - 1))
    intercept: float = 0.0

    def apply(self, scores: Floats) -> Floats:
        """Return the summed scores of rows x groups."""
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
    scores = _scores(seen.folds, known)
    shuffled = config.split.kind == "random"
    blends = [
        _learnt_for(i, scores, seen, shuffled=shuffled) for i in range(len(scores))
    ]
    raw = [blend.apply(rows) for blend, rows in zip(blends, scores, strict=True)]
    gains = [
        Gains(
            calibrated_losses(fold.y, single),
            calibrated_losses(fold.y, blended),
            fold.clusters,
        )
        for fold, single, blended in zip(
            seen.folds, seen.raw["tuned"], raw, strict=True
        )
    ]
    if not _pays(gains, shuffled=shuffled):
        return seen, None
    last = _scores(seen.folds, [tuning.settings] * len(seen.folds))
    final = _learn(last, seen.folds)
    added = replace(
        seen,
        raw=seen.raw | {ENSEMBLE: tuple(raw)},
        final=seen.final | {ENSEMBLE: tuple(final.apply(rows) for rows in last)},
    )
    return added, final


def _pays(gains: Sequence[Gains], *, shuffled: bool) -> bool:
    """Tell whether the sum gains more than its standard error, and in the latest fold.

    One sum is weighed, not the luckiest of many settings, so one error is enough. In
    shuffled folds none is the latest; in others nothing came before the first.
    """
    if shuffled:
        return exceeds(gains, ERRORS)
    return gains[-1].rows.mean() > 0 and exceeds(gains[1:], ERRORS)


def fit_ensemble(
    part: Part, settings: ModelConfig, blend: Blend, first_draw: int = 0
) -> EnsembleModel:
    """Fit the members and sum them up; a group without weight is left out."""
    pairs = zip(GROUPS, blend.weights, strict=True)
    weights = {name: weight * share(name) for name, weight in pairs if weight > 0}
    fitted = [
        (name, model)
        for name in weights
        for model in fit_group(name, part, settings, first_draw)
    ]
    return EnsembleModel(
        members=tuple(model for _, model in fitted),
        weights=tuple(weights[name] for name, _ in fitted),
        intercept=blend.intercept,
        groups=tuple(name for name, _ in fitted),
    )


def _scores(folds: Sequence[FoldData], settings: Sequence[ModelConfig]) -> list[Floats]:
    pairs = zip(folds, settings, strict=True)
    return [group_scores(fold.part, chosen, fold.X) for fold, chosen in pairs]


def _learnt_for(
    fold: int, scores: Sequence[Floats], seen: OutOfTime, *, shuffled: bool
) -> Blend:
    """Learn the weights for a fold from those before it; shuffled, from all others."""
    known = range(len(scores)) if shuffled else range(fold)
    used = [i for i in known if i != fold]
    return _learn([scores[i] for i in used], [seen.folds[i] for i in used])


def _learn(scores: Sequence[Floats], folds: Sequence[FoldData]) -> Blend:
    """Learn weights that are not negative; groups that count for nothing are left out."""
    if not scores:
        return Blend()
    rows, y = np.concatenate(scores), np.concatenate([fold.y for fold in folds])
    first = _fit(rows, y, np.ones(len(GROUPS), dtype=bool))
    # Wide scores count for more than their weight says.
    effect = np.asarray(first.weights) * rows.std(axis=0)
    return _fit(rows, y, effect >= FEWEST_SHARE * effect.sum())


def _fit(rows: Floats, y: Floats, used: np.ndarray) -> Blend:
    """Fit by logistic regression; a faint pull keeps few rows from deciding.

    It pulls towards the chosen LightGBM settings alone.
    """
    z = np.column_stack([rows[:, used], np.ones(len(y))])
    start = np.append(np.asarray(Blend().weights)[used], 0.0)

    def loss(w: Floats) -> tuple[float, Floats]:
        odds, pull = z @ w, _PULL * (w - start)
        fit = (np.logaddexp(0, odds) - y * odds).sum() + 0.5 * (pull @ (w - start))
        return float(fit), np.asarray(z.T @ (expit(odds) - y) + pull)

    bounds = [(0, None)] * int(used.sum()) + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    weights = np.zeros(len(used))
    weights[used] = found.x[:-1]
    return Blend(tuple(map(float, weights)), float(found.x[-1]))
