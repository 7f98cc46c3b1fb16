"""Random small worlds: the engine's labels are those of plain Python."""

import pytest
from builders import at
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled import (
    TICK,
    days,
    engine_labels,
    label_of,
    minutes,
    one,
    periods_of,
    slow_labels,
    spine_of,
)

pytestmark = pytest.mark.usefixtures("shared_backend")
BASE = at("2025-01-10T00:00")
STEPS = [minutes(0), minutes(5), minutes(10), minutes(60), days(1), days(3), days(7)]
LENGTHS = [minutes(0), minutes(5), minutes(60), days(1)]
TICKS = [minutes(0), TICK, -TICK]
REASONS = ["bill", "payment", "fault", None]
CUSTOMERS = ["A", "A", "B", None]


@st.composite
def worlds(draw):
    """Draw calls that start on and beside the edges of each other's windows."""
    calls = []
    for number in range(draw(st.integers(1, 14))):
        start = BASE + draw(st.sampled_from(STEPS)) + draw(st.sampled_from(STEPS))
        start += draw(st.sampled_from(TICKS))
        calls.append(
            one(
                number,
                start,
                draw(st.sampled_from(CUSTOMERS)),
                ended_at=start + draw(st.sampled_from(LENGTHS)),
                answered=draw(st.sampled_from([True, False, None])),
                transferred=draw(st.sampled_from([False, None, True])),
                direction=draw(st.sampled_from(["inbound"] * 4 + ["outbound"])),
                callback_of=draw(st.sampled_from([None, None, None, "call 0"])),
                reason=draw(st.sampled_from(REASONS)),
                counts=draw(st.sampled_from([True, True, True, False])),
            )
        )
    return calls


@st.composite
def rules(draw):
    """Draw a label of any kind."""
    kind = draw(st.sampled_from(["event", "inactivity", "count"]))
    given = {
        "kind": kind,
        "gap_days": draw(st.sampled_from([0, 0, 1])),
        "horizon_days": draw(st.sampled_from([1, 3, 7])),
        "settle_days": draw(st.sampled_from([0, 2])),
    }
    if kind == "count":
        given["at_least"] = draw(st.sampled_from([None, 1, 2]))
    if draw(st.booleans()):
        same = draw(st.sampled_from([None, "reason"]))
        given["repeats"] = {
            "same": same,
            "families": {"money": ["bill", "payment"]} if same else {},
            "merge_redials_minutes": draw(st.sampled_from([0, 10])),
            "answered_only": draw(st.booleans()),
        }
    return label_of(**given)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    calls=worlds(),
    label=rules(),
    at_column=st.sampled_from(["started_at", "ended_at"]),
    late=st.sampled_from([days(5), days(12), days(40)]),
)
def test_labels_of_calls_are_those_of_the_reference(calls, label, at_column, late):
    rows = spine_of([c for c in calls if c["customer_id"]], at_column)
    for number, row in enumerate(rows):
        row["is_eligible"] = number % 5 != 4
    if rows:
        until = BASE + late
        found = engine_labels(rows, calls, label, until)
        assert [v for v, _why in found] == slow_labels(rows, calls, label, until)
        assert all((value is None) == (why != "labelled") for value, why in found)


@settings(max_examples=8, deadline=None)
@given(calls=worlds(), label=rules(), tick=st.sampled_from(TICKS))
def test_labels_of_regular_cutoffs_are_those_of_the_reference(calls, label, tick):
    repeats = label.repeats and label.repeats.model_copy(
        update={"same": None, "families": {}}
    )
    label = label.model_copy(update={"repeats": repeats})
    rows = periods_of(["A", "B", "C"], [BASE + tick, BASE + days(3), BASE + days(30)])
    until = BASE + days(20)
    found = engine_labels(rows, calls, label, until, skips_own=False)
    slow = slow_labels(rows, calls, label, until, skips_own=False)
    assert [value for value, _why in found] == slow
