"""Calls that come soon after an event of another table: a bill, a fault, a visit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import ibis
import pandas as pd

from ccml.config.segments import TriggerConfig
from ccml.engine.conditions import condition
from ccml.features.events import customer_events
from ccml.project import Project
from ccml.segments.clusters.traits import Trait

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

    def between(self, start: datetime, end: datetime) -> "Trigger":
        """Take the events that calls of a time may follow."""
        at = self.events.event_at
        first = pd.Timestamp(start) - pd.Timedelta(days=self.config.days)
        near = self.events.filter((at >= first) & (at < pd.Timestamp(end)))
        return replace(self, events=near)


def read_triggers(
    project: Project, triggers: Mapping[str, TriggerConfig]
) -> list[Trigger]:
    """Open the events of all triggers of the config.

    Raises:
        ConfigError: A condition does not fit its table.
    """
    found = []
    for name, config in triggers.items():
        where = f"segments.clusters.triggers.{name}"
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


def with_moments(calls: ibis.Table, triggers: Sequence[Trigger]) -> ibis.Table:
    """Tell of each call when it was known that an event had come before, per trigger.

    A call came soon after an event, as far as a cutoff can know, when that moment lies
    before the cutoff; so calls are paired with events once for all cutoffs.

    Args:
        calls: Calls with call_id, customer_id, event_at.
        triggers: What to look for.
    """
    for trigger in triggers:
        calls = _with_moment(calls, trigger)
    return calls


def is_triggered(seen: ibis.Table, trigger: Trigger) -> ibis.Value:
    """Tell of calls paired with a cutoff whether they came soon after an event."""
    return (seen[_moment(trigger)] < seen.cutoff_at).fill_null(False)


def _with_moment(calls: ibis.Table, trigger: Trigger) -> ibis.Table:
    config, events = trigger.config, trigger.events
    where = f"segments.clusters.triggers.{trigger.trait.name}.calls"
    meant = calls.filter(condition(calls, config.calls, where).fill_null(False))
    spans = meant.select(
        "call_id",
        caller="customer_id",
        first=meant.event_at - _interval(config.days),
        last=meant.event_at - _interval(config.from_days),
    )
    paired = spans.join(
        events,
        [
            spans.caller == events.customer_id,
            events.event_at >= spans.first,
            events.event_at <= spans.last,
        ],
    )
    moments = paired.group_by("call_id").agg(
        **{_moment(trigger): paired.known_at.min()}
    )
    return calls.left_join(moments, "call_id").drop("call_id_right")


def _moment(trigger: Trigger) -> str:
    return f"{trigger.trait.name}_known_at"


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
