"""Facts of CXone's contacts, each on records written by hand."""

import json

import pandas as pd
import pytest
from source_projects import project

from ccml.errors import DataError
from ccml.identity.prepare import prepare_calls

CONTACT = {
    "contactId": 1,
    "masterContactId": 1,
    "contactStart": "2026-01-05T10:00:00Z",
    "lastUpdateTime": "2026-01-05T10:05:00Z",
    "fromAddr": "+48530995315",
    "toAddr": "+48800123001",
    "isOutbound": False,
    "mediaTypeName": "Call",
    "skillName": "Care",
    "campaignName": "Service",
    "agentId": 77,
    "preQueueSeconds": 10,
    "inQueueSeconds": 20,
    "routingTime": 5,
    "agentSeconds": 100,
    "holdSeconds": 30,
    "ACWSeconds": 15,
    "totalDurationSeconds": 130,
    "callbackTime": 0,
    "abandoned": False,
    "isRefused": False,
    "serviceLevelFlag": 0,
    "transferIndicatorId": 0,
    "primaryDispositionId": 101,
}
NOBODY = {"agentId": None, "agentSeconds": 0, "holdSeconds": 0, "ACWSeconds": 0}
NOBODY |= {"totalDurationSeconds": 30, "primaryDispositionId": None, "routingTime": 0}


def contact(number, **changes):
    return {**CONTACT, "contactId": number, "masterContactId": number, **changes}


def moved(number, master, minute, **changes):
    start = f"2026-01-05T10:{minute:02d}:00Z"
    changes = {"preQueueSeconds": 0, "contactStart": start, **changes}
    return contact(number, **{"masterContactId": master, **changes})


RECORDS = [
    contact(1, transferIndicatorId=1),
    moved(2, 1, 3, agentId=78, transferIndicatorId=1),
    moved(3, 2, 6, agentId=79, inQueueSeconds=0, serviceLevelFlag=-1),
    contact(10, inQueueSeconds=60, totalDurationSeconds=170),
    contact(
        11,
        masterContactId=10,
        contactStart="2026-01-05T10:00:30Z",
        isRefused=True,
        agentSeconds=0,
        routingTime=14,
        totalDurationSeconds=14,
    ),
    contact(20, ACWSeconds=0, primaryDispositionId=None),
    contact(20, ACWSeconds=40, lastUpdateTime="2026-01-05T12:00:00Z"),
    contact(30, **NOBODY, abandoned=True, isShortAbandon=True, serviceLevelFlag=-1),
    contact(31, **NOBODY, inQueueSeconds=0, serviceLevelFlag=0),
    contact(32, **NOBODY, inQueueSeconds=0, serviceLevelFlag=-1),
    contact(
        40,
        masterContactId=31,
        callbackTime=300,
        isOutbound=True,
        fromAddr="+48800123001",
        toAddr="+48530995315",
    ),
    contact(50, **NOBODY),
    moved(51, 50, 1, **NOBODY, mediaTypeName="Voice Mail"),
    contact(
        "60",
        agentSeconds="PT1M40S",
        holdSeconds="30",
        totalDurationSeconds="P0DT0H2M10.5S",
        abandoned="False",
        serviceLevelFlag="0",
    ),
    contact(70, totalDurationSeconds="soon"),
    {"mediaTypeName": "Call"},
    contact(80, mediaTypeName="Chat", skillName=""),
]


def read(backend, folder, *files, more="", reader="cxone"):
    """Read files of records or lines; return the project and its calls by id."""
    (folder / "calls").mkdir(parents=True)
    for name, content in enumerate(files):
        page = {"completedContacts": content, "totalRecords": len(content)}
        text = json.dumps(page) if reader == "cxone" else "\n".join(content) + "\n"
        (folder / "calls" / f"{name}.dat").write_text(text)
    lines = "".join(f"  {line}\n" for line in more.splitlines())
    head = f"calls:\n  reader: {reader}\n  path: calls/*\n  max_bad_share: 1\n"
    opened = project(backend, folder, head + lines)
    prepare_calls(opened)
    return opened, opened.store.frame("calls").set_index("call_id").sort_index()


