"""Spells: how long until the event, or until nobody looks any more."""

from datetime import timedelta

import pandas as pd
import pytest
from builders import at, bill, customer, memory_project, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.features.build import build_features
from ccml.labels.spells import Followed, eligible_rows, followed, spells

CUTOFF = at("2025-03-01")
UNTIL = CUTOFF + timedelta(days=100)
LATER = UNTIL + timedelta(days=50)


def days(number):
    return timedelta(days=number)


def event(number, event_at, customer_id="A", known_at=None):
    return {
        "customer_id": customer_id,
        "event_id": f"e{number}",
        "event_at": event_at,
        "known_at": known_at or event_at,
    }


def follow(events, *, cutoffs=(CUTOFF,), until=UNTIL, own=None, **given):
    columns = ["customer_id", "event_id", "event_at", "known_at"]
    frame = pd.DataFrame(events, columns=columns)
    for moment in ("event_at", "known_at"):
        frame[moment] = frame[moment].astype("datetime64[us, UTC]")
    rows = pd.DataFrame({"customer_id": "A", "cutoff_at": list(cutoffs)})
    rows["cutoff_at"] = rows["cutoff_at"].astype("datetime64[us, UTC]")
    if own is not None:
        rows["event_id"] = own
    found = spells(rows, Followed(frame, LATER, **given), until)
    return list(
        zip(found["days"], found["happened"], found["followed_days"], strict=True)
    )


@pytest.mark.parametrize(
    ("happened_at", "told"),
    [
        pytest.param(CUTOFF - days(1), (100, False, 100), id="before the cutoff"),
        pytest.param(CUTOFF, (0, True, 100), id="at the cutoff"),
        pytest.param(CUTOFF + days(12), (12, True, 100), id="after it"),
        pytest.param(UNTIL - days(1), (99, True, 100), id="just seen"),
        pytest.param(UNTIL, (100, False, 100), id="when looking ends"),
    ],
)
def test_a_spell_ends_with_the_first_event_or_is_censored(happened_at, told):
    assert follow([event(1, happened_at)]) == [told]


def test_the_first_of_several_events_counts_and_those_of_others_do_not():
    mine = [event(1, CUTOFF + days(30)), event(2, CUTOFF + days(20))]
    other = event(3, CUTOFF + days(1), customer_id="B")
    assert follow([*mine, other]) == [(20, True, 100)]


def test_settling_days_are_not_followed():
    late = event(1, CUTOFF + days(96))
    assert follow([late], settle=days(5)) == [(95, False, 95)]


def test_a_row_cut_after_the_end_is_not_followed():
    ((length, happened, seen),) = follow([], cutoffs=[UNTIL + days(3)])
    assert (length, happened, seen) == (0, False, -3)


def test_what_arrived_later_is_not_seen_but_a_second_event_is():
    late = event(1, CUTOFF + days(5), known_at=UNTIL)
    early = event(2, CUTOFF + days(40))
    assert follow([late, early]) == [(40, True, 100)]
    assert follow([late, early], until=LATER) == [(5, True, 150)]


def test_an_event_does_not_end_its_own_spell():
    one, two = event(1, CUTOFF), event(2, CUTOFF + days(9))
    assert follow([one, two], own=["e1"], skips_own=True) == [(9, True, 100)]
    twin = event(3, CUTOFF)
    assert follow([one, two, twin], own=["e1"], skips_own=True) == [(0, True, 100)]
    assert follow([one], own=["e1"], skips_own=True) == [(100, False, 100)]


MOMENTS = st.integers(-20, 140).map(lambda day: CUTOFF + days(day))
EVENTS = st.lists(st.tuples(MOMENTS, st.integers(0, 60), st.sampled_from("AB")))


def made(drawn):
    return [
        event(number, moment, who, moment + days(lag))
        for number, (moment, lag, who) in enumerate(drawn)
    ]


@settings(max_examples=40, deadline=None)
@given(EVENTS, EVENTS, st.integers(0, 5))
def test_what_becomes_known_after_the_moment_of_looking_changes_nothing(
    drawn, other, settle
):
    """The leak test: training spells are those that were there before the test."""
    known = [e for e in made(drawn) if e["known_at"] < UNTIL]
    later = [e for e in made(other) if e["known_at"] >= UNTIL]
    cutoffs = [CUTOFF, CUTOFF + days(31), CUTOFF + days(61)]
    given_settle = {"settle": days(settle), "cutoffs": cutoffs}
    assert follow(known, **given_settle) == follow(known + later, **given_settle)


@settings(max_examples=40, deadline=None)
@given(EVENTS, st.integers(0, 5), st.integers(-5, 120))
def test_spells_equal_a_slow_reference(drawn, settle, cut):
    events, cutoff = made(drawn), CUTOFF + days(cut)
    end = UNTIL - days(settle)
    seen = [
        (e["event_at"] - cutoff).total_seconds() / 86_400
        for e in events
        if e["customer_id"] == "A"
        and cutoff <= e["event_at"] < end
        and e["known_at"] < UNTIL
    ]
    observed = (end - cutoff).total_seconds() / 86_400
    expected = (min(seen), True) if seen else (max(observed, 0), False)
    found = follow(events, cutoffs=[cutoff], settle=days(settle))
    assert found == [(*expected, observed)]


LEAVES = {
    "leaves": {
        "spine": "monthly",
        "label": {
            "table": "bills",
            "where": "kind = 'final'",
            "horizon_days": 30,
            "settle_days": 2,
            "eligible": "bills_7d >= 1",
        },
    }
}


@pytest.mark.usefixtures("shared_backend")
def test_only_eligible_rows_are_asked_about_and_only_the_labels_events_count():
    first = at("2025-04-01")
    rows = tables(
        customers=[customer("A"), customer("B")],
        bills=[
            bill(1, first - days(2), kind="usual"),
            bill(2, first + days(4), kind="usual"),
            bill(3, first + days(8), kind="final"),
        ],
    )
    project = memory_project(rows, predictors=LEAVES)
    build_features(project, "monthly")
    ends = followed(project, "leaves")
    assert list(ends.events["event_id"]) == ["bill 3"]
    assert ends.settle == days(2)
    asked = eligible_rows(project, "leaves").to_pandas()
    found = spells(asked, ends)
    assert asked["customer_id"].tolist() == ["A"]
    left = pd.Timestamp(first + days(8)) - asked["cutoff_at"].iloc[0]
    assert found["days"].tolist() == [left / pd.Timedelta(days=1)]
    assert found["happened"].all()
