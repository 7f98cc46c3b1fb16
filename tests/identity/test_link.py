"""Calls to customers, against a plain reference in Python."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from link_rows import call, crm, day, linked, owner

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")


@pytest.mark.parametrize(
    ("one", "owners", "wanted"),
    [
        pytest.param(call(), [owner("a")], ("a", "phone", "matched", 10), id="phone"),
        pytest.param(call(), [], (None, "none", "unknown", 10), id="nobody"),
        pytest.param(
            call(), [owner("a"), owner("b")], (None, "none", "ambiguous", 10), id="two"
        ),
        pytest.param(
            call(),
            [owner("a"), owner("a", 5)],
            ("a", "phone", "matched", 10),
            id="twice",
        ),
        pytest.param(
            call(),
            [owner("a", 0, 10), owner("b", 10)],
            ("b", "phone", "matched", 10),
            id="handed-over-at-that-moment",
        ),
        pytest.param(
            call(),
            [owner("a", known=15)],
            ("a", "phone", "matched", 15),
            id="known-later",
        ),
        pytest.param(
            call(),
            [owner("a"), owner("b", known=15)],
            ("a", "phone", "matched", 10),
            id="a-later-record-does-not-reach-back",
        ),
        pytest.param(
            call(key="b"),
            [owner("a")],
            ("b", "customer_key", "matched", 10),
            id="key-first",
        ),
        pytest.param(
            call(key="z"), [owner("a")], ("a", "phone", "matched", 10), id="unknown-key"
        ),
        pytest.param(
            call(key="late"), [owner("a")], ("a", "phone", "matched", 10), id="late-key"
        ),
        pytest.param(
            call(phone=None, status="anonymous"),
            [owner("a")],
            (None, "none", "anonymous", 10),
            id="anonymous",
        ),
        pytest.param(
            call(phone=None, status="internal"),
            [],
            (None, "none", "internal", 10),
            id="internal",
        ),
        pytest.param(
            call(phone=None, status="sip"), [], (None, "none", "unknown", 10), id="sip"
        ),
    ],
)
def test_a_call_is_linked_as_the_company_could_know(
    shared_backend, one, owners, wanted
):
    customers = [*crm("a", "b"), *crm("late", known=20)]
    link = linked(shared_backend, [one], phones=owners, customers=customers)["k1"]
    customer, rule, status, known = wanted
    assert (link["customer_id"], link["rule"]) == (customer, rule)
    assert (link["status"], link["known_at"]) == (status, day(known))


def test_without_a_crm_the_platforms_key_is_the_customer(shared_backend):
    row = linked(shared_backend, [call(key="x", phone=None, status="unknown")])["k1"]
    assert (row["customer_id"], row["rule"]) == ("x", "customer_key")


def reference(one, owners):
    """Rule 2, written down plainly."""
    valid = [
        o
        for o in owners
        if o["phone_key"] == one["phone_key"]
        and o["valid_from"] <= one["started_at"]
        and (o["valid_to"] is None or one["started_at"] < o["valid_to"])
    ]
    if not valid:
        return None
    moment = max(one["known_at"], min(o["known_at"] for o in valid))
    names = {o["customer_id"] for o in valid if o["known_at"] <= moment}
    return names.pop() if len(names) == 1 else None


OWNERS = st.builds(
    owner,
    st.sampled_from("abc"),
    st.integers(0, 12),
    st.none() | st.integers(0, 25),
    st.integers(0, 25),
    st.sampled_from(["p1", "p2"]),
)
DAYS = st.tuples(st.integers(0, 15), st.integers(0, 5), st.sampled_from(["p1", "p2"]))
SLOW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@SLOW
@given(st.lists(DAYS, min_size=1, max_size=8), st.lists(OWNERS, max_size=6))
def test_links_equal_a_plain_reference(shared_backend, times, owners):
    calls = [
        call(a, a + d, None, p, call_id=f"k{i}") for i, (a, d, p) in enumerate(times)
    ]
    found = linked(shared_backend, calls, phones=owners)
    wanted = {c["call_id"]: reference(c, owners) for c in calls}
    assert {name: row["customer_id"] for name, row in found.items()} == wanted


@SLOW
@given(
    st.lists(DAYS, min_size=1, max_size=6),
    st.lists(OWNERS, max_size=6),
    st.integers(1, 25),
)
def test_what_is_recorded_later_changes_no_earlier_link(
    shared_backend, times, owners, cut
):
    calls = [
        call(a, a + d, None, p, call_id=f"k{i}") for i, (a, d, p) in enumerate(times)
    ]
    past = linked(
        shared_backend,
        [c for c in calls if c["known_at"] < day(cut)],
        phones=[o for o in owners if o["known_at"] < day(cut)],
    )
    now = linked(shared_backend, calls, phones=owners)
    for name, row in now.items():
        if row["known_at"] < day(cut):
            assert past[name] == row
        elif name in past:
            assert past[name]["customer_id"] is None
