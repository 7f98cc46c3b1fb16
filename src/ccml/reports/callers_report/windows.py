"""The periods that figures are about, in words."""

from typing import Any

import pandas as pd

from ccml.reports.callers_report.gather import CallersData
from ccml.reports.numbers import day, period


def cutoff_day(data: CallersData) -> pd.Timestamp | None:
    """Give the local moment at which customers were described."""
    for name in ("segment_summary", "callers_summary"):
        found = data.summary(name).get("cutoff_at")
        if found:
            return local(found, data.zone)
    return None


def local(moment: Any, zone: str) -> pd.Timestamp:
    """Turn an instant into the moment at the site."""
    instant = pd.Timestamp(moment)
    if instant.tzinfo is None:
        return instant
    return instant.tz_convert(zone).tz_localize(None)


def window(data: CallersData) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Give the first and the last day of the calls that customers are judged by."""
    cutoff = cutoff_day(data)
    folders = ("segment_summary", "callers_summary")
    told = (data.summary(name).get("window_days") for name in folders)
    days = next((one for one in told if one is not None), None)
    if cutoff is None or days is None:
        return None
    return cutoff - pd.Timedelta(days=float(days)), last_day(cutoff)


def last_day(moment: pd.Timestamp) -> pd.Timestamp:
    """Give the day that ends at a moment: midnight belongs to the day before."""
    return (moment - pd.Timedelta(microseconds=1)).normalize()


def window_words(data: CallersData) -> str:
    """Say the window: from 2 Apr to 30 Jun 2026."""
    found = window(data)
    return f" from {period(*found)}" if found else ""


def cutoff_words(moment: Any, zone: str) -> str:
    """Say the last day before a cutoff: 30 Jun 2026."""
    return day(last_day(local(moment, zone)))
