"""What every candidate showed on the folds, with resamples of their customers.

Probabilities of a fold are calibrated by what was known before it: the folds before.
Nothing comes before the first fold, so its log loss and calibration are not compared.

Candidates are compared by the log loss at the fold's own share of positives: a share that
moves between folds hits all of them, but by luck some more than others.
"""

from dataclasses import dataclass

import numpy as np

from ccml.config.predictors import PredictorConfig
from ccml.predictors.base_rate import real_weights
from ccml.predictors.calibrators import shift
from ccml.predictors.candidates import OutOfTime
from ccml.predictors.dataset import Floats
from ccml.predictors.metrics import (
    METRICS,
    Scored,
    log_odds,
    row_log_loss,
    sampled_measures,
)
from ccml.predictors.resampling import cluster_weights, sampled_mean

RESAMPLES = 200
NEEDS_PROBABILITY = ("log_loss", "brier", "ece", "calibration_slope")


@dataclass(frozen=True)
class FoldSamples:
    """Measures of the candidates on the folds, all paired.

    Attributes:
        drawn: Candidate -> folds x (1 + resamples) x METRICS; the first resample is the
            fold itself.
        levelled: Candidate -> calibrated folds x (1 + resamples), the log loss after all
            probabilities of a fold were shifted to its own share of positives.
        calibrated: Folds whose probabilities were calibrated on the folds before.
        rows: Rows of each fold.
        rates: Share of positives of each fold.
    """

    drawn: dict[str, Floats]
    levelled: dict[str, Floats]
    calibrated: tuple[int, ...]
    rows: tuple[int, ...]
    rates: tuple[float, ...]

    def of(self, candidate: str, metric: str) -> Floats:
        """Return folds x (1 + resamples) of one measure, comparable folds only."""
        values = self.drawn[candidate][:, :, METRICS.index(metric)]
        if metric in NEEDS_PROBABILITY:
            return values[list(self.calibrated)]
        return values

    def rows_of(self, metric: str) -> Floats:
        """Return the rows of the folds that `of` gives for this measure."""
        rows = np.asarray(self.rows, dtype=np.float64)
        return rows[list(self.calibrated)] if metric in NEEDS_PROBABILITY else rows


def sample_folds(seen: OutOfTime, config: PredictorConfig) -> FoldSamples:
    """Measure every candidate on every fold and on the same resamples of it."""
    every = np.concatenate([fold.clusters for fold in seen.folds])
    known = np.unique(every)
    weights = cluster_weights(len(known), RESAMPLES, config.seed)
    names = [n for n in seen.raw if n != "tuned" or not _tuned_is_default(seen)]
    probabilities = {name: seen.calibrated(name, config) for name in names}
    comparable = seen.calibrated_folds(config)
    per_fold, levelled = [], []
    for i, fold in enumerate(seen.folds):
        scored = {
            name: Scored(seen.raw[name][i], probabilities[name][i]) for name in names
        }
        # A customer drawn twice counts twice in every fold.
        codes = np.searchsorted(known, fold.clusters)
        rate = float(fold.part.y.mean())
        importance = real_weights(fold.y, rate, config.calibration.real_base_rate)
        per_fold.append(sampled_measures(fold.y, scored, codes, weights, importance))
        if i in comparable:
            rows = {n: level_loss(fold.y, s.probability) for n, s in scored.items()}
            levelled.append(
                {n: sampled_mean(v, codes, weights) for n, v in rows.items()}
            )
    drawn = {name: np.stack([f[name] for f in per_fold]) for name in names}
    losses = {name: np.stack([f[name] for f in levelled]) for name in names}
    return FoldSamples(
        drawn={"tuned": drawn["lightgbm_default"]} | drawn,
        levelled={"tuned": losses["lightgbm_default"]} | losses,
        calibrated=comparable,
        rows=tuple(len(fold.y) for fold in seen.folds),
        rates=tuple(float(fold.y.mean()) for fold in seen.folds),
    )


def _tuned_is_default(seen: OutOfTime) -> bool:
    """Tell whether both gave the same scores, which need not be judged twice."""
    pairs = zip(seen.raw["tuned"], seen.raw["lightgbm_default"], strict=True)
    return all(np.array_equal(tuned, default) for tuned, default in pairs)


def level_loss(y: Floats, probability: Floats) -> Floats:
    """Return the log loss of every row, once the mean probability is that of `y`."""
    odds = log_odds(probability)
    return row_log_loss(y, shift(odds, y).apply(odds))
