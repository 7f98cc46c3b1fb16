"""Losses of fold models on the folds after their own, beside fresh models' losses.

Two models are compared on the same rows, so that an easy or a hard period hits both. A
model of an early fold learnt from fewer rows, too: `of_age` compares it with one of as
few.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.candidates import OutOfTime, calibrator_before
from ccml.predictors.dataset import CUTOFF, MIN_CLASS_ROWS, Floats, Rows, TrainingSet
from ccml.predictors.fit import FoldData, fit_model, learning_part
from ccml.predictors.folds import Fold, rarest
from ccml.predictors.growing import calibrated_losses, drawn_rows
from ccml.predictors.metrics import row_log_loss
from ccml.predictors.models import Model

MOST_ROWS = 30_000


@dataclass(frozen=True)
class Ageing:
    """What is compared: the folds, the scores of their own models, and how to fit."""

    data: TrainingSet
    folds: Sequence[Fold]
    seen: OutOfTime
    candidate: str
    config: PredictorConfig
    settings: ModelConfig

    def calibrator(self, fold: int, candidate: str) -> Calibrator:
        """Return the calibrator known before a fold; of the first, that after it.

        Nothing comes before the first fold, and its model is only judged on later ones.
        """
        return calibrator_before(max(fold, 1), candidate, self.seen, self.config)[0]


@dataclass(frozen=True)
class Pair:
    """The model of one fold on the rows of a later one.

    Attributes:
        model: Number of the fold whose model it is.
        fold: Number of the fold that judges.
        rows: Positions of the judged rows in that fold.
        raw: Raw scores of these rows.
        excess: Log loss of each row, minus that of the fold's own model.
    """

    model: int
    fold: int
    rows: Rows
    raw: Floats
    excess: Floats


def judged_rows(ageing: Ageing, fold: int) -> Rows:
    """Return the rows of a fold that judge: whole customers, not too many."""
    clusters = ageing.seen.folds[fold].clusters
    return drawn_rows(clusters, MOST_ROWS, ageing.config.seed)


def fresh_losses(ageing: Ageing, fold: int, candidate: str) -> Floats:
    """Return the log loss of every judged row by a candidate's own model of the fold."""
    rows = judged_rows(ageing, fold)
    raw = ageing.seen.raw[candidate][fold][rows]
    p = ageing.calibrator(fold, candidate).apply(raw)
    return row_log_loss(ageing.seen.folds[fold].y[rows], p)


def aged_pairs(ageing: Ageing) -> Iterator[Pair]:
    """Score every later fold by the model of every fold before it."""
    count = len(ageing.folds)
    fresh = {j: fresh_losses(ageing, j, ageing.candidate) for j in range(1, count)}
    for i in range(count - 1):
        model = _model(ageing, ageing.seen.folds[i])
        calibrator = ageing.calibrator(i, ageing.candidate)
        for j in range(i + 1, count):
            rows = judged_rows(ageing, j)
            features = ageing.data.features.iloc[ageing.folds[j].valid[rows]]
            raw = model.raw(ageing.seen.folds[i].part.encoder.transform(features))
            loss = row_log_loss(
                ageing.seen.folds[j].y[rows], np.asarray(calibrator.apply(raw))
            )
            yield Pair(i, j, rows, raw, loss - fresh[j])


def _model(ageing: Ageing, fold: FoldData) -> Model:
    return fit_model(ageing.candidate, fold.part, ageing.config, ageing.settings)


def of_age(ageing: Ageing, pair: Pair) -> Floats | None:
    """Return what each row loses against a fresh model that learnt from as few rows.

    That model learns from the latest rows known before the judging fold, as many as the
    aged model had. Both losses are those left after the best line through the scores:
    models of few rows are bold, and so are their calibrators' errors.

    Returns:
        None where so few rows do not hold both outcomes often enough.
    """
    known = _in_time(ageing.data, ageing.folds[pair.fold].train)
    latest = np.sort(known[-len(ageing.folds[pair.model].train) :])
    if rarest(ageing.data.y[latest]) < MIN_CLASS_ROWS:
        return None
    config, own = ageing.config, ageing.seen.folds[pair.fold]
    place = own.part.encoder.place
    part = learning_part(ageing.data, latest, config.seed, place, config)
    model = fit_model(ageing.candidate, part, config, ageing.settings)
    features = ageing.data.features.iloc[ageing.folds[pair.fold].valid[pair.rows]]
    y = own.y[pair.rows]
    fresh = calibrated_losses(y, model.raw(part.encoder.transform(features)))
    return np.asarray(calibrated_losses(y, pair.raw) - fresh)


def _in_time(data: TrainingSet, rows: Rows) -> Rows:
    """Return positions from the earliest cutoff to the latest, or as they stand."""
    if CUTOFF not in data.keys.columns:
        return rows
    order = np.argsort(data.keys[CUTOFF].iloc[rows].to_numpy(), kind="stable")
    return rows[order]
