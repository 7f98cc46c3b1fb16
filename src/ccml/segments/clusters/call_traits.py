"""What each customer's calls of the window are like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

from ccml.engine.local_time import local_time
from ccml.segments.about import about
from ccml.segments.clusters.traits import Kind, Trait, TraitTable
from ccml.segments.clusters.triggers import Trigger, is_triggered
from ccml.segments.population import Population, window_calls

TOP_REASONS = 6
MONTH_DAYS = 30
TOPIC_WEIGHT = 2.0
SHORT_TOPIC = 2  # words
NOT_SOLVED = ("unresolved", "follow_up", "escalated", "callback")
WORK_HOURS = (8, 18)
REPEAT_DAYS = 7


def _basic(
    name: str, kind: Kind, meaning: str, unit: str, head: str, tail: str
) -> Trait:
    return Trait(name, kind, name, meaning, unit, head, tail)


BASIC_TRAITS = (
    _basic("calls", "rate", "calls in 30 days", "calls",
           "Frequent callers", "frequent"),
    _basic("repeats", "share", "calls within 7 days of the one before", "share",
           "Callers who soon call again", "calling again within days"),
    _basic("transferred", "share", "answered calls passed on", "share",
           "Callers often transferred", "often transferred"),
    _basic("abandoned", "share", "calls given up in the queue", "share",
           "Callers who hang up in the queue", "often hanging up"),
    _basic("unsolved", "share", "answered calls left unsolved", "share",
           "Callers left unsolved", "often unsolved"),
    _basic("wait", "mean", "wait in the queue", "s",
           "Callers with long waits", "long waits"),
    _basic("handle", "mean", "handle time", "s",
           "Callers with long calls", "long calls"),
    _basic("off_hours", "share", "calls before 8 or after 18 h", "share",
           "Callers early or late in the day", "early or late in the day"),
    _basic("no_voice", "share", "contacts not by voice", "share",
           "Customers who write", "in writing"),
)  # fmt: skip


@dataclass(frozen=True)
class CallView:
    """How calls are read into traits; the same at every cutoff.

    Args:
        zone: Time zone of the site.
        families: Reasons by the name of their family.
        triggers: Events after which calls are counted.
        topics: What calls may be about; null takes the most frequent ones.
        only: Traits to read besides the number of calls; null reads all.
    """

    zone: ZoneInfo
    families: Mapping[str, Sequence[str]]
    triggers: tuple[Trigger, ...] = ()
    topics: tuple[str, ...] | None = None
    only: frozenset[str] | None = None

    def reads(self, trait: str) -> bool:
        """Tell whether a trait is to be read."""
        return self.only is None or trait in self.only

    def traits(self) -> tuple[Trait, ...]:
        """List the traits of a view whose topics are known."""
        return tuple(
            trait
            for trait in self._all()
            if trait.name == "calls" or self.reads(trait.name)
        )

    def _all(self) -> tuple[Trait, ...]:
        # What sets calls off tells more of their cause than what they are about.
        weight = 1.0 if self.triggers else TOPIC_WEIGHT
        told = [_topic_trait(value, weight) for value in self.topics or ()]
        told += [trigger.trait for trigger in self.triggers]
        basic = map(_told_only, BASIC_TRAITS) if told else BASIC_TRAITS
        return (*basic, *told)


def with_topics(view: CallView, people: Population, calls: ibis.Table) -> CallView:
    """Choose the most frequent topics of the window, unless they are given."""
    if view.topics is not None:
        return view
    seen = window_calls(people, calls)
    named = seen.mutate(about=about(seen, view.families))
    counted = named.filter(named.about.notnull()).group_by("about")
    top = counted.agg(n=ibis._.count()).order_by(ibis.desc("n"), "about")
    found = top.limit(TOP_REASONS).to_pandas()["about"]
    return replace(view, topics=tuple(found))


def call_rows(people: Population, calls: ibis.Table, view: CallView) -> ibis.Table:
    """Tell of each call of the window what the traits count.

    Args:
        people: Who is described.
        calls: Inbound calls with customer_id, event_at, known_at, and the moments of
            triggers.
        view: How they are read, topics known.

    Returns:
        row_id, event_at, and one column per trait but `calls`; null where not told.
    """
    seen = window_calls(people, calls)
    flags = _flags(seen, view.zone) | {
        trigger.trait.name: is_triggered(seen, trigger) for trigger in view.triggers
    }
    read = {name: flag for name, flag in flags.items() if view.reads(name)}
    rows = seen.mutate(about=about(seen, view.families), **read)
    topics = {
        name: _is(rows.about, value)
        for value in view.topics or ()
        if view.reads(name := f"about_{value}")
    }
    measured = {name: rows[name].cast("float64") for name in read}
    return rows.select("row_id", "event_at", **measured, **topics)


def call_traits(people: Population, calls: ibis.Table, view: CallView) -> TraitTable:
    """Describe each customer by the calls of the window.

    Args:
        people: Who is described.
        calls: Inbound calls with customer_id, event_at, known_at.
        view: How they are read.
    """
    view = with_topics(view, people, calls)
    rows = call_rows(people, calls, view)
    names = [name for name in rows.columns if name not in ("row_id", "event_at")]
    sums = {
        "calls": rows.count(),
        **{f"above_{i}": rows[name].sum() for i, name in enumerate(names)},
        **{f"below_{i}": rows[name].count() for i, name in enumerate(names)},
    }
    made = rows.group_by("row_id").agg(**sums).to_pandas().set_index("row_id")
    made = made.reindex(range(len(people.customers))).fillna(0).astype("float64")
    above, below = {"calls": made["calls"]}, {"calls": made["calls"]}
    for place, name in enumerate(names):
        above[name], below[name] = made[f"above_{place}"], made[f"below_{place}"]
    return traits_of(
        view.traits(), pd.DataFrame(above), pd.DataFrame(below), exposure(people)
    )


def traits_of(
    traits: Sequence[Trait],
    above: pd.DataFrame,
    below: pd.DataFrame,
    exposure_days: "pd.Series[float]",
) -> TraitTable:
    """Put sums over calls together; rates are per 30 days of exposure.

    Args:
        traits: The traits.
        above: Sums over each customer's calls, a column per trait.
        below: How many calls told.
        exposure_days: Days of each customer.
    """
    rates = [trait.name for trait in traits if trait.kind == "rate"]
    above = above.assign(**{name: above[name] * MONTH_DAYS for name in rates})
    below = below.assign(**dict.fromkeys(rates, exposure_days))
    names = [trait.name for trait in traits]
    return TraitTable(tuple(traits), above[names], below[names])


def exposure(people: Population) -> "pd.Series[float]":
    """Give the days in which each customer could have called."""
    return people.customers["exposure_days"].astype("float64")


def handled_s(calls: ibis.Table) -> ibis.Value:
    """Give the seconds of agents' work; where not reported, of talking."""
    if "talk_s" not in calls.columns:
        return calls.handle_s
    return calls.handle_s.fill_null(calls.talk_s)


