"""Learning curves: would more customers, or a longer history, pay?

The chosen settings learn from a share of the customers, or from the latest months only,
of what the model of the latest fold learnt from, and are judged on that fold. The test is
never looked at. Losses are those left after the best line through the scores, since
calibration follows.

Keys of the result:
    candidate: Whose settings.
    rows, history: Points with share or months (null = all), rows, log_loss, roc_auc, and
        behind (value, low, high: log loss above that with everything).
    more_rows, longer_history: pays (bool, null = not to be told), sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.dataset import CUTOFF, MIN_CLASS_ROWS, Floats, Rows, TrainingSet
from ccml.predictors.fit import CANDIDATES, fit_model, learning_part
from ccml.predictors.folds import Fold, rarest
from ccml.predictors.growing import calibrated_losses
from ccml.predictors.metrics import roc_auc, row_log_loss
from ccml.predictors.resampling import (
    Measure,
    cluster_weights,
    compact,
    sampled_mean,
    with_interval,
)
from ccml.predictors.split import Split

SHARES = (0.1, 0.25, 0.5, 1.0)
MONTHS = (1, 2, 4)
DRAWS = 2
RESAMPLES = 200
WORTH = 0.02
TOLERATED = 0.1


@dataclass(frozen=True)
class Learner:
    """What learns and what judges: the latest fold, never the test."""

    data: TrainingSet
    fold: Fold
    candidate: str
    config: PredictorConfig
    settings: ModelConfig
    place: str

    @property
    def y(self) -> Floats:
        """Return the outcomes that judge."""
        return self.data.y[self.fold.valid]

    @property
    def clusters(self) -> Rows:
        """Return the customers that judge."""
        return compact(self.data.clusters[self.fold.valid])


@dataclass(frozen=True)
class Point:
    """One point of a curve: how many rows learnt, and what every judging row lost."""

    of: float | None
    rows: int
    losses: Floats
    auc: float


def learning_curve(
    data: TrainingSet,
    split: Split,
    candidate: str,
    config: PredictorConfig,
    settings: ModelConfig,
    place: str,
) -> dict[str, Any] | None:
    """Learn from ever more customers and from ever longer histories.

    Args:
        data: Prepared rows.
        split: Their parts.
        candidate: The candidate that will be used; of an ensemble its LightGBM model.
        config: The predictor's section.
        settings: Settings of tuned LightGBM.
        place: Where in the config, for errors.

    Returns:
        None for the prior and without a fold.
    """
    if candidate == "prior" or not split.folds:
        return None
    judged = candidate if candidate in CANDIDATES else "tuned"
    learner = Learner(data, split.folds[-1], judged, config, settings, place)
    known = learner.fold.train
    whole = _point(learner, None, [known])
    if whole is None:
        return None
    rows = [_point(learner, s, _drawn(learner, s)) for s in SHARES if s < 1]
    by_rows = [*(p for p in rows if p), whole]
    history = [_point(learner, m, [r]) for m, r in _recent(data, known)]
    by_time = [*(p for p in history if p), whole]
    found: dict[str, Any] = {
        "candidate": judged,
        "rows": _described(learner, by_rows, "share"),
        "history": _described(learner, by_time, "months") if len(by_time) > 1 else [],
    }
    gain = float(_prior_losses(learner).mean() - whole.losses.mean())
    found["more_rows"] = _advice(found["rows"], gain, ROWS)
    found["longer_history"] = _advice(found["history"], gain, HISTORY)
    return found


def _point(learner: Learner, of: float | None, draws: Sequence[Rows]) -> Point | None:
    """Fit on each draw and average the losses; None where an outcome is too rare."""
    y, config = learner.y, learner.config
    if any(rarest(learner.data.y[rows]) < MIN_CLASS_ROWS for rows in draws):
        return None
    losses, aucs = [], []
    for rows in draws:
        part = learning_part(learner.data, rows, config.seed, learner.place, config)
        model = fit_model(learner.candidate, part, config, learner.settings)
        features = learner.data.features.iloc[learner.fold.valid]
        raw = model.raw(part.encoder.transform(features))
        losses.append(calibrated_losses(y, raw))
        aucs.append(roc_auc(y, raw))
    size = int(np.mean([len(rows) for rows in draws]))
    return Point(of, size, np.mean(losses, axis=0), float(np.mean(aucs)))


def _drawn(learner: Learner, share: float) -> list[Rows]:
    """Draw a share of the customers a few times: one draw may be lucky."""
    rows = learner.fold.train
    owner = compact(learner.data.clusters[rows])
    count = int(owner.max()) + 1
    return [
        rows[
            np.random.default_rng([learner.config.seed, 10, i]).permutation(count)[
                owner
            ]
            < share * count
        ]
        for i in range(DRAWS)
    ]


def _recent(data: TrainingSet, rows: Rows) -> list[tuple[int, Rows]]:
    """Return the rows of the latest months, for each length shorter than all."""
    if CUTOFF not in data.keys.columns:
        return []
    cutoffs = data.keys[CUTOFF].iloc[rows]
    found: list[tuple[int, Rows]] = []
    for months in MONTHS:
        inside = (cutoffs > cutoffs.max() - pd.DateOffset(months=months)).to_numpy()
        longer = not found or inside.sum() > len(found[-1][1])
        if longer and not inside.all():
            found.append((months, rows[inside]))
    return found


def _prior_losses(learner: Learner) -> Floats:
    return row_log_loss(learner.y, np.full(len(learner.y), learner.y.mean()))


def _described(
    learner: Learner, points: Sequence[Point], of: str
) -> list[dict[str, Any]]:
    codes = learner.clusters
    weights = cluster_weights(int(codes.max()) + 1, RESAMPLES, learner.config.seed)
    whole = points[-1]
    return [
        {
            of: (1.0 if of == "share" else None) if point is whole else point.of,
            "rows": point.rows,
            "log_loss": float(point.losses.mean()),
            "roc_auc": point.auc,
            "behind": with_interval(
                sampled_mean(point.losses - whole.losses, codes, weights)
            ),
        }
        for point in points
    ]


@dataclass(frozen=True)
class Words:
    """How a curve is spoken of."""

    pays: str
    enough: str
    harms: str
    unknown: str


ROWS = Words(
    pays="The loss still falls from half of the customers to all of them: more rows "
    "would pay.",
    enough="Half of the customers teach as much as all of them: more rows would not pay.",
    harms="Half of the customers teach more than all of them: more rows would not pay.",
    unknown="What half of the customers teach less than all is within chance: whether "
    "more rows would pay cannot be told.",
)
HISTORY = Words(
    pays="The loss still falls with the oldest rows: a longer history would pay.",
    enough="The latest months teach as much as the whole history: a longer one would not "
    "pay.",
    harms="The latest months alone teach more than the whole history: leave old rows out.",
    unknown="What the oldest rows add is within chance: whether a longer history would "
    "pay cannot be told.",
)


def _advice(
    points: Sequence[dict[str, Any]], gain: float, words: Words
) -> dict[str, Any]:
    """Judge by the last step before everything: is it still worth something?

    Args:
        points: A curve, everything last.
        gain: Log loss that everything gains over the prior.
        words: How it is said.
    """
    if len(points) < 2:
        return {"pays": None, "sentence": words.unknown}
    behind: Measure = points[-2]["behind"]
    value, low, high = behind["value"], behind["low"], behind["high"]
    if value is None or low is None or high is None:
        return {"pays": None, "sentence": words.unknown}
    if low > 0 and value > WORTH * gain:
        return {"pays": True, "sentence": words.pays}
    harms = high < 0 and -value > WORTH * max(gain, 0.0)
    if not harms and high > TOLERATED * gain:
        return {"pays": None, "sentence": words.unknown}
    return {"pays": False, "sentence": words.harms if harms else words.enough}
