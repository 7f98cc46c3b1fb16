"""Calls that come soon after an event of another table: a bill, a fault, a visit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from ccml.config.segments import TriggerConfig
from ccml.engine.conditions import condition
from ccml.errors import unknown_name
from ccml.features.events import customer_events
from ccml.project import Project
from ccml.segments.clusters.traits import Trait
from ccml.segments.population import Population

TRIGGER_WEIGHT = 2.0
DAY_S = 86_400


@dataclass(frozen=True)
class Trigger:
    """Events after which calls are counted.

    Args:
        trait: The rate of calls that come so soon afterwards.
        config: How soon.
        events: customer_id, event_at, known_at.
    """

    trait: Trait
    config: TriggerConfig
    events: ibis.Table


def read_triggers(
    project: Project, triggers: Mapping[str, TriggerConfig]
) -> list[Trigger]:
    """Open the events of all triggers of the config.

    Raises:
        ConfigError: A table is not a source of events, or a condition does not fit.
    """
    found = []
    for name, config in triggers.items():
        where = f"segments.clusters.triggers.{name}"
        events = project.config.sources.events
        if config.table not in events:
            raise unknown_name("event table", config.table, events, f"{where}.table")
        table = customer_events(project, config.table)
        kept = table.filter(condition(table, config.where, f"{where}.where"))
        keys = kept.select("customer_id", "event_at", "known_at")
        found.append(Trigger(trigger_trait(name, config), config, keys))
    return found


def trigger_trait(name: str, config: TriggerConfig) -> Trait:
    """Say what a trigger measures.

    It is a rate and no share: one call within hours of a failed visit says much, however
    many other calls there are.
    """
    words = config.words or _words(config)
    return Trait(
        name=name,
        kind="rate",
        block="triggers",
        meaning=f"calls {words} in 30 days",
        unit="calls",
        head=f"Callers {words}",
        tail=words,
        is_topic=True,
        weight=TRIGGER_WEIGHT,
    )


def with_triggers(
    seen: ibis.Table, people: Population, triggers: Sequence[Trigger]
) -> ibis.Table:
    """Tell of each call whether it came soon after an event, a column per trigger.

    An event counts when it was known before the cutoff.

    Args:
        seen: Calls of the window with customer_id and event_at.
        people: Customers, for the cutoff and the window.
        triggers: What to look for.
    """
    for trigger in triggers:
        seen = _with_trigger(seen, people, trigger)
    return seen


def _with_trigger(seen: ibis.Table, people: Population, trigger: Trigger) -> ibis.Table:
    config, name = trigger.config, trigger.trait.name
    cutoff = pd.Timestamp(people.cutoff)
    earliest = cutoff - pd.Timedelta(days=people.window_days + config.days)
    events = trigger.events
    known = events.filter(
        (events.known_at < cutoff)
        & (events.event_at < cutoff)
        & (events.event_at >= earliest)
    )
    known = known.select("customer_id", trigger_at="event_at").distinct()
    calls = seen.mutate(last_moment=seen.event_at - _interval(config.from_days))
    # The newest event that is old enough tells whether there is one in the window.
    paired = calls.asof_join(
        known,
        on=calls.last_moment >= known.trigger_at,
        predicates=["customer_id"],
        rname="trigger_{name}",
    )
    first_moment = paired.event_at - _interval(config.days)
    soon = (paired.trigger_at >= first_moment).fill_null(False)
    where = f"segments.clusters.triggers.{name}.calls"
    meant = condition(paired, config.calls, where).fill_null(False)
    made = paired.mutate(**{name: soon & meant})
    return made.select(*seen.columns, name)


def _interval(days: float) -> ibis.Value:
    return ibis.interval(seconds=round(days * DAY_S))


def _words(config: TriggerConfig) -> str:
    thing = config.table.replace("_", " ").removesuffix("s")
    article = "an" if thing[:1] in "aeiou" else "a"
    event = f"{article} {thing}"
    if config.from_days:
        return f"{config.from_days:g} to {config.days:g} days after {event}"
    if config.days < 1:
        return f"within {config.days * 24:g} hours of {event}"
    unit = "day" if config.days == 1 else "days"
    return f"within {config.days:g} {unit} of {event}"
