"""Genesys Cloud: facts that were checked on a sample, each with a written conversation."""

import json
from typing import Any

import pandas as pd
import pytest
from genesys_records import (
    agent,
    at,
    conversation,
    conversation_project,
    customer,
    menu,
    metric,
    person,
    queue,
    ringing,
    segment,
    session,
    write_page,
)
from source_projects import reasons
from truth import read_calls

from ccml.contracts.summary import summary_counts

OUTWARD = {"direction": "outbound", "ani": "tel:+48800123001"}
WAYS = {
    "queue": ("acd", "nBlindTransferred"),
    "blind": ("agent", "nBlindTransferred"),
    "external": ("external", "nBlindTransferred"),
    "consult": ("agent", "nConsultTransferred"),
}


def spells() -> list[Any]:
    told = [metric("tAnswered", 12_411), metric("tTalk", 100_000)]
    told += [metric("tTalk", 74_561), metric("tTalkComplete", 174_000)]
    return [*told, metric("tHeld", 144_176), metric("tAcw", 0)]


def lost(*more: str) -> dict[str, Any]:
    told = [metric("nOffered", 1), metric("tAcd", 9_000), metric("tAbandon", 9_000)]
    return queue([*told, *(metric(name, 9_000) for name in more)])


def left_a_message() -> list[Any]:
    out = [metric("nOffered", 1), metric("tFlowOut", 20_000)]
    spoken = segment("17:32:10.000", "17:32:40.000", "voicemail")
    return [customer(), queue(out), person("voicemail", session("s-m", [], [spoken]))]


def asked_and_watched() -> list[Any]:
    asking = segment("17:34:00.000", "17:34:30.000", "interact")
    asked = session("s-asked", [metric("tTalk", 30_000)], [asking], peerId="s-user-1")
    seen = segment("17:33:00.000", "17:34:00.000", "monitoring")
    watch = session("s-w", [metric("tMonitoring", 60_000)], [seen], peerId="s-user-1")
    others = (
        person("agent", asked, userId="user-2"),
        person("user", watch, userId="u-3"),
    )
    return [customer(), queue(), agent(), *others]


def passed_on(way: str) -> list[Any]:
    purpose, name = WAYS[way]
    sends = agent()
    sends["sessions"][0]["metrics"] += [metric("nTransferred", 1), metric(name, 1)]
    spoken = segment("17:38:15.000", "17:38:16.000", "interact")
    after = person(purpose, session("s-next", [metric("tTalk", 1_000)], [spoken]))
    return [customer(), queue(), sends, after]


def dialled() -> list[Any]:
    course = [segment("17:30:43.090", "17:30:51.090", "dialing")]
    more = {"direction": "outbound", "outboundCampaignId": "campaign-1"}
    one = session("s-agent", [metric("tDialing", 8_000)], course, **more)
    seen = customer(**OUTWARD, dnis="tel:+48600700800")
    return [person("agent", one, userId="user-1"), seen]


def called_back() -> list[Any]:
    told = [
        metric("tContacting", 500),
        metric("tDialing", 4_000),
        metric("tTalk", 9_000),
    ]
    course = [segment("17:31:00.000", "17:31:09.000", "interact")]
    more = {"mediaType": "callback", "callbackNumbers": ["+48600700800"]}
    back = session("s-agent", told, course, direction="outbound", **more)
    seen = customer(**OUTWARD, dnis="tel:+48500000000")
    return [seen, person("agent", back, userId="user-1")]


def between_colleagues() -> list[Any]:
    calling = session("s-0", [], [], peerId=None, direction="outbound", ani="sip:1@h")
    called = agent()
    called["sessions"][0]["peerId"] = "s-0"
    return [person("user", calling, userId="user-0"), called]


def two_sessions() -> list[Any]:
    both = agent()
    spoken = segment("17:38:15.000", "17:38:20.000", "interact")
    both["sessions"].append(session("s-again", [metric("tTalk", 5_000)], [spoken]))
    return [customer(), queue(), both]


