"""Asterisk queue_log: one event of a queue per line, `epoch|uniqueid|queue|member|event`.

Source: the Asterisk documentation of queue logs. Every line is a leg by itself: what ends
a wait or a talk says how long it lasted. So no line needs another one, and a call whose
events lie in two files, or come at two times, becomes whole all the same.

- The "holdtime" of CONNECT is the caller's wait, not a time on hold.
- RINGNOANSWER counts milliseconds, all others seconds.
- A transfer ends the talk; no COMPLETE event follows it.
- An entry that nothing follows has an unknown end: it is not an abandoned call.
"""

import uuid
from pathlib import Path

import ibis

from ccml.config.files import FileSource
from ccml.contracts.calls import CALLS
from ccml.contracts.schema import NO_CALL
from ccml.contracts.split import FAULT, ROW
from ccml.sources.cast import Cast, as_number, as_text
from ccml.sources.csv_files import FILE, LINE, add_rejects, engine_rejects, read_lines
from ccml.sources.legs import leg_rows
from ccml.sources.opening import Opening
from ccml.sources.passing import PassingFolder, is_packed
from ccml.sources.platforms.platform import Platform, Reading
from ccml.sources.raw import FileGroup, RawFiles
from ccml.sources.scratch import as_view

FIELDS = ("epoch", "uniqueid", "queue", "member", "event")
DATA = tuple(f"data{n}" for n in range(1, 7))
NOBODY = ("NONE", "REALTIME", "MANAGER")
"""Ids of events that are no caller's: members come, go and pause."""
COMPLETES = {"COMPLETECALLER": "customer", "COMPLETEAGENT": "agent"}
TRANSFERS = {
    "BLINDTRANSFER": "blind",
    "ATTENDEDTRANSFER": "consult",
    "TRANSFER": "blind",
}
WAITS = {
    "CONNECT": "data1",
    "ABANDON": "data3",
    "EXITWITHTIMEOUT": "data3",
    "EXITWITHKEY": "data4",
    "EXITEMPTY": "data3",
}
"""Events that end a wait, and the field with its seconds."""
RINGS = ("RINGNOANSWER", "RINGCANCELED", "AGENTDUMP", "SYSCOMPAT")
ENTER, CONNECT, ANSWER = "ENTERQUEUE", "CONNECT", "ANSWER"
"""CONNECT ends the wait and begins the talk, of which ANSWER is the first moment."""
EVENTS = (ENTER, *WAITS, *COMPLETES, *TRANSFERS, *RINGS)
ORDER = {
    ENTER: 0,
    **dict.fromkeys(RINGS, 1),
    **dict.fromkeys(WAITS, 2),
    ANSWER: 3,
}
LONGEST_LINE = 1 << 20
MS = 1000.0


def _group(
    files: list[Path], _source: FileSource, _place: str, passing: PassingFolder
) -> list[FileGroup]:
    by_packing: dict[bool, list[Path]] = {}
    for file in files:
        by_packing.setdefault(is_packed(file), []).append(file)
    return [FileGroup("csv", tuple(group), passing) for group in by_packing.values()]


def _open(
    backend: ibis.BaseBackend, group: FileGroup, _place: str, _tolerant: bool
) -> RawFiles:
    packed = is_packed(group.files[0])
    lines, found = read_lines(backend, group.files, packed=packed, longest=LONGEST_LINE)
    numbered = as_view(lines.mutate(**{ROW: ibis.row_number() + 1}))
    numbered.count().execute()  # only lines that were read can have been rejected
    mark = uuid.uuid4().hex
    add_rejects(backend, mark, engine_rejects(backend, found, first=1))
    return RawFiles(group.files, numbered, None, mark)


def _legs(_reading: Reading, raw: RawFiles) -> ibis.Table:
    events = _events(raw.rows)
    events = as_view(events.mutate(row_key=_key(events), **_seconds(events)))
    no_text = ibis.null("string")
    answers = events.filter((events.event == CONNECT) & events[FAULT].isnull())
    answers = answers.mutate(event=ibis.literal(ANSWER), wait_text=no_text)
    rows = as_view(events.union(answers.mutate(ring_text=no_text)[events.columns]))
    return leg_rows(rows, _casts(rows))


def _events(lines: ibis.Table) -> ibis.Table:
    """Cut lines at their bars, and say which are no events of calls."""
    cut = as_view(lines.mutate(parts=lines[LINE].split("|")))
    fields = {name: cut.parts[place] for place, name in enumerate((*FIELDS, *DATA))}
    texts = {name: as_text(value).value for name, value in fields.items()}
    rows = as_view(cut.select(ROW, FILE, n_parts=cut.parts.length(), **texts))
    event = rows.event.upper()
    fault = ibis.cases(
        (rows.n_parts < len(FIELDS), "too few fields"),
        (rows.uniqueid.isin(NOBODY), NO_CALL),
        (event.notin(EVENTS).fill_null(True), "unknown event"),
        else_=ibis.null("string"),
    )
    return as_view(
        rows.mutate(
            event=event,
            member=rows.member.nullif("NONE"),
            queue=rows.queue.nullif("NONE"),
            **{FAULT: fault},
        )
    )


