"""Calls counted by day and group, and by caller, for the days looked at and before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd

from ccml.config.anomalies import AnomaliesConfig
from ccml.engine.local_time import local_time
from ccml.segments.anomalies.callers import CallerCounts, Floats
from ccml.segments.anomalies.days import DayCounts


@dataclass(frozen=True)
class Period:
    """Local days that are looked at, and those before from which the usual is learnt.

    Args:
        history_from: First day of the history.
        first: First day looked at.
        until: Day after the last one looked at.
        zone: Time zone of the site.
    """

    history_from: date
    first: date
    until: date
    zone: ZoneInfo

    @classmethod
    def before(
        cls, cutoff: datetime, config: AnomaliesConfig, zone: ZoneInfo
    ) -> "Period":
        """End with the last local day that was over at the cutoff."""
        until = cutoff.astimezone(zone).date()
        first = until - timedelta(days=config.days)
        return cls(first - timedelta(days=config.history_days), first, until, zone)

    def since(self, day: date) -> "Period":
        """Begin the history no earlier than a day, such as the data's first."""
        return Period(max(self.history_from, day), self.first, self.until, self.zone)

    @property
    def days(self) -> list[date]:
        """All days, of the history and looked at."""
        number = (self.until - self.history_from).days
        return [self.history_from + timedelta(days=n) for n in range(number)]

    @property
    def late_from(self) -> date:
        """Begin of the history's last part, as long as the days looked at if it can."""
        history = (self.first - self.history_from).days
        length = min((self.until - self.first).days, history // 2)
        return self.first - timedelta(days=length)

    def instant(self, day: date) -> pd.Timestamp:
        """Give the instant at which a local day begins."""
        return pd.Timestamp(datetime.combine(day, time(), self.zone)).tz_convert("UTC")


def calls_of(calls: ibis.Table, period: Period) -> ibis.Table:
    """Take the calls of a period, with their local day."""
    inside = (calls.started_at >= period.instant(period.history_from)) & (
        calls.started_at < period.instant(period.until)
    )
    rows = calls.filter(inside)
    return rows.mutate(day=local_time(rows.started_at, period.zone).date())


def day_counts(
    calls: ibis.Table, column: str, period: Period, off: Sequence[date]
) -> tuple[list[str], DayCounts]:
    """Count the calls of each value of a column by day.

    Returns:
        The values, and their calls in this order.
    """
    named = calls.filter(calls[column].notnull())
    made = named.group_by(value=named[column].cast("string"), day=named.day).agg(
        calls=named.count()
    )
    frame = made.to_pandas()
    days = pd.to_datetime(pd.Series(period.days))
    frame["day"] = pd.to_datetime(frame["day"])
    wide = frame.pivot_table(
        index="value", columns="day", values="calls", aggfunc="sum", fill_value=0
    )
    wide = wide.reindex(columns=days, fill_value=0).sort_index()
    counts = DayCounts(
        calls=wide.to_numpy(dtype=float),
        weekday=np.asarray(days.dt.day_of_week, dtype=np.int64),
        is_history=(days < pd.Timestamp(period.first)).to_numpy(),
        is_off=days.isin(pd.to_datetime(pd.Series(list(off), dtype=object))).to_numpy(),
    )
    return [str(value) for value in wide.index], counts


def caller_counts(
    calls: ibis.Table, column: str, period: Period, customers: ibis.Table | None
) -> tuple[list[str], CallerCounts]:
    """Count the calls of each caller in the parts of the history, and since.

    Args:
        calls: Rows of `calls_of`.
        column: What tells callers apart: customer_id or phone_key.
        period: The days.
        customers: The customers on record, where they are known: customer_id and
            valid_from. Nobody can have called before.
    """
    named = calls.filter(calls[column].notnull())
    is_now = named.day >= period.first
    is_late = ~is_now & (named.day >= period.late_from)
    made = named.group_by(caller=named[column]).agg(
        early=(~is_now & ~is_late).cast("int64").sum(),
        late=is_late.cast("int64").sum(),
        now=is_now.cast("int64").sum(),
    )
    if customers is None:
        frame = made.to_pandas().assign(since=pd.NaT)
    else:
        frame = _with_others(made, customers, period).to_pandas()
    frame = frame.sort_values("caller", ignore_index=True)
    early, late, now = (
        frame[part].fillna(0).to_numpy(dtype=float) for part in ("early", "late", "now")
    )
    edges = [period.history_from, period.late_from, period.first, period.until]
    on_record = _days_on_record(frame["since"], edges)
    counts = CallerCounts(early, late, now, *on_record, customers is None)
    return [str(caller) for caller in frame["caller"]], counts


def _with_others(made: ibis.Table, customers: ibis.Table, period: Period) -> ibis.Table:
    """Add the customers on record who did not call."""
    begun = customers.filter(customers.valid_from < period.instant(period.until))
    record = begun.group_by(on_record=begun.customer_id).agg(
        since=local_time(begun.valid_from.min(), period.zone).date()
    )
    joined = made.outer_join(record, made.caller == record.on_record)
    return joined.select(
        "early",
        "late",
        "now",
        "since",
        caller=ibis.coalesce(joined.caller, joined.on_record),
    )


def _days_on_record(
    since: "pd.Series[Any]", edges: Sequence[date]
) -> tuple[Floats, Floats, Floats]:
    """Count the days of each part from a customer's first day on."""
    first = pd.to_datetime(since)
    found = []
    for begin, end in pairwise(edges):
        length = (end - begin).days
        left = (pd.Timestamp(end) - first).dt.total_seconds() / 86_400
        found.append(np.asarray(left.fillna(length).clip(0, length), dtype=np.float64))
    early, late, now = found
    return early, late, now
