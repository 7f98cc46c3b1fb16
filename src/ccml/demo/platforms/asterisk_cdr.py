"""Asterisk's call detail records: Master.csv, without a header, in local time.

A row is a path between two parties. The caller's channel has one row for each party that
it met, and one for each phone that rang in vain; a queue or a menu that nobody answers
is a row without a second channel. A supervisor who listens in makes a call of his own.
"""

import numpy as np
import pandas as pd

ZONE = "Europe/Warsaw"
AFTER_AGENTS = 4_000  # extensions of agents: A012 is 4012
OUTSIDE = "48221234567"
_FORM = "%Y-%m-%d %H:%M:%S"
_WORDS = {"no_answer": "NO ANSWER", "busy": "BUSY"}
_APPS = {"voicemail": "VoiceMail", "callback_requested": "Playback"}
_COLUMNS = (
    "account",
    "src",
    "dst",
    "context",
    "clid",
    "channel",
    "dstchannel",
    "app",
    "data",
)


def lines(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """List the records of all calls in order of their end: at and text.

    Args:
        calls: Spoken calls by call_ref, with uniqueid.
        legs: Their legs, with uniqueid.
    """
    rows = pd.concat(
        [
            _answered(calls, legs),
            _unanswered(calls),
            _rings(legs),
            _consults(legs),
            _outside(legs),
            _spies(legs),
            _dialled(calls),
        ],
        ignore_index=True,
    )
    rows = rows.sort_values(["end", "uniqueid", "start"], ignore_index=True)
    rows["sequence"] = np.arange(len(rows)) + 1
    text = _written(rows)
    return pd.DataFrame({"at": rows.end, "text": text})


def _row(of: pd.DataFrame, **told: object) -> pd.DataFrame:
    """Make records of inbound calls; `told` says what differs."""
    shown = of.customer_phone.fillna("").str.removeprefix("+")
    usual = {
        "account": "",
        "src": shown,
        "dst": "600",
        "context": "from-trunk",
        "clid": '"' + shown + '" <' + shown + ">",
        "channel": "PJSIP/trunk-" + _hex(of.uniqueid),
        "dstchannel": "",
        "app": "Queue",
        "data": "",
        "disposition": "ANSWERED",
        "uniqueid": of.uniqueid,
        "linkedid": of.uniqueid,
        "waited_s": 0,
    }
    return pd.DataFrame(usual | told, index=of.index)


def _hex(uniqueid: pd.Series) -> pd.Series:
    number = uniqueid.str.split(".").str[-1].astype("int64")
    return number.map(lambda n: f"{n:08x}")


def _phone(agent: pd.Series, uniqueid: pd.Series) -> pd.Series:
    return "PJSIP/" + agent + "-" + _hex(uniqueid)


def _extension(agent: pd.Series) -> pd.Series:
    return (agent.str[1:].astype("int64") + AFTER_AGENTS).astype(str)


def _in_queue(queue: pd.Series) -> pd.Series:
    return queue + ",tT,,,600"


def _answered(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """Write a path to each agent who answered; the first begins with the call."""
    agents = legs[(legs.leg_type == "agent") & (legs.direction == "inbound")]
    queues = legs[legs.leg_type == "queue"].set_index("leg_id")
    first = ~agents.call_ref.duplicated()
    came = agents.parent_leg_id.map(queues.started_at)
    start = agents.call_ref.map(calls.started_at).where(first, came)
    rung = agents.started_at - pd.to_timedelta(agents.ring_s, unit="s")
    queue = agents.parent_leg_id.map(queues.queue)
    by_queue = queue.notna()
    phone = _phone(agents.agent_id, agents.uniqueid)
    return _row(
        agents,
        start=start.fillna(rung),
        end=agents.ended_at,
        dstchannel=phone,
        app=np.where(by_queue, "Queue", "Dial"),
        data=_in_queue(queue).fillna(phone + ",20"),
        waited_s=np.where(first | by_queue, 0, agents.ring_s),
    )


def _unanswered(calls: pd.DataFrame) -> pd.DataFrame:
    """Write one path without a second party of who reached nobody."""
    alone = calls[(calls.direction == "inbound") & ~calls.answered]
    app = alone.system_outcome.map(_APPS).fillna("BackGround")
    lost = alone.abandoned.astype(bool)
    return _row(
        alone,
        start=alone.started_at,
        end=alone.ended_at,
        app=app.mask(lost, "Queue"),
        data=_in_queue(alone.queue).where(lost, "main-menu"),
        dst=pd.Series("s", alone.index).mask(lost, "600"),
    )


def _rings(legs: pd.DataFrame) -> pd.DataFrame:
    rings = legs[legs.leg_type == "ring"]
    return _row(
        rings,
        start=rings.started_at,
        end=rings.ended_at,
        dstchannel=_phone(rings.agent_id, rings.uniqueid),
        data=_in_queue(rings.queue),
        disposition="NO ANSWER",
    )


def _consults(legs: pd.DataFrame) -> pd.DataFrame:
    """Write the agent's own call to a colleague, which is a part of the customer's."""
    asked = legs[legs.leg_type == "consult"]
    return _between(asked, asked.from_agent_id, asked.agent_id, "2")


def _between(
    legs: pd.DataFrame, caller: pd.Series, other: pd.Series, mark: str
) -> pd.DataFrame:
    return _row(
        legs,
        start=legs.started_at,
        end=legs.ended_at,
        src=_extension(caller),
        dst=_extension(other),
        clid='"" <' + _extension(caller) + ">",
        context="from-internal",
        channel=_phone(caller, legs.uniqueid),
        dstchannel=_phone(other, legs.uniqueid),
        app="Dial",
        uniqueid=legs.uniqueid + mark,
    )


def _outside(legs: pd.DataFrame) -> pd.DataFrame:
    out = legs[legs.leg_type == "external"]
    return _row(
        out,
        start=out.started_at,
        end=out.ended_at,
        dst=OUTSIDE,
        dstchannel="PJSIP/trunk-" + _hex(out.uniqueid),
        app="Dial",
        data=f"PJSIP/{OUTSIDE}@trunk",
    )


def _spies(legs: pd.DataFrame) -> pd.DataFrame:
    heard = legs[legs.leg_type == "monitor"]
    own = heard.uniqueid + "3"
    return _row(
        heard,
        start=heard.started_at,
        end=heard.ended_at,
        src="4900",
        dst="*555",
        channel="PJSIP/" + heard.agent_id + "-" + _hex(heard.uniqueid),
        app="ChanSpy",
        data="PJSIP/trunk",
        uniqueid=own,
        linkedid=own,
    )


def _dialled(calls: pd.DataFrame) -> pd.DataFrame:
    """Write calls to customers and between agents, who dialled from their phones."""
    out = calls[calls.direction != "inbound"]
    inside = out.direction == "internal"
    agent = out.agent_id.fillna(out.dialler)
    caller = out.customer_phone.where(inside, _extension(agent))
    dst = out.dialed_number.where(inside, out.customer_phone.str.removeprefix("+"))
    machine = out.system_outcome == "answering_machine"
    number = _hex(out.uniqueid)
    phone = "PJSIP/A" + (caller.astype("int64") - AFTER_AGENTS).astype(str).str.zfill(3)
    other = "PJSIP/A" + dst.str[-3:]
    return _row(
        out,
        start=out.started_at,
        end=out.ended_at,
        src=caller,
        dst=dst,
        clid='"" <' + caller + ">",
        context="from-internal",
        channel=phone + "-" + number,
        dstchannel=("PJSIP/trunk-" + number)
        .mask(inside, other + "-" + number)
        .mask(machine, ""),
        app=pd.Series("Dial", out.index).mask(machine, "AMD"),
        data="PJSIP/" + dst,
        disposition=out.system_outcome.map(_WORDS).fillna("ANSWERED"),
        waited_s=out.dial_s.fillna(0),
    )


def _written(rows: pd.DataFrame) -> pd.Series:
    """Write rows as the switch does: texts in quotes, numbers bare."""
    lasted = (rows.end - rows.start).dt.total_seconds().astype("int64")
    taken = rows.disposition == "ANSWERED"
    waited = rows.waited_s.astype("int64")
    picked = rows.start + pd.to_timedelta(waited, unit="s")
    quoted = [_quoted(rows[name]) for name in _COLUMNS]
    times = [_quoted(_local(rows.start)), _quoted(_local(picked).where(taken, ""))]
    seconds = [lasted.astype(str), (lasted - waited).where(taken, 0).astype(str)]
    empty = pd.Series('""', rows.index, dtype="str")
    last = [
        _quoted(rows.disposition),
        _quoted(pd.Series("DOCUMENTATION", rows.index)),
        _quoted(rows.uniqueid),
        empty,
        empty,
        _quoted(rows.linkedid),
        rows.sequence.astype(str),
    ]
    fields = [*quoted, *times, _quoted(_local(rows.end)), *seconds, *last]
    line = fields[0]
    for field in fields[1:]:
        line = line + "," + field
    return line


def _quoted(column: pd.Series) -> pd.Series:
    return '"' + column.str.replace('"', '""') + '"'


def _local(instants: pd.Series) -> pd.Series:
    return pd.Series(instants.dt.tz_convert(ZONE).dt.strftime(_FORM))
