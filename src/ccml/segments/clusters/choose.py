"""Clusters of customers, if there are any that can be relied upon."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ccml.config.segments import ClustersConfig
from ccml.segments.clusters.models import ClusterModel, fit_model
from ccml.segments.clusters.replicate import Replication
from ccml.segments.clusters.stability import (
    cloud,
    is_tighter,
    jaccard_per_cluster,
    null_looseness,
    permuted,
    relative_looseness,
)

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
NULL_FITS = 19  # to be better than all of 19 has a chance of 1 in 20
SHUFFLES = 39  # stricter, since several numbers of clusters are tried
KEPT = "kept"
TOO_SMALL = "a cluster is too small"
Replicate = Callable[[ClusterModel], Replication]
"""Compares clusters with those of another period."""


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
        replication: Agreement with the clusters of the period before (adjusted Rand
            index); null when not tried.
        carried: How much more often than by chance customers are in the same cluster in
            two periods (kappa); null when not tried.
        replication_words: The same in words, or why it could not be tried.
    """

    k: int
    smallest_share: float
    min_jaccard: float | None
    gain: float | None
    verdict: str
    replication: float | None = None
    carried: float | None = None
    replication_words: str | None = None

    @property
    def is_reliable(self) -> bool:
        """Tell whether it passed every rule."""
        return self.verdict == KEPT


@dataclass(frozen=True)
class Clustering:
    """The chosen clusters, or none, and all that was tried."""

    model: ClusterModel | None
    trials: tuple[Trial, ...]

    @property
    def k(self) -> int:
        """Number of clusters; 0 when there are no reliable ones."""
        return 0 if self.model is None else self.model.k

    @property
    def chosen(self) -> Trial | None:
        """The trial of the chosen clusters."""
        kept = [trial for trial in self.trials if trial.is_reliable]
        return max(kept, key=_merit) if kept and self.model is not None else None


def _untested(_model: ClusterModel) -> Replication:
    return Replication(None, None, None, "not tested: there is no other period")


def find_clusters(
    points: Floats,
    config: ClustersConfig,
    seed: int,
    replicate: Replicate = _untested,
) -> Clustering:
    """Choose the number of clusters by the joint rule, and fit them.

    Every cluster must come back in resampled data, none may be tiny, the whole must be
    tighter than data without groups can be, and another period must show the same
    clusters with the same customers in them. Among the numbers that pass, the one with the
    greatest gain over a cloud without groups is taken.

    Args:
        points: Customers' coordinates.
        config: The rule.
        seed: Seed of everything random.
        replicate: Compares with another period.
    """
    if points.shape[1] == 0 or len(points) < config.max_k * 10:
        return Clustering(None, ())
    rng = np.random.default_rng(seed)
    with threadpool_limits(limits=1):
        few = _places(len(points), config.stability_rows, rng)
        many = points[_places(len(points), config.sample_rows, rng)]
        fit = partial(_fitted, config=config)
        rule = _Rule(points[few], config, seed)
        counts = [0] if config.algorithm == "hdbscan" else range(2, config.max_k + 1)
        trials: list[Trial] = []
        models: dict[int, ClusterModel] = {}
        for k in counts:
            trial = rule.judge(k)
            if trial.is_reliable:
                model = fit(many, seed, k=k, starts=10)
                trial = _whole(trial, model, points, config)
                models[trial.k] = model
            if trial.is_reliable:
                trial = _replicated(trial, replicate(model))
            trials.append(trial)
    reliable = [trial for trial in trials if trial.is_reliable]
    best = max(reliable, key=_merit) if reliable else None
    return Clustering(models[best.k] if best else None, tuple(trials))


def _merit(trial: Trial) -> tuple[float, int]:
    return (trial.gain or 0.0, -trial.k)


def _fitted(
    points: Floats, seed: int, *, config: ClustersConfig, k: int, starts: int = 3
) -> ClusterModel:
    return fit_model(config.algorithm, points, k, seed, config.min_share, starts)


def _whole(
    trial: Trial, model: ClusterModel, points: Floats, config: ClustersConfig
) -> Trial:
    """Measure the smallest cluster on all customers, not on those it was tried on."""
    labels = model.assign(points)
    sizes = np.bincount(labels[labels >= 0], minlength=model.k)
    smallest = float(sizes.min() / len(labels)) if model.k >= 2 else 0.0
    told = replace(trial, k=model.k, smallest_share=smallest)
    return told if smallest >= config.min_share else replace(told, verdict=TOO_SMALL)


def _replicated(trial: Trial, found: Replication) -> Trial:
    return replace(
        trial,
        replication=found.agreement,
        carried=found.carried,
        replication_words=found.words,
        verdict=found.failure or trial.verdict,
    )


@dataclass(frozen=True)
class _Rule:
    """All of the rule that is tried on some customers."""

    points: Floats
    config: ClustersConfig
    seed: int

    def judge(self, k: int) -> Trial:
        """Try one number of clusters; the cheap questions come first."""
        model = _fitted(self.points, self.seed, config=self.config, k=k, starts=10)
        labels = model.assign(self.points)
        if model.k < 2:
            return Trial(model.k, 0.0, None, None, "no two groups")
        sizes = np.bincount(labels[labels >= 0], minlength=model.k)
        trial = Trial(model.k, float(sizes.min() / len(labels)), None, None, KEPT)
        if trial.smallest_share < self.config.min_share:
            return replace(trial, verdict=TOO_SMALL)
        fit = partial(_fitted, config=self.config, k=k)
        times = self.config.bootstraps
        stable = jaccard_per_cluster(self.points, labels, fit, times, self.seed)
        trial = replace(trial, min_jaccard=float(stable.min()))
        if stable.min() < self.config.min_jaccard:
            return replace(trial, verdict="a cluster does not come back")
        return self._against_chance(trial, fit, relative_looseness(self.points, labels))

    def _against_chance(
        self, trial: Trial, fit: Callable[[Floats, int], ClusterModel], own: float
    ) -> Trial:
        clouds = null_looseness(partial(cloud, self.points), fit, NULL_FITS, self.seed)
        trial = replace(trial, gain=float(clouds.mean() - own))
        if own >= clouds.min():
            return replace(trial, verdict="no tighter than a cloud without groups")
        shuffled = partial(permuted, self.points)
        if not is_tighter(own, shuffled, fit, SHUFFLES, self.seed):
            return replace(trial, verdict="no tighter than unrelated columns")
        return trial


def _places(size: int, rows: int, rng: np.random.Generator) -> Labels:
    if size <= rows:
        return np.arange(size)
    return np.sort(rng.choice(size, rows, replace=False))
