"""What segments are made of at one cutoff: customers, their calls and their traits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

import ibis
import numpy as np
from numpy.typing import NDArray

from ccml.config.segments import SegmentsConfig
from ccml.engine.store import Store
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.segments.clusters.call_traits import (
    CallView,
    call_traits,
    handled_s,
    with_topics,
)
from ccml.segments.clusters.feature_traits import feature_traits
from ccml.segments.clusters.traits import Trait, TraitTable
from ccml.segments.clusters.triggers import read_triggers
from ccml.segments.inbound_calls import NAME as INBOUND_CALLS
from ccml.segments.population import (
    Population,
    members,
    population,
    spine_cutoff,
    window_calls,
)
from ccml.sources.watermark import data_until

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Source:
    """Where customers and calls are read from.

    Args:
        config: The section `segments`.
        inbound: Inbound calls of known customers: customer_id, event_at, known_at, ...
        customers: Validity intervals, where there is such a source.
        features: Features of the spine, where one is named.
        view: How calls are read into traits.
        store: The workspace's tables.
    """

    config: SegmentsConfig
    inbound: ibis.Table
    customers: ibis.Table | None
    features: ibis.Table | None
    view: CallView
    store: Store

    @property
    def window_days(self) -> int:
        """Days before a cutoff that are looked at."""
        return self.config.repeat_callers.window_days

    def people(self, cutoff: datetime, days: int | None = None) -> Population:
        """Find the customers at a cutoff, with some days before it."""
        known = members(self.store, self.features, cutoff)
        window = days or self.window_days
        return population(known, self.customers, self.inbound, cutoff, window)


@dataclass(frozen=True)
class Material:
    """Customers at one cutoff.

    Args:
        source: Where they are read from, the topics of their calls known.
        people: The customers.
        calls: Calls of each in the window.
        handle_s: Seconds of agents' work that each caused.
        traits: Traits of each.
        is_of_calls: The traits are those of calls, not columns of features.
    """

    source: Source
    people: Population
    calls: Counts
    handle_s: Floats
    traits: TraitTable
    is_of_calls: bool


def read_source(project: Project, config: SegmentsConfig, spine: str | None) -> Source:
    """Open what segments are made of.

    Raises:
        ConfigError: Features are to be clustered, but no regular spine is named.
    """
    store = project.store
    if config.clusters.columns and spine is None:
        raise ConfigError(
            "segments.clusters.columns: names features, but segments.spine is no "
            "regular spine; set it, or take the columns out."
        )
    triggers = read_triggers(project, config.clusters.triggers)
    return Source(
        config,
        store.read(INBOUND_CALLS),
        store.read("customers") if store.manifest("customers") else None,
        store.read(f"features__{spine}") if spine else None,
        CallView(project.zone, config.reason_families, tuple(triggers)),
        store,
    )


def newest_cutoff(project: Project, source: Source) -> datetime:
    """Find the cutoff of the config, else the spine's newest, else the data's end."""
    day = source.config.cutoff
    given = datetime.combine(day, time(), project.zone) if day else None
    if source.features is not None:
        return spine_cutoff(source.features, given)
    return given or data_until(project)


def read_material(
    source: Source,
    people: Population,
    topics: Sequence[str] | None = None,
    traits: Sequence[Trait] | None = None,
) -> Material:
    """Describe customers.

    Args:
        source: Where they are read from.
        people: The customers.
        topics: What calls may be about, as found at another cutoff.
        traits: Traits of features, as found at another cutoff.
    """
    view = source.view
    if topics is not None:
        view = replace(view, topics=tuple(topics))
    view = with_topics(view, people, source.inbound)
    source = replace(source, view=view)
    columns = source.config.clusters.columns
    calls, handle_s = _work(people, source.inbound)
    if columns and source.features is not None:
        made = feature_traits(people, source.features, columns, traits)
        return Material(source, people, calls, handle_s, made, is_of_calls=False)
    made = call_traits(people, source.inbound, view)
    return Material(source, people, calls, handle_s, made, is_of_calls=True)


def clustered_customers(
    calls: NDArray[np.int64], config: SegmentsConfig
) -> NDArray[np.bool_]:
    """Tell who is clustered: all, or those who called."""
    return calls > 0 if config.clusters.only_callers else np.ones(len(calls), bool)


def chosen(people: Population, places: NDArray[np.int64]) -> Population:
    """Take some customers, in their order."""
    few = people.customers.iloc[places].reset_index(drop=True)
    return replace(people, customers=few)


def sampled(people: Population, rows: int, seed: int) -> Population:
    """Draw some customers, all when they are few."""
    size = len(people.customers)
    if size <= rows:
        return people
    drawn = np.random.default_rng(seed).choice(size, rows, replace=False)
    return chosen(people, np.sort(drawn))


def _work(people: Population, inbound: ibis.Table) -> tuple[Counts, Floats]:
    """Count each customer's calls, and add up the seconds of those answered."""
    seen = window_calls(people, inbound)
    worked = ibis.ifelse(seen.answered, handled_s(seen), None)
    counted = seen.group_by("row_id").agg(calls=seen.count(), handle_s=worked.sum())
    frame = counted.to_pandas()
    calls = np.zeros(len(people.customers), dtype=np.int64)
    handle_s = np.zeros(len(people.customers))
    calls[frame["row_id"]] = frame["calls"]
    handle_s[frame["row_id"]] = frame["handle_s"].fillna(0)
    return calls, handle_s
