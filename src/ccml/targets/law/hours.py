"""Calling hours by the clock of the person called, on their weekdays and holidays."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.contact_law import (
    WEEKDAYS,
    CallingHours,
    ContactLawConfig,
    minute_of_day,
)

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Place:
    """Where a person may be.

    Attributes:
        zones: Every time zone that is possible; none means that nothing is known.
        region: Code of the state or land, such as FL; none when it is not known.
    """

    zones: tuple[str, ...] = ()
    region: str | None = None


def may_begin(law: ContactLawConfig, place: Place, at: pd.DatetimeIndex) -> Bools:
    """Tell at which instants a call to a place may begin.

    A call must be allowed by the clock of every zone in which the person may be; where
    no zone is known, by those of all zones of the profile.

    Args:
        law: The profile.
        place: Where the person may be.
        at: Instants with a zone of their own, of any length n.

    Returns:
        n flags.

    Raises:
        ValueError: The instants carry no zone.
    """
    if at.tz is None:
        raise ValueError("instants without a zone cannot be judged by a law")
    allowed = np.ones(len(at), dtype=np.bool_)
    for zone in place.zones or law.zones:
        local = at.tz_convert(zone)
        for hours in _layers(law, place):
            allowed &= _inside(hours, local)
        if not law.on_holidays:
            allowed &= ~_is_holiday(law.country, place.region, local)
    return allowed


def _layers(law: ContactLawConfig, place: Place) -> Iterable[list[CallingHours]]:
    """Give the profile's hours, and those of the region within them.

    Whose region is not known may live in any of them.
    """
    yield law.calling_hours
    for code, region in law.regions.items():
        if region.calling_hours and place.region in (code, None):
            yield region.calling_hours


def _inside(hours: list[CallingHours], local: pd.DatetimeIndex) -> Bools:
    minute = local.hour.to_numpy() * 60 + local.minute.to_numpy()
    weekday = local.day_of_week.to_numpy()
    inside = np.zeros(len(local), dtype=np.bool_)
    for entry in hours:
        days = [WEEKDAYS.index(day) for day in entry.days]
        begin, end = minute_of_day(entry.begin), minute_of_day(entry.end)
        inside |= np.isin(weekday, days) & (begin <= minute) & (minute < end)
    return inside


def _is_holiday(country: str, region: str | None, local: pd.DatetimeIndex) -> Bools:
    dates = local.tz_localize(None).to_numpy().astype("datetime64[D]")
    days: set[date] = set()
    for year in {int(year) for year in local.year}:
        days |= public_holidays(country, region, year)
    return np.isin(dates, np.array(sorted(days), dtype="datetime64[D]"))


@cache
def public_holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    """List the public holidays of a year, substitute days included.

    Args:
        country: ISO code.
        region: Code of a state or land. Where it is not known, or not one whose
            holidays are known, the days of all of them count.
        year: The year.
    """
    import holidays

    whole = holidays.country_holidays(country, years=year)
    codes = whole.subdivisions
    taken = [region] if region in codes else [None, *codes]
    days: set[date] = set()
    for code in taken:
        days |= set(holidays.country_holidays(country, subdiv=code, years=year))
    return frozenset(days)
