"""Amazon Connect: facts of contact records, each with a written contact."""

import json
from typing import Any

import pandas as pd
import pytest
from source_projects import reasons
from truth import Case, company_project, read_calls

DAY = "2024-05-06T"


def at(clock: str | None) -> str | None:
    return clock and f"{DAY}{clock}Z"


def contact(
    id: str,
    method: str = "INBOUND",
    enqueued: str | None = "10:01:04",
    reached: str | None = "10:01:11",
    **more: Any,
) -> dict[str, Any]:
    """A contact of a sample: 64 s in the menu, 7 s in the queue, 120 s with an agent."""
    queue = {"Name": "Care", "EnqueueTimestamp": at(enqueued), "Duration": 7}
    agent = {
        "Username": "ann",
        "ConnectedToAgentTimestamp": at(reached),
        "AgentInteractionDuration": 100,
        "CustomerHoldDuration": 20,
        "AfterContactWorkDuration": 9,
        "AfterContactWorkEndTimestamp": at("10:03:20"),
    }
    return {
        "ContactId": id,
        "Channel": "VOICE",
        "InitiationMethod": method,
        "InitiationTimestamp": at("10:00:00"),
        "ConnectedToSystemTimestamp": at("10:00:00"),
        "DisconnectTimestamp": at("10:03:11"),
        "DisconnectReason": "CUSTOMER_DISCONNECT",
        "LastUpdateTimestamp": at("10:05:00"),
        "CustomerEndpoint": {"Address": "+48600700800", "Type": "TELEPHONE_NUMBER"},
        "SystemEndpoint": {"Address": "+48800123001", "Type": "TELEPHONE_NUMBER"},
        "Queue": queue if enqueued else None,
        "Agent": agent if reached else None,
        **more,
    }


def passed_on() -> list[dict[str, Any]]:
    """A call that goes on in another queue, with a colleague asked on the way."""
    chain = {"InitialContactId": "first", "PreviousContactId": "first"}
    times = {
        "InitiationTimestamp": at("10:03:11"),
        "DisconnectTimestamp": at("10:06:11"),
    }
    moved = {"TransferCompletedTimestamp": at("10:03:11"), "NextContactId": "next"}
    return [
        contact("first", **moved),
        contact("next", "TRANSFER", **chain, **times),
        contact("asked", "TRANSFER", None, **chain, CustomerEndpoint=None),
        contact("heard", "MONITOR", None, RelatedContactId="first"),
    ]


def asked_for_a_callback() -> list[dict[str, Any]]:
    """A call that left its queue, and the callback that it asked for."""
    left = {"NextContactId": "back", "DisconnectReason": None}
    chain = {"InitialContactId": "left", "PreviousContactId": "left"}
    joined = {"ConnectedToSystemTimestamp": at("10:01:11")}
    return [
        contact("left", reached=None, **left),
        contact("back", "CALLBACK", None, **chain, **joined, SystemEndpoint=None),
    ]


OUTSIDE = {
    "TransferCompletedTimestamp": at("10:02:00"),
    "TransferredToEndpoint": {"Address": "+48221234567", "Type": "TELEPHONE_NUMBER"},
}
NEW = {"FieldOfTomorrow": {"a": [1]}, "LastUpdateTimestamp": at("11:00:00")}
RECORDS = [
    contact("sample"),
    contact("lost", reached=None),
    contact("message", reached=None, DisconnectReason=None),
    contact("menu", enqueued=None, reached=None),
    contact("outside", **OUTSIDE),
    contact("chat", "API", Channel="CHAT", CustomerEndpoint=None),
    contact(
        "sent", "API", None, None, AnsweringMachineDetectionStatus="AMD_UNANSWERED"
    ),
    contact("dialled", "OUTBOUND", None),
    contact("twice"),
    contact("twice", Attributes={"disposition": "solved", "csat": "4"}, **NEW),
    contact("open", DisconnectTimestamp=None),
    contact("long", Queue={"Duration": 700, "EnqueueTimestamp": at("10:01:04")}),
    {"InstanceARN": "arn"},
    *passed_on(),
    *asked_for_a_callback(),
]


