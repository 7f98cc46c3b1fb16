"""Calls to customers, against a plain reference in Python."""

from datetime import UTC, datetime, timedelta

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.identity.link import identity_map
from ccml.identity.quality import match_quality

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

START = datetime(2026, 1, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
CALLS = pa.schema(
    {
        "call_id": pa.string(),
        "source_platform": pa.string(),
        "customer_key": pa.string(),
        "phone_key": pa.string(),
        "phone_status": pa.string(),
        "started_at": INSTANT,
        "known_at": INSTANT,
        "queue": pa.string(),
    }
)
PHONES = pa.schema(
    {
        "phone_key": pa.string(),
        "customer_id": pa.string(),
        "valid_from": INSTANT,
        "valid_to": INSTANT,
        "known_at": INSTANT,
    }
)
CUSTOMERS = pa.schema({"customer_id": pa.string(), "known_at": INSTANT})


def day(number):
    return START + timedelta(days=number)


def table(schema, rows):
    return ibis.memtable(pa.Table.from_pylist(rows, schema))


def call(at=10, known=10, key=None, phone="p1", status="ok", call_id="k1"):
    return {
        "call_id": call_id,
        "source_platform": "file",
        "customer_key": key,
        "phone_key": phone,
        "phone_status": status,
        "started_at": day(at),
        "known_at": day(known),
        "queue": "q",
    }


def owner(customer, since=0, until=None, known=None, phone="p1"):
    return {
        "phone_key": phone,
        "customer_id": customer,
        "valid_from": day(since),
        "valid_to": None if until is None else day(until),
        "known_at": day(since if known is None else known),
    }


def linked(backend, calls, phones, customers=None):
    """Link, as plain dicts by call."""
    known = None if customers is None else table(CUSTOMERS, customers)
    links = identity_map(table(CALLS, calls), known, table(PHONES, phones))
    rows = backend.to_pyarrow(links).to_pylist()
    return {row["call_id"]: row for row in rows}


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
    customers = [{"customer_id": c, "known_at": day(0)} for c in "ab"]
    customers.append({"customer_id": "late", "known_at": day(20)})
    link = linked(shared_backend, [one], owners, customers)["k1"]
    customer, rule, status, known = wanted
    assert (link["customer_id"], link["rule"]) == (customer, rule)
    assert (link["status"], link["known_at"]) == (status, day(known))


def test_without_a_crm_the_platforms_key_is_the_customer(shared_backend):
    calls = table(CALLS, [call(key="x", phone=None, status="unknown")])
    row = shared_backend.to_pyarrow(identity_map(calls, None, None)).to_pylist()[0]
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
    found = linked(shared_backend, calls, owners)
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
        [o for o in owners if o["known_at"] < day(cut)],
    )
    now = linked(shared_backend, calls, owners)
    for name, row in now.items():
        if row["known_at"] < day(cut):
            assert past[name] == row
        elif name in past:
            assert past[name]["customer_id"] is None


def test_match_quality_counts_every_call_once(shared_backend):
    calls = [
        call(call_id="k1"),
        call(call_id="k2", phone=None, status="anonymous"),
        call(at=30.97, known=31, call_id="k3", phone="p9"),
    ]
    rows = table(CALLS, calls)
    links = identity_map(rows, None, table(PHONES, [owner("a")]))
    quality = shared_backend.to_pyarrow(match_quality(rows, links, "Europe/Warsaw"))
    by_month = {row["month"]: row for row in quality.to_pylist()}
    # 23:16 UTC of the last day of January is February at the site.
    assert set(by_month) == {"2026-01", "2026-02"}
    assert by_month["2026-01"]["matched_by_phone"] == 1
    assert by_month["2026-01"]["anonymous"] == 1
    assert by_month["2026-01"]["matched_share"] == 0.5
    assert by_month["2026-02"]["unknown"] == 1
    assert sum(row["calls"] for row in by_month.values()) == len(calls)
    assert isinstance(pd.DataFrame(quality.to_pylist()).calls.sum().item(), int)
