"""Facts of Five9's call log, each on rows written by hand."""

import pandas as pd
import pytest
from source_projects import project

from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_calls
from ccml.sources.platforms import five9

HEADER = (
    "CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,AGENT,AGENT NAME,DISPOSITION,ANI,"
    "CUSTOMER NAME,DNIS,CALL TIME,BILL TIME (ROUNDED),COST,IVR TIME,QUEUE WAIT TIME,"
    "RING TIME,TALK TIME,HOLD TIME,PARK TIME,AFTER CALL WORK TIME,TRANSFERS,"
    "CONFERENCES,HOLDS,ABANDONED,RECORDINGS,SKILL"
)
NAMES = HEADER.split(",")
ANSWERED = {
    "CALL ID": "1",
    "TIMESTAMP": "Thu, 27 Oct 2016 14:51:34",
    "CAMPAIGN": "Main Line",
    "CALL TYPE": "Inbound",
    "AGENT": "ann@example.com",
    "DISPOSITION": "Resolved",
    "ANI": "530995315",
    "DNIS": "800123001",
    "CALL TIME": "00:02:10",
    "IVR TIME": "00:00:10",
    "QUEUE WAIT TIME": "00:00:20",
    "RING TIME": "00:00:05",
    "TALK TIME": "00:01:40",
    "HOLD TIME": "00:00:30",
    "AFTER CALL WORK TIME": "00:00:15",
    "ABANDONED": "0",
    "SKILL": "Care",
}
NOBODY = {
    "AGENT": "[None]",
    "DISPOSITION": "",
    "RING TIME": "00:00:00",
    "TALK TIME": "00:00:00",
    "HOLD TIME": "00:00:00",
    "AFTER CALL WORK TIME": "00:00:00",
}
ASKED = {**NOBODY, "CALL ID": "5", "CALL TIME": "00:00:30"}
CALLBACK = {"CALL ID": "5", "CALL TYPE": "Queue Callback", "ABANDONED": ""}


def row(*changes, names=NAMES):
    """One row of the log as a CSV line."""
    told = dict(ANSWERED)
    for change in changes:
        told |= change
    return ",".join('"' + str(told.get(name, "")) + '"' for name in names)


def read(backend, folder, *rows, header=HEADER, more="", **files):
    """Read rows; return the project and its calls by id."""
    files = files or {"calls_1": [header, *rows]}
    source = "calls:\n  reader: five9\n  path: calls/*\n  max_bad_share: 1\n"
    zone = "" if "time_zone" in more else "  time_zone: America/Los_Angeles\n"
    lines = "".join(f"  {line}\n" for line in more.splitlines())
    opened = project(backend, folder, source + zone + lines, **files)
    prepare_calls(opened)
    return opened, opened.store.frame("calls").set_index("call_id").sort_index()


LOG = [
    row(),
    row(),
    row(
        NOBODY,
        {
            "CALL ID": "2",
            "ABANDONED": "1",
            "DISPOSITION": "Abandon",
            "CALL TIME": "00:00:30",
        },
    ),
    row(
        NOBODY,
        {
            "CALL ID": "3",
            "ABANDONED": "",
            "SKILL": "[None]",
            "QUEUE WAIT TIME": "00:00:00",
            "CALL TIME": "00:00:10",
            "DISPOSITION": "Caller Disconnected",
        },
    ),
    row(
        NOBODY,
        {
            "CALL ID": "4",
            "CALL TYPE": "Manual",
            "AGENT": "ann@example.com",
            "DISPOSITION": "No Answer",
            "ANI": "800123001",
            "DNIS": "530995315",
            "ABANDONED": "",
        },
    ),
    row(ASKED),
    row(ASKED, CALLBACK),
    row(
        CALLBACK,
        {
            "TIMESTAMP": "Thu, 27 Oct 2016 15:51:34",
            "QUEUE WAIT TIME": "00:00:00",
            "IVR TIME": "00:00:00",
        },
    ),
    row({"CALL ID": "6", "TRANSFERS": "1"}),
    row(
        {
            "CALL ID": "6",
            "AGENT": "bob@example.com",
            "TIMESTAMP": "Thu, 27 Oct 2016 14:53:44",
            "IVR TIME": "00:00:00",
            "QUEUE WAIT TIME": "00:00:00",
            "SKILL": "[None]",
            "ABANDONED": "",
        }
    ),
    row({"CALL ID": "7", "CALL TYPE": "Test"}),
    row({"CALL ID": "8", "CALL TYPE": "INTERNAL_VOICEMAIL"}),
    row({"CALL ID": "9", "CALL TYPE": "Fax"}),
    row({"CALL ID": "10", "TIMESTAMP": "2026-09-03 10:00", "CAMPAIGN": "[Deleted]"}),
    row({"CALL ID": "11", "SKILL": "[Deleted]", "QUEUE WAIT TIME": "00:00:00"}),
    row({"CALL ID": "12", "TALK TIME": "a while"}),
    row({"CALL ID": "13", "TALK TIME": "00:00:10", "HOLD TIME": "00:00:20"}),
]