def connect_project(backend, folder, *records, source=""):
    (folder / "calls").mkdir()
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "calls" / "records.json").write_text(lines)
    case = Case(reader="amazon_connect", source=f"max_bad_share: 1\n{source}".strip())
    return company_project(backend, folder, case)


@pytest.fixture(scope="module")
def told(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("connect_facts")
    opened = connect_project(shared_backend, folder, *RECORDS)
    read_calls(opened)
    return opened


@pytest.fixture
def call(told):
    calls = told.store.frame("calls").set_index("call_id")
    return lambda id: calls.loc[f"amazon_connect:{id}"]


def test_a_call_of_a_sample_has_its_figures(call):
    one = call("sample")
    assert (one.ivr_s, one.wait_s) == (64, 7)
    # The talk is without the hold.
    assert (one.talk_s, one.hold_s, one.wrap_s, one.handle_s) == (100, 20, 9, 129)
    assert one.known_at - one.ended_at == pd.Timedelta(seconds=9)
    assert (one.answered, one.abandoned, one.flow_out) == (True, False, False)
    assert pd.isna(one.parse_flags)


@pytest.mark.parametrize(
    ("id", "lost", "left"), [("lost", True, False), ("message", False, True)]
)
def test_what_a_flow_ended_is_no_abandon(call, id, lost, left):
    one = call(id)
    assert (one.queued, one.answered, one.abandoned, one.flow_out) == (
        True,
        False,
        lost,
        left,
    )


def test_a_call_that_met_no_queue_was_in_the_menu(call):
    one = call("menu")
    assert (one.ivr_only, one.ivr_s, one.queued) == (True, 191, False)


def test_a_transfer_is_a_leg_and_no_new_call(told, call):
    one = call("first")
    assert (one.n_transfers, one.transfer_type, one.source_rows) == (1, "queue", 4)
    assert (one.wait_s, one.requeue_wait_s, one.talk_s) == (7, 7, 200)
    assert one.consult_s == 100
    legs = told.store.frame("call_legs")
    kinds = legs.leg_type[legs.call_id == "amazon_connect:first"]
    assert sorted(kinds) == ["agent", "agent", "consult", "monitor"]


def test_a_transfer_outside_stays_in_its_contact(call):
    one = call("outside")
    assert (one.transferred, one.transfer_type) == (True, "external")


def test_a_callback_is_a_call_of_its_own_that_names_the_first(call):
    left, back = call("left"), call("back")
    assert (left.flow_out, left.abandoned) == (True, False)
    assert (back.direction, back.callback, back.callback_of) == (
        "callback",
        True,
        "left",
    )
    assert back.duration_s == 120


def test_the_direction_follows_method_and_channel(call):
    directions = {id: call(id).direction for id in ("chat", "sent", "dialled")}
    assert directions == {"chat": "inbound", "sent": "outbound", "dialled": "outbound"}
    assert call("sent").system_outcome == "AMD_UNANSWERED"
    assert pd.isna(call("dialled").ivr_s)


def test_the_newest_delivery_counts_and_unknown_fields_are_passed_over(told, call):
    one = call("twice")
    assert (one.disposition, one.csat) == ("solved", 4)
    number = {record.get("ContactId"): n for n, record in enumerate(RECORDS, start=1)}
    assert reasons(told, "calls") == {
        number["twice"] - 1: "older copy of the same record",
        number["open"]: "open call",
        number[None]: "no contact record",
    }


def test_parts_that_exceed_the_contact_are_marked(call):
    assert call("long").parse_flags == "parts_exceed_duration"


def test_attributes_have_the_names_that_the_config_says(shared_backend, tmp_path):
    own = contact("a", Attributes={"Topic": "bill", "disposition": "solved"})
    source = "switches: {attributes: {reason: Topic}}"
    opened = connect_project(shared_backend, tmp_path, own, source=source)
    one = read_calls(opened).iloc[0]
    assert (one.reason, pd.isna(one.disposition)) == ("bill", True)
