from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.kpis.business_days import BusinessDays
from ccml.kpis.measure import measure
from ccml.kpis.repeats import (
    RepeatRule,
    base_calls,
    fixed_cohort_figures,
    is_closed,
    is_repeated,
    repeat_figures,
    repeat_trend,
    repeats_by_day,
)

END = datetime(2025, 1, 31, tzinfo=UTC)
LEDGER = (
    (1, "A", "02 10:00", {}),
    (2, "A", "02 10:05", {}),
    (3, "A", "08 10:04", {}),
    (4, "B", "05 09:00", {}),
    (5, "B", "12 09:00", {}),
    (6, "B", "12 09:30", {"direction": "outbound"}),
    (7, "C", "10 12:00", {}),
    (8, "C", "20 12:00", {}),
    (9, "D", "15 08:00", {}),
    (10, "D", "15 20:00", {"answered": False, "abandoned": True}),
    (11, "E", "26 08:00", {}),
    (12, None, "03 08:00", {}),
    (13, None, "03 09:00", {}),
    (14, "F", "28 08:00", {}),
    (15, "F", "29 08:00", {}),
)


def ledger_rows():
    return [
        {
            "call_id": str(number),
            "customer_id": customer,
            "started_at": f"2025-01-{at}",
            **more,
        }
        for number, customer, at, more in LEDGER
    ]


GROSS = RepeatRule()


def rates(base, window, rule=GROSS):
    tidy = measure(base, repeat_figures(base, window, END, rule))
    return tidy.set_index("kpi")


@pytest.mark.parametrize(
    ("answered_only", "merge", "expected"),
    [
        (False, 0, {1: (3, 11), 3: (2, 9), 7: (4, 8), 14: (5, 7)}),
        (False, 10, {1: (2, 10), 3: (1, 8), 7: (3, 7), 14: (4, 6)}),
        (True, 0, {1: (2, 11), 3: (1, 9), 7: (3, 8), 14: (4, 7)}),
        (True, 10, {1: (1, 10), 3: (0, 8), 7: (2, 7), 14: (3, 6)}),
    ],
)
def test_the_ledger_gives_its_rates_for_every_rule(
    calls, answered_only, merge, expected
):
    rule = RepeatRule(answered_only=answered_only, merge_redials_minutes=merge)
    base = base_calls(calls(*ledger_rows()), rule)
    found = {
        window: tuple(
            rates(base, window, rule).loc["repeat_rate", ["numerator", "denominator"]]
        )
        for window in expected
    }
    assert found == expected


def test_a_fixed_cohort_repeats_more_the_longer_the_window(calls):
    base = base_calls(calls(*ledger_rows()), GROSS)
    cohort = base.filter(base.call_id.isin(["1", "2", "3", "4", "5", "7", "9"]))
    hits = [rates(cohort, w).loc["repeat_rate", "numerator"] for w in (1, 3, 7, 14)]
    assert hits == [2, 2, 4, 5]


def test_the_fixed_cohort_of_the_ledger(calls):
    base = base_calls(calls(*ledger_rows()), GROSS)
    tidy = measure(base, fixed_cohort_figures(base, (1, 3, 7, 14), END, GROSS))
    assert set(tidy["kpi"]) == {"repeat_rate_same_calls"}
    assert tidy["numerator"].tolist() == [2, 2, 4, 5]
    assert set(tidy["denominator"]) == {7}


def test_only_the_same_reason_is_a_net_repeat(calls):
    bill, fault = {"reason": "bill"}, {"reason": "fault"}
    rows = calls(
        bill,
        {**fault, "started_at": "2025-01-03 10:00"},
        {**bill, "started_at": "2025-01-04 10:00"},
        {"started_at": "2025-01-05 10:00"},
    )
    net = RepeatRule(same="reason")
    found = rates(base_calls(rows, net), 7, net)
    assert found.loc["repeat_rate_net", ["numerator", "denominator"]].tolist() == [1, 3]
    assert "with the same reason" in found.loc["fcr_net", "variant"]
    assert rates(base_calls(rows, GROSS), 7).loc["repeat_rate", "numerator"] == 3


# 6 January 2025 is a holiday, a Monday.
JANUARY = BusinessDays(
    date(2025, 1, 1), date(2025, 1, 31), "UTC", (5, 6), (date(2025, 1, 6),)
)


@pytest.mark.parametrize(
    ("first", "last_moment", "days"),
    [
        pytest.param("2025-01-07 10:00", "2025-01-08 10:00", 1, id="next-day"),
        pytest.param("2025-01-03 10:00", "2025-01-07 10:00", 1, id="over-the-holiday"),
        pytest.param("2025-01-04 10:00", "2025-01-07 10:00", 1, id="from-a-saturday"),
        pytest.param("2025-01-02 10:00", "2025-01-08 10:00", 3, id="three-days"),
    ],
)
def test_business_days_leave_weekends_and_holidays_out(calls, first, last_moment, days):
    rule = RepeatRule(business=JANUARY)
    for second, repeated in ((last_moment, 1), (f"{last_moment}:01", 0)):
        rows = calls({"started_at": first}, {"started_at": second})
        found = rates(base_calls(rows, rule), days, rule)
        assert found.loc["repeat_rate", "numerator"] == repeated
        assert "business d" in found.loc["repeat_rate", "variant"]


def test_windows_in_business_days_close_by_business_days(calls):
    rule = RepeatRule(business=JANUARY)
    rows = calls({"started_at": "2025-01-29 10:00"}, {"started_at": "2025-01-30 10:00"})
    assert rates(base_calls(rows, rule), 1, rule).loc["repeat_rate", "denominator"] == 1


