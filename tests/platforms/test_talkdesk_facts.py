"""Talkdesk: what the reports' columns mean, on rows written by hand."""

import json

import pandas as pd
import pytest
from source_projects import project, reasons

from ccml.contracts.summary import summary_counts
from ccml.errors import DataError
from ccml.identity.prepare import prepare_calls
from ccml.sources.platforms.talkdesk_contacts import ORDER

OLD = {
    "Interaction ID": "a",
    "Call Type": "Inbound",
    "Start Time": "2026-01-05 09:00:00",
    "End Time": "2026-01-05 09:01:40",
    "Talkdesk Phone Number": "+48800123001",
    "Customer Phone Number": "+48600700800",
    "Talk Time": "00:01:05",
    "Waiting Time": "00:00:06",
    "Holding Time": "00:00:10",
    "Callback From Queue?": "No",
    "Transfer?": "FALSE",
    "Agent Name": "Desk 7",
}
NEW = {
    "call_id": "a",
    "type": "inbound",
    "start_at": "2026-05-11T09:00:00Z",
    "end_at": "2026-05-11T09:01:40Z",
    "contact_phone_number": "+48600700800",
    "user_id": None,
    "handling_user_id": "u7",
    "total_time": 100,
    "talk_time": 65,
    "wait_time": 6,
    "hold_time": 10,
    "total_ringing_time": 4,
    "is_transfer": False,
    "is_callback_from_queue": None,
    "data_status": "Valid",
}
CONTACT = {
    "Interaction ID": "i1",
    "Contact ID": "c1",
    "Company Number": "+48800123001",
    "Contact Person Number": "+48600700800",
    "Direction": "IN",
    "Contact Type": "Answered",
    "Started At": "2026-01-05 09:59:50",
    "Wait Time": "17",
    "Ring Time": "12",
    "Answered At": "2026-01-05 10:00:07",
    "Talk Time": "204",
    "Hold Time": "20",
    "After Call Work Time": "25",
    "Finished At": "2026-01-05 10:04:16",
    "Duration": "266",
    "Transfer Out": "No",
    "Transfer In": "No",
    "Callback": "None",
    "Ring Groups": "care, sales",
    "User ID": "u1",
    "Data Status": "Valid",
}
UTC = "time_zone: UTC"


def text_of(value: object) -> str:
    """Write a value; nothing is an empty field."""
    return "" if value is None else str(value)


def table(*rows: dict[str, str]) -> str:
    """Write rows as CSV with a header."""
    names = list(rows[0])
    lines = [[text_of(row[name]) for name in names] for row in rows]
    quoted = [",".join(f'"{text}"' for text in line) for line in [names, *lines]]
    return "\n".join(quoted) + "\n"


def page(*rows: dict[str, object]) -> str:
    """Write rows as the API does."""
    return json.dumps({"total": len(rows), "entries": list(rows)}, indent=1)


@pytest.fixture
def read(shared_backend, tmp_path):
    """Read files of a report; return the project, and the calls by their ids."""

    def read(reader: str, *files: str, source: str = UTC):
        named = {f"calls_{n}": file for n, file in enumerate(files)}
        lines = [f"reader: {reader}", "path: calls/*", "max_bad_share: 1"]
        body = "\n".join(f"  {line}" for line in [*lines, *source.splitlines()])
        opened = project(shared_backend, tmp_path, f"calls:\n{body}", **named)
        prepare_calls(opened)
        calls = opened.store.frame("calls").set_index("call_id")
        return opened, calls.rename(index=lambda name: name.removeprefix("talkdesk:"))

    return read


def notes_of(opened) -> str:
    """Join the notes of the call log's summary."""
    counts = summary_counts(opened.store.frame("ingest_summary__calls"))
    return ";".join(counts["notes"])


def durations(name: str, talk: str, wait: str, hold: str) -> dict[str, str]:
    """An old row with these durations."""
    words = {"Talk Time": talk, "Waiting Time": wait, "Holding Time": hold}
    return OLD | {"Interaction ID": name} | words