TWICE = [metric("tTalk", 374_894), metric("tTalk", 374_894)]
PEOPLE: dict[str, list[Any]] = {
    "sample": [],
    "code": [customer(), agent(code="solved")],
    "spells": [customer(), queue(), agent(metrics=spells())],
    "twice": [customer(), agent(metrics=TWICE)],
    "lost": [customer(), menu(), lost(), ringing()],
    "lost soon": [customer(), menu(), lost("tShortAbandon"), ringing()],
    "message": left_a_message(),
    "menu": [customer(), menu()],
    "alone": [customer()],
    "asked": asked_and_watched(),
    **{way: passed_on(way) for way in WAYS},
    "dialled": dialled(),
    "sip": [customer(ani="sip:4102@host;user=phone")],
    "back": called_back(),
    "inside": between_colleagues(),
    "sessions": two_sessions(),
}
WENT_OUT = ("dialled", "back")


@pytest.fixture(scope="module")
def told(shared_backend, tmp_path_factory):
    """A project of all these conversations."""
    records = [
        conversation(
            *people,
            id=id,
            originatingDirection="outbound" if id in WENT_OUT else "inbound",
        )
        for id, people in PEOPLE.items()
    ]
    folder = tmp_path_factory.mktemp("facts")
    opened = conversation_project(shared_backend, folder, *records)
    read_calls(opened)
    return opened


@pytest.fixture
def call(told):
    """Look a call up by the id of its conversation."""
    calls = told.store.frame("calls").set_index("call_id")
    return lambda id: calls.loc[f"genesys_cloud:{id}"]


def test_a_call_of_a_sample_has_its_figures(call):
    one = call("sample")
    assert (one.ivr_s, one.wait_s) == (64.488, 12.411)
    assert one.talk_s == pytest.approx(374.894)
    assert (one.hold_s, one.wrap_s) == (0, 3)
    assert one.handle_s == pytest.approx(377.894)
    # The ringing is inside the wait, the vain attempt before it too.
    assert one.ring_s == pytest.approx(7.421 + 2.364)
    assert (one.answered, one.queued, one.abandoned) == (True, True, False)
    assert (one.queue, one.reason, one.n_agents) == ("Care", "Menu", 1)


def test_a_call_begins_with_its_conversation_and_ends_with_the_customer(call):
    one = call("sample")
    assert one.started_at == pd.Timestamp(at("17:30:43.090"))
    assert one.ended_at == pd.Timestamp(at("17:38:14.974"))
    assert one.known_at == pd.Timestamp(at("17:38:17.974"))


def test_a_code_that_no_agent_chose_is_no_disposition(call):
    timed_out, chosen = call("sample"), call("code")
    assert pd.isna(timed_out.disposition)
    assert timed_out.system_outcome == "ININ-WRAP-UP-TIMEOUT"
    assert (chosen.disposition, pd.isna(chosen.system_outcome)) == ("solved", True)


def test_talk_is_the_sum_of_its_spells(call):
    one = call("spells")
    assert one.talk_s == pytest.approx(174.561)
    assert one.hold_s == pytest.approx(144.176)


def test_what_does_not_fit_into_the_call_is_marked_and_counted(told, call):
    assert call("twice").parse_flags == "parts_exceed_duration"
    assert pd.isna(call("sample").parse_flags)
    notes = summary_counts(told.store.frame("ingest_summary__calls"))["notes"]
    assert [n for text, n in notes.items() if text.startswith("talk and hold")] == [1]


@pytest.mark.parametrize(("id", "is_short"), [("lost soon", True), ("lost", False)])
def test_an_abandon_has_no_answer_anywhere(call, id, is_short):
    one = call(id)
    assert (one.abandoned, one.answered, one.short_abandon) == (True, False, is_short)
    assert (one.wait_s, one.short_abandon_src) == (9, "platform")


def test_a_flow_out_is_no_abandon(call):
    one = call("message")
    assert (one.flow_out, one.abandoned, one.voicemail) == (True, False, True)
    assert one.wait_s == 20


def test_a_hang_up_in_the_menu_is_neither_queued_nor_abandoned(call):
    one = call("menu")
    assert (one.ivr_only, one.queued, one.abandoned) == (True, False, False)


def test_a_conversation_without_any_session_of_others_is_a_call(call):
    one = call("alone")
    assert (one.answered, one.queued) == (False, False)
    assert one.ended_at == pd.Timestamp(at("17:38:17.974"))


