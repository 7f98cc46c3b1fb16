from datetime import timedelta

import ibis
import pytest
from builders import at
from labelled import (
    END,
    TICK,
    both,
    days,
    engine_labels,
    label_of,
    minutes,
    one,
    periods_of,
    slow_labels,
    spine_of,
)

from ccml.labels.repeats import family

pytestmark = pytest.mark.usefixtures("shared_backend")
DAY = at("2025-01-10T10:00")
HALF_A_MINUTE = timedelta(seconds=30)
PLAIN = {"repeats": {"merge_redials_minutes": 0}}


def first_labels(cases, **given):
    """Label the first call of each case; each case is a customer of its own."""
    calls = []
    for number, (first, second) in enumerate(cases):
        pair = [one(f"{number} {i}", DAY, f"customer {number}") for i in (1, 2)]
        calls += [{**pair[0], **first}, {**pair[1], **second}]
    for call in calls:
        call["event_at"] = call["started_at"]
    return both(calls, **given)[::2]


def starts(moment, **changes):
    return {"started_at": moment, "ended_at": moment + minutes(5), **changes}


def test_a_further_call_within_the_horizon_is_a_repeat():
    calls = [one(1, DAY), one(2, DAY + days(3)), one(3, DAY + days(15))]
    assert both(calls, repeats={}) == [1, 0, 0]
    assert both(calls, repeats={}, horizon_days=1, kind="inactivity") == [1, 1, 1]
    counted = both(calls, repeats={}, kind="count", horizon_days=20)
    assert counted == [2, 1, 0]


def test_what_is_no_call_of_the_customer_is_no_repeat():
    a_day_later = starts(DAY + days(1))
    others = [
        {"direction": "outbound"},
        {"direction": "callback"},
        {"callback_of": "call of the customer"},
        {"customer_id": "somebody else"},
        {"customer_id": None},
        {"counts": False},
        {"counts": True},
    ]
    found = first_labels([({}, a_day_later | other) for other in others], repeats={})
    assert found == [0, 0, 0, 0, 0, 0, 1]


def test_an_unanswered_call_is_a_repeat_unless_only_answered_ones_are():
    missed = one(2, DAY + days(1), answered=False)
    calls = [one(1, DAY), missed]
    assert both(calls, repeats={}) == [1, 0]
    other = [one(3, DAY, "B"), one(4, DAY + days(1), "B", answered=False)]
    again = one(5, DAY + days(1) + minutes(5), "B")
    found = both([*calls, *other, again], repeats={"answered_only": True})
    assert found == [0, 0, 1, 0, 0]


def test_a_redial_is_the_same_contact_counted_from_start_to_start():
    cut_off = {"ended_at": DAY + minutes(1)}
    gaps = [minutes(10) - TICK, minutes(10), minutes(10) + TICK]
    cases = [(cut_off, starts(DAY + gap)) for gap in gaps]
    assert first_labels(cases, repeats={}) == [0, 0, 1]
    assert first_labels(cases, **PLAIN) == [1, 1, 1]


def test_redials_of_redials_are_one_contact_and_a_repeat_begins_with_the_first():
    later = DAY + days(2)
    moments = [DAY, DAY + minutes(8), DAY + minutes(16), later, later + minutes(9)]
    calls = [one(i, moment, ended_at=moment) for i, moment in enumerate(moments)]
    assert both(calls, repeats={}, kind="count") == [1, 1, 1, 0, 0]
    assert both(calls, kind="count", **PLAIN) == [4, 3, 2, 1, 0]


def test_what_continues_a_transferred_call_is_no_repeat():
    end = minutes(40)
    moved = {"ended_at": DAY + end, "transferred": True}
    kept = moved | {"transferred": None}
    soon = end + HALF_A_MINUTE
    cases = [
        *((moved, starts(DAY + gap)) for gap in (minutes(20), end, soon, soon + TICK)),
        (kept, starts(DAY + minutes(20))),
        (moved | {"direction": "outbound"}, starts(DAY + minutes(20))),
    ]
    found = first_labels(cases, at_column="started_at", repeats={})
    assert found == [0, 0, 0, 1, 1, 1]