def test_old_durations_are_clocks_or_fractions_of_a_day(read):
    rows = [
        OLD,
        durations("days", "0.000752314815", "0.000069444446", "0.000115740741"),
        durations("long", "25:00:00", "0", "0"),
        durations("seconds", "65", "6", "10"),
        durations("bad", "soon", "6", "10"),
    ]
    opened, calls = read("talkdesk_calls", table(*rows))
    parts = ["talk_s", "wait_s", "hold_s", "duration_s"]
    for name in ("a", "days", "seconds"):
        assert calls.loc[name, parts].tolist() == [65, 6, 10, 100]
    assert calls.talk_s["long"] == 90_000
    assert reasons(opened, "calls") == {5: "unparsable talk_s"}


def test_the_unit_of_durations_can_be_said(read):
    rows = table(durations("a", "6", "2", "0"))
    _, seconds = read(
        "talkdesk_calls", rows, source=f"{UTC}\nswitches: {{duration_unit: s}}"
    )
    assert seconds.talk_s["a"] == 6
    _, thousandths = read(
        "talkdesk_calls", rows, source=f"{UTC}\nswitches: {{duration_unit: ms}}"
    )
    assert thousandths.talk_s["a"] == pytest.approx(0.006)


def test_types_of_calls(read):
    kinds = ["inbound", "missed", "abandoned", "short_abandoned", "voicemail"]
    kinds += ["outbound", "outbound_missed"]
    rows = [NEW | {"call_id": kind, "type": kind} for kind in kinds]
    rows += [
        NEW | {"call_id": "back", "type": "outbound", "is_callback_from_queue": True}
    ]
    rows += [
        NEW | {"call_id": "asked", "type": "missed", "is_callback_from_queue": True}
    ]
    rows += [NEW | {"call_id": "hurt", "data_status": "Damaged"}]
    opened, calls = read("talkdesk_calls", page(*rows), source="")
    assert list(calls.index[calls.answered].sort_values()) == [
        "back",
        "inbound",
        "outbound",
    ]
    assert list(calls.index[calls.abandoned].sort_values()) == [
        "abandoned",
        "short_abandoned",
    ]
    assert list(calls.index[calls.short_abandon.fillna(False)]) == ["short_abandoned"]
    assert list(calls.index[calls.flow_out].sort_values()) == ["asked", "voicemail"]
    assert calls.direction["back"] == "callback"
    assert calls.direction["outbound_missed"] == "outbound"
    assert calls.n_agents["inbound"] == 1
    assert pd.isna(calls.talk_s["missed"])
    assert reasons(opened, "calls") == {10: "damaged record"}
    source = "switches: {missed_is_abandoned: true}"
    _, switched = read("talkdesk_calls", page(*rows), source=source)
    assert switched.abandoned["missed"]
    assert not switched.abandoned["asked"]


def test_hold_is_taken_off_the_talk_when_it_lies_within(read):
    row = NEW | {"talk_time": 94}
    opened, calls = read("talkdesk_calls", page(row), source="")
    assert calls.talk_s["a"] == 94
    assert calls.parse_flags["a"] == "parts_exceed_duration"
    assert "see switches.talk_includes_hold" in notes_of(opened)
    source = "switches: {talk_includes_hold: true}"
    opened, calls = read("talkdesk_calls", page(row), source=source)
    assert calls.talk_s["a"] == 84
    assert "see switches.talk_includes_hold" not in notes_of(opened)


def test_csv_and_json_and_their_order_make_no_difference(read):
    other = NEW | {"call_id": "b"}
    _, both = read("talkdesk_calls", page(NEW, other), source="")
    _, mixed = read("talkdesk_calls", table(other), page(NEW), page(), source="")
    columns = both.columns.drop("source_file")
    pd.testing.assert_frame_equal(
        both[columns].sort_index(), mixed[columns].sort_index()
    )


