"""Whom segments describe: customers, and the days in which each could have called."""

from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.engine.local_time import UTC_INSTANT
from ccml.engine.store import Store
from ccml.errors import DataError
from ccml.features.as_of import customers_on_record, events_known_at

DAY_S = 86_400


@dataclass(frozen=True)
class Population:
    """Customers at one cutoff.

    Args:
        customers: customer_id, exposure_days; sorted by customer_id.
        cutoff: The cutoff.
        window_days: Days before it that are looked at.
        has_base: Customers without a call are on record too.
    """

    customers: pd.DataFrame
    cutoff: datetime
    window_days: int
    has_base: bool

    def spine(self) -> ibis.Table:
        """Give the population as a spine: row_id, customer_id, cutoff_at."""
        rows = pd.DataFrame(
            {
                "row_id": np.arange(len(self.customers)),
                "customer_id": self.customers["customer_id"].to_numpy(),
            }
        )
        return self.dated(rows)

    def dated(self, rows: pd.DataFrame) -> ibis.Table:
        """Add the cutoff to rows of customers, as their column cutoff_at."""
        instant = pd.Timestamp(self.cutoff).tz_convert("UTC")
        table = ibis.memtable(rows)
        dated = table.mutate(cutoff_at=ibis.literal(instant, type=UTC_INSTANT))
        return dated.relocate("cutoff_at", after="customer_id")


def spine_cutoff(features: ibis.Table, until: datetime | None) -> datetime:
    """Find the newest cutoff of a spine, not after a given one.

    Raises:
        DataError: There is none.
    """
    rows = features
    if until is not None:
        rows = rows.filter(rows.cutoff_at <= pd.Timestamp(until))
    newest = rows.cutoff_at.max().execute()
    if newest is None or pd.isna(newest):
        raise DataError(
            "segments: the spine has no cutoff on or before segments.cutoff; move the "
            "cutoff or take it out."
        )
    return pd.Timestamp(newest).to_pydatetime()


def members(
    store: Store, features: ibis.Table | None, cutoff: datetime
) -> ibis.Table | None:
    """Find the customers on record at the cutoff; nothing when there is no record.

    Returns:
        customer_id.
    """
    if features is not None:
        return features.filter(features.cutoff_at == pd.Timestamp(cutoff)).select(
            "customer_id"
        )
    if store.manifest("customers") is None:
        return None
    return store.read("customers").select("customer_id").distinct()


def population(
    ids: ibis.Table | None,
    customers: ibis.Table | None,
    calls: ibis.Table,
    cutoff: datetime,
    window_days: int,
) -> Population:
    """Put together who is described.

    Args:
        ids: Customers on record; nothing means that only callers are known.
        customers: Validity intervals, for the day since when a customer is known.
        calls: Inbound calls with customer_id, event_at, known_at.
        cutoff: The cutoff.
        window_days: Days before it that are looked at.

    Raises:
        DataError: There is no customer.
    """
    observed = _observed_days(calls, cutoff, window_days)
    if ids is None:
        frame = _callers(calls, cutoff, window_days).assign(exposure_days=observed)
    else:
        frame = _on_record(ids, customers, cutoff, observed)
    if frame.empty:
        raise DataError(
            f"segments: no customer is known at the cutoff {cutoff:%Y-%m-%d}; move "
            f"segments.cutoff into the data."
        )
    return Population(frame, cutoff, window_days, has_base=ids is not None)


def window_calls(people: Population, calls: ibis.Table) -> ibis.Table:
    """Pair the population with the calls of its window that were known by then."""
    return events_known_at(people.spine(), calls, people.window_days)


def calls_per_customer(people: Population, calls: ibis.Table) -> NDArray[np.int64]:
    """Count each customer's calls in the window, in the population's order."""
    seen = window_calls(people, calls)
    counted = seen.group_by("row_id").agg(calls=seen.count()).to_pandas()
    found = np.zeros(len(people.customers), dtype=np.int64)
    found[counted["row_id"].to_numpy()] = counted["calls"].to_numpy()
    return found


def _observed_days(calls: ibis.Table, cutoff: datetime, window_days: int) -> int:
    """Count the days of the window in which calls were recorded at all."""
    first = calls.event_at.min().execute()
    if first is None or pd.isna(first) or pd.Timestamp(first) >= pd.Timestamp(cutoff):
        raise DataError(
            f"segments: there is no inbound call before the cutoff {cutoff:%Y-%m-%d}; "
            f"move segments.cutoff into the data."
        )
    seconds = (pd.Timestamp(cutoff) - pd.Timestamp(first)).total_seconds()
    return int(min(window_days, np.ceil(seconds / DAY_S)))


def _callers(calls: ibis.Table, cutoff: datetime, window_days: int) -> pd.DataFrame:
    ids = calls.filter(calls.customer_id.notnull()).select("customer_id").distinct()
    everyone = Population(ids.to_pandas(), cutoff, window_days, has_base=False)
    seen = window_calls(everyone, calls)
    callers = seen.select("customer_id").distinct().order_by("customer_id")
    found: pd.DataFrame = callers.to_pandas()
    return found


def _on_record(
    ids: ibis.Table, customers: ibis.Table | None, cutoff: datetime, observed: int
) -> pd.DataFrame:
    if customers is None:
        found: pd.DataFrame = ids.distinct().order_by("customer_id").to_pandas()
        return found.assign(exposure_days=observed)
    valid = customers_on_record(customers, cutoff).semi_join(ids, "customer_id")
    frame: pd.DataFrame = valid.order_by("customer_id").to_pandas()
    known_for = pd.Timestamp(cutoff) - pd.to_datetime(frame["first_valid_from"])
    days = np.clip(np.ceil(known_for.dt.total_seconds() / DAY_S), 1, observed)
    return pd.DataFrame({"customer_id": frame["customer_id"], "exposure_days": days})