@pytest.fixture(scope="module")
def log(shared_backend, tmp_path_factory):
    opened, calls = read(shared_backend, tmp_path_factory.mktemp("five9_facts"), *LOG)
    aside = opened.store.frame("quarantine__calls")
    return calls, dict(zip(aside.row_no, aside.reason, strict=True))


def test_the_clock_is_pacific(log):
    calls, _ = log
    assert calls.started_at["five9:1"] == pd.Timestamp("2016-10-27T21:51:34Z")
    assert calls.started_at["five9:10"] == pd.Timestamp("2026-09-03T17:00:00Z")


def test_talk_time_holds_the_hold(log):
    call = log[0].loc["five9:1"]
    assert (call.talk_s, call.hold_s, call.wrap_s) == (70, 30, 15)
    assert (call.ivr_s, call.wait_s, call.ring_s) == (10, 20, 5)
    assert call.known_at - call.ended_at == pd.Timedelta(seconds=15)


def test_rows_that_are_no_calls_are_set_aside_with_reasons(log):
    assert log[1] == {
        2: "duplicate",
        7: "queue callback without talk",
        11: "test call",
        12: "internal call",
        13: "unknown CALL TYPE",
        16: "unparsable talk_time",
    }


def test_abandoned_is_blank_where_nobody_queued(log):
    calls, _ = log
    lost, alone = calls.loc["five9:2"], calls.loc["five9:3"]
    assert (lost.queued, lost.abandoned, lost.system_outcome) == (
        True,
        True,
        "abandoned",
    )
    assert (alone.queued, alone.abandoned, alone.ivr_only) == (False, False, True)
    assert pd.isna(alone.wait_s)
    assert alone.system_outcome == "caller_disconnected"


def test_the_customer_is_dialled_when_outbound(log):
    calls, _ = log
    assert calls.phone_key["five9:4"] == calls.phone_key["five9:1"]
    assert calls.dialed_key["five9:4"] == calls.dialed_key["five9:1"]
    assert calls.direction["five9:4"] == "outbound"
    assert calls.system_outcome["five9:4"] == "no_answer"
    assert pd.isna(calls.disposition["five9:4"])
    assert pd.isna(calls.ring_s["five9:4"])


def test_a_callback_is_a_call_of_its_own(log):
    calls, _ = log
    asked, made = calls.loc["five9:5"], calls.loc["five9:5:callback"]
    assert (asked.flow_out, asked.abandoned, asked.answered) == (True, False, False)
    assert (made.direction, made.callback, made.callback_of) == ("callback", True, "5")
    assert not made.queued


def test_agents_of_a_call_fold_into_one(log):
    call = log[0].loc["five9:6"]
    assert (call.n_agents, call.n_transfers, call.transferred) == (2, 1, True)
    assert call.talk_s == 140
    assert pd.isna(call.requeue_wait_s)
    assert call.duration_s == 260


