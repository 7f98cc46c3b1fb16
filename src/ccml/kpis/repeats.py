"""Repeat calls and first-contact resolution, with every choice as a parameter."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

from ccml.engine.local_time import local_time
from ccml.kpis.figures import Figure, count_rows

CARRIED = ("queue", "reason")


@dataclass(frozen=True)
class RepeatRule:
    """What counts as a call to be repeated, and what as its repeat.

    Args:
        base: Answered inbound calls only, or all inbound calls.
        answered_only: A repeat must have been answered as well.
        merge_redials_minutes: Calls of one customer this close make one contact.
    """

    base: Literal["answered", "all"] = "answered"
    answered_only: bool = False
    merge_redials_minutes: float = 0.0

    def __post_init__(self) -> None:
        if self.answered_only and self.base == "all":
            raise ValueError("answered_only needs a base of answered calls")

    @property
    def words(self) -> str:
        """Say the rule for people."""
        base = "answered inbound calls" if self.base == "answered" else "inbound calls"
        event = "answered call" if self.answered_only else "inbound call"
        merged = (
            f"; calls within {self.merge_redials_minutes:g} min count once"
            if self.merge_redials_minutes
            else ""
        )
        return f"{base} followed by a further {event} of the customer{merged}"


def base_calls(calls: ibis.Table, rule: RepeatRule) -> ibis.Table:
    """Give the calls that can be repeated, with the start of the customer's next one.

    Calls without a known customer never take part. Two calls that start at the same
    instant do not repeat each other.

    Returns:
        One row per base call: call_id, customer_id, started_at, next_at (null when no
        further call is on record), queue, reason.
    """
    contacts = _contacts(calls, rule.merge_redials_minutes)
    events = contacts.filter(contacts.answered) if rule.answered_only else contacts
    starts = events.select("customer_id", "first_at").distinct()
    ahead = ibis.window(group_by=starts.customer_id, order_by=starts.first_at)
    starts = starts.mutate(next_at=starts.first_at.lead().over(ahead))
    base = contacts.filter(contacts.answered) if rule.base == "answered" else contacts
    joined = base.inner_join(starts, ["customer_id", "first_at"])
    return joined.select(
        "call_id", "customer_id", "started_at", "next_at", "queue", "reason"
    )


def repeat_figures(
    base: ibis.Table, window_days: float, data_end: datetime, rule: RepeatRule
) -> list[Figure]:
    """Build the repeat rate and FCR for one window.

    Calls whose window is not over at the data's end are left out, also those already
    seen to be repeated.

    Args:
        base: Rows of `base_calls`.
        window_days: W; a repeat starts 0 < gap <= W after the call.
        data_end: Up to when the data are complete.
        rule: What the base was made with, for the words.
    """
    closed = is_closed(base, window_days, data_end)
    repeated = is_repeated(base, window_days)
    size = count_rows(closed)
    hits = count_rows(closed & repeated)
    variant = f"within {window_days:g} d; {rule.words}"
    return [
        Figure("repeat_rate", variant, "share", size, hits, size),
        Figure("fcr", f"1 - repeat rate {variant}", "share", size, size - hits, size),
    ]


def is_closed(base: ibis.Table, window_days: float, data_end: datetime) -> ibis.Value:
    """Tell which calls' windows are over at the end of the data."""
    last_start = pd.Timestamp(data_end - timedelta(days=window_days))
    return base.started_at <= last_start


def is_repeated(base: ibis.Table, window_days: float) -> ibis.Value:
    """Tell which calls have a further call within the window."""
    edge = base.started_at + ibis.interval(seconds=round(window_days * 86_400))
    return (base.next_at <= edge).fill_null(False)


def repeat_trend(
    base: ibis.Table, window_days: int, data_end: datetime, zone: ZoneInfo
) -> ibis.Table:
    """Follow the repeat rate from week to week.

    Returns:
        One row per week: week (its Monday, local), base, repeated, rate, is_censored.
        A censored week has calls whose window is not over yet: its rate is what was
        seen so far and can only rise.
    """
    monday = local_time(base.started_at, zone).truncate("W").date()
    open_call = ~is_closed(base, window_days, data_end)
    rows = base.mutate(
        week=monday, was_repeated=is_repeated(base, window_days), is_open=open_call
    )
    weeks = rows.group_by("week").agg(
        base=rows.count(),
        repeated=count_rows(rows.was_repeated),
        is_censored=rows.is_open.any(),
    )
    rate = weeks.repeated / weeks.base
    return weeks.mutate(rate=rate).select(
        "week", "base", "repeated", "rate", "is_censored"
    )


def _contacts(calls: ibis.Table, merge_minutes: float) -> ibis.Table:
    """Take inbound calls of known customers, redials merged into the last of them."""
    inbound = calls.filter(
        (calls.direction == "inbound")
        & calls.customer_id.notnull()
        & calls.started_at.notnull()
    )
    inbound = inbound.select(
        "call_id",
        "customer_id",
        "started_at",
        *CARRIED,
        answered=inbound.answered.fill_null(False),
    )
    if not merge_minutes:
        return inbound.mutate(first_at=inbound.started_at)
    return _merged(inbound, merge_minutes)


def _merged(inbound: ibis.Table, minutes: float) -> ibis.Table:
    order = ibis.window(
        group_by=inbound.customer_id, order_by=[inbound.started_at, inbound.call_id]
    )
    edge = inbound.started_at.lag().over(order) + ibis.interval(
        seconds=round(minutes * 60)
    )
    rows = inbound.mutate(is_new=(inbound.started_at > edge).fill_null(True))
    running = ibis.cumulative_window(
        group_by=rows.customer_id, order_by=[rows.started_at, rows.call_id]
    )
    rows = rows.mutate(chain=rows.is_new.cast("int64").sum().over(running))
    in_chain = ibis.window(
        group_by=[rows.customer_id, rows.chain],
        order_by=[rows.started_at.desc(), rows.call_id.desc()],
    )
    whole = ibis.window(group_by=[rows.customer_id, rows.chain])
    rows = rows.mutate(
        place=ibis.row_number().over(in_chain),
        first_at=rows.started_at.min().over(whole),
        any_answered=rows.answered.any().over(whole),
    )
    last = rows.filter(rows.place == 0)
    return last.select(
        "call_id",
        "customer_id",
        "started_at",
        *CARRIED,
        "first_at",
        answered=last.any_answered,
    )
