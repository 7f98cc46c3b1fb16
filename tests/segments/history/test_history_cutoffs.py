"""Which cutoffs and months are looked at."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest

from ccml.segments.history.cutoffs import (
    Span,
    days_between,
    history_cutoffs,
    months,
)

WARSAW = ZoneInfo("Europe/Warsaw")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_a_spine_cutoffs_lie_some_days_apart():
    found = history_cutoffs(None, Span(day("2026-07-01"), LONG_AGO, 2), 30, 90)
    assert found == [day("2026-05-02"), day("2026-06-01"), day("2026-07-01")]


def test_a_spine_gives_its_newest_cutoffs_and_none_after_the_current():
    moments = [day(f"2026-0{month}-01") for month in (3, 4, 5, 6, 7)]
    stored = pd.DataFrame({"cutoff_at": moments * 2}).astype("datetime64[us, UTC]")
    features = ibis.memtable(stored)
    found = history_cutoffs(features, Span(day("2026-06-01"), LONG_AGO, 2), 30, 90)
    assert found == [day("2026-04-01"), day("2026-05-01"), day("2026-06-01")]


@pytest.mark.parametrize(
    ("first_call", "number"),
    [
        pytest.param("2026-05-02", 2, id="a-third-of-the-window-seen"),
        pytest.param("2026-05-03", 1, id="a-day-less"),
    ],
)
def test_cutoffs_with_too_little_before_them_are_left_out(first_call, number):
    found = history_cutoffs(None, Span(day("2026-07-01"), day(first_call), 6), 30, 90)
    assert len(found) == number


def test_months_are_those_of_the_site_and_whole():
    found = months(Span(day("2026-04-20"), day("2026-01-02"), 9), WARSAW)
    starts = [start.astimezone(WARSAW).date().isoformat() for start, _ in found]
    assert starts == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert [days_between(*one) for one in found] == [31, 28, 31]
    assert found[-1][1] == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_a_month_whose_calls_begin_late_is_not_whole():
    found = months(Span(day("2026-04-01"), day("2026-01-10"), 9), ZoneInfo("UTC"))
    assert [start for start, _ in found] == [day("2026-02-01"), day("2026-03-01")]
    few = Span(day("2026-06-01"), day("2026-01-10"), 1)
    assert len(months(few, ZoneInfo("UTC"))) == 2
