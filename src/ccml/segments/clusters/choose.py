"""Clusters of customers, if there are any that can be relied upon."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ccml.config.segments import ClustersConfig
from ccml.segments.clusters.stability import (
    cloud,
    fit_centres,
    jaccard_per_cluster,
    log_inertia,
    log_inertias,
    permuted,
)

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
NULL_FITS = 19  # to be better than all of 19 has a chance of 1 in 20
CHUNK_ROWS = 200_000


@dataclass(frozen=True)
class Trial:
    """What was found for one number of clusters.

    Args:
        k: Number of clusters.
        smallest_share: Share of customers in the smallest.
        min_jaccard: Stability of the least stable cluster; null when not tried.
        gain: How much tighter than a cloud without groups, as a log ratio; null when
            not tried.
        verdict: `kept`, or why not.
    """

    k: int
    smallest_share: float
    min_jaccard: float | None
    gain: float | None
    verdict: str

    @property
    def is_reliable(self) -> bool:
        """Tell whether it passed every rule."""
        return self.verdict == "kept"


@dataclass(frozen=True)
class Clustering:
    """The chosen centres, or none, and all that was tried."""

    centres: Floats | None
    trials: tuple[Trial, ...]

    @property
    def k(self) -> int:
        """Number of clusters; 0 when there are no reliable ones."""
        return 0 if self.centres is None else len(self.centres)


def find_clusters(points: Floats, config: ClustersConfig, seed: int) -> Clustering:
    """Choose the number of clusters by the joint rule, and fit them.

    Every cluster must come back in resampled data, none may be tiny, and the whole must
    be tighter than data without groups can be. Among the numbers that pass, the one
    with the greatest gain over a cloud without groups is taken.
    """
    if points.shape[1] == 0 or len(points) < config.max_k * 10:
        return Clustering(None, ())
    rng = np.random.default_rng(seed)
    with threadpool_limits(limits=1):
        few = _sample(points, config.stability_rows, rng)
        trials = tuple(_try(few, k, config, seed) for k in range(2, config.max_k + 1))
        reliable = [trial for trial in trials if trial.is_reliable]
        if not reliable:
            return Clustering(None, trials)
        best = max(reliable, key=lambda trial: (trial.gain or 0.0, -trial.k))
        many = _sample(points, config.sample_rows, rng)
        fitted = fit_centres(many, best.k, seed, starts=10)
    return Clustering(np.asarray(fitted.cluster_centers_), trials)


def assign(points: Floats, centres: Floats) -> Labels:
    """Give each customer the nearest centre, some rows at a time."""
    labels = np.empty(len(points), dtype=np.int64)
    own = (centres**2).sum(axis=1)
    for start in range(0, len(points), CHUNK_ROWS):
        chunk = points[start : start + CHUNK_ROWS]
        labels[start : start + CHUNK_ROWS] = np.argmin(
            own - 2 * chunk @ centres.T, axis=1
        )
    return labels


def _try(points: Floats, k: int, config: ClustersConfig, seed: int) -> Trial:
    fitted = fit_centres(points, k, seed, starts=10)
    labels = fitted.labels_.astype(np.int64)
    smallest = float(np.bincount(labels, minlength=k).min() / len(points))
    if smallest < config.min_share:
        return Trial(k, smallest, None, None, "a cluster is too small")
    stable = jaccard_per_cluster(points, labels, k, config.bootstraps, seed)
    least = float(stable.min())
    if least < config.min_jaccard:
        return Trial(k, smallest, least, None, "a cluster does not come back")
    own = log_inertia(fitted)
    clouds = log_inertias(points, k, cloud, NULL_FITS, seed)
    gain = float(clouds.mean() - own)
    if own >= clouds.min():
        return Trial(k, smallest, least, gain, "no tighter than a cloud without groups")
    if own >= log_inertias(points, k, permuted, NULL_FITS, seed).min():
        return Trial(k, smallest, least, gain, "no tighter than unrelated columns")
    return Trial(k, smallest, least, gain, "kept")


def _sample(points: Floats, rows: int, rng: np.random.Generator) -> Floats:
    if len(points) <= rows:
        return points
    return points[np.sort(rng.choice(len(points), rows, replace=False))]
