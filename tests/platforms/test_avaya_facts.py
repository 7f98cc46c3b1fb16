"""Avaya CMS: what a segment's fields mean, on rows written by hand."""

from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from source_projects import project, reasons

from ccml.contracts.summary import summary_counts
from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_calls
from ccml.project import Project
from ccml.sources.platforms.avaya_layouts import RELEASE_12, RELEASE_16

BEGIN = 1_767_603_600  # 2026-01-05 09:00:00 UTC
UCID = f"0000101234{BEGIN}"
PLAIN = {
    "ACD": "1",
    "ROW_DATE": "2026-01-05",
    "CALLID": "218804",
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
    "EQLOC": "004C07021",
    "ORIGLOGIN": "",
    "ANSLOGIN": "31206",
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


def read_files(
    backend, folder: Path, *files: str, source: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame, Project]:
    """Read files of call history; return the calls, the legs and the project."""
    named = {f"calls_{n}": file for n, file in enumerate(files)}
    lines = ["reader: avaya", "path: calls/*", "max_bad_share: 1"]
    body = "\n".join(f"  {line}" for line in [*lines, *source.splitlines()])
    opened = project(backend, folder, f"calls:\n{body}", **named)
    prepare_calls(opened)
    calls = opened.store.frame("calls").sort_values("call_id", ignore_index=True)
    return calls, opened.store.frame("call_legs"), opened


def moved_on() -> list[dict[str, str]]:
    """A call that goes on in another split; its second segment stands first."""
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
        ORIGLOGIN="31206",
        ANSLOGIN="31244",
        CALLING_PTY="5206",
        DISPSPLIT="14",
        SPLIT1="14",
    )
    return [second, first]


def asked_and_heard() -> list[dict[str, str]]:
    """A call during which a colleague is asked and a supervisor listens."""
    aside = {"SEGSTART": str(BEGIN + 60), "DURATION": "30", "TALKTIME": "0"}
    aside |= {"ORIGLOGIN": "31206", "DISPSPLIT": "-1", "SPLIT1": "-1", "ACWTIME": "0"}
    asked = segment(
        SEGMENT="2", DISPOSITION="1", DISPTIME="3", CONSULTTIME="30", **aside
    )
    heard = segment(SEGMENT="3", DISPOSITION="1", OBSERVINGCALL="1", **aside)
    return [segment(CONFERENCE="1"), asked, heard]


STATES = {"3": ["abandoned"], "4": ["flow_out"], "5": [], "6": [], "7": []}
"""Code of a call that nobody answered: what is true of it."""
PHANTOM = segment(DISPOSITION="3", TALKTIME="4", DURATION="40", SEGSTOP=str(BEGIN + 53))
CALLS = {
    "plain": [segment()],
    "moved on": moved_on(),
    **{f"code {code}": [abandoned(DISPOSITION=code)] for code in STATES},
    "vector": [abandoned(DISPSPLIT="-1", SPLIT1="-1", QUEUETIME="0", RINGTIME="0")],
    "phantom": [PHANTOM],
    "in UTC": [segment(SEGSTART=str(BEGIN + 3_600), SEGSTART_UTC=str(BEGIN))],
    "trunk": [segment(CALLING_PTY="41")],
    "port": [segment(CALLING_PTY="004C07021")],
    "asked": asked_and_heard(),
    "no talk": [segment(TALKTIME="n/a")],
    "no start": [segment(SEGSTART="soon")],
}
"""Name of a call: its segments."""
UCIDS = {name: f"{number:010}{BEGIN}" for number, name in enumerate(CALLS, start=1)}
ROWS = [
    {"SEGSTART_UTC": "", **row, "UCID": UCIDS[name], "CALLID": UCIDS[name][:10]}
    for name, rows in CALLS.items()
    for row in rows
]


@pytest.fixture
def read(shared_backend, tmp_path):
    """Read files of call history into a project of the test's own."""
    return partial(read_files, shared_backend, tmp_path)


@pytest.fixture(scope="module")
def facts(shared_backend, tmp_path_factory):
    """All of CALLS, read as one file."""
    return read_files(shared_backend, tmp_path_factory.mktemp("avaya"), text(*ROWS))


@pytest.fixture
def call(facts):
    """Look a call up by its name."""
    calls = facts[0].set_index("call_id")
    return lambda name: calls.loc[f"avaya:{UCIDS[name]}"]


def only(read, *rows: dict[str, str], source: str = "") -> pd.Series:
    calls, _, _ = read(text(*rows), source=source)
    assert len(calls) == 1
    return calls.iloc[0]


def test_the_parts_of_a_segment(call):
    one = call("plain")
    seconds = ["ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s", "duration_s"]
    assert one[seconds].tolist() == [11, 25, 5, 90, 0, 13, 126]
    assert one.started_at == pd.Timestamp(BEGIN, unit="s", tz="UTC")
    assert (one.known_at - one.ended_at).total_seconds() == 13
    assert (one.queue, one.system_outcome, one.phone_status) == ("13", "ANS", "ok")


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


