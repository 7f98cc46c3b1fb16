"""Repeat calls and first-contact resolution, with every choice as a parameter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

from ccml.kpis.business_days import BusinessDays
from ccml.kpis.figures import Figure, count_rows
from ccml.kpis.local_start import local_start

WHICH = ("call_id", "customer_id", "started_at")
CARRIED = ("queue", "reason")


@dataclass(frozen=True)
class RepeatRule:
    """What counts as a call to be repeated, and what as its repeat.

    Args:
        base: Answered inbound calls only, or all inbound calls.
        answered_only: A repeat must have been answered as well.
        merge_redials_minutes: Calls of one customer this close make one contact.
        same: Only a further call with the same reason or queue is a repeat; calls that
            do not tell theirs take no part.
        business: Count working days; calendar days when not given.
    """

    base: Literal["answered", "all"] = "answered"
    answered_only: bool = False
    merge_redials_minutes: float = 0.0
    same: Literal["reason", "queue"] | None = None
    business: BusinessDays | None = None

    def __post_init__(self) -> None:
        if self.answered_only and self.base == "all":
            raise ValueError("answered_only needs a base of answered calls")

    @property
    def day_words(self) -> str:
        """Abbreviate the kind of days."""
        return "business d" if self.business else "d"

    @property
    def words(self) -> str:
        """Say the rule for people."""
        base = "answered inbound calls" if self.base == "answered" else "inbound calls"
        event = "answered call" if self.answered_only else "inbound call"
        same = f" with the same {self.same}" if self.same else ""
        merged = (
            f"; calls within {self.merge_redials_minutes:g} min count once"
            if self.merge_redials_minutes
            else ""
        )
        return f"{base} followed by a further {event} of the customer{same}{merged}"


@dataclass(frozen=True)
class Followed:
    """When calls that can be repeated started, and when the next one did.

    A table of base calls has both columns and may stand in its place.
    """

    started_at: ibis.Value
    next_at: ibis.Value


GROSS = RepeatRule()
"""Any further inbound call is a repeat, after calendar days."""


def net_rule(
    rule: RepeatRule, same: Literal["reason", "queue"] | None
) -> RepeatRule | None:
    """Narrow a rule down to repeats with the same reason or queue."""
    return replace(rule, same=same) if same else None


def base_calls(
    calls: ibis.Table, rule: RepeatRule, carried: Sequence[str] = CARRIED
) -> ibis.Table:
    """Give the calls that can be repeated, with the start of the customer's next one.

    Calls without a known customer never take part. Two calls that start at the same
    instant do not repeat each other.

    Args:
        calls: Calls with customer_id, started_at, direction, answered.
        rule: What counts.
        carried: Further columns to keep.

    Returns:
        One row per base call: call_id, customer_id, started_at, next_at (null when no
        further call is on record), answered, and those carried.
    """
    kept = list(dict.fromkeys([*carried, *([rule.same] if rule.same else [])]))
    contacts = merged_contacts(calls, rule, kept)
    who = ["customer_id", *([rule.same] if rule.same else [])]
    base = contacts.mutate(next_at=_next_start(contacts, who, rule))
    if rule.base == "answered":
        base = base.filter(base.answered)
    return base.select(*WHICH, "answered", "next_at", *kept)


def _next_start(
    contacts: ibis.Table, who: Sequence[str], rule: RepeatRule
) -> ibis.Value:
    """Find the first later start among the contacts that can be a repeat."""
    counts = contacts.answered if rule.answered_only else ibis.literal(value=True)
    event_at = ibis.ifelse(counts, contacts.first_at, None)
    ahead = ibis.range_window(
        group_by=list(who),
        order_by="first_at",
        following=(ibis.interval(microseconds=1), None),
    )
    return event_at.min().over(ahead)


def followed_bases(
    calls: ibis.Table, rule: RepeatRule, net: RepeatRule | None
) -> list[ibis.Table]:
    """Give the calls that can be repeated by a rule, and by its narrower one.

    Both stand in one table where they can, as joining tables to all calls is dear.

    Returns:
        Tables of base_call, base_at, next_at, net_at, net_next_at (null, or missing,
        for calls that take no part).
    """
    if net is None:
        return [_named_base(calls, rule, "base_at", "next_at")]
    if rule.merge_redials_minutes or net.same is None:
        return [
            _named_base(calls, rule, "base_at", "next_at"),
            _named_base(calls, net, "net_at", "net_next_at"),
        ]
    contacts = merged_contacts(calls, rule, [net.same])
    told = contacts[net.same].notnull()
    again = _next_start(contacts, ["customer_id", net.same], net)
    both = contacts.mutate(
        next_at=_next_start(contacts, ["customer_id"], rule),
        net_at=ibis.ifelse(told, contacts.started_at, None),
        net_next_at=ibis.ifelse(told, again, None),
    )
    base = both.filter(both.answered) if rule.base == "answered" else both
    return [
        base.select(
            "next_at", "net_at", "net_next_at", base_call="call_id",
            base_at="started_at",
        )
    ]  # fmt: skip


def _named_base(calls: ibis.Table, rule: RepeatRule, *names: str) -> ibis.Table:
    base = base_calls(calls, rule, ())
    start, following = names
    columns = {start: base.started_at, following: base.next_at}
    return base.select(base_call="call_id", **columns)


def repeat_figures(
    base: ibis.Table | Followed,
    window_days: float,
    data_end: datetime,
    rule: RepeatRule,
) -> list[Figure]:
    """Build the repeat rate and FCR for one window.

    Calls whose window is not over at the data's end are left out, also those already
    seen to be repeated.

    Args:
        base: Rows of `base_calls`, or these columns of other rows; null takes no part.
        window_days: W; a repeat starts 0 < gap <= W after the call.
        data_end: Up to when the data are complete.
        rule: What the base was made with, for the words.
    """
    net = "_net" if rule.same else ""
    closed = is_closed(base, window_days, data_end, rule)
    repeated = is_repeated(base, window_days, rule)
    variant = f"within {window_days:g} {rule.day_words}; {rule.words}"
    return _rate_and_rest(net, variant, closed, repeated, window_days)


def fixed_cohort_figures(
    base: ibis.Table | Followed,
    windows: Sequence[float],
    data_end: datetime,
    rule: RepeatRule,
) -> list[Figure]:
    """Build the repeat rates of every window on the calls closed for the longest one.

    On one set of calls the rate cannot fall from a window to a longer one.
    """
    last = max(windows)
    closed = is_closed(base, last, data_end, rule)
    figures = []
    for days in windows:
        repeated = is_repeated(base, days, rule)
        words = f"calls closed for {last:g} {rule.day_words}; {rule.words}"
        variant = f"within {days:g} {rule.day_words}; {words}"
        pair = _rate_and_rest("_same_calls", variant, closed, repeated, days)
        figures.append(pair[0])
    return figures


def _rate_and_rest(
    ending: str,
    variant: str,
    closed: ibis.Value,
    repeated: ibis.Value,
    days: float,
) -> list[Figure]:
    size = count_rows(closed)
    hits = count_rows(closed & repeated)
    rest = f"1 - repeat rate {variant}"
    gap = "no call whose window is over"
    return [
        Figure(f"repeat_rate{ending}", variant, "share", size, hits, size,
               window_days=days, gap=gap),
        Figure(f"fcr{ending}", rest, "share", size, size - hits, size,
               window_days=days, gap=gap),
    ]  # fmt: skip


def is_closed(
    base: ibis.Table | Followed,
    window_days: float,
    data_end: datetime,
    rule: RepeatRule = GROSS,
) -> ibis.Value:
    """Tell which calls' windows are over at the end of the data."""
    return window_end(base, window_days, rule) <= pd.Timestamp(data_end)


