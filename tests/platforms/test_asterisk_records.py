"""Asterisk's call detail records: their facts, each with rows written by hand."""

from typing import Any

import pytest
from source_projects import project, reasons
from truth import read_calls

from ccml.errors import ConfigError, DataError

START = "2026-01-05 10:00:00"
END = "2026-01-05 10:01:22"
HEADER = (
    "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,"
    "billsec,disposition,amaflags,accountcode,uniqueid,userfield,did,recordingfile,"
    "cnum,cnam,outbound_cnum,outbound_cnam,dst_cnam,linkedid,peeraccount,sequence"
)
ZONE = "time_zone: Europe/Warsaw"


def record(call: str = "1767603600.1", **changes: Any) -> str:
    """One FreePBX record as a CSV line; by itself a call that a queue answered."""
    row = dict.fromkeys(HEADER.split(","), "") | {
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
        "uniqueid": call,
        "linkedid": call,
        "did": "48800123001",
        "sequence": "1",
    }
    return ",".join({**row, **changes}.values())


def rings(call: str) -> list[str]:
    """Three phones that ring side by side in vain."""
    return [
        record(
            call, disposition="NO ANSWER", dstchannel=f"PJSIP/{n}-0000002b", sequence=n
        )
        for n in ("101", "102", "103")
    ]


def opened(engine, folder, lines, extra=ZONE):
    (folder / "calls").mkdir(exist_ok=True)
    (folder / "calls" / "cdr.csv").write_text("\n".join(lines) + "\n")
    head = "calls:\n  reader: asterisk_cdr\n  path: calls/*\n  max_bad_share: 1\n"
    return project(
        engine, folder, head + "".join(f"  {e}\n" for e in extra.split("\n"))
    )


def by_ref(cdr):
    calls = read_calls(cdr)
    return calls.set_index(calls.call_id.str.removeprefix("asterisk:"))


def test_paths_of_calls(shared_backend, tmp_path):
    direct = {"did": "", "lastapp": "Dial", "billsec": "60"}
    spy = {"lastapp": "ChanSpy", "src": "101", "did": ""}
    rows = [
        *rings("queue"),
        record("queue", sequence="9"),
        *rings("lost"),
        record("lost", dstchannel="", sequence="9"),
        record("direct", **direct),
        record("out", **(direct | {"src": "101", "dst": "600700800"})),
        record("inside", **(direct | {"src": "101", "dst": "102"})),
        record("spy", **spy),
        record("message", lastapp="VoiceMail", dstchannel=""),
        record("odd", disposition="ODD"),
    ]
    cdr = opened(shared_backend, tmp_path, [HEADER, *rows])
    calls = by_ref(cdr)
    queue, lost = calls.loc["queue"], calls.loc["lost"]
    assert (queue.answered, queue.queued, queue.duration_s) == (True, True, 82)
    assert queue[["talk_s", "wait_s", "handle_s"]].isna().all()
    assert (queue.queue, queue.n_agents, queue.direction) == ("400", 1, "inbound")
    assert queue.dialed_key is not None
    assert (lost.abandoned, lost.answered, lost.source_rows) == (True, False, 4)
    ways = calls.direction[["direct", "out", "inside"]]
    assert ways.tolist() == ["inbound", "outbound", "internal"]
    assert calls.talk_s[["direct", "out", "inside"]].tolist() == [60, 60, 60]
    assert calls.phone_status["out"] == "ok"
    assert calls.voicemail["message"]
    found = list(reasons(cdr, "calls").values())
    assert found == ["internal call", "unknown disposition"]


def test_switches_the_other_way(shared_backend, tmp_path):
    direct = {"did": "", "lastapp": "Dial"}
    rows = [record("menu", dstchannel=""), record("short", **direct)]
    extra = "switches: {answered_needs_peer: false, external_min_digits: 10}"
    cdr = opened(shared_backend, tmp_path, [HEADER, *rows], f"{ZONE}\n{extra}")
    calls = by_ref(cdr)
    assert calls.answered["menu"]
    assert calls.direction["short"] == "internal"


def master(columns: int, second: str) -> str:
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
        *["Queue", "400|t", START, START, END, "82", "82", "ANSWERED"],
        *["DOCUMENTATION", f"{second}.1", "", "", f"{second}.1", "5"],
    ]
    if columns > len(fields):  # linkedid before peeraccount
        fields[18:20] = [f"{second}.1", ""]
    quoted = ('"' + field.replace('"', '""') + '"' for field in fields[:columns])
    return ",".join(quoted)


@pytest.mark.parametrize(
    ("columns", "ref"),
    [(16, "1767603600.0000002a"), (18, "1767603600.1"), (21, "1767603600.1")],
)
def test_master_csv_has_no_header(shared_backend, tmp_path, columns, ref):
    line = master(columns, "1767603600")
    calls = by_ref(opened(shared_backend, tmp_path, [line]))
    assert calls.index.tolist() == [ref]
    assert calls.loc[ref, ["duration_s", "queue"]].tolist() == [82, "400"]
    assert calls.source_rows.sum() == 1


def test_a_file_that_is_none_of_them(shared_backend, tmp_path):
    with pytest.raises(DataError, match="no header and 3 columns"):
        read_calls(opened(shared_backend, tmp_path, ["1,2,3"]))
    renamed = HEADER.replace("calldate", "began_on")
    with pytest.raises(DataError, match=r"Nearest is the layout .* lacks \['start'\]"):
        read_calls(opened(shared_backend, tmp_path, [renamed, record()]))


def test_a_column_may_have_another_name(shared_backend, tmp_path):
    renamed = HEADER.replace("calldate", "began_on")
    extra = f"{ZONE}\nheader: {{calldate: began_on}}"
    cdr = opened(shared_backend, tmp_path, [renamed, record()], extra)
    assert len(read_calls(cdr)) == 1


def test_records_need_a_zone(shared_backend, tmp_path):
    cdr = opened(shared_backend, tmp_path, [HEADER, record()], "encoding: utf-8")
    with pytest.raises(ConfigError, match="time_zone"):
        read_calls(cdr)