def test_the_time_on_the_trunk_is_the_end_and_is_never_added_up(call):
    one = call("moved on")
    assert one.duration_s == 400
    assert (one.wait_s, one.requeue_wait_s, one.talk_s) == (25, 40, 324)
    assert (one.queue, one.last_queue, one.transfer_type) == ("13", "14", "queue")
    assert (one.n_transfers, one.n_agents, one.direction) == (1, 2, "inbound")


@pytest.mark.parametrize(("code", "state"), STATES.items())
def test_codes_of_calls_that_nobody_answered(call, code, state):
    one = call(f"code {code}")
    names = ("answered", "abandoned", "flow_out")
    assert [name for name in names if one[name]] == state
    assert one.queued
    assert not one.ivr_only


def test_a_call_without_a_split_ended_in_the_vector(call):
    one = call("vector")
    assert one.ivr_only
    assert not one.queued
    assert not one.abandoned
    assert one.ivr_s == 36
    assert pd.isna(one.wait_s)


def test_phantom_abandons_may_hold_talk_and_the_timer_says_how_much(read, call):
    phantom = call("phantom")
    assert phantom.abandoned
    assert not phantom.answered
    assert phantom.talk_s == 4
    assert phantom.parse_flags == "phantom_abandon"
    off = only(read, PHANTOM, source="switches: {phantom_abandon_s: 0}")
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


def test_a_column_in_utc_goes_before_the_local_one(call):
    assert call("in UTC").started_at == pd.Timestamp(BEGIN, unit="s", tz="UTC")


@pytest.mark.parametrize(
    ("digits", "directions"),
    [(7, {"4155": "internal", "48600700": "outbound"}), (9, {"48600700": "internal"})],
)
def test_agents_call_outside_or_a_colleague_by_the_digits(read, digits, directions):
    rows = [
        segment(
            UCID=f"{number:010}{BEGIN}",
            ORIGLOGIN="31206",
            ANSLOGIN="",
            DISPSPLIT="-1",
            SPLIT1="-1",
            DISPOSITION="1",
            QUEUETIME="0",
            RINGTIME="0",
            ORIGHOLDTIME="7",
            DIALED_NUM=dialled,
            CALLING_PTY="5206",
        )
        for number, dialled in enumerate(directions)
    ]
    source = f"switches: {{external_min_digits: {digits}}}"
    calls, _, _ = read(text(*rows), source=source)
    assert calls.direction.tolist() == list(directions.values())
    assert calls.answered.all()
    assert set(zip(calls.talk_s, calls.hold_s, strict=True)) == {(90, 7)}
    assert calls[["wait_s", "ivr_s"]].isna().all(axis=None)
    assert calls.agent_id.notna().all()


def test_without_a_ucid_a_call_is_its_number_and_its_day(read):
    none = segment(UCID="0" * 20)
    other = segment(UCID="", ROW_DATE="2026-01-06", SEGSTART=str(BEGIN + 86_400))
    calls, _, _ = read(text(none, other))
    ids = ["avaya:1-218804-2026-01-05", "avaya:1-218804-2026-01-06"]
    assert calls.call_id.tolist() == ids
    undated, _, _ = read(text(none, other, drop=("ROW_DATE",)))
    assert undated.call_id.tolist() == ids


def test_the_trunk_is_no_number_of_a_customer(call):
    for name in ("trunk", "port"):
        assert pd.isna(call(name).phone_key)
        assert call(name).phone_status == "anonymous"


def test_a_consultation_counts_without_its_wait_and_supervisors_not_at_all(facts, call):
    one = call("asked")
    assert (one.consult_s, one.talk_s, one.n_agents) == (27, 90, 1)
    assert one.parse_flags == "conference"
    assert one.duration_s == 126
    legs = facts[1]
    kinds = legs.leg_type[legs.call_id == one.name]
    assert sorted(kinds) == ["agent", "consult", "monitor"]


def test_a_second_file_with_the_same_rows_changes_nothing(read):
    other = segment(UCID=f"0000101235{BEGIN}", CALLID="7")
    once, _, _ = read(text(segment(), other))
    twice, _, opened = read(text(segment(), other), text(other, segment()))
    pd.testing.assert_frame_equal(once, twice)
    assert set(reasons(opened, "calls").values()) == {"duplicate"}


def test_numbers_that_are_none_set_the_row_aside(facts):
    assert set(reasons(facts[2], "calls").items()) == {
        (len(ROWS) - 1, "unparsable TALKTIME"),
        (len(ROWS), "unparsable started_at"),
    }
    assert len(facts[0]) == len(CALLS) - 2


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