def test_times_without_an_offset_need_a_zone(read):
    with pytest.raises(DataError, match=r"sources.calls.time_zone: .*without a zone"):
        read("talkdesk_calls", table(OLD), source="")
    _, calls = read("talkdesk_calls", table(OLD), source="time_zone: Europe/Warsaw")
    assert calls.started_at["a"] == pd.Timestamp("2026-01-05T08:00:00Z")


def test_an_unknown_header_names_the_nearest_layout_and_a_map_helps(read):
    renamed = table(OLD).replace("Waiting Time", "Time in line", 1)
    with pytest.raises(DataError, match=r"before 11 May 2026'; it lacks \['Wai"):
        read("talkdesk_calls", renamed)
    mapped = f"{UTC}\nheader: {{Waiting Time: Time in line}}"
    assert read("talkdesk_calls", renamed, source=mapped)[1].wait_s["a"] == 6
    without = {name: value for name, value in NEW.items() if name != "wait_time"}
    with pytest.raises(DataError, match=r"from 11 May 2026'; it lacks \['wait_time'\]"):
        read("talkdesk_calls", page(without))


def test_contacts_end_before_the_work_after_the_call(read):
    _, calls = read("talkdesk_contacts", table(CONTACT))
    call = calls.loc["i1"]
    assert (call.known_at - call.ended_at).total_seconds() == 25
    assert call[["wait_s", "ring_s", "talk_s", "wrap_s"]].tolist() == [17, 12, 204, 25]
    assert call.queue == "care"
    source = (
        f"{UTC}\nswitches: {{finished_includes_wrap: false, talk_includes_hold: true}}"
    )
    _, other = read("talkdesk_contacts", table(CONTACT), source=source)
    assert other.ended_at["i1"] == other.known_at["i1"]
    assert other.talk_s["i1"] == 184


def test_contacts_of_one_interaction_are_one_call(read):
    first = CONTACT | {"Transfer Out": "Yes"}
    second = CONTACT | {
        "Contact ID": "c2",
        "Started At": "2026-01-05 10:03:51",
        "Finished At": "2026-01-05 10:09:00",
        "Transfer In": "Yes",
        "User ID": "u2",
        "Wait Time": "11",
    }
    lost = CONTACT | {"Interaction ID": "i2", "Contact ID": "c3"}
    lost |= {"Contact Type": "Short Abandoned", "Talk Time": "", "User ID": "None"}
    hurt = CONTACT | {"Contact ID": "c4", "Data Status": "Damaged"}
    running = CONTACT | {"Interaction ID": "i3", "Contact ID": "c5", "Finished At": ""}
    opened, calls = read("talkdesk_contacts", table(second, first, lost, hurt, running))
    call = calls.loc["i1"]
    assert call[["wait_s", "requeue_wait_s", "n_agents"]].tolist() == [17, 11, 2]
    assert call[["n_transfers", "transfer_type"]].tolist() == [1, "queue"]
    assert calls.loc["i2", ["abandoned", "short_abandon"]].all()
    assert pd.isna(calls.agent_id["i2"])
    assert reasons(opened, "calls") == {4: "damaged record", 5: "open call"}


def test_contacts_without_a_usable_header_are_read_by_position(read):
    whole = {name: CONTACT.get(name, "") for name in ORDER}
    _, titled = read("talkdesk_contacts", table(whole))
    rows = table(whole).split("\n", 1)[1]
    _, bare = read("talkdesk_contacts", rows)
    useless = ",".join(f"field {name}" for name in "abcdefghijklmnopqrstuvwxyz")
    useless += "," + ",".join(f"more {name}" for name in "abcdefghijklmnopqrs")
    _, renamed = read("talkdesk_contacts", f"{useless}\n{rows}")
    snake = {name.lower().replace(" ", "_"): value for name, value in CONTACT.items()}
    _, entries = read("talkdesk_contacts", page(snake))
    for other in (bare, renamed, entries):
        pd.testing.assert_frame_equal(titled, other)
    with pytest.raises(DataError, match="'Talkdesk contacts report'; it lacks"):
        read("talkdesk_contacts", "a,b\n1,2\n")
