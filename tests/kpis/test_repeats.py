from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.kpis.figures import measure
from ccml.kpis.repeats import RepeatRule, base_calls, repeat_figures, repeat_trend

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
