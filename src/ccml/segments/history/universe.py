"""All customers of all cutoffs with their calls, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from ccml.segments.callers.call_days import CallDays, call_days
from ccml.segments.history.cutoffs import SECONDS
from ccml.segments.material import Source
from ccml.segments.population import Population


@dataclass(frozen=True)
class Universe:
    """Everybody who was a customer at one of the cutoffs.

    Args:
        ids: The customers.
        seen: Their calls, aged from today.
        today: The current cutoff.
    """

    ids: "pd.Index[str]"
    seen: CallDays
    today: datetime

    def age(self, moment: datetime) -> float:
        """Count the days from a moment to today."""
        return (self.today - moment).total_seconds() / SECONDS

    def of(self, people: Population) -> CallDays:
        """Take the calls of some customers, in their order."""
        rows = self.ids.get_indexer(pd.Index(people.customers["customer_id"]))
        return self.seen.of(np.asarray(rows, dtype=np.int64))


def read_universe(
    source: Source, everyone: Mapping[datetime, Population], reach: float
) -> Universe:
    """Read the calls of everybody.

    Args:
        source: Where calls are read from.
        everyone: Customers at each moment, with the days they had been watched.
        reach: Days of calls needed before the oldest moment.
    """
    moments = sorted(everyone, reverse=True)
    today = moments[0]
    parts = [_aged(everyone[one], _age(today, one)) for one in moments]
    # A customer's newest row counts, so that today's is exact.
    rows = pd.concat(parts, ignore_index=True).drop_duplicates("customer_id")
    rows = rows.sort_values("customer_id", ignore_index=True)
    days = int(np.ceil(_age(today, moments[-1]) + reach))
    first = everyone[today]
    base = Population(rows, today, days, has_base=first.has_base)
    seen = call_days(base, source.inbound)
    return Universe(pd.Index(rows["customer_id"]), seen, today)


def _aged(people: Population, age: float) -> pd.DataFrame:
    watched = people.customers["exposure_days"] + age
    return people.customers.assign(exposure_days=watched)


def _age(today: datetime, moment: datetime) -> float:
    return (today - moment).total_seconds() / SECONDS