def _seconds(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Find the field that tells of a wait, a talk or a ringing phone."""
    event = rows.event
    # An attended transfer into a bridged call names two channels instead of one thing.
    is_longer = (event == "ATTENDEDTRANSFER") & (rows.data1 == "LINK").fill_null(False)
    return {
        "wait_text": event.cases(
            *((name, rows[field]) for name, field in WAITS.items()),
            else_=ibis.null("string"),
        ),
        "talk_text": ibis.cases(
            (event.isin([*COMPLETES]), rows.data2),
            (is_longer, rows.data5),
            (event.isin([*TRANSFERS]), rows.data4),
            else_=ibis.null("string"),
        ),
        "ring_text": ibis.cases(
            (event == CONNECT, rows.data3),
            (event == "RINGNOANSWER", rows.data1),
            else_=ibis.null("string"),
        ),
    }


def _casts(rows: ibis.Table) -> dict[str, Cast]:
    event = rows.event
    wait, talk = as_number(rows.wait_text), as_number(rows.talk_text)
    ring = as_number(rows.ring_text)
    is_ring = event.isin(RINGS)
    is_talk = event.isin([ANSWER, *COMPLETES, *TRANSFERS])
    ring_s = ibis.ifelse(is_ring, ring.value / MS, ring.value)
    lasted = ibis.cases(
        (is_talk, talk.value), (is_ring, ring_s), else_=wait.value
    ).fill_null(0.0)
    at = as_number(rows.epoch)
    moved = event.isin([*TRANSFERS])
    values = {
        "row_key": rows.row_key,
        "link_id": rows.uniqueid,
        "call_ref": rows.uniqueid,
        "is_origin": event == ENTER,
        "leg_type": ibis.cases((is_ring, "ring"), (is_talk, "agent"), else_="queue"),
        "order_no": event.cases(*ORDER.items(), else_=4).cast("float64"),
        "ended_at": _instant(at.value),
        "direction": ibis.literal("inbound"),
        "channel": ibis.literal("voice"),
        "customer_phone": ibis.ifelse(event == ENTER, rows.data2, None),
        "agent_id": ibis.ifelse(event == CONNECT, None, rows.member),
        "queue": rows.queue,
        "system_outcome": ibis.ifelse(is_ring | (event == ANSWER), None, event.lower()),
        "disconnect_by": ibis.cases(
            (moved, "transfer"),
            (event == "ABANDON", "customer"),
            else_=event.cases(*COMPLETES.items(), else_=None),
        ),
        "queued": ~is_talk & ~is_ring,
        "answered": is_talk,
        "abandoned": event == "ABANDON",
        "flow_out": event.startswith("EXIT"),
        "transferred": moved,
        "n_transfers": moved.cast("float64"),
        "transfer_type": event.cases(*TRANSFERS.items(), else_=None),
    }
    return {
        "started_at": Cast(_instant(at.value - lasted), rows.epoch),
        "wait_s": wait,
        "talk_s": talk,
        "ring_s": Cast(ring_s, rows.ring_text),
        **{name: Cast(value) for name, value in values.items()},
    }


def _instant(epoch_s: ibis.Value) -> ibis.Value:
    microseconds = (epoch_s * 1e6).round().cast("int64")
    return ibis.timestamp("1970-01-01T00:00:00+00:00") + microseconds.as_interval("us")


def _key(rows: ibis.Table) -> ibis.Value:
    """Name the line without a number or a member in it; phones may ring side by side."""
    alike = ibis.window(
        group_by=[rows.uniqueid, rows.epoch, rows.event],
        order_by=[rows.queue, rows.member, *(rows[name] for name in DATA)],
    )
    place = ibis.dense_rank().over(alike).cast("string")
    parts = (rows.epoch, "|", rows.event, "|", place)
    return rows.uniqueid.concat("|", *parts)


BEFORE_THE_QUEUE = "The log begins when the caller enters a queue."
NOT_OF_QUEUES = "The log tells of queues only."
GAPS = {
    "customer_key": NOT_OF_QUEUES,
    "dialed_key": "The number that was dialled is in the CDR only.",
    "skill": "Queues have members, not skills.",
    "reason": NOT_OF_QUEUES,
    "disposition": "Agents choose no outcome in the queue.",
    "ivr_s": BEFORE_THE_QUEUE,
    "hold_s": "The time on hold is a part of the talk and not told apart.",
    "wrap_s": "The work after a call is not told.",
    "consult_s": NOT_OF_QUEUES,
    "callback": NOT_OF_QUEUES,
    "callback_of": NOT_OF_QUEUES,
    "voicemail": "A caller who leaves the queue may leave a message; the log ends there.",
    "csat": NOT_OF_QUEUES,
    "nps": NOT_OF_QUEUES,
    "ces": NOT_OF_QUEUES,
    "quality_score": NOT_OF_QUEUES,
    "source": NOT_OF_QUEUES,
    "medium": NOT_OF_QUEUES,
    "campaign": NOT_OF_QUEUES,
    "keyword": NOT_OF_QUEUES,
    "click_key": NOT_OF_QUEUES,
    "is_first_call": NOT_OF_QUEUES,
    "region": NOT_OF_QUEUES,
    "priority": "The priority in the queue is not told.",
}
PLATFORM = Platform(
    label="asterisk",
    kind="other",
    legs=_legs,
    opening=Opening(_group, _open),
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
