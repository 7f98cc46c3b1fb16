"""Asterisk: facts of its logs, each with lines written by hand."""

import gzip
from typing import Any

import pytest
from source_projects import KEY, project, reasons
from truth import read_calls

from ccml.errors import ConfigError, DataError

ENTER, ANSWERED, DONE = 1_699_286_234, 1_699_286_240, 1_699_286_265
QUEUE_LOG = [
    f"{ENTER}|{ENTER}.7|sales|NONE|ENTERQUEUE||600700800|1",
    f"{ANSWERED}|{ENTER}.7|sales|Agent 1|CONNECT|6|{ENTER}.9|4",
    f"{DONE}|{ENTER}.7|sales|Agent 1|COMPLETECALLER|6|25|1",
]
START = "2026-01-05 10:00:00"
HEADER = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,"
    "billsec,disposition,amaflags,accountcode,uniqueid,userfield,did,recordingfile,"
    "cnum,cnam,outbound_cnum,outbound_cnam,dst_cnam,linkedid,peeraccount,sequence"
)


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", KEY)


def opened(engine, folder, reader, lines, extra="", name="log"):
    source = f"calls:\n  reader: {reader}\n  path: calls/*\n  max_bad_share: 1\n"
    more = "".join(f"  {line}\n" for line in extra.splitlines())
    (folder / "calls").mkdir(exist_ok=True)
    (folder / "calls" / name).write_text("\n".join(lines) + "\n")
    return project(engine, folder, source + more)


def log_calls(engine, folder, *lines, **more):
    return read_calls(opened(engine, folder, "asterisk_queue_log", lines, **more))


def record(**changes: Any) -> str:
    """One FreePBX record as a CSV line."""
    row = dict.fromkeys(HEADER.split(","), "")
    row |= {
        "calldate": START,
        "src": "600700800",
        "dst": "400",
        "channel": "PJSIP/trunk-0000002a",
        "dstchannel": "Local/101@from-queue-00000001;1",
        "lastapp": "Queue",
        "lastdata": '"400,t,,,300"',
        "duration": "82",
        "billsec": "82",
        "disposition": "ANSWERED",
        "uniqueid": "1767603600.1",
        "linkedid": "1767603600.1",
        "did": "48800123001",
        "sequence": "1",
    }
    return ",".join({**row, **changes}.values())


def records(engine, folder, *rows, extra="", header=HEADER):
    extra = "time_zone: Europe/Warsaw\n" + extra
    return opened(engine, folder, "asterisk_cdr", [header, *rows], extra, "cdr.csv")


def test_the_worked_example(shared_backend, tmp_path):
    call = log_calls(shared_backend, tmp_path, *QUEUE_LOG).loc[0]
    told = call[["wait_s", "ring_s", "talk_s", "duration_s", "source_rows"]]
    assert told.tolist() == [6, 4, 25, 31, 3]
    assert (call.answered, call.abandoned, call.queued) == (True, False, True)
    assert call.started_at.timestamp() == ENTER
    assert call.ended_at.timestamp() == DONE


def test_an_abandon_waited_from_its_entry(shared_backend, tmp_path):
    lost = f"{ENTER + 68}|{ENTER}.7|sales|NONE|ABANDON|1|1|68"
    call = log_calls(shared_backend, tmp_path, QUEUE_LOG[0], lost).loc[0]
    assert (call.abandoned, call.answered, call.wait_s) == (True, False, 68)
    assert call.duration_s == 68


@pytest.mark.parametrize(
    "data",
    ["EXITWITHTIMEOUT|1|1|20", "EXITWITHKEY|1|1|1|20", "EXITEMPTY|1|1|20"],
)
def test_who_leaves_the_queue_flows_out(shared_backend, tmp_path, data):
    out = f"{ENTER + 20}|{ENTER}.7|sales|NONE|{data}"
    call = log_calls(shared_backend, tmp_path, QUEUE_LOG[0], out).loc[0]
    assert (call.flow_out, call.abandoned, call.wait_s) == (True, False, 20)


def test_a_phone_that_rings_in_vain_counts_milliseconds(shared_backend, tmp_path):
    rings = f"{ENTER + 2}|{ENTER}.7|sales|Agent 2|RINGNOANSWER|2000"
    call = log_calls(shared_backend, tmp_path, *QUEUE_LOG, rings).loc[0]
    assert (call.ring_s, call.n_agents, call.talk_s) == (6, 1, 25)