def test_consultations_and_listeners_do_not_talk_with_the_customer(told, call):
    one = call("asked")
    assert (one.talk_s, one.consult_s) == (pytest.approx(374.894), 30)
    assert one.n_agents == 1
    legs = told.store.frame("call_legs")
    kinds = legs.leg_type[legs.call_id == "genesys_cloud:asked"]
    assert sorted(kinds) == ["agent", "consult", "monitor", "queue"]


@pytest.mark.parametrize("way", WAYS)
def test_a_transfer_has_the_kind_of_what_comes_next(call, way):
    one = call(way)
    assert (one.transferred, one.n_transfers, one.transfer_type) == (True, 1, way)


def test_an_outbound_call_has_the_customer_at_the_other_side(call):
    one = call("dialled")
    assert (one.direction, one.campaign) == ("outbound", "campaign-1")
    assert (one.answered, one.abandoned, one.queued) == (False, False, False)
    # The same person, whoever called.
    assert one.phone_key == call("sample").phone_key
    assert one.phone_status == "ok"


def test_a_sip_address_is_no_customer(call):
    one = call("sip")
    assert (one.phone_status, pd.isna(one.phone_key)) == ("sip", True)


def test_a_callback_calls_the_number_that_was_left(call):
    one = call("back")
    assert (one.direction, one.callback, one.channel) == ("callback", True, "voice")
    assert one.phone_key == call("sample").phone_key
    assert one.talk_s == 9


def test_colleagues_who_call_each_other_are_an_internal_call(call):
    one = call("inside")
    assert (one.direction, one.answered, one.n_agents) == ("internal", True, 1)
    assert one.talk_s == pytest.approx(374.894)


def test_sessions_of_one_participant_are_legs_of_their_own(call):
    one = call("sessions")
    assert one.talk_s == pytest.approx(374.894 + 5)
    assert one.n_agents == 1


def test_switches_tell_what_the_sample_cannot(shared_backend, tmp_path):
    told = customer() | {"attributes": {"Topic": "bill", "ces": "6", "code": "paid"}}
    wanted = "attributes: {reason: Topic, ces: ces, disposition: code}"
    opened = conversation_project(
        shared_backend,
        tmp_path,
        conversation(told, queue(), agent(metrics=spells())),
        source=f"switches: {{talk_metric: complete, {wanted}}}",
    )
    one = read_calls(opened).iloc[0]
    assert one.talk_s == pytest.approx(174.0)
    assert (one.reason, one.ces, one.disposition) == ("bill", 6, "paid")


def test_what_is_open_or_broken_is_set_aside_and_read_again(shared_backend, tmp_path):
    going, bad = conversation(), conversation(id="c2", conversationStart="2021-04-T17")
    del going["conversationEnd"]
    survey = {"surveyPromoterScore": 9, "oSurveyTotalScore": 4}
    survey |= {"surveyCompletedDate": at("19:00:00.000")}
    later = conversation(id="c3", surveys=[survey])
    records = [going, bad, later, conversation(id="c3")]
    opened = conversation_project(shared_backend, tmp_path, *records)
    calls = read_calls(opened)
    assert calls.call_id.tolist() == ["genesys_cloud:c3"]
    # The later update of a conversation counts.
    assert (calls.nps[0], calls.csat[0]) == (9, 4)
    older = "older copy of the same record"
    aside = {1: "open call", 2: "unparsable started_at", 4: older}
    assert reasons(opened, "calls") == aside
    write_page(tmp_path / "calls" / "page-2.json", conversation())
    assert len(read_calls(opened)) == 2
    assert reasons(opened, "calls") == aside | {1: older}


def test_pages_arrays_and_lines_are_the_same(shared_backend, tmp_path):
    opened = conversation_project(shared_backend, tmp_path, conversation())
    others = [conversation(id=id) for id in ("c2", "c3", "c4", "c5")]
    lines = "\n".join(json.dumps(record) for record in others[:2]) + "\n"
    (tmp_path / "calls" / "lines.json").write_text(lines)
    (tmp_path / "calls" / "array.json").write_text(json.dumps(others[2:3], indent=1))
    (tmp_path / "calls" / "record.json").write_text(json.dumps(others[3], indent=2))
    calls = read_calls(opened)
    assert len(calls) == 5
    assert calls.talk_s.tolist() == pytest.approx([374.894] * 5)
