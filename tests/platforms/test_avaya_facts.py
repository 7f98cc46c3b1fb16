"""Avaya CMS: what a segment's fields mean, on rows written by hand."""

import pandas as pd
import pytest
from source_projects import KEY, project, reasons

from ccml.contracts.summary import summary_counts
from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_calls
from ccml.sources.platforms.avaya_layouts import RELEASE_12, RELEASE_16

BEGIN = 1_767_603_600  # 2026-01-05 09:00:00 UTC
UCID = f"0000101234{BEGIN}"
PLAIN = {
    "ACD": "1",
    "ROW_DATE": "2026-01-05",
    "CALLID": "453862",
    "UCID": UCID,
    "SEGMENT": "1",
    "SEGSTART": str(BEGIN),
    "SEGSTOP": str(BEGIN + 139),
    "DURATION": "126",
    "DISPOSITION": "2",
    "DISPTIME": "36",
    "QUEUETIME": "20",
    "RINGTIME": "5",
    "TALKTIME": "90",
    "ANSHOLDTIME": "0",
    "ORIGHOLDTIME": "0",
    "ACWTIME": "13",
    "CONSULTTIME": "0",
    "DISPSPLIT": "13",
    "SPLIT1": "13",
    "SPLIT2": "-1",
    "SPLIT3": "-1",
    "TKGRP": "41",
    "EQLOC": "006B13014",
    "ORIGLOGIN": "",
    "ANSLOGIN": "40317",
    "DIALED_NUM": "1009",
    "CALLING_PTY": "48600700800",
    "LASTCWC": "",
    "TRANSFERRED": "0",
    "CONFERENCE": "0",
    "OBSERVINGCALL": "0",
    "AGT_RELEASED": "1",
}


def segment(**fields: str) -> dict[str, str]:
    """One segment: a call of 11 s in the vector, 25 s of wait, and 90 s of talk."""
    return PLAIN | fields


def abandoned(**fields: str) -> dict[str, str]:
    """A segment that nobody answered."""
    gone = {"DISPOSITION": "3", "ANSLOGIN": "", "TALKTIME": "0", "ACWTIME": "0"}
    return segment(**gone | {"SEGSTOP": str(BEGIN + 36), "DURATION": "36"} | fields)


def text(*rows: dict[str, str], drop: tuple[str, ...] = ()) -> str:
    """Write rows with a header."""
    names = [name for name in rows[0] if name not in drop]
    lines = [",".join(names), *(",".join(row[n] for n in names) for row in rows)]
    return "\n".join(lines) + "\n"


def notes_of(opened) -> list[str]:
    """List the notes of the call log's summary."""
    return list(summary_counts(opened.store.frame("ingest_summary__calls"))["notes"])


@pytest.fixture
def read(shared_backend, tmp_path, monkeypatch):
    """Read files of call history; return the calls, the legs and the project."""
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", KEY)

    def read(
        *files: str, source: str = ""
    ) -> tuple[pd.DataFrame, pd.DataFrame, object]:
        named = {f"calls_{n}": file for n, file in enumerate(files)}
        lines = ["reader: avaya", "path: calls/*", "max_bad_share: 1"]
        body = "\n".join(f"  {line}" for line in [*lines, *source.splitlines()])
        opened = project(shared_backend, tmp_path, f"calls:\n{body}", **named)
        prepare_calls(opened)
        calls = opened.store.frame("calls").sort_values("call_id", ignore_index=True)
        return calls, opened.store.frame("call_legs"), opened

    return read


def only(read, *rows: dict[str, str], source: str = "") -> pd.Series:
    calls, _, _ = read(text(*rows), source=source)
    assert len(calls) == 1
    return calls.iloc[0]


def test_the_parts_of_a_segment(read):
    call = only(read, segment())
    assert call.call_id == f"avaya:{UCID}"
    seconds = ["ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s", "duration_s"]
    assert call[seconds].tolist() == [11, 25, 5, 90, 0, 13, 126]
    assert call.started_at == pd.Timestamp(BEGIN, unit="s", tz="UTC")
    assert (call.known_at - call.ended_at).total_seconds() == 13
    assert (call.queue, call.system_outcome, call.phone_status) == ("13", "ANS", "ok")


