"""The surer rules before the number, and what numbers cannot tell."""

import pytest
from link_rows import call, crm, day, linked, owner, record, stands_for

from ccml.config.identity import IdentityConfig

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")


@pytest.mark.parametrize(
    ("call_id", "ref", "platform", "is_found"),
    [
        pytest.param("k1", "k1", None, True, id="equal"),
        pytest.param("five9:k1", "k1", None, True, id="the-call-has-the-prefix"),
        pytest.param("k1", "five9:k1", None, True, id="the-record-has-the-prefix"),
        pytest.param("five9:k1", "five9:k1", None, True, id="both-have-it"),
        pytest.param("five9:k1", "talkdesk:k1", None, False, id="other-platform"),
        pytest.param("k1", "k1", "talkdesk", False, id="other-platform-by-config"),
        pytest.param("k1", "k1", "five9", True, id="platform-by-config"),
        pytest.param("a:b", "a:b", None, True, id="a-colon-of-its-own"),
        pytest.param("k1", "k2", None, False, id="another-call"),
    ],
)
def test_a_crm_record_names_the_call(shared_backend, call_id, ref, platform, is_found):
    calls = [
        call(call_id=call_id, phone=None, on="five9"),
        call(call_id="x", phone=None, on="talkdesk"),
    ]
    row = linked(
        shared_backend,
        calls,
        customers=crm("a"),
        call_links=[record("a", ref, platform=platform)],
    )[call_id]
    assert (row["customer_id"] == "a") is is_found
    assert row["rule"] == ("call_link" if is_found else "none")


def test_the_surest_rule_of_a_moment_wins_and_says_that_they_disagree(shared_backend):
    known = {
        "customers": crm("a", "b", "c", "d"),
        "phones": [owner("d")],
        "customer_keys": [stands_for("c", "key")],
        "call_links": [record("a")],
    }
    calls = [
        call(key="key"),
        call(key="key", call_id="k2"),
        call(key="b", call_id="k3"),
    ]
    rows = linked(shared_backend, calls, **known)
    found = {name: (row["customer_id"], row["rule"]) for name, row in rows.items()}
    assert found == {
        "k1": ("a", "call_link"),
        "k2": ("c", "key_map"),
        "k3": ("b", "customer_key"),
    }
    assert {row["note"] for row in rows.values()} == {"rules disagree"}


def test_a_record_made_after_the_number_was_known_does_not_reach_back(shared_backend):
    late = [record("a", known=12)]
    calls = [call(), call(phone="p2", call_id="k2")]
    rows = linked(
        shared_backend,
        calls,
        customers=crm("a", "d"),
        phones=[owner("d")],
        call_links=[*late, record("a", ref="k2", known=12)],
    )
    assert (rows["k1"]["customer_id"], rows["k1"]["known_at"]) == ("d", day(10))
    assert rows["k1"]["note"] is None
    assert (rows["k2"]["customer_id"], rows["k2"]["known_at"]) == ("a", day(12))


def test_the_number_can_wait_for_records_of_the_crm(shared_backend):
    known = {"customers": crm("a", "d"), "phones": [owner("d")]}
    calls = [call(), call(call_id="k2")]
    config = IdentityConfig(phone_waits_hours=72)
    links = [record("a", known=12)]
    rows = linked(shared_backend, calls, config, call_links=links, **known)
    assert (rows["k1"]["customer_id"], rows["k1"]["known_at"]) == ("a", day(12))
    assert (rows["k2"]["customer_id"], rows["k2"]["known_at"]) == ("d", day(13))


def test_records_of_two_customers_for_one_call_are_in_doubt(shared_backend):
    links = [record("a"), record("b")]
    known = {"customers": crm("a", "b"), "call_links": links}
    row = linked(shared_backend, [call(phone=None)], **known)["k1"]
    assert (row["customer_id"], row["status"]) == (None, "ambiguous")
    assert (
        linked(shared_backend, [call()], phones=[owner("a")], **known)["k1"][
            "customer_id"
        ]
        == "a"
    )


