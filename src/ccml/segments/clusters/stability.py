"""Whether clusters come back in other samples, and whether chance makes as good ones."""

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
NOTHING = 1e-9


def fit_centres(points: Floats, k: int, seed: int, starts: int = 3) -> KMeans:
    """Fit k-means; the best of some starts."""
    with warnings.catch_warnings():
        # A sample may hold fewer than k different rows; then k does not come back.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(points)


def log_inertia(fitted: KMeans) -> float:
    """Measure how loose clusters are; data that fit exactly give a low number."""
    return float(np.log(max(fitted.inertia_, NOTHING)))


def overlap(first: Labels, second: Labels, sizes: tuple[int, int]) -> Floats:
    """Count the rows that two labellings share, cluster by cluster."""
    cells = np.bincount(first * sizes[1] + second, minlength=sizes[0] * sizes[1])
    return cells.reshape(sizes).astype(float)


def jaccard_per_cluster(
    points: Floats, labels: Labels, k: int, times: int, seed: int
) -> Floats:
    """Measure how well each cluster comes back when customers are resampled.

    Source: Hennig, Cluster-wise assessment of cluster stability (2007).

    Returns:
        Mean Jaccard similarity of each cluster with its nearest in each sample.
    """
    rng = np.random.default_rng(seed)
    found = np.zeros((times, k))
    for turn in range(times):
        sample = points[rng.integers(0, len(points), len(points))]
        other = fit_centres(sample, k, seed + turn).predict(points)
        both = overlap(labels, other, (k, k))
        either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
        found[turn] = (both / either).max(axis=1)
    return np.asarray(found.mean(axis=0))


def permuted(points: Floats, rng: np.random.Generator) -> Floats:
    """Shuffle every column by itself: the same values, no relation between them."""
    return rng.permuted(points, axis=0)


def cloud(points: Floats, rng: np.random.Generator) -> Floats:
    """Draw one normal cloud with the same means and covariances: no groups in it."""
    centred = points - points.mean(axis=0)
    drawn = rng.standard_normal(points.shape)
    factor = np.linalg.qr(centred, mode="r") / np.sqrt(len(points))
    return np.asarray(drawn @ factor)


def log_inertias(
    points: Floats,
    k: int,
    draw: Callable[[Floats, np.random.Generator], Floats],
    times: int,
    seed: int,
) -> Floats:
    """Measure how tight k clusters are in data without groups."""
    rng = np.random.default_rng(seed)
    return np.array(
        [
            log_inertia(fit_centres(draw(points, rng), k, seed + turn))
            for turn in range(times)
        ]
    )
