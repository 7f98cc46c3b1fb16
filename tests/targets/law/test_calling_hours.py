"""Calling hours: minute boundaries, clock changes, zones, regions and holidays."""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from law_profiles import PROFILES

from ccml.identity.phone_zones import zones_of_number
from ccml.targets.law.hours import Place, may_begin, public_holidays


def allowed(
    law: str, local: str | pd.Timestamp, zone: str, place: Place | None = None
) -> bool:
    """Judge one instant, given by the clock of a zone."""
    at = pd.DatetimeIndex([pd.Timestamp(local).tz_localize(ZoneInfo(zone))])
    where = Place((zone,), "NY" if law == "us_tsr" else None)
    return bool(may_begin(PROFILES[law], place or where, at.tz_convert("UTC"))[0])


# 2026-11-24 is a Tuesday, the 26th an American holiday, the 28th a Saturday.
HOURS = [
    ("us_tsr", "America/New_York", "2026-11-24", "08:00", "21:00"),
    ("us_tsr", "America/New_York", "2026-11-26", "08:00", "21:00"),
    ("us_tsr", "America/New_York", "2026-11-28", "08:00", "21:00"),
    ("us_tsr", "America/New_York", "2026-11-29", "08:00", "21:00"),
    ("uk_pecr", "Europe/London", "2026-11-24", "08:00", "21:00"),
    ("uk_pecr", "Europe/London", "2026-11-28", "09:00", "18:00"),
    ("fr", "Europe/Paris", "2026-11-24", "10:00", "13:00"),
    ("fr", "Europe/Paris", "2026-11-24", "14:00", "20:00"),
    ("de_uwg", "Europe/Berlin", "2026-11-24", "08:00", "20:00"),
    ("de_uwg", "Europe/Berlin", "2026-11-28", "08:00", "20:00"),
    ("eu_generic", "Europe/Warsaw", "2026-11-24", "09:00", "20:00"),
    ("eu_generic", "Europe/Warsaw", "2026-11-28", "10:00", "16:00"),
]


@pytest.mark.parametrize(("law", "zone", "day", "begin", "end"), HOURS)
def test_calls_begin_from_the_first_minute_to_the_one_before_the_end(
    law, zone, day, begin, end
):
    minute = pd.Timedelta(minutes=1)
    first, last = pd.Timestamp(f"{day} {begin}"), pd.Timestamp(f"{day} {end}")
    assert not allowed(law, first - minute, zone)
    assert allowed(law, first, zone)
    assert allowed(law, last - minute, zone)
    assert not allowed(law, last, zone)


@pytest.mark.parametrize(
    ("law", "zone", "day"),
    [
        ("uk_pecr", "Europe/London", "2026-11-29"),
        ("fr", "Europe/Paris", "2026-11-28"),
        ("fr", "Europe/Paris", "2026-11-29"),
        ("de_uwg", "Europe/Berlin", "2026-11-29"),
        ("eu_generic", "Europe/Warsaw", "2026-11-29"),
    ],
)
def test_on_some_days_of_the_week_nobody_is_called(law, zone, day):
    assert not any(allowed(law, f"{day} {hour:02}:00", zone) for hour in range(24))


@pytest.mark.parametrize(
    ("law", "zone", "day"),
    [
        pytest.param("uk_pecr", "Europe/London", "2026-12-25", id="christmas"),
        pytest.param("uk_pecr", "Europe/London", "2026-12-28", id="substitute-day"),
        pytest.param("uk_pecr", "Europe/London", "2026-11-30", id="only-in-scotland"),
        pytest.param("fr", "Europe/Paris", "2026-07-14", id="bastille"),
        pytest.param("de_uwg", "Europe/Berlin", "2026-10-31", id="only-in-some-lands"),
        pytest.param("eu_generic", "Europe/Warsaw", "2026-11-11", id="independence"),
    ],
)
def test_nobody_is_called_on_a_public_holiday(law, zone, day):
    assert not allowed(law, f"{day} 11:00", zone)


def test_a_holiday_of_one_land_does_not_bind_another():
    bavaria = Place(("Europe/Berlin",), "BY")
    saxony = Place(("Europe/Berlin",), "SN")
    reformation = "2026-10-31 11:00"
    assert allowed("de_uwg", reformation, "Europe/Berlin", bavaria)
    assert not allowed("de_uwg", reformation, "Europe/Berlin", saxony)


def test_american_law_knows_no_holidays():
    assert allowed("us_tsr", "2026-07-04 11:00", "America/New_York")


