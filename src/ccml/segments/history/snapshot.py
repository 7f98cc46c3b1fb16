"""What was known of every customer at one cutoff, and at two in a row."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.segments.callers.call_days import CallDays
from ccml.segments.callers.posterior import Posterior
from ccml.segments.history.cutoffs import days_between
from ccml.segments.history.law import TodaysLaw
from ccml.segments.history.universe import Universe
from ccml.segments.population import Population

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Snapshot:
    """Customers at one cutoff.

    Args:
        people: The customers, in order of their ids.
        since: The cutoff before this one.
        calls: Calls of each in the window.
        recent: Calls of each since the cutoff before.
        kept: What the calls seen by the cutoff before still count, faded.
        watched: Days in which each was watched, faded alike.
        coming: What is believed of the rates of the days right after.
        is_persistent: Who was a persistent caller.
    """

    people: Population
    since: datetime
    calls: Counts
    recent: Counts
    kept: Floats
    watched: Floats
    coming: Posterior
    is_persistent: Bools

    @property
    def ids(self) -> "pd.Index[str]":
        """The customers' ids."""
        found: pd.Index[str] = pd.Index(self.people.customers["customer_id"])
        return found

    @property
    def days(self) -> Floats:
        """Days of the window in which each could have called."""
        return self.people.customers["exposure_days"].to_numpy(dtype=np.float64)

    @property
    def recent_days(self) -> Floats:
        """Days since the cutoff before in which each could have called."""
        return np.minimum(self.days, days_between(self.since, self.people.cutoff))

    def since_then(self) -> "Snapshot":
        """Look at the time since the cutoff before instead of at the window."""
        days = days_between(self.since, self.people.cutoff)
        customers = self.people.customers.assign(exposure_days=self.recent_days)
        people = replace(self.people, customers=customers, window_days=days)
        made = replace(self, people=people, calls=self.recent)
        return made if people.has_base else made.of(self.recent > 0)

    def of(self, inside: Bools) -> "Snapshot":
        """Take some customers."""
        customers = self.people.customers[inside].reset_index(drop=True)
        return Snapshot(
            replace(self.people, customers=customers),
            self.since,
            self.calls[inside],
            self.recent[inside],
            self.kept[inside],
            self.watched[inside],
            self.coming.of(np.flatnonzero(inside)),
            self.is_persistent[inside],
        )


def snapshot(
    people: Population, universe: Universe, since: datetime, law: TodaysLaw
) -> Snapshot:
    """Count and judge the calls of a population, as far as they are known today.

    Without a record of customers, those without a call in the window are left out.

    Args:
        people: Customers, with the days they had been watched.
        universe: Their calls.
        since: The cutoff before.
        law: Today's law.
    """
    at, before = universe.age(people.cutoff), universe.age(since)
    window = float(people.window_days)
    seen = universe.of(people)
    if not people.has_base:
        inside = seen.counted(at, at + window) > 0
        rows = people.customers[inside].reset_index(drop=True)
        people, seen = replace(people, customers=rows), seen.of(np.flatnonzero(inside))
    days = np.minimum(people.customers["exposure_days"], window)
    people = replace(people, customers=people.customers.assign(exposure_days=days))
    return Snapshot(
        people,
        since,
        seen.counted(at, at + window).astype(np.int64),
        seen.counted(at, before).astype(np.int64),
        _kept(seen, at, before, law),
        _watched(seen, at, law),
        law.coming(seen, at),
        law.flagged(law.lasting(seen, at)),
    )


def _kept(seen: CallDays, at: float, before: float, law: TodaysLaw) -> Floats:
    """Add up what calls that the cutoff before had seen still count."""
    inside = (seen.age > before) & (seen.age <= at + law.reach)
    faded = np.exp2(-(seen.age[inside] - at) / law.half_life)
    kept = np.bincount(seen.row[inside], faded, minlength=seen.size)
    return np.asarray(kept, dtype=np.float64)


def _watched(seen: CallDays, at: float, law: TodaysLaw) -> Floats:
    return seen.faded_days(at, law.reach, law.half_life)


@dataclass(frozen=True)
class Pair:
    """Two cutoffs in a row, customer by customer.

    Args:
        before: The former cutoff.
        after: The next one.
        place: For each customer of the former, the position at the next; -1 = not there.
    """

    before: Snapshot
    after: Snapshot
    place: NDArray[np.intp]

    @classmethod
    def of(cls, before: Snapshot, after: Snapshot) -> "Pair":
        """Find the customers of the one at the other."""
        return cls(before, after, after.ids.get_indexer(before.ids))

    @property
    def is_there(self) -> Bools:
        """Who of the former customers is on record at the next cutoff."""
        return np.asarray(self.place >= 0)

    @property
    def is_gone(self) -> Bools:
        """Who is no customer any more; unknown, so nobody, without a record of them."""
        if self.before.people.has_base:
            return ~self.is_there
        return np.zeros(len(self.place), dtype=bool)

    @property
    def is_new(self) -> Bools:
        """Who of the next customers was not there at the former cutoff."""
        known = np.zeros(len(self.after.calls), dtype=bool)
        known[self.place[self.is_there]] = True
        return ~known

    @property
    def level(self) -> float:
        """How many more calls per day all customers together made than before.

        A season or an outage that moves everybody says nothing about a customer.
        """
        after, before = self.after, self.before
        if before.people.has_base:
            days_before, days_after = before.days.sum(), after.recent_days.sum()
        else:
            days_before, days_after = before.days.max(), after.recent_days.max()
        calls = before.calls.sum() / days_before
        return float(after.recent.sum() / days_after / calls) if calls > 0 else 1.0

    @property
    def days(self) -> Floats:
        """Days of each former customer in which the next cutoff saw calls anew."""
        recent = self.after.recent_days
        return self.at_next(recent, float(recent.max(initial=0.0)))

    def at_next(self, values: NDArray[np.generic], missing: float) -> Floats:
        """Give values of the next cutoff in the order of the former customers."""
        there = self.is_there
        found = np.full(len(self.place), missing, dtype=np.float64)
        found[there] = values[self.place[there]]
        return found
