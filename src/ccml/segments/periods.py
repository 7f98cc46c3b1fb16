"""Other periods with which today's clusters are compared."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from ccml.errors import DataError
from ccml.segments.clusters.models import ClusterModel
from ccml.segments.clusters.replicate import (
    Before,
    Described,
    Replication,
    Twice,
    judged,
)
from ccml.segments.material import (
    Material,
    clustered_customers,
    read_material,
    sampled,
)
from ccml.segments.population import Population, spine_cutoff

LEAST_OBSERVED = 1 / 3  # of a window; before, too little is seen to compare
LEAST_DAYS = 14  # of half a window
MORE_PEOPLE = 3  # of whom some did not call in a period
NO_PERIOD = "there are too few calls of the period before"


def replicator(
    now: Material, described: Described
) -> Callable[[ClusterModel], Replication]:
    """Compare clusters with the period before; it is read once, and only when needed.

    Without a period before, customers are compared in both halves of the window.

    Args:
        now: Today's customers.
        described: Those of them who are clustered.
    """
    config = now.source.config
    read: list[tuple[Before | None, Twice | str]] = []

    def replicate(model: ClusterModel) -> Replication:
        if not read:
            read.append(_other_periods(now))
        before, twice = read[0]
        clusters = config.clusters
        agreement = before.agreement(model, described, clusters) if before else None
        if isinstance(twice, str):
            return judged(agreement, None, twice, clusters)
        carried = twice.carried(model, described.preparation, config.seed)
        words = twice.words if carried else "too few customers called in both periods"
        return judged(agreement, carried, words, clusters)

    return replicate


def _other_periods(now: Material) -> tuple[Before | None, Twice | str]:
    then = _period_before(now)
    if then is None:
        return None, _halves(now) if now.is_of_calls else NO_PERIOD
    config = now.source.config
    inside = clustered_customers(then.calls, config)
    before = Before.of(then.traits.rows(inside), config.clusters, config.seed)
    days = now.people.window_days
    words = f"the {days} days before the cutoff and the {days} days before them"
    return before, _twice(then, now, words)


def _period_before(now: Material) -> Material | None:
    """Describe a sample of the customers of the period before, if calls cover it."""
    source, window = now.source, timedelta(days=now.people.window_days)
    cutoff = now.people.cutoff - window
    first = pd.Timestamp(source.inbound.event_at.min().execute())
    if first > pd.Timestamp(cutoff) - window * LEAST_OBSERVED:
        return None
    try:
        if source.features is not None:
            cutoff = spine_cutoff(source.features, cutoff)
        people = source.people(cutoff)
    except DataError:
        return None
    return _described(now, people)


def _halves(now: Material) -> Twice | str:
    """Describe a sample of today's customers in both halves of the window."""
    days = int(now.people.customers["exposure_days"].max()) // 2
    if days < LEAST_DAYS:
        return NO_PERIOD
    config = now.source.config
    rows = MORE_PEOPLE * config.clusters.sample_rows
    people = sampled(now.people, rows, config.seed)
    halves = [_half(people, days, late) for late in (False, True)]
    first, second = (_described(now, half) for half in halves)
    return _twice(first, second, f"both halves of the last {2 * days} days")


def _half(people: Population, days: int, late: bool) -> Population:
    cutoff = people.cutoff if late else people.cutoff - timedelta(days=days)
    known = people.customers["exposure_days"] - (0 if late else days)
    customers = people.customers.assign(exposure_days=known.clip(lower=1, upper=days))
    return replace(people, customers=customers, cutoff=cutoff, window_days=days)


def _described(now: Material, people: Population) -> Material:
    config = now.source.config
    few = sampled(people, MORE_PEOPLE * config.clusters.sample_rows, config.seed)
    topics = now.source.view.topics
    return read_material(now.source, few, topics, now.traits.traits)


def _twice(first: Material, second: Material, words: str) -> Twice:
    """Pair the customers who are clustered in both periods."""
    config = first.source.config
    ids = [
        pd.Index(one.people.customers["customer_id"])[
            clustered_customers(one.calls, config)
        ]
        for one in (first, second)
    ]
    both = ids[0].intersection(ids[1]).sort_values()
    values = []
    for one in (first, second):
        known = pd.Index(one.people.customers["customer_id"])
        values.append(one.traits.rows(np.asarray(known.isin(both))).values())
    return Twice(values[0], values[1], words)
