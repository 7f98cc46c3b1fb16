from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccml.reports import numbers

GAP, DASH, MINUS = numbers.GAP, numbers.DASH, numbers.MINUS
UNKNOWN = [None, float("nan"), float("inf"), pd.NA, "text", True]


@pytest.mark.parametrize("value", UNKNOWN)
@pytest.mark.parametrize(
    "write",
    [
        numbers.count,
        numbers.percent,
        numbers.score,
        numbers.plain,
        numbers.money,
        numbers.duration,
        numbers.price,
        numbers.percent_with,
        numbers.score_with,
    ],
)
def test_what_is_not_known_is_written_as_a_dash(write, value):
    assert write(value) == numbers.NOTHING


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234567, "1,234,567"),
        (np.int64(48210), "48,210"),
        (2.6, "3"),
    ],
)
def test_counts_have_thousands_separators(value, text):
    assert numbers.count(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0"),
        (0.312, "31.2"),
        (0.05, "5.0"),
        (0.0042, "0.42"),
        (1, "100.0"),
    ],
)
def test_shares_keep_what_is_worth_reading(share, text):
    assert numbers.percent(share) == f"{text}{GAP}%"


def test_a_share_is_written_with_its_interval():
    text = numbers.percent_with(0.312, 0.308, 0.316)
    assert text == f"31.2{GAP}% (30.8{DASH}31.6)"


def test_a_share_without_interval_is_written_alone():
    assert numbers.percent_with(0.312, None, 0.4) == numbers.percent(0.312)


def test_a_metric_is_written_with_its_interval():
    metric = {"value": 0.8124, "low": 0.79, "high": 0.834}
    assert numbers.score_with(metric) == f"0.812 (0.790{DASH}0.834)"
    assert numbers.score_with(0.5) == "0.500"


def test_a_tiny_negative_number_is_not_written_as_minus_zero():
    assert numbers.score(-0.0001) == "0.000"
    assert numbers.score(-0.25, 2) == f"{MINUS}0.25"


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        pytest.param(31_417, None, None, "31,000", id="two-digits"),
        pytest.param(31_417, 24_910, 38_020, "31,000 (25,000-38,000)", id="wide"),
        pytest.param(31_417, 31_380, 31_450, "31,417 (31,380-31,450)", id="narrow"),
        pytest.param(0, None, None, "0", id="nothing"),
    ],
)
def test_money_is_rounded_to_what_is_known(value, low, high, text):
    written = numbers.money(value, low, high).replace(f"{GAP}EUR", "")
    assert written.replace(DASH, "-") == text


def test_a_price_that_somebody_set_is_not_rounded():
    assert numbers.price(1250) == f"1,250{GAP}EUR"
    assert numbers.price(2.5) == f"2.50{GAP}EUR"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4.25, "4.25 s"),
        (42, "42 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert numbers.duration(seconds).replace(GAP, " ") == text


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.2, "about 1 in 5"),
        (0.08, "about 1 in 12"),
        (0.0001, "fewer than 1 in 200"),
        (0.5, "about 1 in 2"),
        (0.62, "about 3 in 5"),
        (0.99, "more than 19 in 20"),
        (1 / 37, "about 1 in 35"),
        (1 / 104, "about 1 in 100"),
        (None, "unknown"),
    ],
)
def test_probabilities_are_said_in_words(probability, words):
    assert numbers.chance(probability) == words


@given(st.floats(min_value=0.005, max_value=0.97))
def test_words_of_a_probability_are_near_it(probability):
    top, bottom = numbers.chance(probability).removeprefix("about ").split(" in ")
    assert int(top) / int(bottom) == pytest.approx(probability, rel=0.2)


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_plain_numbers_can_be_read_back(value):
    text = numbers.plain(value).replace(",", "")
    assert float(text) == pytest.approx(value, rel=6e-3, abs=6e-3 if not value else 0)


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("share", "50.0 %"),
        ("s", "0.5 s"),
        ("EUR", "0.50 EUR"),
        ("points", "0.5 points"),
        ("", "0.5"),
        (None, "0.5"),
    ],
)
def test_a_value_is_written_in_its_unit(unit, text):
    assert numbers.with_unit(0.5, unit).replace(GAP, " ") == text


def test_a_missing_value_has_no_unit():
    assert numbers.with_unit(None, "points") == numbers.NOTHING


@pytest.mark.parametrize(
    "moment",
    [
        date(2025, 11, 3),
        datetime(2025, 11, 3, 8, tzinfo=UTC),
        "2025-11-03",
        "2025-11-03T08:00:00+00:00",
        pd.Timestamp("2025-11-03", tz="UTC"),
    ],
)
def test_days_are_read_from_whatever_holds_them(moment):
    assert numbers.day(moment) == "3 Nov 2025"


@pytest.mark.parametrize("moment", [None, "soon", 7, pd.NaT])
def test_what_is_no_day_is_written_as_a_dash(moment):
    assert numbers.day(moment) == numbers.NOTHING


def test_nouns_follow_their_number():
    assert numbers.plural(1, "call") == f"1{GAP}call"
    assert numbers.plural(2, "entry", "entries") == f"2{GAP}entries"
