"""Whether clusters come back in other samples, and whether chance makes as good ones."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ccml.segments.clusters.models import OUTSIDE, ClusterModel

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Fit = Callable[[Floats, int], ClusterModel]
"""Finds clusters in points, by a seed."""
Draw = Callable[[np.random.Generator], Floats]
"""Draws data without groups."""
NOTHING = 1e-9


def looseness(points: Floats, labels: Labels) -> float:
    """Measure how far customers are from the middle of their cluster, as a log.

    Those in no cluster count with their distance from the middle of all.
    """
    total = 0.0
    middle = points.mean(axis=0)
    for cluster in np.unique(labels):
        own = points[labels == cluster]
        centre = middle if cluster == OUTSIDE else own.mean(axis=0)
        total += float(((own - centre) ** 2).sum())
    return float(np.log(max(total, NOTHING)))


def overlap(first: Labels, second: Labels, sizes: tuple[int, int]) -> Floats:
    """Count the rows that two labellings share, cluster by cluster; -1 is none."""
    inside = (first >= 0) & (second >= 0)
    pairs = first[inside] * sizes[1] + second[inside]
    cells = np.bincount(pairs, minlength=sizes[0] * sizes[1])
    return cells.reshape(sizes).astype(float)


def jaccard(first: Labels, second: Labels, sizes: tuple[int, int]) -> Floats:
    """Compare each cluster with the most similar one of another labelling."""
    if not sizes[1]:
        return np.zeros(sizes[0])
    both = overlap(first, second, sizes)
    own = np.bincount(first[first >= 0], minlength=sizes[0])
    other = np.bincount(second[second >= 0], minlength=sizes[1])
    either = own[:, None] + other[None, :] - both
    return np.asarray((both / np.maximum(either, 1)).max(axis=1))


def jaccard_per_cluster(
    points: Floats, labels: Labels, fit: Fit, times: int, seed: int
) -> Floats:
    """Measure how well each cluster comes back when customers are resampled.

    Source: Hennig, Cluster-wise assessment of cluster stability (2007).

    Returns:
        Mean Jaccard similarity of each cluster with its nearest in each sample.
    """
    rng = np.random.default_rng(seed)
    k = int(labels.max()) + 1
    found = np.zeros((times, k))
    for turn in range(times):
        sample = points[rng.integers(0, len(points), len(points))]
        model = fit(sample, seed + turn)
        found[turn] = jaccard(labels, model.assign(points), (k, model.k))
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


def is_tighter(own: float, draw: Draw, fit: Fit, times: int, seed: int) -> bool:
    """Tell whether clusters are tighter than in every draw of data without groups.

    The first draw that is as tight ends it.
    """
    rng = np.random.default_rng(seed)
    return all(own < _drawn(draw, fit, rng, seed + turn) for turn in range(times))


def null_looseness(draw: Draw, fit: Fit, times: int, seed: int) -> Floats:
    """Measure how tight clusters are in data without groups.

    Returns:
        For each draw its looseness, less that of its points as one group, so that
        draws of another spread compare.
    """
    rng = np.random.default_rng(seed)
    return np.array([_drawn(draw, fit, rng, seed + turn) for turn in range(times)])


def _drawn(draw: Draw, fit: Fit, rng: np.random.Generator, seed: int) -> float:
    points = draw(rng)
    return relative_looseness(points, fit(points, seed).assign(points))


def relative_looseness(points: Floats, labels: Labels) -> float:
    """Compare the looseness of clusters with that of all points as one."""
    alone = looseness(points, np.zeros(len(points), dtype=np.int64))
    return looseness(points, labels) - alone