def test_transfers_may_follow_each_other():
    legs = [
        one(i, DAY + minutes(30 * i), ended_at=DAY + minutes(30 * i + 30))
        | {"transferred": True}
        for i in range(3)
    ]
    calls = [*legs, one(8, DAY + days(1))]
    found = both(calls, at_column="started_at", repeats={}, kind="count")
    assert found == [1, 1, 1, 0]


@pytest.mark.parametrize("at_column", ["started_at", "ended_at"])
def test_a_call_never_repeats_itself_nor_one_of_its_instant(at_column):
    cases = [({"ended_at": end}, {"ended_at": end}) for end in (DAY, DAY + minutes(5))]
    assert first_labels(cases, at_column=at_column, **PLAIN) == [0, 0]


def test_the_horizon_is_half_open_and_begins_at_the_cutoff():
    hour = minutes(60)
    edges = [hour - TICK, hour, hour + days(7) - TICK, hour + days(7)]
    cases = [({"ended_at": DAY + hour}, starts(DAY + edge)) for edge in edges]
    assert first_labels(cases, **PLAIN) == [0, 1, 1, 0]


def test_the_gap_is_skipped():
    calls = [one(1, DAY), one(2, DAY + days(1)), one(3, DAY + days(4))]
    assert both(calls, repeats={}, gap_days=2, kind="count", horizon_days=3)[0] == 1


def test_only_calls_with_the_same_reason_or_family_are_repeats():
    reasons = ["bill", "fault", "payment", None, "bill"]
    calls = [one(i, DAY + days(i), reason=why) for i, why in enumerate(reasons)]
    assert both(calls, repeats={"same": "reason"}) == [1, 0, 0, None, 0]
    families = {"billing": ["payment", "bill"], "none": []}
    repeats = {"same": "reason", "families": families}
    spine, label = spine_of(calls, "ended_at"), label_of(repeats=repeats, kind="count")
    found = engine_labels(spine, calls, label)
    assert [value for value, _why in found] == [2, 0, 1, None, 0]
    assert found[3] == (None, "reason not told")
    assert slow_labels(spine, calls, label) == [2, 0, 1, None, 0]


def test_the_last_of_merged_calls_tells_the_reason_of_the_contact():
    calls = [
        one(1, DAY, reason="bill"),
        one(2, DAY + days(1), reason="bill"),
        one(3, DAY + days(1) + minutes(5), reason="fault"),
    ]
    assert both(calls, repeats={"same": "reason"}) == [0, 0, 0]


def test_a_value_that_stands_in_no_family_stays_what_it_is():
    values = ibis.memtable({"v": ["bill", "payment", "fault", None]})
    found = values.select(f=family(values.v, {"bill": "bill", "payment": "bill"}))
    assert found.to_pandas().f.fillna("-").tolist() == ["bill", "bill", "fault", "-"]


def test_regular_cutoffs_count_contacts_that_begin_after_them():
    cutoff = DAY + minutes(5)
    calls = [one(1, DAY), one(2, DAY + minutes(8)), one(3, DAY + days(1))]
    spine = periods_of(["A", "B"], [cutoff, cutoff + days(1)])
    label = label_of(kind="count", repeats={})
    found = engine_labels(spine, calls, label, skips_own=False)
    assert found == [(n, "labelled") for n in (1, 0, 0, 0)]
    assert slow_labels(spine, calls, label, skips_own=False) == [1, 0, 0, 0]


def test_a_repeat_that_is_seen_is_still_not_known_before_the_window_is_over():
    calls = [one(1, DAY), one(2, DAY + days(1))]
    known = calls[0]["ended_at"] + days(9)
    given = {"repeats": {}, "settle_days": 2}
    assert both(calls, until=known - TICK, **given) == [None, None]
    assert both(calls, until=known, **given) == [1, None]
    assert both(calls, until=END, **given) == [1, 0]