def is_repeated(
    base: ibis.Table | Followed, window_days: float, rule: RepeatRule = GROSS
) -> ibis.Value:
    """Tell which calls have a further call within the window."""
    return (base.next_at <= window_end(base, window_days, rule)).fill_null(False)


def window_end(
    base: ibis.Table | Followed, window_days: float, rule: RepeatRule
) -> ibis.Value:
    """Give the moment at which each call's window ends."""
    if rule.business:
        return base.started_at + rule.business.ahead(base.started_at, window_days)
    return base.started_at + ibis.interval(seconds=round(window_days * 86_400))


def repeat_trend(
    base: ibis.Table,
    window_days: int,
    data_end: datetime,
    zone: ZoneInfo,
    rule: RepeatRule = GROSS,
) -> ibis.Table:
    """Follow the repeat rate from week to week.

    Returns:
        One row per week: week (its Monday, local), base, repeated, rate, is_censored.
        A censored week has calls whose window is not over yet: its rate is what was
        seen so far and can only rise.
    """
    monday = local_start(base, zone).truncate("W").date()
    return _trend(base.mutate(week=monday), "week", window_days, data_end, rule)


def repeats_by_day(
    base: ibis.Table,
    window_days: int,
    data_end: datetime,
    zone: ZoneInfo,
    rule: RepeatRule = GROSS,
) -> ibis.Table:
    """Follow the repeat rate from day to day, likewise: day, base, repeated, ..."""
    day = local_start(base, zone).date()
    return _trend(base.mutate(day=day), "day", window_days, data_end, rule)


def _trend(
    base: ibis.Table, by: str, window_days: int, data_end: datetime, rule: RepeatRule
) -> ibis.Table:
    rows = base.mutate(
        was_repeated=is_repeated(base, window_days, rule),
        is_open=~is_closed(base, window_days, data_end, rule),
    )
    made = rows.group_by(by).agg(
        base=rows.count(),
        repeated=count_rows(rows.was_repeated),
        is_censored=rows.is_open.any(),
    )
    made = made.mutate(rate=made.repeated / made.base)
    return made.select(by, "base", "repeated", "rate", "is_censored")


def merged_contacts(
    calls: ibis.Table, rule: RepeatRule, carried: Sequence[str]
) -> ibis.Table:
    """Take inbound calls of known customers, redials merged into the last of them.

    Args:
        calls: Calls with customer_id, started_at, direction, answered.
        rule: What counts; with `same`, calls that do not tell theirs are left out.
        carried: Further columns to keep.

    Returns:
        One row per contact: call_id and started_at of its last call, customer_id,
        first_at (start of its first call), answered (one of them was), and those carried.
    """
    taken = (
        (calls.direction == "inbound")
        & calls.customer_id.notnull()
        & calls.started_at.notnull()
    )
    if rule.same:
        taken = taken & calls[rule.same].notnull()
    inbound = calls.filter(taken)
    inbound = inbound.select(
        "call_id",
        "customer_id",
        "started_at",
        *carried,
        answered=inbound.answered.fill_null(False),
    )
    if not rule.merge_redials_minutes:
        return inbound.mutate(first_at=inbound.started_at)
    return _merged(inbound, rule.merge_redials_minutes, carried)


def _merged(inbound: ibis.Table, minutes: float, carried: Sequence[str]) -> ibis.Table:
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
        *carried,
        "first_at",
        answered=last.any_answered,
    )