@pytest.fixture(scope="module")
def contacts(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cxone_facts") / "all"
    names = "switches: {disposition_names: {'101': resolved}}"
    opened, calls = read(shared_backend, folder, RECORDS, more=names)
    aside = opened.store.frame("quarantine__calls")
    return calls, dict(zip(aside.row_no, aside.reason, strict=True))


def test_masters_are_followed_from_transfer_to_transfer(contacts):
    call = contacts[0].loc["cxone:1"]
    assert (call.n_agents, call.n_transfers, call.source_rows) == (3, 2, 3)
    assert (call.wait_s, call.requeue_wait_s, call.talk_s) == (20, 20, 210)
    assert "cxone:2" not in contacts[0].index


def test_a_refused_ring_is_a_ring_before_the_answer(contacts):
    call = contacts[0].loc["cxone:10"]
    assert (call.ring_s, call.wait_s, call.n_agents) == (19, 60, 1)


def test_the_last_update_counts(contacts):
    call = contacts[0].loc["cxone:20"]
    assert (call.wrap_s, call.disposition) == (40, "resolved")
    assert contacts[1][6] == "older copy of the same record"


def test_the_service_level_code_tells_who_queued(contacts):
    calls, _ = contacts
    lost, asked, alone = (calls.loc[f"cxone:{n}"] for n in (30, 31, 32))
    assert (lost.queued, lost.abandoned, lost.short_abandon) == (True, True, True)
    assert lost.short_abandon_src == "platform"
    assert (asked.queued, asked.flow_out, asked.wait_s) == (True, True, 0)
    assert (alone.queued, alone.ivr_only) == (False, True)
    assert pd.isna(alone.wait_s)


def test_a_callback_is_a_call_of_its_own(contacts):
    calls, _ = contacts
    made = calls.loc["cxone:40"]
    assert (made.direction, made.callback_of, made.queued) == ("callback", "31", False)
    assert made.phone_key == calls.phone_key["cxone:1"]
    assert made.dialed_key == calls.dialed_key["cxone:1"]


def test_a_message_is_a_voicemail_of_the_call(contacts):
    call = contacts[0].loc["cxone:50"]
    assert (call.voicemail, call.flow_out, call.answered) == (True, True, False)
    assert call.channel == "voice"


def test_texts_and_durations_are_numbers(contacts):
    call = contacts[0].loc["cxone:60"]
    assert (call.talk_s, call.hold_s, call.duration_s) == (70, 30, 130.5)


def test_records_that_are_no_contacts_are_set_aside(contacts):
    calls, aside = contacts
    assert aside[15] == "unparsable total_time"
    assert aside[16] == "no contact"
    assert len(aside) == 3
    assert (calls.channel["cxone:80"], calls.queued["cxone:80"]) == ("chat", True)


@pytest.mark.slow
def test_order_and_cuts_of_files_change_nothing(shared_backend, tmp_path):
    first, second = RECORDS[1:7], [RECORDS[0], RECORDS[5]]
    seen = []
    for folder, files in (("a", (first, second)), ("b", (second, first, first))):
        _, calls = read(shared_backend, tmp_path / folder, *files)
        seen.append(calls.drop(columns="source_file"))
    pd.testing.assert_frame_equal(*seen)
    assert list(seen[0].index) == ["cxone:1", "cxone:10", "cxone:20"]


def test_switches_leave_hold_in_and_rings_out(shared_backend, tmp_path):
    more = "switches: {talk_includes_hold: false, ring_includes_routing: false}"
    opened, calls = read(shared_backend, tmp_path / "a", [contact(1)], more=more)
    assert list(calls.talk_s) == [100]
    assert list(calls.parse_flags) == ["parts_exceed_duration"]
    assert calls.ring_s.isna().all()
    summary = opened.store.frame("ingest_summary__calls")
    noted = summary[summary.reason.str.contains("switches.talk_includes_hold")]
    assert list(noted.rows) == [1]


HEADER = (
    "Contact_ID,Master_Contact_ID,Media_Name,Contact_Name,ANI_Dialnum,Skill_Name,"
    "Agent_No,SLA,Start_Date,Start_Time,PreQueue,InQueue,Agent_Time,Total_Time,Abandon,"
    "Hold_Time,ACW_Seconds"
)
LINES = [
    "1,1,Call,800123001,530995315,Care,77,0,01/05/2026,11:00:00,10,0,100,110,N,30,15",
    "2,2,Call,800123001,530995315,Care,,1,01/05/2026,11:00:00,10,20,0,30,Y,0,0",
    "3,3,Call,800123001,530995315,Care,,-1,01/05/2026,11:00:00,10,0,0,10,N,0,0",
    "4,4,Call,800123001,530995315,Sales out,77,-1,01/05/2026,11:00:00,0,0,9,30,N,0,0",
]
ZONE = "time_zone: Europe/Warsaw"


def test_a_download_is_in_the_clock_of_its_report(shared_backend, tmp_path):
    more = f"{ZONE}\nswitches: {{outbound_skills: [Sales out]}}"
    _, calls = read(
        shared_backend,
        tmp_path / "a",
        [HEADER.lower(), *LINES],
        more=more,
        reader="cxone_download",
    )
    assert set(calls.started_at) == {pd.Timestamp("2026-01-05T10:00:00Z")}
    assert list(calls.queued) == [True, True, False, False]
    assert list(calls.abandoned) == [False, True, False, False]
    assert list(calls.direction) == ["inbound"] * 3 + ["outbound"]
    assert calls.phone_key.nunique() == 1
    assert calls.talk_s["cxone_download:1"] == 70


def test_a_download_may_tell_active_talk_and_direction(shared_backend, tmp_path):
    header = f"{HEADER},Active_Talk_Time,Is_Outbound,Transfer_Indicator_Name"
    lines = [f"{LINES[0]},61,True,None", f"{LINES[3]},8,False,Skill"]
    _, calls = read(
        shared_backend,
        tmp_path / "a",
        [header, *lines],
        more=ZONE,
        reader="cxone_download",
    )
    assert list(calls.talk_s) == [61, 8]
    assert list(calls.direction) == ["outbound", "inbound"]
    assert list(calls.transferred) == [False, True]


def test_an_unknown_download_names_the_difference_and_a_map_helps(
    shared_backend, tmp_path
):
    header = HEADER.replace("Total_Time", "Length")
    with pytest.raises(DataError, match=r"lacks \['Total_Time'\].*'Length'"):
        read(
            shared_backend,
            tmp_path / "a",
            [header, *LINES],
            more=ZONE,
            reader="cxone_download",
        )
    _, calls = read(
        shared_backend,
        tmp_path / "b",
        [header, *LINES],
        more=f"{ZONE}\nheader: {{Total_Time: Length}}",
        reader="cxone_download",
    )
    assert list(calls.duration_s) == [110, 30, 10, 30]