def test_a_deleted_name_is_no_name_but_the_skill_queued(log):
    calls, _ = log
    assert pd.isna(calls.campaign["five9:10"])
    assert pd.isna(calls.queue["five9:11"])
    assert calls.queued["five9:11"]


def test_hold_longer_than_talk_is_marked(log):
    call = log[0].loc["five9:13"]
    assert (call.talk_s, call.parse_flags) == (0, "hold_exceeds_talk")


def test_the_switch_leaves_the_hold_in_and_the_check_objects(shared_backend, tmp_path):
    rows = [row({"CALL ID": str(number)}) for number in range(3)]
    opened, calls = read(
        shared_backend, tmp_path, *rows, more="switches: {talk_includes_hold: false}"
    )
    assert set(calls.talk_s) == {100}
    assert set(calls.parse_flags) == {"parts_exceed_duration"}
    summary = opened.store.frame("ingest_summary__calls")
    noted = summary[summary.reason.str.contains("switches.talk_includes_hold")]
    assert list(noted.rows) == [3]


@pytest.mark.slow
def test_sessions_bind_calls_in_whatever_file_they_come(shared_backend, tmp_path):
    names = [*NAMES, "SESSION ID"]
    header = ",".join(names)
    first = row({"SESSION ID": "S1", "TRANSFERS": "1"}, names=names)
    late = {"SESSION ID": "S1", "CALL ID": "2", "AGENT": "bob@example.com"}
    late |= {"TIMESTAMP": "Thu, 27 Oct 2016 14:54:00", "IVR TIME": "00:00:00"}
    unsettled = late | {"DISPOSITION": "No Disposition"}
    unsettled |= {"AFTER CALL WORK TIME": "00:00:00"}
    files = [[header, row(late, names=names)], [header, first]]
    files.append([header, row(unsettled, names=names), first])
    seen = []
    for folder, order in (("a", (0, 1, 2)), ("b", (2, 1, 0))):
        named = {f"calls_{n}": files[place] for n, place in enumerate(order)}
        (tmp_path / folder).mkdir()
        _, calls = read(shared_backend, tmp_path / folder, **named)
        seen.append(calls.drop(columns="source_file"))
    pd.testing.assert_frame_equal(*seen)
    call = seen[0].loc["five9:S1"]
    assert (len(seen[0]), call.n_agents, call.requeue_wait_s) == (1, 2, 20)
    assert (call.wrap_s, call.disposition) == (30, "Resolved")


def test_an_unknown_header_names_the_difference_and_a_map_helps(
    shared_backend, tmp_path
):
    header = HEADER.replace("CALL TIME", "CALL LENGTH")
    with pytest.raises(DataError, match=r"lacks \['CALL TIME'\].*'CALL LENGTH'"):
        read(shared_backend, tmp_path, row(), header=header)
    _, calls = read(
        shared_backend,
        tmp_path,
        row(),
        header=header,
        more="header: {CALL TIME: CALL LENGTH}",
    )
    assert list(calls.duration_s) == [130]


def test_own_columns_must_be_there(shared_backend, tmp_path):
    with pytest.raises(DataError, match=r"switches\.attributes\.reason"):
        read(
            shared_backend,
            tmp_path,
            row(),
            more="switches: {attributes: {reason: Global.Why}}",
        )


def test_the_zone_must_be_named(shared_backend, tmp_path):
    source = "calls:\n  reader: five9\n  path: calls/*\n"
    opened = project(shared_backend, tmp_path, source, calls_1=[HEADER, row()])
    with pytest.raises(ConfigError, match="time_zone"):
        prepare_calls(opened)


def test_a_full_report_may_be_cut_off(shared_backend, tmp_path, monkeypatch):
    monkeypatch.setattr(five9, "FULL_FILE", 2)
    rows = [row({"CALL ID": str(number)}) for number in range(2)]
    opened, _ = read(shared_backend, tmp_path, *rows)
    summary = opened.store.frame("ingest_summary__calls")
    assert list(summary.rows[summary.reason.str.contains("cut off")]) == [2]
