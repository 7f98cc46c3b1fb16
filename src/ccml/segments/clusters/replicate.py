"""Whether another period shows the same clusters, and the same customers in them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from ccml.config.segments import ClustersConfig
from ccml.segments.clusters.models import ClusterModel, fit_model
from ccml.segments.clusters.prepare import Preparation, prepare
from ccml.segments.clusters.stability import overlap
from ccml.segments.clusters.traits import TraitTable

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
STARTS = 10
SHUFFLES = 199
LEVEL = 0.01
LEAST_CUSTOMERS = 50  # who called in both periods


@dataclass(frozen=True)
class Replication:
    """How far another period agrees with today's clusters.

    Args:
        agreement: Adjusted Rand index of the clusters of the period before and today's,
            over today's customers; null when it could not be tried.
        carried: How much more often than by chance customers are in the same cluster in
            two periods (Cohen's kappa: 1 = always, 0 = chance); null likewise.
        failure: Why the clusters are not kept; null when nothing speaks against them.
        words: All of it in words.
    """

    agreement: float | None
    carried: float | None
    failure: str | None
    words: str


@dataclass(frozen=True)
class Before:
    """Customers in the period before, scaled by what was usual then.

    Args:
        preparation: Scales of that period.
        points: Coordinates of its customers.
        seed: Seed of the fit.
    """

    preparation: Preparation
    points: Floats
    seed: int

    @classmethod
    def of(
        cls, traits: TraitTable, config: ClustersConfig, seed: int
    ) -> "Before | None":
        """Prepare a sample of the customers; nothing where they are too few."""
        rng = np.random.default_rng(seed)
        size = len(traits.above)
        if size > config.sample_rows:
            inside = np.zeros(size, dtype=bool)
            inside[rng.choice(size, config.sample_rows, replace=False)] = True
            traits = traits.rows(inside)
        values = traits.values()
        preparation = prepare(values, traits.traits, config.scaling)
        points = preparation.points(values)
        if points.shape[1] == 0 or len(points) < config.max_k * 10:
            return None
        return cls(preparation, points, seed)

    def agreement(
        self, model: ClusterModel, now: "Described", config: ClustersConfig
    ) -> float:
        """Label today's customers by clusters of both periods, and compare."""
        former = fit_model(
            config.algorithm, self.points, model.k, self.seed, config.min_share, STARTS
        )
        then = former.assign(self.preparation.points(now.values))
        return float(adjusted_rand_score(model.assign(now.points), then))


@dataclass(frozen=True)
class Described:
    """Today's customers, as clusters see them.

    Args:
        preparation: Scales.
        values: Their traits.
        points: Their coordinates.
    """

    preparation: Preparation
    values: pd.DataFrame
    points: Floats


@dataclass(frozen=True)
class Twice:
    """The same customers in two periods.

    Args:
        first: Their traits in the one.
        second: Their traits in the other, row by row.
        words: Which periods these are.
    """

    first: pd.DataFrame
    second: pd.DataFrame
    words: str

    def carried(
        self, model: ClusterModel, preparation: Preparation, seed: int
    ) -> tuple[float, bool] | None:
        """Measure Cohen's kappa, and whether chance alone could give as much.

        Returns:
            kappa, and whether it is greater than in 99 % of shuffles; nothing when too
            few customers called in both periods, or all are in one cluster.
        """
        if len(self.first) < LEAST_CUSTOMERS:
            return None
        first, second = (
            self._labels(model, preparation.points(values))
            for values in (self.first, self.second)
        )
        size = model.k + 1
        found = _kappa(first, second, size)
        if np.isnan(found):
            return None
        rng = np.random.default_rng(seed)
        shuffled = [
            _kappa(first, rng.permutation(second), size) for _ in range(SHUFFLES)
        ]
        above = (1 + sum(one >= found for one in shuffled)) / (1 + SHUFFLES)
        return found, above <= LEVEL

    @staticmethod
    def _labels(model: ClusterModel, points: Floats) -> Labels:
        """Count those in no cluster as a cluster of their own."""
        found = model.assign(points)
        return np.where(found < 0, model.k, found)


def judged(
    agreement: float | None,
    carried: tuple[float, bool] | None,
    periods: str,
    config: ClustersConfig,
) -> Replication:
    """Judge by the rule, and say it in words.

    Args:
        agreement: Of the clusters of both periods, if it could be tried.
        carried: Kappa, and whether it is more than chance, if it could be tried.
        periods: Which periods were compared, or why none.
        config: The rule.
    """
    told, failure = [], None
    if agreement is not None:
        told.append(
            f"clusters made of the period before put today's customers into the same "
            f"groups (agreement {agreement:.2f}; 1 = the same, 0 = chance; "
            f"{config.min_replication:g} is asked)"
        )
        if agreement < config.min_replication:
            failure = "the period before makes other clusters"
    if carried is not None:
        kappa, is_more = carried
        told.append(
            f"customers who called in both periods are in the same group more often than "
            f"by chance (kappa {kappa:.2f}; 1 = always, 0 = chance; more than chance and "
            f"{config.min_carried:g} is asked; {periods})"
        )
        if not is_more or kappa < config.min_carried:
            failure = "customers change clusters like chance"
    words = "; ".join(told) or f"not tested: {periods}"
    return Replication(agreement, carried[0] if carried else None, failure, words)


def _kappa(first: Labels, second: Labels, size: int) -> float:
    both = overlap(first, second, (size, size)) / len(first)
    expected = float((both.sum(axis=0) * both.sum(axis=1)).sum())
    if expected >= 1:
        return float("nan")
    return (float(np.trace(both)) - expected) / (1 - expected)
