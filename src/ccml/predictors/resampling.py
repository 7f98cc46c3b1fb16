"""Resamples of whole customers: the rows of one customer come or stay away together."""

import numpy as np
from numpy.typing import NDArray

from ccml.predictors.dataset import Floats, Rows

Draws = NDArray[np.int8]
Measure = dict[str, float | None]


def compact(clusters: Rows) -> Rows:
    """Renumber clusters from 0 without gaps."""
    return np.unique(clusters, return_inverse=True)[1].astype(np.int64)


def cluster_weights(size: int, resamples: int, seed: int) -> Draws:
    """Draw how often each cluster comes in each resample; one row per resample."""
    rng = np.random.default_rng([seed, 3])
    # A cluster drawn more than 127 times does not happen: the mean is one.
    drawn = np.empty((resamples, size), dtype=np.int8)
    for row in drawn:
        row[:] = np.bincount(rng.integers(0, size, size), minlength=size)
    return drawn


def sampled_mean(
    values: Floats, clusters: Rows, weights: Draws, importance: Floats | None = None
) -> Floats:
    """Return the mean over rows, then over the rows of each resample.

    Args:
        values: One per row.
        clusters: Column of `weights` that each row belongs to.
        weights: Resamples x clusters.
        importance: Weight of each row itself; None counts every row once.
    """
    own = np.ones(len(values)) if importance is None else importance
    size = weights.shape[1]
    sums = np.bincount(clusters, weights=own * values, minlength=size)
    rows = np.bincount(clusters, weights=own, minlength=size)
    drawn = weights.astype(np.float64)
    means = (drawn @ sums) / np.maximum(drawn @ rows, np.finfo(float).tiny)
    return np.append(sums.sum() / rows.sum(), means)


def with_interval(samples: Floats) -> Measure:
    """Return the sample's value and the 95 % interval of its resamples."""
    drawn = samples[1:][np.isfinite(samples[1:])]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan)
    return {
        "value": as_json(samples[0]),
        "low": as_json(low),
        "high": as_json(high),
    }


def as_json(value: float) -> float | None:
    """Return a plain float, or None where it is not a number."""
    return float(value) if np.isfinite(value) else None


def error_of_mean(values: Floats, clusters: Rows) -> float:
    """Return the standard error of a mean whose rows come in clusters."""
    return error_of_sum((values - values.mean()) / len(values), clusters)


def error_of_sum(parts: Floats, clusters: Rows) -> float:
    """Return the standard error of a sum of centred row parts that come in clusters.

    It is infinite where there are fewer than two clusters.
    """
    sums = np.bincount(compact(clusters), weights=parts)
    count = len(sums)
    if count < 2:
        return float("inf")
    return float(np.sqrt((sums**2).sum() * count / (count - 1)))
