"""The table of segments at one cutoff, with their profiles and centres."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.segments import SegmentsConfig
from ccml.segments.clusters.choose import Clustering, assign, find_clusters
from ccml.segments.clusters.match import first_ids, number_of, stable_ids
from ccml.segments.clusters.prepare import Preparation, prepare
from ccml.segments.clusters.traits import TraitTable
from ccml.segments.population import Population
from ccml.segments.profiles.names import segment_names
from ccml.segments.profiles.profile import (
    Size,
    effects,
    profile_table,
    segment_sizes,
    standouts,
)

Floats = NDArray[np.float64]
Ids = NDArray[np.object_]
QUIET = "quiet"
TOGETHER = "together"


@dataclass(frozen=True)
class Former:
    """The centres of a former run: where it would put a customer."""

    preparation: Preparation
    centres: Floats
    ids: tuple[str, ...]
    last_number: int

    @classmethod
    def from_dict(cls, model: Mapping[str, Any]) -> "Former":
        """Read it from the stored model."""
        return cls(
            Preparation.from_dict(model["columns"]),
            np.asarray(model["centres"], dtype=float),
            tuple(model["ids"]),
            int(model["last_number"]),
        )

    def fits(self, values: pd.DataFrame) -> bool:
        """Tell whether it can place customers with these traits."""
        names = [column.name for column in self.preparation.columns]
        return bool(self.ids) and set(names) <= set(values.columns)


@dataclass(frozen=True)
class Groups:
    """Segments of all customers.

    Args:
        table: customer_id, segment_id.
        profile: One row per segment and trait.
        sizes: Size by segment.
        names: Name by segment.
        clustering: What was tried and chosen.
        model: Scales, centres and ids, to place customers again.
    """

    table: pd.DataFrame
    profile: pd.DataFrame
    sizes: dict[str, Size]
    names: dict[str, str]
    clustering: Clustering
    model: dict[str, Any]


def group_customers(
    people: Population,
    calls: NDArray[np.int64],
    traits: TraitTable,
    handle_s: Floats,
    config: SegmentsConfig,
    former: Former | None,
) -> Groups:
    """Put every customer into a segment.

    Customers without a call in the window are a segment of their own; where no reliable
    clusters are found, all the others are one segment.

    Args:
        people: Customers at the cutoff.
        calls: Calls of each in the window.
        traits: Traits of each.
        handle_s: Seconds of agents' work that each caused.
        config: Rules, own names and seed.
        former: Centres of a former run, for the ids.
    """
    clustered = calls > 0 if config.clusters.only_callers else np.ones(len(calls), bool)
    few = traits.rows(clustered)
    values = few.values()
    preparation = prepare(values, few.traits)
    points = preparation.points(values)
    found = find_clusters(points, config.clusters, config.seed)
    labels = assign(points, found.centres) if found.centres is not None else None
    ids = _cluster_ids(labels, found.k, values, former)
    own_ids = np.full(len(values), TOGETHER, dtype=object)
    if labels is not None:
        own_ids = np.asarray(ids, dtype=object)[labels]
    all_ids = np.full(len(calls), QUIET, dtype=object)
    all_ids[clustered] = own_ids
    sizes = segment_sizes(all_ids, calls, handle_s, people.window_days)
    distance = effects(own_ids, preparation, values)
    names = _names(distance, few, sizes, config)
    return Groups(
        _table(people, all_ids),
        profile_table(own_ids, few, distance, sizes, names),
        sizes,
        names,
        found,
        _model(preparation, found, ids, former),
    )


def _cluster_ids(
    labels: NDArray[np.int64] | None,
    k: int,
    values: pd.DataFrame,
    former: Former | None,
) -> list[str]:
    if labels is None:
        return []
    if former is not None and former.fits(values):
        before = assign(former.preparation.points(values), former.centres)
        return stable_ids(labels, k, before, former.ids, former.last_number)
    return first_ids(np.bincount(labels, minlength=k).tolist())


def _names(
    distance: pd.DataFrame,
    traits: TraitTable,
    sizes: Mapping[str, Size],
    config: SegmentsConfig,
) -> dict[str, str]:
    days = config.repeat_callers.window_days
    fixed = {
        QUIET: f"No call in {days} days",
        TOGETHER: "All who called",
    }
    own = {k: v for k, v in fixed.items() if k in sizes} | dict(config.clusters.names)
    found = standouts(distance, traits)
    return segment_names({segment: found.get(segment, []) for segment in sizes}, own)


def _table(people: Population, ids: Ids) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": people.customers["customer_id"],
            "segment_id": pd.Series(ids, dtype="str"),
        }
    )


def _model(
    preparation: Preparation, found: Clustering, ids: list[str], former: Former | None
) -> dict[str, Any]:
    numbers = [number_of(one) for one in ids]
    return {
        "columns": preparation.as_dict(),
        "centres": [] if found.centres is None else found.centres.tolist(),
        "ids": ids,
        "last_number": max([*numbers, former.last_number if former else 0]),
    }
