"""Measures by calendar month, of the folds' later parts and of the test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ccml.predictors.base_rate import real_weights
from ccml.predictors.dataset import CUTOFF, Floats, TrainingSet
from ccml.predictors.judgement.parts import UNKNOWN, Judged, measure_part
from ccml.predictors.metrics import Scored

if TYPE_CHECKING:
    from ccml.predictors.evaluate import Case

TEST = "test"
NEED_CALIBRATION = ("log_loss", "mean_probability")


def by_month(case: "Case", test: Judged) -> list[dict[str, Any]]:
    """Measure every calendar month, at the site's clock, that judged the model.

    The months of a fold are scored by a model that saw only earlier rows, calibrated by
    the folds before. The first fold has none before it, so its log loss and mean
    probability stay unknown.

    Returns:
        Rows in order: part ("fold 1", ..., "test"), month ("2026-02"), and what
        `parts.measure_part` gives; none for a table without cutoffs.
    """
    if CUTOFF not in case.data.keys.columns:
        return []
    found = []
    for name, data, judged, calibrated in _periods(case, test):
        months = _months(data)
        for month in np.unique(months):
            part = judged.take(np.flatnonzero(months == month))
            row = measure_part(part, case.config.judge, case.config.seed)
            unsaid = {} if calibrated else dict.fromkeys(NEED_CALIBRATION, UNKNOWN)
            found.append({"part": name, "month": str(month), **row, **unsaid})
    return found


def _periods(
    case: "Case", test: Judged
) -> Iterator[tuple[str, TrainingSet, Judged, bool]]:
    """Give each fold's later part and the test: name, rows, scores, calibrated or not."""
    chosen, calibrated = case.recommended, case.seen.calibrated_folds(case.config)
    probabilities = case.seen.calibrated(chosen, case.config)
    for i, (fold, p) in enumerate(zip(case.split.folds, probabilities, strict=True)):
        seen = case.seen.folds[i]
        scored = Scored(case.seen.raw[chosen][i], p)
        weights = _weights(case, seen.y, float(seen.part.y.mean()))
        judged = Judged(seen.y, scored, seen.clusters, weights)
        yield f"fold {i + 1}", case.data.take(fold.valid), judged, i in calibrated
    yield TEST, case.test, test, True


def _weights(case: "Case", y: Floats, learnt_rate: float) -> Floats | None:
    return real_weights(y, learnt_rate, case.config.calibration.real_base_rate)


def _months(data: TrainingSet) -> Any:
    """Write the month of each cutoff, at the site's clock."""
    cutoffs = pd.DatetimeIndex(pd.to_datetime(data.keys[CUTOFF], utc=True))
    return cutoffs.tz_convert(data.zone).strftime("%Y-%m").to_numpy().astype(str)