def test_fcr_and_the_repeat_rate_add_up_to_one(calls):
    found = rates(base_calls(calls(*ledger_rows()), GROSS), 7)["value"]
    assert found["repeat_rate"] + found["fcr"] == pytest.approx(1)


def test_no_closed_window_gives_no_rate(calls):
    found = rates(base_calls(calls(*ledger_rows()), GROSS), 60)
    assert found["value"].isna().all()
    assert (found["n"] == 0).all()


@pytest.mark.parametrize(
    ("second", "repeated"),
    [
        pytest.param("2025-01-09 10:00:00", 1, id="exactly-seven-days"),
        pytest.param("2025-01-09 10:00:01", 0, id="a-second-later"),
        pytest.param("2025-01-02 10:00:00", 0, id="same-instant"),
    ],
)
def test_a_repeat_comes_after_the_call_and_within_the_window(calls, second, repeated):
    base = base_calls(calls({}, {"started_at": second}), GROSS)
    assert rates(base, 7).loc["repeat_rate", "numerator"] == repeated


def test_calls_at_the_same_instant_are_all_followed_by_the_next_one(calls):
    base = base_calls(calls({}, {}, {"started_at": "2025-01-03 10:00"}), GROSS)
    assert rates(base, 7).loc["repeat_rate", "numerator"] == 2


def test_unanswered_calls_are_base_calls_only_when_all_are(calls):
    rows = calls({"answered": False}, {"started_at": "2025-01-03 10:00"})
    bases = ("answered", "all")
    sizes = [base_calls(rows, RepeatRule(base=b)).count().execute() for b in bases]
    assert sizes == [1, 2]


def test_unanswered_base_calls_do_not_go_with_answered_repeats():
    with pytest.raises(ValueError, match="base of answered calls"):
        RepeatRule(base="all", answered_only=True)


def test_the_rule_is_said_in_words():
    words = RepeatRule(answered_only=True, merge_redials_minutes=10).words
    assert "further answered call" in words
    assert "within 10 min" in words


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.permutations(range(len(LEDGER))), anonymous=st.integers(0, 3))
def test_order_and_anonymous_calls_change_nothing(calls, order, anonymous):
    rows = ledger_rows()
    mixed = [rows[i] for i in order]
    mixed += [{"call_id": f"x{i}", "customer_id": None} for i in range(anonymous)]
    columns = ["numerator", "denominator"]
    as_given = rates(base_calls(calls(*rows), GROSS), 7)[columns]
    shuffled = rates(base_calls(calls(*mixed), GROSS), 7)[columns]
    assert shuffled.equals(as_given)


gaps = st.lists(st.integers(0, 40 * 24), min_size=1, max_size=8)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(hours=st.dictionaries(st.sampled_from("ABC"), gaps, min_size=1))
def test_on_one_set_of_calls_the_rate_rises_with_the_window(calls, hours):
    start = pd.Timestamp("2024-12-01")
    rows = [
        {"customer_id": customer, "started_at": start + pd.Timedelta(hours=gap)}
        for customer, found in hours.items()
        for gap in found
    ]
    base = base_calls(calls(*rows), GROSS)
    tidy = measure(base, fixed_cohort_figures(base, (1, 3, 7, 14, 30), END, GROSS))
    assert tidy["numerator"].is_monotonic_increasing
    both = measure(base, repeat_figures(base, 7, END, GROSS))["numerator"]
    assert both.sum() == measure(base, repeat_figures(base, 7, END, GROSS))["n"].iloc[0]


def test_splitting_the_calls_by_period_adds_up_to_the_whole(calls):
    base = base_calls(calls(*ledger_rows()), GROSS)
    halves = [
        base.filter(base.started_at.day() < 10),
        base.filter(base.started_at.day() >= 10),
    ]
    columns = ["numerator", "denominator"]
    parts = [rates(half, 3)[columns] for half in halves]
    assert (parts[0] + parts[1]).equals(rates(base, 3)[columns])


def test_closed_and_repeated_calls_are_told_one_by_one(calls):
    base = base_calls(calls(*ledger_rows()), GROSS)
    rows = base.filter(is_closed(base, 7, END))
    again = rows.filter(is_repeated(rows, 7)).call_id.execute()
    assert sorted(again, key=int) == ["1", "2", "4", "9"]


def test_days_with_open_windows_are_marked(calls):
    base = base_calls(calls(*ledger_rows()), GROSS)
    days = repeats_by_day(base, 7, END, ZoneInfo("UTC")).order_by("day").to_pandas()
    open_days = days.loc[days["is_censored"], "day"].astype(str).str[8:10].tolist()
    assert open_days == ["26", "28", "29"]


def test_weeks_with_open_windows_are_marked(calls):
    base = base_calls(calls(*ledger_rows()), GROSS)
    trend = repeat_trend(base, 7, END, ZoneInfo("UTC")).order_by("week").to_pandas()
    assert trend["is_censored"].tolist() == [False, False, False, True, True]
    assert trend["base"].tolist() == [3, 3, 1, 2, 2]
    assert trend["repeated"].tolist() == [3, 0, 1, 0, 1]
    assert (trend["rate"] * trend["base"]).tolist() == pytest.approx([3, 0, 1, 0, 1])


def test_a_week_begins_on_the_local_monday(calls):
    sunday_night = calls({"started_at": "2025-01-05 23:30"})
    base = base_calls(sunday_night, GROSS)
    trend = repeat_trend(base, 7, END, ZoneInfo("Europe/Warsaw")).to_pandas()
    assert str(trend["week"][0])[:10] == "2025-01-06"
