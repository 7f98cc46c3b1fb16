"""Counts of calls by local hour and day."""

from datetime import datetime
from zoneinfo import ZoneInfo

import ibis

from ccml.kpis.figures import count_true
from ccml.kpis.local_start import local_start
from ccml.kpis.queueing import is_inbound
from ccml.kpis.repeats import RepeatRule, repeats_by_day


def calls_by_hour(calls: ibis.Table, zone: ZoneInfo) -> ibis.Table:
    """Count inbound calls by local weekday (0 = Monday) and hour.

    Returns:
        weekday, hour, calls, answered, abandoned.
    """
    inbound = calls.filter(is_inbound(calls))
    local = local_start(inbound, zone)
    rows = inbound.mutate(weekday=local.day_of_week.index(), hour=local.hour())
    return _counted(rows, "weekday", "hour")


def calls_by_day(
    calls: ibis.Table,
    base: ibis.Table,
    window_days: int,
    when: tuple[datetime, ZoneInfo, RepeatRule],
) -> ibis.Table:
    """Count inbound calls and their repeats by local day.

    Args:
        calls: Calls.
        base: Calls that can be repeated, with next_at.
        window_days: Days of the repeat window.
        when: The data's end, the site's zone, and the rule of the base.

    Returns:
        day, calls, answered, abandoned, base, repeated, rate, is_censored (a window of
        the day is not over at the data's end, so its rate can only rise).
    """
    end, zone, rule = when
    inbound = calls.filter(is_inbound(calls))
    rows = inbound.mutate(day=local_start(inbound, zone).date())
    days = _counted(rows, "day")
    again = repeats_by_day(base, window_days, end, zone, rule)
    joined = days.left_join(again, "day").drop("day_right")
    counts = {
        name: joined[name].fill_null(0).cast("int64") for name in ("base", "repeated")
    }
    return joined.mutate(**counts)


def _counted(rows: ibis.Table, *by: str) -> ibis.Table:
    return rows.group_by(*by).agg(
        calls=rows.count(),
        answered=count_true(rows.answered).cast("int64"),
        abandoned=count_true(rows.abandoned).cast("int64"),
    )
