"""Whether a calibrator learnt on a fold's model also fits the final model.

The final model learns from more rows than the model of the latest fold, so its scores may
spread otherwise. The check refits it without half of the latest fold's customers, who are
then scored, and reads the slope of their calibrated probabilities.
"""

import numpy as np

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.dataset import Rows, TrainingSet
from ccml.predictors.fit import CANDIDATES, fit_model, learning_part
from ccml.predictors.folds import rarest
from ccml.predictors.metrics import fit_line, log_odds
from ccml.predictors.scorer import Scorer
from ccml.predictors.split import Split

HALVES = 2
FEWEST = 100
GOOD_SLOPE = (0.8, 1.25)


def refit_slope(
    config: PredictorConfig,
    data: TrainingSet,
    split: Split,
    candidate: str,
    settings: ModelConfig,
    scorer: Scorer,
) -> float | None:
    """Return the calibration slope of a model as large as the final one.

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
    raw = np.empty(len(latest.valid))
    half = _halves(data.clusters[latest.valid], config.seed)
    for number in range(HALVES):
        judged = latest.valid[half == number]
        rows = _others(split.train, latest.train, data.clusters, judged)
        part = learning_part(data, rows, config.seed, scorer.encoder.place, config)
        model = fit_model(candidate, part, config, settings)
        X = part.encoder.transform(data.features.iloc[judged])
        raw[half == number] = model.raw(X)
    return fit_line(log_odds(scorer.calibrator.apply(raw)), data.y[latest.valid])[0]


def refit_note(slope: float | None) -> str | None:
    """Say that the calibrator does not fit the final model, if so."""
    low, high = GOOD_SLOPE
    if slope is None or low <= slope <= high:
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
