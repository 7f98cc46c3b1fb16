"""Measures of a part of judged rows: a month, a region, a value band."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ccml.config.judgement import JudgementConfig
from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.folds import rarest
from ccml.predictors.metrics import METRICS, Scored, sampled_measures
from ccml.predictors.resampling import (
    Measure,
    as_json,
    cluster_weights,
    compact,
    with_interval,
)

MEASURES = ("roc_auc", "log_loss", "mean_probability", "base_rate", "lift_at_10pct")
MANY_ROWS = 2_000
RESAMPLES = (200, 60)
"""Resamples of a part up to `MANY_ROWS`, and of a larger one."""
_Z = 1.959964
UNKNOWN: Measure = {"value": None, "low": None, "high": None}


@dataclass(frozen=True)
class Judged:
    """Rows that judge, scored by a model that has not seen them.

    Attributes:
        y: Outcomes.
        scored: Scores and probabilities.
        clusters: A number per customer.
        importance: Weight of each row itself; None counts every row once.
    """

    y: Floats
    scored: Scored
    clusters: Rows
    importance: Floats | None = None

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Rows) -> "Judged":
        """Return the rows at these positions."""
        own = self.importance
        return replace(
            self,
            y=self.y[rows],
            scored=Scored(self.scored.raw[rows], self.scored.probability[rows]),
            clusters=self.clusters[rows],
            importance=None if own is None else own[rows],
        )


def measure_part(part: Judged, config: JudgementConfig, seed: int) -> dict[str, Any]:
    """Count a part's rows, and measure it where it is large enough.

    Returns:
        rows, positives, too_small, why_too_small (a sentence or None) and `MEASURES`,
        each {value, low, high}: all None where the part is too small.
    """
    why = _too_small(part.y, config)
    unknown: Mapping[str, Measure] = dict.fromkeys(MEASURES, UNKNOWN)
    return {
        "rows": len(part),
        "positives": int(part.y.sum()),
        "too_small": why is not None,
        "why_too_small": why,
        **(unknown if why else _measures(part, seed)),
    }


def _too_small(y: Floats, config: JudgementConfig) -> str | None:
    if len(y) < config.min_slice_rows:
        return f"{len(y)} rows, {config.min_slice_rows} are needed"
    rare, needed = rarest(y), config.min_slice_positives
    if rare < max(needed, 1):
        return f"{rare} rows of the rarer outcome, {needed} are needed"
    return None


def _measures(part: Judged, seed: int) -> dict[str, Measure]:
    codes = compact(part.clusters)
    resamples = RESAMPLES[len(part) > MANY_ROWS]
    draws = cluster_weights(int(codes.max()) + 1, resamples, seed)
    scored = {"it": part.scored}
    drawn = sampled_measures(part.y, scored, codes, draws, part.importance)["it"]
    interval = with_interval if resamples == RESAMPLES[0] else _normal_interval
    return {name: interval(drawn[:, METRICS.index(name)]) for name in MEASURES}


def _normal_interval(samples: Floats) -> Measure:
    """Return the value and a 95 % interval from the spread of few resamples."""
    half = _Z * float(np.nanstd(samples[1:], ddof=1))
    value = float(samples[0])
    return {
        "value": as_json(value),
        "low": as_json(value - half),
        "high": as_json(value + half),
    }
