"""The dozen figures of the whole centre that people ask for first."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd

from ccml.kpis.alerts import last_whole_month
from ccml.kpis.cuts import EVERYTHING
from ccml.kpis.handling import PER_CALL
from ccml.kpis.measure import records
from ccml.kpis.waiting import QUEUE

LEAST_CHANGE = 0.005
"""Changes below half a percent, or half a point of a percentage, are called none."""


@dataclass(frozen=True)
class Headline:
    """One of these figures.

    Args:
        name: What people call it.
        kpi: Its short name.
        variant: How it is counted; a beginning when it ends in a colon; the only one
            when not given.
        better: The direction that is good news, where there is one.
        by_window: Of the main window of repeat calls.
    """

    name: str
    kpi: str
    variant: str = ""
    better: Literal["up", "down", ""] = ""
    by_window: bool = False


HEADLINES = (
    Headline("inbound calls", "calls", "inbound"),
    Headline("answered in time", "service_level", "SL2:", "up"),
    Headline("given up in the queue", "abandonment", "AB1:", "down"),
    Headline("mean wait for an answer", "asa", QUEUE, "down"),
    Headline("mean handle time", "aht", PER_CALL),
    Headline("mean hold", "hold_time", "per held call", "down"),
    Headline("passed on", "transfer_rate", better="down"),
    Headline("repeat rate", "repeat_rate", better="down", by_window=True),
    Headline("solved at first contact", "fcr", better="up", by_window=True),
    Headline("cost of repeats", "repeat_cost", better="down", by_window=True),
    Headline("satisfaction", "csat", better="up"),
    Headline("unknown callers", "unknown_callers", better="down"),
)


def headlines(tidy: pd.DataFrame, window_days: float) -> pd.DataFrame:
    """Set the last whole month beside the one before it and the whole period.

    A month is whole when its calls are over and, for repeats, their windows too. A change
    that may be chance, as the 95 % intervals tell, is called none.

    Args:
        tidy: Rows of key figures.
        window_days: The main window of repeat calls.

    Returns:
        figure, month, value, before, change, n (calls of the month), whole_period,
        counted_as; values with their unit.
    """
    whole = tidy[tidy.group_kind == EVERYTHING]
    return pd.DataFrame(list(_rows(whole, window_days)))


def _rows(whole: pd.DataFrame, window_days: float) -> Iterator[dict[str, Any]]:
    for headline in HEADLINES:
        rows = whole[_is_meant(whole, headline, window_days)]
        found = {str(row["period"]): row for row in records(rows)}
        if EVERYTHING not in found:
            continue
        every = found[EVERYTHING]
        days = window_days if headline.by_window else 0.0
        zone = ZoneInfo(every["time_zone"])
        month = last_whole_month(every["data_until"].to_pydatetime(), zone, days)
        now = found.get(month)
        before = found.get(str(pd.Period(month, "M") - 1))
        yield {
            "figure": headline.name,
            "month": month,
            "value": _words(now),
            "before": _words(before),
            "change": _change(headline, now or every, before),
            "n": _size(now),
            "whole_period": _words(every),
            "counted_as": every["variant"],
        }


def _is_meant(
    rows: pd.DataFrame, headline: Headline, window_days: float
) -> "pd.Series[bool]":
    meant = rows.kpi == headline.kpi
    if headline.variant.endswith(":"):
        meant &= rows.variant.str.startswith(headline.variant)
    elif headline.variant:
        meant &= rows.variant == headline.variant
    if headline.by_window:
        meant &= rows.window_days == window_days
    return meant


def _size(row: dict[str, Any] | None) -> int:
    """Tell how many calls stand behind a value; a number of calls is its own."""
    if row is None or pd.isna(row["value"]):
        return 0
    return int(row["value"] if row["unit"] == "calls" else row["n"])


def _words(row: dict[str, Any] | None) -> str:
    """Say a value with its unit."""
    if row is None or pd.isna(row["value"]):
        return "unknown"
    value, unit = float(row["value"]), row["unit"]
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.2f} {unit}" if unit == "points" else f"{value:,.0f} {unit}"


def _change(
    headline: Headline, now: dict[str, Any], before: dict[str, Any] | None
) -> str:
    """Say in words which way a figure went, and whether that is good news."""
    if pd.isna(now["value"]):
        return str(now["why_null"])
    if before is None or pd.isna(before["value"]):
        return "no month before to compare"
    is_share = now["unit"] == "share"
    step = float(now["value"] - before["value"])
    size = step if is_share else step / before["value"] if before["value"] else math.inf
    if abs(size) < LEAST_CHANGE or abs(step) <= _chance(now, before):
        return "no clear change"
    way = "up" if step > 0 else "down"
    amount = f"{100 * abs(size):.1f} points" if is_share else f"{100 * abs(size):.0f} %"
    amount = "from nothing" if math.isinf(size) else amount
    news = f", {'better' if way == headline.better else 'worse'}"
    return f"{way} {amount}{news if headline.better else ''}"


def _chance(now: dict[str, Any], before: dict[str, Any]) -> float:
    """Give how far two months may lie apart by chance; 0 where that is not known."""
    half = [(row["high"] - row["low"]) / 2 for row in (now, before)]
    return 0.0 if any(pd.isna(width) for width in half) else math.hypot(*half)