@pytest.mark.parametrize(
    ("data", "how"),
    [
        ("BLINDTRANSFER|100|ctx|6|25|1", "blind"),
        ("TRANSFER|100|ctx|6|25", "blind"),
        ("ATTENDEDTRANSFER|BRIDGE|b1|6|25|1", "consult"),
        ("ATTENDEDTRANSFER|LINK|c1|c2|6|25|1", "consult"),
    ],
)
def test_a_transfer_ends_the_talk(shared_backend, tmp_path, data, how):
    sent = f"{DONE}|{ENTER}.7|sales|Agent 1|{data}"
    call = log_calls(shared_backend, tmp_path, *QUEUE_LOG[:2], sent).loc[0]
    assert (call.transferred, call.transfer_type, call.talk_s) == (True, how, 25)
    assert call.n_transfers == 1


def test_several_queues_are_one_call(shared_backend, tmp_path):
    out = f"{ENTER + 20}|{ENTER}.7|sales|NONE|EXITWITHTIMEOUT|1|1|20"
    late = [line.replace("sales", "care") for line in QUEUE_LOG]
    late = [
        line.replace(str(at), str(at + 20), 1)
        for line, at in zip(late, (ENTER, ANSWERED, DONE), strict=True)
    ]
    call = log_calls(shared_backend, tmp_path, QUEUE_LOG[0], out, *late).loc[0]
    told = call[["queue", "last_queue", "wait_s", "talk_s", "flow_out"]]
    assert told.tolist() == ["sales", "care", 26, 25, False]


def test_an_entry_without_an_end_is_not_abandoned(shared_backend, tmp_path):
    call = log_calls(shared_backend, tmp_path, QUEUE_LOG[0]).loc[0]
    assert (call.abandoned, call.answered) == (False, False)
    assert call.system_outcome == "enterqueue"


def test_lines_of_no_call_are_set_aside(shared_backend, tmp_path):
    lines = [
        *QUEUE_LOG,
        f"{ENTER}|NONE|NONE|NONE|QUEUESTART|",
        f"{ENTER}|MANAGER|sales|Agent 1|ADDMEMBER|",
        f"{ENTER}|REALTIME|sales|Agent 1|PAUSE|",
        f"{ENTER}|{ENTER}.8|sales|NONE|SOMETHING|",
        f"{ENTER}|half",
        f"{ENTER}|{ENTER}.8|sales|NONE|ABANDON|1|1|long",
        QUEUE_LOG[1],
    ]
    log = opened(shared_backend, tmp_path, "asterisk_queue_log", lines)
    assert len(read_calls(log)) == 1
    found = reasons(log, "calls")
    assert [found[row] for row in range(4, 10)] == [
        *["names no call"] * 3,
        "unknown event",
        "too few fields",
        "unparsable wait_s",
    ]
    assert "duplicate" in {found.get(2), found.get(10)}


def test_no_number_stands_in_the_stored_legs(shared_backend, tmp_path):
    log = opened(shared_backend, tmp_path, "asterisk_queue_log", QUEUE_LOG)
    read_calls(log)
    stored = log.store.frame("call_legs").to_csv()
    assert "600700800" not in stored
    assert "Agent 1" not in stored


def test_a_call_cut_by_rotation_becomes_whole(shared_backend, tmp_path):
    once = log_calls(shared_backend, tmp_path, *QUEUE_LOG[:2], name="log.1")
    assert once.talk_s.isna().all()
    with gzip.open(tmp_path / "calls" / "log.2.gz", "wt") as packed:
        packed.write(QUEUE_LOG[2] + "\n")
    log = opened(
        shared_backend, tmp_path, "asterisk_queue_log", QUEUE_LOG[:2], "", "log.1"
    )
    call = read_calls(log).loc[0]
    assert (call.talk_s, call.wait_s, call.source_rows) == (25, 6, 3)


def test_a_record_of_a_queue_does_not_tell_the_talk(shared_backend, tmp_path):
    rows = [
        record(disposition="NO ANSWER", dstchannel="PJSIP/102-0000002b", sequence="2"),
        record(),
    ]
    call = read_calls(records(shared_backend, tmp_path, *rows)).loc[0]
    assert (call.answered, call.queued, call.duration_s) == (True, True, 82)
    assert call[["talk_s", "wait_s", "handle_s"]].isna().all()
    assert (call.queue, call.n_agents, call.direction) == ("400", 1, "inbound")
    assert call.dialed_key is not None