def _is(topic: ibis.Value, value: str) -> ibis.Value:
    return (topic == value).fill_null(False).cast("float64")


def _flags(seen: ibis.Table, zone: ZoneInfo) -> dict[str, ibis.Value]:
    at = local_time(seen.event_at, zone)
    working = at.hour().between(WORK_HOURS[0], WORK_HOURS[1] - 1)
    before = seen.event_at.lag().over(
        ibis.window(group_by=seen.row_id, order_by=[seen.event_at, seen.call_id])
    )
    soon = before + ibis.interval(days=REPEAT_DAYS) >= seen.event_at
    solved = ibis.ifelse(seen.answered, seen.disposition.isin(NOT_SOLVED), None)
    return {
        "repeats": soon.fill_null(False),
        "transferred": ibis.ifelse(seen.answered, seen.transferred, None),
        "abandoned": seen.abandoned,
        "unsolved": solved,
        "wait": seen.wait_s,
        "handle": ibis.ifelse(seen.answered, handled_s(seen), None),
        "off_hours": ~working,
        "no_voice": seen.channel != "voice",
    }


def _told_only(trait: Trait) -> Trait:
    """Keep all but the number of calls out of distances.

    How calls went is mostly chance for a customer with two calls; where topics are
    known, they and the number of calls make groups that come back, and the rest tells
    them apart in words.
    """
    return trait if trait.name == "calls" else replace(trait, weight=0.0)


def _topic_head(words: str) -> str:
    """Name those who call about it: Billing callers; long topics go behind."""
    if len(words.split()) > SHORT_TOPIC:
        return f"Callers about {words}"
    return f"{words[:1].upper()}{words[1:]} callers"


def _topic_trait(value: str, weight: float) -> Trait:
    words = " ".join(value.replace("_", " ").split())
    return Trait(
        name=f"about_{value}",
        kind="share",
        block="about",
        meaning=f"calls about {words}",
        unit="share",
        head=_topic_head(words),
        tail=f"about {words}",
        is_topic=True,
        weight=weight,
    )