def test_a_record_of_nobody_whom_the_crm_knows_links_nothing(shared_backend):
    row = linked(
        shared_backend,
        [call(phone=None, status="unknown")],
        customers=crm("a"),
        call_links=[record("stranger")],
    )["k1"]
    assert row["status"] == "unknown"


def test_a_doubt_ends_when_a_record_comes_and_not_before(shared_backend):
    row = linked(
        shared_backend,
        [call()],
        customers=crm("a", "b"),
        phones=[owner("a"), owner("b")],
        call_links=[record("b", known=15)],
    )["k1"]
    assert (row["customer_id"], row["rule"]) == ("b", "call_link")
    assert row["known_at"] == day(15)


def test_a_number_of_too_many_customers_links_no_call_from_then_on(shared_backend):
    # The third customer is recorded on day 12; each had the number for some days only.
    owners = [owner("a", 0, 5), owner("b", 5, 40), owner("c", 12, 14)]
    calls = [call(at=11), call(at=20, call_id="k2")]
    config = IdentityConfig(shared_by_at_most=2)
    rows = linked(shared_backend, calls, config, phones=owners)
    assert rows["k1"]["customer_id"] == "b"
    assert (rows["k2"]["status"], rows["k2"]["note"]) == ("ambiguous", "switchboard")
    assert linked(shared_backend, calls, phones=owners)["k2"]["customer_id"] == "b"


def test_a_call_of_a_switchboard_is_known_when_both_are(shared_backend):
    owners = [owner(name, 0, known=15) for name in "abc"]
    config = IdentityConfig(shared_by_at_most=2)
    row = linked(shared_backend, [call()], config, phones=owners)["k1"]
    assert (row["note"], row["known_at"]) == ("switchboard", day(15))


@pytest.mark.parametrize(
    ("before", "customer"),
    [
        pytest.param([], None, id="nobody-called"),
        pytest.param([("a", 3, 3)], "a", id="one-called"),
        pytest.param([("a", 3, 3), ("b", 5, 5)], "b", id="the-later-one"),
        pytest.param([("a", 3, 3), ("b", 5, 12)], "a", id="known-too-late"),
        pytest.param([("a", 3, 3), ("b", 11, 11)], "a", id="after-the-call"),
        pytest.param([("a", 5, 5), ("b", 5, 5)], None, id="at-the-same-moment"),
        pytest.param([("z", 5, 5)], None, id="somebody-else"),
    ],
)
def test_a_household_can_go_to_who_called_last(shared_backend, before, customer):
    earlier = [
        call(at, known, key=name, phone=None, call_id=f"e{i}")
        for i, (name, at, known) in enumerate(before)
    ]
    owners = [owner("a"), owner("b"), owner("z", phone="p9")]
    known = {"customers": crm("a", "b", "z"), "phones": owners}
    config = IdentityConfig(ambiguous="most_recent_contact")
    row = linked(shared_backend, [call(), *earlier], config, **known)["k1"]
    assert row["customer_id"] == customer
    assert row["rule"] == ("recent_contact" if customer else "none")
    assert row["status"] == ("matched" if customer else "ambiguous")
    left = linked(shared_backend, [call(), *earlier], **known)["k1"]
    assert left["status"] == "ambiguous"


def test_without_a_crm_a_number_can_be_the_customer(shared_backend):
    config = IdentityConfig(callers_without_crm="phone")
    calls = [
        call(phone="k1:ab", at=4, known=5),
        call(phone=None, status="anonymous", call_id="k2"),
        call(phone="k1:ab", key="own", call_id="k3"),
    ]
    rows = linked(shared_backend, calls, config)
    assert rows["k1"]["customer_id"] == "p:k1:ab"
    assert (rows["k1"]["rule"], rows["k1"]["known_at"]) == ("caller", day(5))
    assert (rows["k2"]["customer_id"], rows["k2"]["status"]) == (None, "anonymous")
    assert (rows["k3"]["customer_id"], rows["k3"]["rule"]) == ("own", "customer_key")
    assert linked(shared_backend, calls)["k1"]["status"] == "unknown"