def test_files_without_a_header_are_read_by_the_order_of_their_release(read):
    row = segment() | {"SEGSTART": "2026-01-05 09:00:00"}
    row |= {"SEGSTOP": "2026-01-05 09:02:19", "SEGSTART_UTC": "", "SEGSTOP_UTC": ""}
    line = ",".join(row.get(name, "0") for name in RELEASE_12)
    old, _, _ = read(f"{line},\n")
    line = ",".join(row.get(name, "0") for name in RELEASE_16)
    late, _, _ = read(f"{line}\n")
    with_header, _, _ = read(text(segment()))
    apart = ["source_file"]
    pd.testing.assert_frame_equal(old.drop(columns=apart), late.drop(columns=apart))
    pd.testing.assert_frame_equal(
        old.drop(columns=apart), with_header.drop(columns=apart)
    )


def test_the_time_on_the_trunk_is_the_end_and_is_never_added_up(read):
    first = segment(TRANSFERRED="1", DURATION="400", SEGSTOP=str(BEGIN + 430))
    second = segment(
        SEGMENT="2",
        SEGSTART=str(BEGIN + 126),
        SEGSTOP=str(BEGIN + 410),
        DURATION="274",
        DISPTIME="40",
        QUEUETIME="30",
        RINGTIME="10",
        TALKTIME="234",
        ACWTIME="10",
        ORIGLOGIN="40317",
        ANSLOGIN="40155",
        CALLING_PTY="4317",
        DISPSPLIT="14",
        SPLIT1="14",
    )
    call = only(read, second, first)
    assert call.duration_s == 400
    assert (call.wait_s, call.requeue_wait_s, call.talk_s) == (25, 40, 324)
    assert (call.queue, call.last_queue, call.transfer_type) == ("13", "14", "queue")
    assert (call.n_transfers, call.n_agents, call.direction) == (1, 2, "inbound")


def test_codes_of_calls_that_nobody_answered(read):
    states = {"3": ["abandoned"], "4": ["flow_out"], "5": [], "6": [], "7": []}
    rows = [
        abandoned(DISPOSITION=code, UCID=f"000010123{code}{BEGIN}", CALLID=code)
        for code in states
    ]
    calls, _, _ = read(text(*rows))
    assert len(calls) == len(states)
    names = ("answered", "abandoned", "flow_out")
    for call, state in zip(calls.itertuples(), states.values(), strict=True):
        assert [name for name in names if getattr(call, name)] == state
        assert call.queued
        assert not call.ivr_only


def test_a_call_without_a_split_ended_in_the_vector(read):
    call = only(
        read, abandoned(DISPSPLIT="-1", SPLIT1="-1", QUEUETIME="0", RINGTIME="0")
    )
    assert call.ivr_only
    assert not call.queued
    assert not call.abandoned
    assert call.ivr_s == 36
    assert pd.isna(call.wait_s)


def test_phantom_abandons_may_hold_talk_and_the_timer_says_how_much(read):
    row = segment(DISPOSITION="3", TALKTIME="4", DURATION="40", SEGSTOP=str(BEGIN + 53))
    phantom = only(read, row)
    assert phantom.abandoned
    assert not phantom.answered
    assert phantom.talk_s == 4
    assert phantom.parse_flags == "phantom_abandon"
    off = only(read, row, source="switches: {phantom_abandon_s: 0}")
    assert off.answered
    assert not off.abandoned


def test_epochs_are_in_utc_or_in_the_time_of_the_switch(read):
    shifted = segment(SEGSTART=str(BEGIN + 3_600), SEGSTOP=str(BEGIN + 3_739))
    local = "time_zone: Europe/Warsaw\nswitches: {epoch_is_local: true}"
    call = only(read, shifted, source=local)
    assert call.started_at == pd.Timestamp(BEGIN, unit="s", tz="UTC")
    calls, _, opened = read(text(shifted), source="switches: {epoch_is_local: false}")
    assert calls.started_at[0] == pd.Timestamp(BEGIN + 3_600, unit="s", tz="UTC")
    notes = notes_of(opened)
    assert any("another time than their UCID" in note for note in notes)
    with pytest.raises(ConfigError, match="the zone of the switch is needed"):
        read(text(shifted), source="switches: {epoch_is_local: true}")


def test_a_column_in_utc_goes_before_the_local_one(read):
    row = segment(SEGSTART=str(BEGIN + 3_600), SEGSTART_UTC=str(BEGIN))
    assert only(read, row).started_at == pd.Timestamp(BEGIN, unit="s", tz="UTC")


