from datetime import timedelta

import ibis
import pytest
from builders import arrow, at
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled import days, engine_labels, label_of, minutes, one, spine_of

from ccml.kpis.repeats import RepeatRule, base_calls, repeat_figures

pytestmark = pytest.mark.usefixtures("shared_backend")
END = at("2025-01-31")
LEDGER = [
    one(1, at("2025-01-02T10:00")),
    one(2, at("2025-01-02T10:05")),
    one(3, at("2025-01-08T10:04")),
    one(4, at("2025-01-05T09:00"), "B"),
    one(5, at("2025-01-12T08:59"), "B"),
    one(6, at("2025-01-12T09:30"), "B", direction="outbound"),
    one(7, at("2025-01-10T12:00"), "C"),
    one(8, at("2025-01-20T12:00"), "C"),
    one(9, at("2025-01-15T08:00"), "D"),
    one(10, at("2025-01-15T20:00"), "D", answered=False),
    one(11, at("2025-01-26T08:00"), "E"),
    one(12, at("2025-01-03T08:00"), None),
    one(14, at("2025-01-28T08:00"), "F"),
    one(15, at("2025-01-29T07:59"), "F"),
]


def rate_by_kpis(calls, window, rule):
    who = {c["call_id"]: c["customer_id"] for c in calls}
    table = ibis.memtable(arrow("calls", calls))
    table = table.mutate(customer_id=table.call_id.substitute(who, else_=None))
    base = base_calls(table, rule, ["reason"])
    rate, _rest = repeat_figures(base, window, END, rule)
    frame = base.mutate(
        hits=rate.numerator.fill_null(0).over(),
        size=rate.denominator.fill_null(0).over(),
    ).to_pandas()
    if frame.empty:
        return (0, 0), []
    return (int(frame.hits[0]), int(frame["size"][0])), list(frame.call_id)


def rate_by_labels(calls, window, rule, base):
    label = label_of(
        horizon_days=window,
        repeats={
            "merge_redials_minutes": rule.merge_redials_minutes,
            "answered_only": rule.answered_only,
            "same": rule.same,
        },
    )
    rows = spine_of([c for c in calls if c["call_id"] in base], "started_at")
    if not rows:
        return (0, 0)
    labels = [value for value, _why in engine_labels(rows, calls, label, END)]
    known = [value for value in labels if value is not None]
    return (sum(known), len(known))


@pytest.mark.parametrize(
    ("window", "merged", "answered_only"),
    [(1, 0, True), (3, 10, False), (7, 0, False), (14, 10, True)],
)
def test_the_ledger_of_repeats_gives_one_rate_by_both(window, merged, answered_only):
    rule = RepeatRule(answered_only=answered_only, merge_redials_minutes=merged)
    rate, base = rate_by_kpis(LEDGER, window, rule)
    assert rate[1] > 0
    assert rate_by_labels(LEDGER, window, rule, base) == rate


STEPS = st.sampled_from([1, 7, 10, 11, 300, 1441, 4000, 9999])


@st.composite
def logs(draw):
    """Draw calls of which none starts exactly a whole window after another one."""
    moment, calls = at("2025-01-01T00:00"), []
    for number in range(draw(st.integers(1, 25))):
        moment += minutes(draw(STEPS)) + timedelta(microseconds=1)
        calls.append(
            one(
                number,
                moment,
                draw(st.sampled_from(["A", "A", "B", "C", None])),
                answered=draw(st.sampled_from([True, True, False, None])),
                direction=draw(st.sampled_from(["inbound"] * 3 + ["outbound"])),
                reason=draw(st.sampled_from(["bill", "fault", None])),
            )
        )
    return calls


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(
    calls=logs(),
    window=st.sampled_from([1, 7]),
    merged=st.sampled_from([0, 10]),
    answered_only=st.booleans(),
    same=st.sampled_from([None, "reason"]),
)
def test_any_log_gives_one_rate_by_both(calls, window, merged, answered_only, same):
    rule = RepeatRule(
        answered_only=answered_only, merge_redials_minutes=merged, same=same
    )
    rate, base = rate_by_kpis(calls, window, rule)
    assert rate_by_labels(calls, window, rule, base) == rate


def test_exactly_a_window_later_is_a_repeat_for_the_rate_but_outside_a_horizon():
    first = one(1, at("2025-01-05T09:00"))
    calls = [first, one(2, first["started_at"] + days(7))]
    rule = RepeatRule()
    rate, base = rate_by_kpis(calls, 7, rule)
    assert (rate[0], rate_by_labels(calls, 7, rule, base)[0]) == (1, 0)
