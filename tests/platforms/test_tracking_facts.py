"""Call tracking (CallRail, Twilio): facts, each with records written by hand."""

import json
from typing import Any

import pytest
from source_projects import project, reasons
from truth import read_calls

from ccml.contracts.summary import summary_counts
from ccml.errors import DataError

NUMBER, OURS = "+48600700800", "+48800123001"


def rail(id: str = "CAL1", **changes: Any) -> dict[str, Any]:
    """One call as CallRail's API gives it."""
    return {
        "id": id,
        "direction": "inbound",
        "start_time": "2026-01-05T10:00:00.000+01:00",
        "duration": 40,
        "answered": True,
        "voicemail": False,
        "customer_phone_number": NUMBER,
        "tracking_phone_number": OURS,
        "first_call": True,
        "source_name": "Google Ads",
        "gclid": None,
        "msclkid": "click",
        "recording_duration": "27",
    } | changes


def leg(sid: str = "CA1", **changes: Any) -> dict[str, Any]:
    """One Call resource of Twilio."""
    return {
        "sid": sid,
        "parent_call_sid": None,
        "from": NUMBER,
        "to": OURS,
        "direction": "inbound",
        "status": "completed",
        "start_time": "Mon, 05 Jan 2026 09:00:00 +0000",
        "end_time": "Mon, 05 Jan 2026 09:01:00 +0000",
        "duration": "60",
        "date_updated": "Mon, 05 Jan 2026 09:01:02 +0000",
        "queue_time": "30000",
    } | changes


def child(sid: str, parent: str = "CA1", **changes: Any) -> dict[str, Any]:
    own = {"parent_call_sid": parent, "direction": "outbound-dial", "from": NUMBER}
    return leg(sid, **(own | {"to": "client:A1"} | changes))


def opened(engine, folder, reader, extra="", **files):
    (folder / "calls").mkdir(exist_ok=True)
    for name, records in files.items():
        page = {"page": 0, "calls": records}
        (folder / "calls" / f"{name}.json").write_text(json.dumps(page))
    head = f"calls:\n  reader: {reader}\n  path: calls/*\n  max_bad_share: 1\n"
    return project(engine, folder, head + (f"  {extra}\n" if extra else ""))


def by_id(log):
    calls = read_calls(log)
    return calls.set_index(calls.call_id.str.split(":").str[1])


def test_callrail_tells_who_was_missed(shared_backend, tmp_path):
    records = [
        rail(),
        rail("missed", answered=False, duration=12),
        rail("short", answered=False, duration=3),
        rail("message", answered=False, voicemail=True),
        rail("out", direction="outbound", answered=False),
        rail("now", duration=None, answered=None),
        rail("bad", duration="long"),
    ]
    log = opened(shared_backend, tmp_path, "callrail", page=records)
    calls = by_id(log)
    lost = calls.index[calls.abandoned.fillna(value=False)]
    assert sorted(lost) == ["missed", "short"]
    assert calls.index[calls.short_abandon.fillna(value=False)].tolist() == ["short"]
    assert calls.voicemail["message"]
    call = calls.loc["CAL1"]
    assert (call.duration_s, call.source, call.is_first_call) == (
        40,
        "Google Ads",
        True,
    )
    assert call.started_at.isoformat() == "2026-01-05T09:00:00+00:00"
    assert call.click_key is not None
    assert calls[["talk_s", "wait_s", "handle_s", "queue"]].isna().all(axis=None)
    assert reasons(log, "calls") == {6: "open call", 7: "unparsable duration_s"}
    notes = summary_counts(log.store.frame("ingest_summary__calls"))
    assert any("short_missed_s" in note for note in notes["notes"])


def test_callrail_short_calls_by_the_switch(shared_backend, tmp_path):
    records = [rail("missed", answered=False, duration=12)]
    extra = "switches: {short_missed_s: 20}"
    log = opened(shared_backend, tmp_path, "callrail", extra, page=records)
    assert by_id(log).short_abandon.tolist() == [True]


def test_callrail_as_csv_with_other_names(shared_backend, tmp_path):
    (tmp_path / "calls").mkdir()
    file = tmp_path / "calls" / "calls.csv"
    file.write_text("id,Began,duration,answered\n7,2026-01-05T10:00:00+01:00,40,true\n")
    with pytest.raises(DataError, match=r"CallRail calls.*start_time"):
        read_calls(opened(shared_backend, tmp_path, "callrail"))
    extra = "header: {start_time: Began}"
    log = opened(shared_backend, tmp_path, "callrail", extra)
    assert by_id(log).answered.tolist() == [True]


TWILIO = [
    leg("in"),
    child("in-rung", "in", status="no-answer", duration="0"),
    child("in-met", "in"),
    leg("lost"),
    child("lost-rung", "lost", status="no-answer", duration="0"),
    leg("hand", **{"from": "client:A7", "to": ""}),
    child("hand-met", "hand", **{"from": OURS, "to": NUMBER}),
    leg("api", **{"from": OURS, "to": NUMBER, "direction": "outbound-api"}),
    leg("box", direction="outbound-api", answered_by="machine_end_beep"),
    leg("now", status="in-progress", end_time=None, duration=None),
    leg("odd", status="lost"),
]


def test_twilio_children_are_legs_of_their_parent(shared_backend, tmp_path):
    log = opened(shared_backend, tmp_path, "twilio", page=TWILIO)
    calls = by_id(log)
    assert sorted(calls.index) == ["api", "box", "hand", "in", "lost"]
    assert calls.answered.to_dict() == {
        "in": True,
        "lost": False,
        "hand": True,
        "api": True,
        "box": False,
    }
    assert calls.source_rows["in"] == 3
    assert calls.direction[["in", "hand", "api"]].tolist() == [
        "inbound",
        "outbound",
        "outbound",
    ]
    assert calls.phone_key[["in", "hand", "api"]].nunique() == 1
    assert calls.agent_id["hand"] != calls.agent_id["in"]
    assert calls[["wait_s", "talk_s", "queue"]].isna().all(axis=None)
    assert calls.started_at["in"].isoformat() == "2026-01-05T09:00:00+00:00"
    assert sorted(reasons(log, "calls").values()) == ["open call", "unknown status"]


def test_twilio_answers_by_status(shared_backend, tmp_path):
    extra = "switches: {answered_by_child: false}"
    log = opened(shared_backend, tmp_path, "twilio", extra, page=TWILIO[3:5])
    assert by_id(log).answered.tolist() == [True]


def test_twilio_without_children_says_so(shared_backend, tmp_path):
    records = [leg("done"), leg("nothing", duration="0")]
    log = opened(shared_backend, tmp_path, "twilio", page=records)
    assert by_id(log).answered.to_dict() == {"done": True, "nothing": False}
    notes = summary_counts(log.store.frame("ingest_summary__calls"))["notes"]
    assert any("without any leg to somebody" in note for note in notes)


def test_twilio_newer_version_and_order_of_files(shared_backend, tmp_path):
    early = leg(status="ringing", end_time=None, duration=None)
    early["date_updated"] = "Mon, 05 Jan 2026 09:00:01 +0000"
    log = opened(shared_backend, tmp_path, "twilio", b=[early], a=[leg(), child("CA2")])
    call = by_id(log).loc["CA1"]
    assert (call.answered, call.source_rows) == (True, 2)
    assert list(reasons(log, "calls").values()) == ["older copy of the same record"]
    more = opened(shared_backend, tmp_path, "twilio", c=[leg(), child("CA2")])
    again = by_id(more).loc["CA1"]
    assert again.drop("source_file").equals(call.drop("source_file"))
