"""Asterisk's queue log: its facts, each with lines written by hand."""

import gzip

import pytest
from source_projects import project, reasons
from truth import read_calls

ENTER, ANSWERED, DONE = 1_699_286_234, 1_699_286_240, 1_699_286_265


def entered(channel: str, at: int = ENTER, queue: str = "sales") -> str:
    return f"{at}|{channel}|{queue}|NONE|ENTERQUEUE||600700800|1"


def event(channel: str, at: int, data: str, queue: str = "sales") -> str:
    return f"{at}|{channel}|{queue}|Agent 1|{data}"


def talk(channel: str, queue: str = "sales", later: int = 0) -> list[str]:
    """The worked example: a wait of 6 s and a talk of 25 s."""
    return [
        entered(channel, ENTER + later, queue),
        event(channel, ANSWERED + later, "CONNECT|6|9.9|4", queue),
        event(channel, DONE + later, "COMPLETECALLER|6|25|1", queue),
    ]


def transferred(channel: str, data: str) -> list[str]:
    return [*talk(channel)[:2], event(channel, DONE, data)]


def left(channel: str, data: str) -> list[str]:
    return [entered(channel), event(channel, ENTER + 20, data)]


TRANSFERS = {
    "sent": ("BLINDTRANSFER|100|ctx|6|25|1", "blind"),
    "old": ("TRANSFER|100|ctx|6|25", "blind"),
    "asked": ("ATTENDEDTRANSFER|BRIDGE|b1|6|25|1", "consult"),
    "linked": ("ATTENDEDTRANSFER|LINK|c1|c2|6|25|1", "consult"),
}
LEFT = {
    "timeout": "EXITWITHTIMEOUT|1|1|20",
    "key": "EXITWITHKEY|1|1|1|20",
    "empty": "EXITEMPTY|1|1|20",
}
LINES = [
    *talk("plain"),
    *talk("rung"),
    event("rung", ENTER + 2, "RINGNOANSWER|2000").replace("Agent 1", "Agent 2"),
    *[entered("lost"), event("lost", ENTER + 68, "ABANDON|1|1|68")],
    *[line for name, data in LEFT.items() for line in left(name, data)],
    *[
        line
        for name, (data, _) in TRANSFERS.items()
        for line in transferred(name, data)
    ],
    *left("two", LEFT["timeout"]),
    *talk("two", "care", later=20),
    entered("endless"),
]
ODD = {
    f"{ENTER}|NONE|NONE|NONE|QUEUESTART|": "names no call",
    f"{ENTER}|MANAGER|sales|Agent 1|ADDMEMBER|": "names no call",
    f"{ENTER}|REALTIME|sales|Agent 1|PAUSE|": "names no call",
    f"{ENTER}|odd|sales|NONE|SOMETHING|": "unknown event",
    f"{ENTER}|half": "too few fields",
    f"{ENTER}|odd|sales|NONE|ABANDON|1|1|long": "unparsable wait_s",
    "soon|odd|sales|NONE|ABANDON|1|1|5": "unparsable started_at",
}


def opened(engine, folder):
    lines = (
        "calls:\n  reader: asterisk_queue_log\n  path: calls/*\n  max_bad_share: 1\n"
    )
    return project(engine, folder, lines)


def write(folder, name, lines):
    (folder / "calls").mkdir(exist_ok=True)
    (folder / "calls" / name).write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def log(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("queue_log_facts")
    write(folder, "queue_log", [*LINES, "", *ODD, LINES[0]])
    found = opened(shared_backend, folder)
    return found, read_calls(found).set_index("call_id")


@pytest.fixture
def calls(log):
    return log[1].rename(index=lambda name: name.removeprefix("asterisk:"))


def test_the_worked_example(calls):
    call = calls.loc["plain"]
    told = call[["wait_s", "ring_s", "talk_s", "duration_s", "source_rows"]]
    assert told.tolist() == [6, 4, 25, 31, 3]
    assert (call.answered, call.abandoned, call.queued) == (True, False, True)
    assert call.started_at.timestamp() == ENTER
    assert call.ended_at.timestamp() == DONE


def test_an_abandon_waited_from_its_entry(calls):
    call = calls.loc["lost"]
    assert (call.abandoned, call.answered) == (True, False)
    assert (call.wait_s, call.duration_s) == (68, 68)


@pytest.mark.parametrize("name", LEFT)
def test_who_leaves_the_queue_flows_out(calls, name):
    call = calls.loc[name]
    assert (call.flow_out, call.abandoned, call.wait_s) == (True, False, 20)


def test_a_phone_that_rings_in_vain_counts_milliseconds(calls):
    call = calls.loc["rung"]
    assert (call.ring_s, call.n_agents, call.talk_s) == (6, 1, 25)


@pytest.mark.parametrize("name", TRANSFERS)
def test_a_transfer_ends_the_talk(calls, name):
    call = calls.loc[name]
    assert (call.transferred, call.n_transfers, call.talk_s) == (True, 1, 25)
    assert call.transfer_type == TRANSFERS[name][1]


def test_several_queues_are_one_call(calls):
    told = calls.loc["two", ["queue", "last_queue", "wait_s", "talk_s", "flow_out"]]
    assert told.tolist() == ["sales", "care", 26, 25, False]


def test_an_entry_without_an_end_is_not_abandoned(calls):
    call = calls.loc["endless"]
    assert (call.abandoned, call.answered) == (False, False)
    assert call.system_outcome == "enterqueue"


def test_lines_of_no_call_are_set_aside(log):
    found = reasons(log[0], "calls")
    place = len(LINES)
    odd = [found.pop(row) for row in range(place + 1, place + 1 + len(ODD))]
    assert odd == list(ODD.values())
    assert list(found.values()) == ["duplicate"]


def test_no_number_stands_in_the_stored_legs(log):
    stored = log[0].store.frame("call_legs").to_csv()
    assert "600700800" not in stored
    assert "Agent 1" not in stored


def test_a_call_cut_by_rotation_becomes_whole(shared_backend, tmp_path):
    first, last = talk("cut")[:2], talk("cut")[2]
    write(tmp_path, "queue_log.1", first)
    once = read_calls(opened(shared_backend, tmp_path)).loc[0]
    assert once.answered
    assert once.system_outcome == "connect"
    with gzip.open(tmp_path / "calls" / "queue_log.2.gz", "wt") as packed:
        packed.write(last + "\n")
    whole = read_calls(opened(shared_backend, tmp_path)).loc[0]
    assert (whole.talk_s, whole.wait_s, whole.source_rows) == (25, 6, 3)