@pytest.mark.parametrize(
    ("dialled", "digits", "direction"),
    [("4155", 7, "internal"), ("48600700", 7, "outbound"), ("48600700", 9, "internal")],
)
def test_agents_call_outside_or_a_colleague_by_the_digits(
    read, dialled, digits, direction
):
    row = segment(
        ORIGLOGIN="40317",
        ANSLOGIN="",
        DISPSPLIT="-1",
        SPLIT1="-1",
        DISPOSITION="1",
        QUEUETIME="0",
        RINGTIME="0",
        ORIGHOLDTIME="7",
        DIALED_NUM=dialled,
        CALLING_PTY="4317",
    )
    call = only(read, row, source=f"switches: {{external_min_digits: {digits}}}")
    assert call.direction == direction
    assert call.answered
    assert (call.talk_s, call.hold_s) == (90, 7)
    assert pd.isna(call.wait_s)
    assert pd.isna(call.ivr_s)
    assert pd.notna(call.agent_id)


def test_without_a_ucid_a_call_is_its_number_and_its_day(read):
    none = segment(UCID="0" * 20)
    other = segment(UCID="", ROW_DATE="2026-01-06", SEGSTART=str(BEGIN + 86_400))
    calls, _, _ = read(text(none, other))
    ids = ["avaya:1-453862-2026-01-05", "avaya:1-453862-2026-01-06"]
    assert calls.call_id.tolist() == ids
    undated, _, _ = read(text(none, other, drop=("ROW_DATE",)))
    assert undated.call_id.tolist() == ids


def test_the_trunk_is_no_number_of_a_customer(read):
    other = segment(CALLING_PTY="41", UCID=f"0000101235{BEGIN}", CALLID="7")
    calls, _, _ = read(text(segment(CALLING_PTY="006B13014"), other))
    assert len(calls) == 2
    assert calls.phone_key.isna().all()
    assert set(calls.phone_status) == {"anonymous"}


def test_a_consultation_counts_without_its_wait_and_supervisors_not_at_all(read):
    aside = {"SEGSTART": str(BEGIN + 60), "DURATION": "30", "TALKTIME": "0"}
    aside |= {"ORIGLOGIN": "40317", "DISPSPLIT": "-1", "SPLIT1": "-1", "ACWTIME": "0"}
    asked = segment(
        SEGMENT="2", DISPOSITION="1", DISPTIME="3", CONSULTTIME="30", **aside
    )
    heard = segment(SEGMENT="3", DISPOSITION="1", OBSERVINGCALL="1", **aside)
    calls, legs, _ = read(text(segment(CONFERENCE="1"), asked, heard))
    call = calls.iloc[0]
    assert (call.consult_s, call.talk_s, call.n_agents) == (27, 90, 1)
    assert call.parse_flags == "conference"
    assert call.duration_s == 126
    assert sorted(legs.leg_type) == ["agent", "consult", "monitor"]


def test_a_second_file_with_the_same_rows_changes_nothing(read):
    other = segment(UCID=f"0000101235{BEGIN}", CALLID="7")
    once, _, _ = read(text(segment(), other))
    twice, _, opened = read(text(segment(), other), text(other, segment()))
    pd.testing.assert_frame_equal(once, twice)
    assert set(reasons(opened, "calls").values()) == {"duplicate"}


def test_numbers_that_are_none_set_the_row_aside(read):
    good = segment(UCID=f"0000101235{BEGIN}")
    bad = [segment(TALKTIME="n/a"), segment(SEGSTART="soon")]
    _, _, opened = read(text(good, *bad))
    assert reasons(opened, "calls") == {
        2: "unparsable TALKTIME",
        3: "unparsable started_at",
    }


def test_parts_longer_than_the_trunk_are_told(read):
    calls, _, opened = read(text(segment(TALKTIME="300")))
    assert calls.parse_flags[0] == "parts_exceed_duration"
    notes = notes_of(opened)
    assert any("longer than its time on the trunk" in note for note in notes)


def test_an_unknown_header_names_the_nearest_layout_and_a_map_helps(read):
    renamed = text(segment()).replace("DISPTIME", "DISP_SECONDS", 1)
    with pytest.raises(
        DataError, match=r"'Avaya CMS call_rec'; it lacks \['DISPTIME'\]"
    ):
        read(renamed)
    calls, _, _ = read(renamed, source="header: {DISPTIME: DISP_SECONDS}")
    assert calls.ivr_s[0] == 11
    converted = text(segment()).replace("DISPOSITION", "CALL_DISP", 1)
    converted = converted.replace("ANSLOGIN", "anslogid", 1)
    assert read(converted)[0].n_agents[0] == 1
