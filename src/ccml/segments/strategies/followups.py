"""Calls with what came before them: which one each repeats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

from ccml.engine.local_time import local_time, microseconds
from ccml.segments.about import about

HOUR_US = 3_600_000_000
CARRIED = ("answered", "abandoned", "transferred", "ivr_only", "disposition", "queue")
"""What is told of the call before, where the source has it."""


@dataclass(frozen=True)
class Period:
    """Calls that count: started in [start, cutoff), known before the cutoff.

    Args:
        start: First instant.
        cutoff: First instant after it.
        repeat_days: A repeat call comes at most so long after an answered one.
        zone: Time zone of the site.
    """

    start: datetime
    cutoff: datetime
    repeat_days: float
    zone: ZoneInfo

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.cutoff - self.start) / timedelta(days=1)


def calls_with_past(
    calls: ibis.Table, period: Period, families: Mapping[str, Sequence[str]]
) -> ibis.Table:
    """Take the inbound calls of a period, each with the customer's call before it.

    A call is a repeat when the customer's inbound call just before it was answered and
    started at most `repeat_days` earlier: so there are as many repeats as answered calls
    that were repeated (`kpis.repeats`), each told of the call that comes again.

    Args:
        calls: All calls with customer_id (null when unknown).
        period: Which calls count.
        families: Reasons by the name of their family.

    Returns:
        The columns of calls; about, is_repeat (false when the customer is unknown),
        hours_since_previous, previous_about, previous_answered, ... (null for a first
        call), hour and weekday (0 = Monday) of the site, work_s (handle time of
        answered calls, where it is not reported the time talked).
    """
    first = pd.Timestamp(period.start - timedelta(days=period.repeat_days))
    cutoff = pd.Timestamp(period.cutoff)
    seen = calls.filter(
        (calls.direction == "inbound")
        & (calls.started_at >= first)
        & (calls.started_at < cutoff)
        & (calls.known_at < cutoff)
    )
    seen = seen.mutate(about=about(seen, families))
    told = [name for name in ("about", *CARRIED) if name in seen.columns]
    before = ibis.window(
        group_by=seen.customer_id, order_by=[seen.started_at, seen.call_id]
    )
    is_known = seen.customer_id.notnull()
    previous = {
        f"previous_{name}": ibis.ifelse(is_known, seen[name].lag().over(before), None)
        for name in told
    }
    at = ibis.ifelse(is_known, seen.started_at.lag().over(before), None)
    gap = (microseconds(seen.started_at) - microseconds(at)) / HOUR_US
    rows = seen.mutate(hours_since_previous=gap, **previous)
    local = local_time(rows.started_at, period.zone)
    gap = rows.hours_since_previous
    soon = (gap > 0) & (gap <= period.repeat_days * 24)
    return rows.filter(rows.started_at >= pd.Timestamp(period.start)).mutate(
        is_repeat=(rows.previous_answered & soon).fill_null(False),
        hour=local.hour(),
        weekday=local.day_of_week.index(),
        work_s=ibis.ifelse(rows.answered, worked_s(rows), None),
    )


def worked_s(calls: ibis.Table) -> ibis.Value:
    """Give the seconds that agents worked on each call; null when nothing tells."""
    parts = [calls[name] for name in ("handle_s", "talk_s") if name in calls.columns]
    told = ibis.coalesce(*parts) if parts else ibis.null("float64")
    return told.cast("float64")
