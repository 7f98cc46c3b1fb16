from datetime import UTC, datetime

import pandas as pd
import pytest

from ccml.kpis.headlines import headlines

END = datetime(2025, 3, 31, 22, tzinfo=UTC)  # midnight in Warsaw


def row(kpi, variant, period, value, **more):
    usual = {"group_kind": "all", "group": "all", "unit": "share", "n": 100}
    low, high = (None, None) if value is None else (value - 0.02, value + 0.02)
    known = {"low": low, "high": high, "window_days": None}
    when = {"time_zone": "Europe/Warsaw", "data_until": pd.Timestamp(END)}
    place = {"period": period, "kpi": kpi, "variant": variant, "value": value}
    return {**usual, **known, **when, **place, "why_null": None, **more}


def series(kpi, variant, february, march, **more):
    values = {"all": february, "2025-02": february, "2025-03": march}
    return [row(kpi, variant, p, value, **more) for p, value in values.items()]


def told(*rows, window_days=7):
    numbers = dict.fromkeys(["value", "low", "high", "window_days"], "float64")
    return headlines(pd.DataFrame(rows).astype(numbers), window_days).set_index(
        "figure"
    )


@pytest.mark.parametrize(
    ("kpi", "variant", "march", "change"),
    [
        ("service_level", "SL2: in time", 0.6, "up 10.0 points, better"),
        ("service_level", "SL2: in time", 0.4, "down 10.0 points, worse"),
        ("abandonment", "AB1: lost", 0.6, "up 10.0 points, worse"),
        ("abandonment", "AB1: lost", 0.52, "no clear change"),
        ("abandonment", "AB1: lost", 0.5, "no clear change"),
    ],
)
def test_a_change_is_said_in_words(kpi, variant, march, change):
    [found] = told(*series(kpi, variant, 0.5, march)).to_dict("records")
    assert found["change"] == change
    assert (found["month"], found["before"]) == ("2025-03", "50.0 %")


def test_numbers_of_calls_are_relative_and_neither_good_nor_bad():
    calls = series("calls", "inbound", 200, 150, unit="calls", low=None, high=None)
    found = told(*calls).loc["inbound calls"]
    assert found["change"] == "down 25 %"
    assert (found["value"], found["n"]) == ("150 calls", 150)


def test_growth_from_nothing_has_no_rate():
    calls = series("calls", "inbound", 0, 150, unit="calls", low=None, high=None)
    assert told(*calls).loc["inbound calls", "change"] == "up from nothing"


def test_repeats_are_of_the_month_whose_windows_are_over():
    rows = [
        *series("repeat_rate", "within 7 d", 0.3, 0.1, window_days=7),
        *series("repeat_rate", "within 1 d", 0.2, 0.1, window_days=1),
    ]
    found = told(*rows).loc["repeat rate"]
    assert (found["month"], found["value"]) == ("2025-02", "30.0 %")
    assert found["change"] == "no month before to compare"


def test_what_is_not_reported_says_so():
    rows = series("csat", "mean", None, None, low=None, high=None, unit="points")
    rows = [{**r, "why_null": "not reported: csat"} for r in rows]
    found = told(*rows).loc["satisfaction"]
    assert (found["value"], found["n"]) == ("unknown", 0)
    assert found["change"] == "not reported: csat"


def test_groups_and_other_variants_take_no_part():
    rows = [
        *series("aht", "talk + hold + wrap per call", 300, 200, unit="s"),
        *series("aht", "talk + hold + wrap per call, inbound only", 1, 1, unit="s"),
        *series(
            "aht", "talk + hold + wrap per call", 9, 9, unit="s", group_kind="queue"
        ),
    ]
    found = told(*rows)
    assert found["value"].tolist() == ["200 s"]
    assert found["change"].tolist() == ["down 33 %"]