# The first minute of the day in UTC, at which calls may begin: on 8 March and 1 November
# 2026 the clocks of New York change, on 29 March and 25 October those of Europe.
FIRST_MINUTES = [
    ("us_tsr", "America/New_York", "2026-03-07 13:00"),
    ("us_tsr", "America/New_York", "2026-03-08 12:00"),
    ("us_tsr", "America/New_York", "2026-10-31 12:00"),
    ("us_tsr", "America/New_York", "2026-11-01 13:00"),
    ("us_tsr", "America/Phoenix", "2026-03-07 15:00"),
    ("us_tsr", "America/Phoenix", "2026-03-08 15:00"),
    ("us_tsr", "Pacific/Honolulu", "2026-03-08 18:00"),
    ("us_tsr", "Pacific/Honolulu", "2026-11-01 18:00"),
    ("fr", "Europe/Paris", "2026-03-27 09:00"),
    ("fr", "Europe/Paris", "2026-03-30 08:00"),
    ("fr", "Europe/Paris", "2026-10-23 08:00"),
    ("fr", "Europe/Paris", "2026-10-26 09:00"),
    ("uk_pecr", "Europe/London", "2026-03-27 08:00"),
    ("uk_pecr", "Europe/London", "2026-03-30 07:00"),
    ("de_uwg", "Europe/Berlin", "2026-03-28 07:00"),
    ("de_uwg", "Europe/Berlin", "2026-03-30 06:00"),
    ("eu_generic", "Europe/Warsaw", "2026-10-23 07:00"),
    ("eu_generic", "Europe/Warsaw", "2026-10-26 08:00"),
]


@pytest.mark.parametrize(("law", "zone", "utc"), FIRST_MINUTES)
def test_hours_follow_the_clock_on_the_days_it_changes(law, zone, utc):
    region = "NY" if law == "us_tsr" else None
    first = pd.Timestamp(utc, tz="UTC")
    at = pd.DatetimeIndex([first - pd.Timedelta(minutes=1), first])
    found = may_begin(PROFILES[law], Place((zone,), region), at)
    assert found.tolist() == [False, True]


def test_on_a_changed_day_us_hours_end_by_the_new_clock():
    at = pd.DatetimeIndex(["2026-03-09 00:59Z", "2026-03-09 01:00Z"])
    place = Place(("America/New_York",), "NY")
    assert may_begin(PROFILES["us_tsr"], place, at).tolist() == [True, False]


def test_a_number_of_several_zones_is_called_when_all_of_them_allow_it():
    toll_free = zones_of_number("+18005551234")
    mainland = Place(("America/New_York", "America/Los_Angeles"), "NY")
    assert {"America/New_York", "America/Los_Angeles"} < set(toll_free)
    assert not allowed("us_tsr", "2026-11-24 10:59", "America/New_York", mainland)
    assert allowed("us_tsr", "2026-11-24 11:00", "America/New_York", mainland)
    assert not allowed("us_tsr", "2026-11-24 21:00", "America/New_York", mainland)


def test_a_number_of_one_area_has_its_zone_and_an_unknown_one_none():
    assert zones_of_number("+16025551234") == ("America/Phoenix",)
    assert zones_of_number("+18085551234") == ("Pacific/Honolulu",)
    assert zones_of_number("+447700900123") == ()
    assert zones_of_number("no number") == ()


def test_a_person_of_unknown_zone_is_called_when_all_zones_of_the_law_allow_it():
    nowhere = Place((), "NY")
    # 08:00 in Hawaii is 13:00 in New York until the last hour before 21:00 there.
    assert not allowed("us_tsr", "2026-11-24 07:59", "Pacific/Honolulu", nowhere)
    assert not allowed("us_tsr", "2026-11-24 21:00", "America/Puerto_Rico", nowhere)
    assert allowed("us_tsr", "2026-11-24 15:00", "America/New_York", nowhere)


def test_a_state_forbids_more_and_an_unknown_state_is_taken_for_the_strictest():
    new_york = ("America/New_York",)
    for clock, region, ok in (
        ("19:59", "FL", True),
        ("20:00", "FL", False),
        ("20:00", "NY", True),
        ("20:00", None, False),
    ):
        place = Place(new_york, region)
        assert allowed("us_tsr", f"2026-11-24 {clock}", new_york[0], place) is ok


def test_instants_without_a_zone_are_refused():
    with pytest.raises(ValueError, match="without a zone"):
        may_begin(PROFILES["fr"], Place(), pd.DatetimeIndex(["2026-11-24 11:00"]))


def test_a_region_whose_holidays_are_not_known_keeps_those_of_all():
    assert public_holidays("DE", "no land", 2026) == public_holidays("DE", None, 2026)
    assert public_holidays("DE", "SN", 2026) < public_holidays("DE", None, 2026)


ZONES = ("America/New_York", "America/Phoenix", "Pacific/Honolulu", "Europe/Paris")


@given(
    law=st.sampled_from(sorted(PROFILES)),
    zones=st.lists(st.sampled_from(ZONES), max_size=3).map(tuple),
    region=st.sampled_from([None, "FL", "NY"]),
    start=st.datetimes(pd.Timestamp("2024-01-01"), pd.Timestamp("2028-12-31")),
)
def test_another_possible_zone_or_place_never_allows_more(law, zones, region, start):
    at = pd.date_range(start, periods=200, freq="31min", tz="UTC")
    one = may_begin(PROFILES[law], Place(zones, region), at)
    more = may_begin(PROFILES[law], Place((*zones, "Asia/Tokyo"), region), at)
    unknown = may_begin(PROFILES[law], Place(zones, None), at)
    if zones:
        assert not np.any(more & ~one)
    assert not np.any(unknown & ~one)
