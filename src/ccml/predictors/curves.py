"""Points of the curves a report draws."""

from typing import Any

import numpy as np

from ccml.predictors.dataset import Floats
from ccml.predictors.metrics import Scored

MAX_POINTS = 200
BINS = 10
_Z = 1.959964

Point = list[float]


def curves(y: Floats, scored: Scored) -> dict[str, Any]:
    """Return ROC, precision-recall, gains and calibration of a scored sample."""
    rows, positives = _steps(y, scored.raw)
    total, hits = rows[-1], positives[-1]
    precision = positives[1:] / rows[1:]
    return {
        "roc": _points((rows - positives) / (total - hits), positives / hits),
        "pr": _points(positives[1:] / hits, precision),
        "gains": _points(rows / total, positives / hits),
        "calibration": calibration_bins(y, scored.probability),
    }


def _steps(y: Floats, raw: Floats) -> tuple[Floats, Floats]:
    """Count rows and positives from the top, at the end of each group of equal scores."""
    order = np.argsort(-raw, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(raw[order])), len(y) - 1)
    positives = np.cumsum(y[order])[ends]
    return np.append(0.0, ends + 1.0), np.append(0.0, positives)


def _points(x: Floats, y: Floats) -> list[Point]:
    spread = np.linspace(0, len(x) - 1, min(MAX_POINTS, len(x))).round().astype(int)
    kept = np.unique(spread)
    return [[float(a), float(b)] for a, b in zip(x[kept], y[kept], strict=True)]


def calibration_bins(y: Floats, probability: Floats) -> list[dict[str, float | int]]:
    """Compare predicted with observed rates in bins of equal size (Wilson interval)."""
    order = np.argsort(probability, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    return [_bin(y[part], probability[part]) for part in bins]


def _bin(y: Floats, probability: Floats) -> dict[str, float | int]:
    n, rate = len(y), float(y.mean())
    widened = 1 + _Z**2 / n
    middle = (rate + _Z**2 / (2 * n)) / widened
    half = _Z * np.sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2)) / widened
    return {
        "n": n,
        "mean_probability": float(probability.mean()),
        "observed": rate,
        "low": float(max(0.0, middle - half)),
        "high": float(min(1.0, middle + half)),
    }
