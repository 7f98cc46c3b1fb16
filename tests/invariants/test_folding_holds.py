"""What must hold of folding, whatever the legs: over 1,000 drawn calls for each test."""

from datetime import timedelta

import pandas as pd
import pytest
from fold_reference import reference_calls
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legs import at, folded, leg, leg_table

from ccml.contracts.split import FAULT, POSITION
from ccml.sources.ingest_legs import Rules, fold_legs

CALLS_A_TIME = 40
TIMES = 26  # 1,040 calls for each property
MANY = settings(
    max_examples=TIMES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SUMS = ("talk_s", "hold_s", "wrap_s")
CONTENT = ["call_id", "started_at", "ended_at", "known_at", "answered", "abandoned"]
CONTENT += [
    "queue",
    "last_queue",
    "agent_id",
    "first_agent_id",
    "n_agents",
    "source_rows",
]
CONTENT += ["ivr_s", "wait_s", "requeue_wait_s", "ring_s", "consult_s", *SUMS]
whole_seconds = st.integers(0, 200).map(float)
TYPES = ("ivr", "queue", "agent", "ring", "consult", "external", "voicemail", "monitor")


@st.composite
def drawn_leg(draw, id, start):
    """A leg whose parts fit into its time, ringing inside the wait."""
    kind = draw(st.sampled_from(TYPES))
    parts = dict.fromkeys(("ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s"))
    if kind == "ivr":
        parts["ivr_s"] = draw(whole_seconds)
    if kind in {"queue", "agent"}:
        parts["wait_s"] = draw(st.none() | whole_seconds)
        limit = int(parts["wait_s"] or 0)
        parts["ring_s"] = draw(st.none() | st.integers(0, limit).map(float))
    if kind in {"agent", "external", "consult", "monitor"}:
        parts |= {name: draw(whole_seconds) for name in SUMS}
    if kind == "ring":
        parts["ring_s"] = draw(whole_seconds)
    inside = sum(parts[name] or 0 for name in ("ivr_s", "wait_s", "talk_s", "hold_s"))
    is_open = draw(st.integers(0, 30)) == 0
    answered = kind in {"agent", "external"} and draw(st.booleans())
    return leg(
        id,
        start,
        None if is_open else start + inside,
        leg_type=kind,
        answered=answered,
        queued=kind == "queue",
        abandoned=kind == "queue" and draw(st.booleans()),
        agent_id=draw(st.sampled_from("ABC")) if answered else None,
        queue=draw(st.sampled_from(["sales", "tech", None])),
        version_at=at(0),
        **parts,
    )


@st.composite
def drawn_call(draw, name):
    """One to five legs, joined by a chain, a root, or the name of the call."""
    count = draw(st.integers(1, 5))
    starts = sorted(
        draw(st.lists(st.integers(0, 90_000), min_size=count, max_size=count))
    )
    order = draw(st.permutations(range(count)))
    legs = []
    for number, start in zip(order, starts, strict=True):
        row = draw(drawn_leg(f"{name}.{number}", float(start)))
        way = draw(st.sampled_from(["chain", "root", "ref"]))
        before = f"{name}.{number - 1}"
        named = {"chain": [before], "root": [f"{name}.0"], "ref": None}[way]
        links = named if number else None
        legs.append(row | {"links": links, "call_ref": name if way == "ref" else None})
    return legs


@st.composite
def drawn_legs(draw):
    calls = [draw(drawn_call(f"c{number}")) for number in range(CALLS_A_TIME)]
    return [row for call in calls for row in call]


def content(done):
    """The calls without where they stood, in a fixed order."""
    frame = done.calls.to_pandas().sort_values("call_id")[CONTENT]
    return frame.reset_index(drop=True)


@pytest.mark.slow
@MANY
@given(legs=drawn_legs())
def test_calls_are_right_and_every_row_is_accounted_for(shared_backend, legs):
    done = folded(shared_backend, *legs)
    equals_the_reference(done, legs)
    accounts_for_every_row(done, legs)
    agrees_with_itself(done.calls.to_pandas())


def equals_the_reference(done, legs):
    found = done.calls.to_pandas().set_index("call_id")
    chains = done.legs.join(done.calls.select("_chain", "call_id"), "_chain")
    members = chains.to_pandas().groupby("call_id").row_key.agg(frozenset)
    expected = reference_calls(legs)
    assert set(members) == set(expected)
    for call_id, keys in members.items():
        for name, value in expected[keys].items():
            got = found.loc[call_id, name]
            assert (None if pd.isna(got) else got) == value, (call_id, name)


@pytest.mark.slow
@MANY
@given(legs=drawn_legs(), data=st.data())
def test_order_and_split_and_redelivery_change_nothing(shared_backend, legs, data):
    before = folded(shared_backend, *legs)
    expected = content(before)
    shuffled = data.draw(st.permutations(legs))
    cut = data.draw(st.integers(0, len(legs)))
    again = data.draw(st.lists(st.sampled_from(legs), max_size=20))
    stale = [
        row | {"talk_s": 7.0, "ended_at": None, "version_at": at(-9)}
        for row in again[:5]
    ]
    rows = [row | {"source_file": "x"} for row in shuffled[:cut]]
    rows += [row | {"source_file": "y"} for row in [*shuffled[cut:], *again, *stale]]
    done = folded(shared_backend, *rows)
    pd.testing.assert_frame_equal(content(done), expected)
    reasons = done.aside.reason.execute().tolist()
    assert reasons.count("duplicate") == len(again)
    assert reasons.count("older copy of the same record") == len(stale)


def accounts_for_every_row(done, legs):
    """Each row is in one call or set aside, and the sums of the legs are kept."""
    calls, numbered = done.calls.to_pandas(), done.legs.to_pandas()
    aside = done.aside.to_pandas()
    used = numbered[list(POSITION)].drop_duplicates()
    places = pd.concat([used, aside[list(POSITION)]])
    assert len(places) == len(places.drop_duplicates()) == len(legs)
    assert calls[FAULT].isna().all()
    facing = numbered[numbered.leg_type.isin(TYPES[:3] + TYPES[5:7])]
    for name in SUMS:
        assert calls[name].sum() == facing[name].sum()
    waits = calls.wait_s.fillna(0) + calls.requeue_wait_s.fillna(0)
    assert waits.sum() == facing.wait_s.sum()
    assert calls.source_rows.sum() == len(numbered)


def agrees_with_itself(calls):
    """States and times of a call do not contradict each other."""
    known_wait = calls[calls.wait_s.notna() & calls.ring_s.notna()]
    assert (known_wait.ring_s <= known_wait.wait_s + 1).all()
    assert not (calls.abandoned & calls.answered).any()
    assert (calls.started_at <= calls.ended_at).all()
    assert (calls.known_at >= calls.ended_at).all()
    assert str(calls.started_at.dt.tz) == str(calls.ended_at.dt.tz) == "UTC"


@pytest.mark.slow
@MANY
@given(legs=drawn_legs())
def test_folding_folded_calls_again_changes_nothing(shared_backend, legs):
    """A call is one leg of its own: folded once more it stays what it is."""
    first = folded(shared_backend, *legs)
    rows = content(first).astype(object)
    rows = rows.where(rows.notna(), None).to_dict("records")
    again = [
        leg(
            row["call_id"],
            call_ref=row["call_id"].removeprefix("test:"),
            **{n: row[n] for n in ("started_at", "ended_at", "known_at", "answered")},
            **{
                n: row[n] for n in ("queue", "agent_id", "abandoned", "ivr_s", "wait_s")
            },
            **{n: row[n] for n in SUMS},
        )
        for row in rows
    ]
    if not again:
        return
    twice = content(fold_legs(leg_table(shared_backend, again), Rules("test")))
    columns = [
        "call_id",
        "started_at",
        "ended_at",
        "answered",
        "ivr_s",
        "wait_s",
        *SUMS,
    ]
    pd.testing.assert_frame_equal(twice[columns], content(first)[columns])


def test_the_drawn_calls_are_of_all_kinds():
    """The strategy itself: it must draw open calls, chains and monitored calls."""
    kinds: set[str] = set()
    opened = []

    @settings(max_examples=30, deadline=None)
    @given(legs=drawn_legs())
    def look(legs):
        kinds.update(row["leg_type"] for row in legs)
        opened.extend(row for row in legs if row["ended_at"] is None)

    look()
    assert kinds == set(TYPES)
    assert opened
    assert all(row["started_at"] < at(0) + timedelta(days=2) for row in opened)
