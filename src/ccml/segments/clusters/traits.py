"""What a customer's calls are like, as ratios that do not grow with their number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.engine.local_time import local_time
from ccml.errors import ConfigError, unknown_name
from ccml.segments.population import Population, window_calls

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Kind = Literal["rate", "share", "mean", "number"]

# How much of the average customer is mixed in: days for rates, calls for the rest.
PRIOR_WEIGHT: dict[Kind, float] = {"rate": 15.0, "share": 2.0, "mean": 2.0, "number": 0}
TOP_REASONS = 6
MONTH_DAYS = 30
TOPIC_WEIGHT = 2.0
NOT_SOLVED = ("unresolved", "follow_up", "escalated", "callback")
WORK_HOURS = (8, 18)
REPEAT_DAYS = 7


@dataclass(frozen=True)
class Trait:
    """One trait, and how people say that it is high.

    Args:
        name: Short name.
        kind: A rate per exposure, a share of calls, a mean over calls or any number.
        block: Traits of one block share the weight of one trait.
        meaning: What is measured, in words.
        unit: share, s, calls or nothing.
        head: Name of customers with much of it.
        tail: Words to add to another name.
        is_topic: What the calls are about.
        weight: Weight of the block in distances; 0 = told, but not clustered by.
    """

    name: str
    kind: Kind
    block: str
    meaning: str
    unit: str
    head: str
    tail: str
    is_topic: bool = False
    weight: float = 1.0


@dataclass(frozen=True)
class TraitTable:
    """Traits of customers as numerators over denominators, one row per customer."""

    traits: tuple[Trait, ...]
    above: pd.DataFrame
    below: pd.DataFrame

    def values(self) -> pd.DataFrame:
        """Give each customer's traits, drawn towards the average where little is seen.

        A customer with one transferred call is not taken for "always transferred".
        """
        return pd.DataFrame(
            {trait.name: self._one(trait) for trait in self.traits}, self.above.index
        )

    def of_group(self, inside: Bools) -> Floats:
        """Give the mean over some customers; nan where nothing is known of them."""
        above = self.above.to_numpy(dtype=float)[inside]
        below = self.below.to_numpy(dtype=float)[inside]
        known = (below > 0) & ~np.isnan(above)
        ratio = np.divide(above, below, out=np.zeros_like(above), where=known)
        people = known.sum(axis=0)
        total = ratio.sum(axis=0)
        nothing = np.full(len(self.traits), np.nan)
        return np.asarray(np.divide(total, people, out=nothing, where=people > 0))

    def rows(self, inside: Bools) -> "TraitTable":
        """Take some customers."""
        return TraitTable(
            self.traits,
            self.above[inside].reset_index(drop=True),
            self.below[inside].reset_index(drop=True),
        )

    def _one(self, trait: Trait) -> "pd.Series[float]":
        above, below = self.above[trait.name], self.below[trait.name]
        weight = PRIOR_WEIGHT[trait.kind]
        if weight == 0:
            return above / below
        seen = above.notna() & (below > 0)
        average = _average((above[seen] / below[seen]).to_numpy())
        return (above.where(seen, 0) + weight * average) / (
            below.where(seen, 0) + weight
        )


def _average(ratios: Floats) -> float:
    """Average customers alike, the highest cut: no single customer moves it."""
    if not len(ratios):
        return float("nan")
    return float(np.minimum(ratios, np.quantile(ratios, 0.995, method="lower")).mean())


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


def call_traits(people: Population, calls: ibis.Table, zone: ZoneInfo) -> TraitTable:
    """Describe each customer by the calls of the window.

    Args:
        people: Who is described.
        calls: Inbound calls with customer_id, event_at, known_at.
        zone: Time zone of the site.
    """
    seen = window_calls(people, calls)
    about, reasons = _reasons(seen)
    rows = seen.mutate(about=about, **_flags(seen, zone))
    sums = {
        "calls": rows.count(),
        **{f"above_{n}": rows[n].cast("float64").sum() for n in _MEASURED},
        **{f"below_{n}": rows[n].count() for n in _MEASURED},
        **{
            f"reason_{i}": (rows.about == value).cast("int64").sum()
            for i, value in enumerate(reasons)
        },
    }
    made = rows.group_by("row_id").agg(**sums).to_pandas().set_index("row_id")
    made = made.reindex(range(len(people.customers))).fillna(0).astype("float64")
    return _assembled(made, people, reasons)


def feature_traits(
    people: Population, features: ibis.Table, columns: Sequence[str]
) -> TraitTable:
    """Describe each customer by columns of the feature table, at the same cutoff.

    Raises:
        ConfigError: A column does not exist or holds no numbers.
    """
    where = "segments.clusters.columns"
    for column in columns:
        if column not in features.columns:
            raise unknown_name("feature", column, features.columns, where)
        kind = features[column].type()
        if not (kind.is_numeric() or kind.is_boolean()):
            raise ConfigError(
                f"{where}: {column!r} is of type {kind}; clusters need numbers, so take "
                f"it out or choose a count of it."
            )
    rows = features.filter(features.cutoff_at == pd.Timestamp(people.cutoff))
    frame = rows.select("customer_id", *columns).to_pandas().set_index("customer_id")
    frame = frame.reindex(people.customers["customer_id"]).reset_index(drop=True)
    above = frame.astype("float64")
    below = above.notna().astype("float64")
    return TraitTable(tuple(_feature_trait(c) for c in columns), above, below)


_MEASURED = tuple(trait.name for trait in BASIC_TRAITS if trait.name != "calls")


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
        "handle": ibis.ifelse(seen.answered, seen.handle_s, None),
        "off_hours": ~working,
        "no_voice": seen.channel != "voice",
    }


def _reasons(seen: ibis.Table) -> tuple[ibis.Value, list[str]]:
    """Choose what calls are about: their reason, else their queue; and its top values."""
    about = (
        seen.reason.fill_null(seen.queue) if "queue" in seen.columns else seen.reason
    )
    counted = seen.mutate(about=about).filter(about.notnull()).group_by("about")
    top = counted.agg(n=ibis._.count()).order_by(ibis.desc("n"), "about")
    return about, list(top.limit(TOP_REASONS).to_pandas()["about"])


def _assembled(
    made: pd.DataFrame, people: Population, reasons: list[str]
) -> TraitTable:
    above = pd.DataFrame({"calls": made["calls"] * MONTH_DAYS})
    below = pd.DataFrame({"calls": people.customers["exposure_days"].astype("float64")})
    for name in _MEASURED:
        above[name], below[name] = made[f"above_{name}"], made[f"below_{name}"]
    for position, value in enumerate(reasons):
        name = f"about_{value}"
        above[name], below[name] = made[f"reason_{position}"], made["calls"]
    basic = (
        tuple(_told_only(trait) for trait in BASIC_TRAITS) if reasons else BASIC_TRAITS
    )
    traits = (*basic, *(_reason_trait(value) for value in reasons))
    return TraitTable(traits, above, below)


def _told_only(trait: Trait) -> Trait:
    """Keep all but the number of calls out of distances.

    How calls went is mostly chance for a customer with two calls; where topics are
    known, they and the number of calls make groups that come back, and the rest tells
    them apart in words.
    """
    return trait if trait.name == "calls" else replace(trait, weight=0.0)


def _reason_trait(value: str) -> Trait:
    words = " ".join(value.replace("_", " ").split())
    return Trait(
        name=f"about_{value}",
        kind="share",
        block="about",
        meaning=f"calls about {words}",
        unit="share",
        head=f"{words[:1].upper()}{words[1:]} callers",
        tail=f"about {words}",
        is_topic=True,
        weight=TOPIC_WEIGHT,
    )


def _feature_trait(column: str) -> Trait:
    words = column.replace("_", " ")
    return Trait(column, "number", column, words, "", f"High {words}", f"high {words}")
