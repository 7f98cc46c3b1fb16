"""Whether a calibrator learnt on a fold's model also fits the final model.

The final model learns from more rows than the model of the latest fold, so its scores may
spread otherwise. The check refits it without half of the latest fold's customers, who are
then scored, and reads the slope of their calibrated probabilities. Where few positives
would leave that slope uncertain, the other half is scored in the same way.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.dataset import Floats, Rows, TrainingSet
from ccml.predictors.fit import CANDIDATES, fit_model, learning_part
from ccml.predictors.folds import rarest
from ccml.predictors.metrics import fit_line, log_odds
from ccml.predictors.scorer import Scorer
from ccml.predictors.split import Split

HALVES = 2
FEWEST = 100
PLENTY = 300
GOOD_SLOPE = (0.8, 1.25)
CLEAR_ERRORS = 2.0


@dataclass(frozen=True)
class Refitted:
    """Calibration slope of a model as large as the final one, and its error."""

    slope: float
    error: float


def refit_slope(
    config: PredictorConfig,
    data: TrainingSet,
    split: Split,
    candidate: str,
    settings: ModelConfig,
    scorer: Scorer,
) -> Refitted | None:
    """Measure the calibration slope of a model as large as the final one.

    Args:
        config: The predictor's section.
        data: Prepared rows.
        split: Their parts.
        candidate: The candidate that will be used.
        settings: Settings of tuned LightGBM.
        scorer: The candidate, fitted for good and calibrated.

    Returns:
        None where nothing can be told: the prior, an ensemble, no fold, or fewer than 100
        of either outcome in the latest fold.
    """
    known = candidate in CANDIDATES and candidate != "prior"
    if not known or not split.folds or config.calibration.kind == "none":
        return None
    latest = split.folds[-1]
    if rarest(data.y[latest.valid]) < FEWEST:
        return None
    half = _halves(data.clusters[latest.valid], config.seed)
    odds: list[Floats] = []
    outcomes: list[Floats] = []
    for number in range(HALVES):
        judged = latest.valid[half == number]
        rows = _others(split.train, latest.train, data.clusters, judged)
        part = learning_part(data, rows, config.seed, scorer.encoder.place, config)
        model = fit_model(candidate, part, config, settings)
        X = part.encoder.transform(data.features.iloc[judged])
        odds.append(log_odds(scorer.calibrator.apply(model.raw(X))))
        outcomes.append(data.y[judged])
        if rarest(outcomes[0]) >= PLENTY:
            break
    return _slope(np.concatenate(odds), np.concatenate(outcomes))


def _slope(odds: Floats, y: Floats) -> Refitted:
    slope, intercept = fit_line(odds, y)
    p = expit(slope * odds + intercept)
    spread = p * (1 - p)
    centre = (spread * odds).sum() / spread.sum()
    bend = float((spread * (odds - centre) ** 2).sum())
    return Refitted(slope, float(1 / np.sqrt(bend)) if bend > 0 else np.inf)


def refit_note(found: Refitted | None) -> str | None:
    """Say that the calibrator clearly does not fit the final model, if so."""
    if found is None:
        return None
    low, high = GOOD_SLOPE
    slope, slack = found.slope, CLEAR_ERRORS * found.error
    if low - slack <= slope <= high + slack:
        return None
    return (
        f"Refitted on as many rows as the final model, the calibrated scores have slope "
        f"{slope:.2f} (good: {low} to {high}): the calibrator was learnt on a model that "
        "saw fewer rows and does not quite fit."
    )


def _halves(clusters: Rows, seed: int) -> Rows:
    known, owner = np.unique(clusters, return_inverse=True)
    dealt = np.random.default_rng([seed, 8]).permutation(len(known)) % HALVES
    return dealt[owner].astype(np.int64)


def _others(train: Rows, before: Rows, clusters: Rows, judged: Rows) -> Rows:
    """Return the training rows without the later rows of the judged customers.

    Rows that the fold's own model learnt from are known before the fold began.
    """
    is_before = np.isin(train, before)
    is_judged = np.isin(clusters[train], clusters[judged])
    return train[is_before | ~is_judged]