def test_phones_side_by_side_are_no_abandons(shared_backend, tmp_path):
    rows = [
        record(
            disposition="NO ANSWER", dstchannel=f"PJSIP/{n}-0000002b", sequence=str(n)
        )
        for n in (101, 102, 103)
    ]
    lost = record(dstchannel="", sequence="200")
    calls = read_calls(records(shared_backend, tmp_path, *rows, lost))
    assert len(calls) == 1
    assert (calls.abandoned[0], calls.answered[0]) == (True, False)


@pytest.mark.parametrize(("value", "answered"), [("true", False), ("false", True)])
def test_a_row_without_another_channel(shared_backend, tmp_path, value, answered):
    extra = f"switches: {{answered_needs_peer: {value}}}"
    row = record(dstchannel="")
    calls = read_calls(records(shared_backend, tmp_path, row, extra=extra))
    assert calls.answered.tolist() == [answered]


@pytest.mark.parametrize(("least", "way"), [(7, "inbound"), (10, "internal")])
def test_extensions_are_short_numbers(shared_backend, tmp_path, least, way):
    extra = f"switches: {{external_min_digits: {least}}}"
    row = record(did="", lastapp="Dial", billsec="60")
    calls = read_calls(records(shared_backend, tmp_path, row, extra=extra))
    assert calls.direction.tolist() == [way]
    assert calls.talk_s.tolist() == [60]


def test_an_extension_that_dials_out(shared_backend, tmp_path):
    row = record(src="101", dst="600700800", did="", lastapp="Dial", billsec="60")
    calls = read_calls(records(shared_backend, tmp_path, row))
    assert calls.direction.tolist() == ["outbound"]
    assert calls.phone_status.tolist() == ["ok"]


@pytest.mark.parametrize("columns", [16, 18, 21])
def test_master_csv_has_no_header(shared_backend, tmp_path, columns):
    fields = [
        *[
            "",
            "600700800",
            "400",
            "ctx",
            '"x" <1>',
            "SIP/t-0000002a",
            "SIP/101-0000002b",
        ],
        *[
            "Queue",
            "400|t",
            START,
            START,
            "2026-01-05 10:01:22",
            "82",
            "82",
            "ANSWERED",
        ],
        *["DOCUMENTATION", "1767603600.1", "", "", "1767603600.1", "5"],
    ]
    quoted = ['"' + field.replace('"', '""') + '"' for field in fields[:columns]]
    lines = [",".join(quoted)]
    extra = "time_zone: Europe/Warsaw"
    cdr = opened(shared_backend, tmp_path, "asterisk_cdr", lines, extra, "Master.csv")
    calls = read_calls(cdr)
    assert calls.duration_s.tolist() == [82]
    assert calls.queue.tolist() == ["400"]
    ref = "1767603600.0000002a" if columns == 16 else "1767603600.1"
    assert calls.call_id.tolist() == [f"asterisk:{ref}"]


def test_too_many_columns_without_a_header(shared_backend, tmp_path):
    extra = "time_zone: Europe/Warsaw"
    cdr = opened(
        shared_backend, tmp_path, "asterisk_cdr", ["1,2,3"], extra, "Master.csv"
    )
    with pytest.raises(DataError, match="no header and 3 columns"):
        read_calls(cdr)


def test_an_unknown_header_names_the_nearest(shared_backend, tmp_path):
    header = HEADER.replace("calldate", "began_on")
    cdr = records(shared_backend, tmp_path, record(), header=header)
    with pytest.raises(DataError, match=r"FreePBX CDR.*calldate"):
        read_calls(cdr)


def test_a_column_may_have_another_name(shared_backend, tmp_path):
    header = HEADER.replace("calldate", "began_on")
    extra = "header: {calldate: began_on}"
    cdr = records(shared_backend, tmp_path, record(), header=header, extra=extra)
    assert len(read_calls(cdr)) == 1


def test_records_need_a_zone(shared_backend, tmp_path):
    cdr = opened(shared_backend, tmp_path, "asterisk_cdr", [HEADER, record()])
    with pytest.raises(ConfigError, match="time_zone"):
        read_calls(cdr)


def test_supervisors_and_messages(shared_backend, tmp_path):
    own = {"uniqueid": "1767603600.9", "linkedid": "1767603600.9", "did": ""}
    rows = [
        record(lastapp="ChanSpy", src="101", sequence="1", **own),
        record(lastapp="VoiceMail", dstchannel="", sequence="2"),
        record(disposition="ODD", sequence="3"),
    ]
    cdr = records(shared_backend, tmp_path, *rows)
    calls = read_calls(cdr)
    assert calls.voicemail.tolist() == [True]
    assert reasons(cdr, "calls") == {1: "internal call", 3: "unknown disposition"}
