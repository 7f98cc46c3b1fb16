"""What holds for every set of calls, numbers and records."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from link_rows import call, crm, day, linked, owner, record, stands_for

from ccml.config.identity import IdentityConfig

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

PEOPLE, PHONES = "abcd", ["p1", "p2", "p3"]
RULES = IdentityConfig(
    ambiguous="most_recent_contact", shared_by_at_most=2, phone_waits_hours=12
)
FEW = settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
CALLS = st.lists(
    st.tuples(
        st.integers(0, 15),
        st.integers(0, 5),
        st.none() | st.sampled_from([*PEOPLE, "x", "y"]),
        st.none() | st.sampled_from(PHONES),
    ),
    min_size=5,
    max_size=20,
)
WORLD = st.fixed_dictionaries(
    {
        "customers": st.lists(
            st.tuples(st.sampled_from(PEOPLE), st.integers(0, 20)), max_size=6
        ).map(lambda rows: [row for c, known in rows for row in crm(c, known=known)]),
        "phones": st.lists(
            st.builds(
                owner,
                st.sampled_from(PEOPLE),
                st.integers(0, 12),
                st.none() | st.integers(0, 25),
                st.integers(0, 25),
                st.sampled_from(PHONES),
            ),
            max_size=14,
        ),
        "call_links": st.lists(
            st.builds(
                record,
                st.sampled_from(PEOPLE),
                st.integers(0, 29).map(lambda n: f"k{n}"),
                st.integers(0, 25),
            ),
            max_size=8,
        ),
        "customer_keys": st.lists(
            st.builds(
                stands_for,
                st.sampled_from(PEOPLE),
                st.sampled_from(["x", "y"]),
                st.integers(0, 25),
            ),
            max_size=4,
        ),
    }
)
NAMES = (
    "call_id",
    "customer_key",
    "phone_key",
    "customer_id",
    "call_ref",
    "platform_key",
)
WORLDS = st.lists(st.tuples(CALLS, WORLD), min_size=8, max_size=8)
"""Many small worlds are linked in one go, since the engine needs a second for each go."""


def together(worlds):
    """Lay worlds side by side: no id of one stands in another."""
    rows = {"calls": [], **{name: [] for name in worlds[0][1]}}
    for i, (times, world) in enumerate(worlds):
        for name, own in {"calls": numbered(times), **world}.items():
            rows[name] += [_renamed(row, f"w{i} ") for row in own]
    return rows.pop("calls"), rows


def _renamed(row, start):
    ids = {name: start + row[name] for name in NAMES if row.get(name)}
    return {**row, **ids}


def numbered(times):
    return [
        call(at, at + late, key, phone, "ok" if phone else "anonymous", f"k{i}")
        for i, (at, late, key, phone) in enumerate(times)
    ]


@pytest.mark.slow
@FEW
@given(WORLDS, st.integers(0, 9))
def test_the_order_of_rows_changes_nothing(shared_backend, worlds, seed):
    calls, known = together(worlds)
    found = linked(shared_backend, calls, RULES, **known)
    mixed = {"calls": list(calls), **{name: list(rows) for name, rows in known.items()}}
    for rows in mixed.values():
        random.Random(seed).shuffle(rows)  # noqa: S311
    again = linked(shared_backend, mixed.pop("calls"), RULES, **mixed)
    assert again == found
    assert len(found) == len(calls)


@pytest.mark.slow
@FEW
@given(WORLDS)
def test_an_anonymous_call_changes_no_link(shared_backend, worlds):
    calls, known = together(worlds)
    more = [
        call(at=i, phone=None, status="anonymous", call_id=f"n{i}") for i in range(16)
    ]
    found = linked(shared_backend, calls, RULES, **known)
    now = linked(shared_backend, [*calls, *more], RULES, **known)
    assert {name: now[name] for name in found} == found
    assert {now[row["call_id"]]["customer_id"] for row in more} == {None}


@pytest.mark.slow
@FEW
@given(WORLDS, st.integers(1, 25))
def test_what_is_known_later_changes_no_state_before(shared_backend, worlds, cut):
    calls, known = together(worlds)
    then = {
        name: [row for row in rows if row["known_at"] < day(cut)]
        for name, rows in known.items()
    }
    early = [row for row in calls if row["known_at"] < day(cut)]
    past = linked(shared_backend, early, RULES, **then)
    now = linked(shared_backend, calls, RULES, **known)
    for name, row in past.items():
        if row["customer_id"] and row["known_at"] < day(cut):
            assert now[name] == row
        elif row["known_at"] < day(cut):
            # Nobody then: the link came later, or never.
            assert now[name]["customer_id"] is None or now[name]["known_at"] >= day(cut)


@FEW
@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(1, 10)), min_size=2, max_size=2),
    st.lists(st.integers(0, 22), min_size=1, max_size=12, unique=True),
)
def test_a_shared_number_is_in_doubt_only_while_both_have_it(
    shared_backend, spans, moments
):
    owners = [
        owner(name, since, since + days, known=0)
        for name, (since, days) in zip("ab", spans, strict=True)
    ]
    calls = [call(at=at, call_id=f"k{at}") for at in moments]
    rows = linked(shared_backend, calls, phones=owners)
    for at in moments:
        have = [
            o["customer_id"]
            for o in owners
            if o["valid_from"] <= day(at) < o["valid_to"]
        ]
        row = rows[f"k{at}"]
        assert (row["status"] == "ambiguous") == (len(have) == 2)
        assert row["customer_id"] == (have[0] if len(have) == 1 else None)
