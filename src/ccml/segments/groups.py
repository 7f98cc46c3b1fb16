"""The table of segments at one cutoff, with their profiles and model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.segments import SegmentsConfig
from ccml.segments.clusters.choose import Clustering, find_clusters
from ccml.segments.clusters.match import first_ids, number_of, stable_ids
from ccml.segments.clusters.models import OUTSIDE, ClusterModel
from ccml.segments.clusters.prepare import Preparation, prepare
from ccml.segments.clusters.replicate import Described
from ccml.segments.clusters.traits import TraitTable
from ccml.segments.material import Material, clustered_customers
from ccml.segments.periods import replicator
from ccml.segments.population import Population
from ccml.segments.profiles.effects import effects
from ccml.segments.profiles.membership import Driver, membership_drivers
from ccml.segments.profiles.names import segment_names
from ccml.segments.profiles.profile import (
    Size,
    profile_table,
    segment_sizes,
    standouts,
)
from ccml.segments.profiles.surrogate import Rule, segment_rules

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Ids = NDArray[np.object_]
QUIET = "quiet"
TOGETHER = "together"
OTHER = "other"
PLAIN = (QUIET, TOGETHER, OTHER)
"""Segments that are no clusters."""
MODEL_VERSION = 2


@dataclass(frozen=True)
class Former:
    """The clusters of a former run: where it would put a customer.

    Args:
        preparation: Scales.
        model: Clusters; null when there were none.
        ids: Id of each cluster.
        last_number: Highest number that any segment ever had.
        topics: What its calls were about; null where features were clustered.
    """

    preparation: Preparation
    model: ClusterModel | None
    ids: tuple[str, ...]
    last_number: int
    topics: tuple[str, ...] | None

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Former | None":
        """Read it from the stored model; nothing from one of another version."""
        if stored.get("version") != MODEL_VERSION:
            return None
        topics, clusters = stored["topics"], stored["clusters"]
        return cls(
            Preparation.from_dict(stored["columns"]),
            None if clusters is None else ClusterModel.from_dict(clusters),
            tuple(stored["ids"]),
            int(stored["last_number"]),
            None if topics is None else tuple(topics),
        )

    def needs(self) -> frozenset[str]:
        """Name the traits by which it places customers."""
        return frozenset(column.name for column in self.preparation.used())

    def fits(self, values: pd.DataFrame) -> bool:
        """Tell whether it can place customers with these traits."""
        return self.model is not None and self.needs() <= set(values.columns)

    def place(self, values: pd.DataFrame) -> Labels:
        """Give the cluster of customers with these traits, -1 for none."""
        if self.model is None:
            return np.full(len(values), OUTSIDE, dtype=np.int64)
        return self.model.assign(self.preparation.points(values))


@dataclass(frozen=True)
class Groups:
    """Segments of all customers.

    Args:
        table: customer_id, segment_id.
        profile: One row per segment and trait.
        sizes: Size by segment.
        names: Name by segment.
        rules: Rule in words by segment, of clusters only.
        drivers: What membership hangs on, by segment, of clusters only.
        clustering: What was tried and chosen.
        model: Scales, clusters and ids, to place customers again.
    """

    table: pd.DataFrame
    profile: pd.DataFrame
    sizes: dict[str, Size]
    names: dict[str, str]
    rules: dict[str, Rule]
    drivers: dict[str, list[Driver]]
    clustering: Clustering
    model: dict[str, Any]


def group_customers(
    material: Material, config: SegmentsConfig, former: Former | None
) -> Groups:
    """Put every customer into a segment.

    Customers without a call in the window are a segment of their own; where no reliable
    clusters are found, all the others are one segment.

    Args:
        material: Customers with their calls and traits.
        config: Rules, own names and seed.
        former: Clusters of a former run, for the ids.
    """
    calls, people = material.calls, material.people
    clustered = clustered_customers(calls, config)
    few = material.traits.rows(clustered)
    values = few.values()
    preparation = prepare(values, few.traits, config.clusters.scaling)
    points = preparation.points(values)
    found = find_clusters(
        points,
        config.clusters,
        config.seed,
        replicator(material, Described(preparation, values, points)),
    )
    labels = found.model.assign(points) if found.model is not None else None
    ids = _cluster_ids(labels, found.k, values, former)
    own_ids = segment_ids(labels, ids, len(values))
    all_ids = np.full(len(calls), QUIET, dtype=object)
    all_ids[clustered] = own_ids
    sizes = segment_sizes(all_ids, calls, material.handle_s, people.window_days)
    distance = effects(own_ids, preparation, values)
    names = _names(own_ids, distance.effect, few, sizes, config)
    seen = few.seen()
    return Groups(
        _table(people, all_ids),
        profile_table(own_ids, few, distance, sizes, names),
        sizes,
        names,
        segment_rules(own_ids, seen, few.traits, config.seed) if found.k else {},
        membership_drivers(own_ids, seen, few.traits, config.seed) if found.k else {},
        found,
        _model(material, preparation, found, ids, former),
    )


def segment_ids(labels: Labels | None, ids: list[str], size: int) -> Ids:
    """Turn clusters into ids of segments; everybody is one segment without clusters."""
    if labels is None:
        return np.full(size, TOGETHER, dtype=object)
    return np.asarray([*ids, OTHER], dtype=object)[labels]


def _cluster_ids(
    labels: Labels | None, k: int, values: pd.DataFrame, former: Former | None
) -> list[str]:
    if labels is None:
        return []
    if former is not None and former.fits(values):
        before = former.place(values)
        return stable_ids(labels, k, before, former.ids, former.last_number)
    sizes = np.bincount(labels[labels >= 0], minlength=k)
    return first_ids(sizes.tolist(), former.last_number if former else 0)


def _names(
    ids: Ids,
    distance: pd.DataFrame,
    traits: TraitTable,
    sizes: Mapping[str, Size],
    config: SegmentsConfig,
) -> dict[str, str]:
    days = config.repeat_callers.window_days
    fixed = {
        QUIET: f"No call in {days} days",
        TOGETHER: "All who called",
        OTHER: "Callers unlike any group",
    }
    own = {k: v for k, v in fixed.items() if k in sizes} | dict(config.clusters.names)
    found = standouts(ids, distance, traits)
    return segment_names({segment: found.get(segment, []) for segment in sizes}, own)


def _table(people: Population, ids: Ids) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": people.customers["customer_id"],
            "segment_id": pd.Series(ids, dtype="str"),
        }
    )


def _model(
    material: Material,
    preparation: Preparation,
    found: Clustering,
    ids: list[str],
    former: Former | None,
) -> dict[str, Any]:
    numbers = [number_of(one) for one in ids]
    topics = material.source.view.topics
    return {
        "version": MODEL_VERSION,
        "columns": preparation.as_dict(),
        "clusters": None if found.model is None else found.model.as_dict(),
        "ids": ids,
        "last_number": max([*numbers, former.last_number if former else 0]),
        "topics": list(topics or ()) if material.is_of_calls else None,
    }
