"""Ways to find clusters, and to tell where a further customer belongs."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sklearn.cluster import HDBSCAN, KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Algorithm = Literal["kmeans", "minibatch_kmeans", "gaussian_mixture", "hdbscan"]
CHUNK_ROWS = 200_000
EXEMPLARS = 200  # core points kept per cluster
REACH = 0.99  # share of a cluster's own customers within its reach
NEIGHBOURS = 10
REGULAR = 1e-3
OUTSIDE = -1


@dataclass(frozen=True)
class ClusterModel:
    """Where customers belong.

    Nearest centre for k-means; greatest posterior for a mixture; for HDBSCAN the
    cluster of the nearest core point, or none when it is farther than the cluster
    reaches.

    Args:
        algorithm: How it was found.
        k: Number of clusters.
        centres: Centres, or core points (rows x coordinates).
        owner: Cluster of each centre.
        offsets: Of a mixture: log weight and volume of each cluster.
        factors: Of a mixture: Cholesky factors of the precisions.
        reach: Of HDBSCAN: greatest distance of each cluster.
    """

    algorithm: Algorithm
    k: int
    centres: Floats
    owner: Labels
    offsets: Floats | None = None
    factors: Floats | None = None
    reach: Floats | None = None

    def assign(self, points: Floats) -> Labels:
        """Give each customer a cluster, -1 for none; some rows at a time."""
        labels = np.empty(len(points), dtype=np.int64)
        for start in range(0, len(points), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            labels[part] = self._assign(points[part])
        return labels

    def _assign(self, points: Floats) -> Labels:
        if self.reach is not None:
            return self._within_reach(points, self.reach)
        if self.factors is not None and self.offsets is not None:
            return self._likeliest(points, self.factors, self.offsets)
        own = (self.centres**2).sum(axis=1)
        nearest = np.argmin(own - 2 * points @ self.centres.T, axis=1)
        return np.asarray(self.owner[nearest])

    def _likeliest(self, points: Floats, factors: Floats, offsets: Floats) -> Labels:
        score = np.empty((len(points), self.k))
        for cluster in range(self.k):
            turned = (points - self.centres[cluster]) @ factors[cluster]
            score[:, cluster] = offsets[cluster] - 0.5 * (turned**2).sum(axis=1)
        return np.asarray(self.owner[np.argmax(score, axis=1)])

    def _within_reach(self, points: Floats, reach: Floats) -> Labels:
        if not self.k:
            return np.full(len(points), OUTSIDE, dtype=np.int64)
        distance, nearest = cKDTree(self.centres).query(points)
        found = self.owner[nearest]
        return np.where(distance <= reach[found], found, OUTSIDE)

    def as_dict(self) -> dict[str, Any]:
        """Give plain values, to be stored."""
        plain: dict[str, Any] = {"algorithm": self.algorithm, "k": self.k}
        for name in ("centres", "owner", "offsets", "factors", "reach"):
            value = getattr(self, name)
            plain[name] = None if value is None else value.tolist()
        return plain

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "ClusterModel":
        """Read plain values back."""

        def floats(name: str) -> Floats | None:
            value = stored[name]
            return None if value is None else np.asarray(value, dtype=float)

        return cls(
            stored["algorithm"],
            int(stored["k"]),
            np.asarray(stored["centres"], dtype=float),
            np.asarray(stored["owner"], dtype=np.int64),
            floats("offsets"),
            floats("factors"),
            floats("reach"),
        )


def fit_model(
    algorithm: Algorithm,
    points: Floats,
    k: int,
    seed: int,
    min_share: float,
    starts: int = 3,
) -> ClusterModel:
    """Find clusters.

    Args:
        algorithm: How.
        points: Customers' coordinates.
        k: Number of clusters; HDBSCAN finds its own.
        seed: Seed of the starts.
        min_share: Least share of customers in a cluster, for HDBSCAN.
        starts: Starts of which the best is taken.
    """
    if algorithm == "hdbscan":
        return _density(points, min_share)
    with warnings.catch_warnings():
        # A sample may hold fewer than k different rows; then k does not come back.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return FITS[algorithm](points, k, seed, starts)


def _kmeans(points: Floats, k: int, seed: int, starts: int) -> ClusterModel:
    found = KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(points)
    return _centred("kmeans", found.cluster_centers_)


def _minibatch(points: Floats, k: int, seed: int, starts: int) -> ClusterModel:
    found = MiniBatchKMeans(
        n_clusters=k, n_init=starts, random_state=seed, batch_size=4096
    ).fit(points)
    return _centred("minibatch_kmeans", found.cluster_centers_)


def _centred(algorithm: Algorithm, centres: Floats) -> ClusterModel:
    return ClusterModel(
        algorithm,
        len(centres),
        np.asarray(centres, dtype=float),
        np.arange(len(centres)),
    )


def _mixture(points: Floats, k: int, seed: int, starts: int) -> ClusterModel:
    found = GaussianMixture(
        k, n_init=starts, random_state=seed, reg_covar=REGULAR, max_iter=200
    ).fit(points)
    factors = np.asarray(found.precisions_cholesky_, dtype=float)
    volume = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    offsets = np.log(found.weights_) + volume
    return ClusterModel(
        "gaussian_mixture", k, found.means_, np.arange(k), offsets, factors
    )


FITS: dict[str, Callable[[Floats, int, int, int], ClusterModel]] = {
    "kmeans": _kmeans,
    "minibatch_kmeans": _minibatch,
    "gaussian_mixture": _mixture,
}


def _density(points: Floats, min_share: float) -> ClusterModel:
    """Find dense groups; the surest customers of each stand for it later."""
    least = max(NEIGHBOURS + 1, int(np.ceil(min_share * len(points))))
    found = HDBSCAN(min_cluster_size=least, min_samples=NEIGHBOURS, copy=True)
    found.fit(points)
    labels = found.labels_.astype(np.int64)
    k = int(labels.max()) + 1
    cores, owner, reach = [], [], np.zeros(k)
    for cluster in range(k):
        own = np.flatnonzero(labels == cluster)
        surest = np.argsort(-found.probabilities_[own], kind="stable")
        # Spread over the order of sureness, so that the rim is covered, too.
        step = max(1, len(own) // EXEMPLARS)
        chosen = points[own[surest[::step][:EXEMPLARS]]]
        # A core point lies at no distance from itself; its neighbour counts.
        distance, _ = cKDTree(chosen).query(points[own], k=2)
        reach[cluster] = np.quantile(distance[:, 1], REACH)
        cores.append(chosen)
        owner.append(np.full(len(chosen), cluster, dtype=np.int64))
    if not k:
        empty = np.empty((0, points.shape[1]))
        return ClusterModel("hdbscan", 0, empty, np.empty(0, np.int64), reach=reach)
    return ClusterModel(
        "hdbscan", k, np.vstack(cores), np.concatenate(owner), reach=reach
    )
