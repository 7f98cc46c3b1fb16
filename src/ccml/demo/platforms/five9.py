"""Five9: the call log as CSV, one row for each agent of a call.

The menu, the wait and the first agent of a call are one row; every further agent has a
row of its own. A transfer to another queue has a new CALL ID and the same SESSION ID. A
message left is a row of the type Inbound Voicemail. Who asks for a callback gets a row of
the type Queue Callback at once, without talk, and another when it is made, all under the
CALL ID of the call. Chats and e-mails are in other reports; what goes on stands in none.
"""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import COMPLETE, OPEN, Delivery, frame_deliveries
from ccml.demo.platforms.stretches import of_agents, of_nobody

ZONE = "America/Los_Angeles"
STAMP = "%a, %d %b %Y %H:%M:%S"
NOBODY, DELETED, UNDECIDED = "[None]", "[Deleted]", "No Disposition"
MAIN_LINE = "Main Line"
GONE_CAMPAIGN = "cmp-2025-03-data"
"""A campaign that was deleted meanwhile."""
OUTCOMES = {
    "abandoned": "Abandon",
    "self_service": "Caller Disconnected",
    "voicemail": "Sent To Voicemail",
    "callback_requested": "Callback Requested",
    "no_answer": "No Answer",
    "busy": "Busy",
    "answering_machine": "Answering Machine",
}
_COLUMNS = (
    "CALL ID",
    "TIMESTAMP",
    "CAMPAIGN",
    "CALL TYPE",
    "AGENT",
    "AGENT NAME",
    "DISPOSITION",
    "ANI",
    "CUSTOMER NAME",
    "DNIS",
    "CALL TIME",
    "BILL TIME (ROUNDED)",
    "COST",
    "IVR TIME",
    "QUEUE WAIT TIME",
    "RING TIME",
    "TALK TIME",
    "HOLD TIME",
    "PARK TIME",
    "AFTER CALL WORK TIME",
    "TRANSFERS",
    "CONFERENCES",
    "HOLDS",
    "ABANDONED",
    "RECORDINGS",
    "SKILL",
    "SESSION ID",
    "QUEUE CALLBACK WAIT TIME",
    "Global.CrmId",
    "Global.Reason",
    "Global.Region",
    "Global.Csat",
    "Global.Nps",
    "Global.Ces",
)
_LATE = ("Global.Csat", "Global.Nps", "Global.Ces")


def session_id(call_ref: pd.Series) -> pd.Series:
    """Name sessions as the platform does."""
    return call_ref.str.replace("-", "").str.upper()


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write call logs of a month each; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = _rows(calls.to_pandas(), legs.to_pandas())
    log = _log(rows)
    files = frame_deliveries(rows.begin, rows.known, rows.call_ref, part)
    written = {}
    for file in files:
        name = f"call-log-{file.name}-part-{part:04d}.csv"
        written[name] = _write(log, file, folder / name)
    return written


def _write(log: pd.DataFrame, file: Delivery, path: Path) -> int:
    rows, state = file.rows[file.state != OPEN], file.state[file.state != OPEN]
    out = log.iloc[rows].reset_index(drop=True)
    early = pd.Series(state != COMPLETE)
    chosen = early & (out["AGENT"] != NOBODY) & (out["TALK TIME"] != "00:00:00")
    out["DISPOSITION"] = out["DISPOSITION"].mask(chosen, UNDECIDED)
    out["AFTER CALL WORK TIME"] = out["AFTER CALL WORK TIME"].mask(early, "00:00:00")
    for column in _LATE:
        out[column] = out[column].mask(early)
    out.to_csv(path, index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    return len(out)


def _rows(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """List the rows of the log with their figures, in order of time."""
    calls = calls[calls.channel == "voice"].set_index("call_ref", drop=False)
    legs = legs[legs.channel == "voice"]
    pieces = [
        _of_agents(calls, legs),
        _of_nobody(calls),
        _messages(legs),
        _asked(calls),
        _between_agents(legs),
    ]
    rows = pd.concat(pieces, ignore_index=True)
    rows = _named(rows, calls)
    return rows.sort_values(["begin", "number", "kind", "agent"], ignore_index=True)


def _of_agents(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    rows = of_agents(calls, legs)
    rung = rows.call_ref.map(calls.ring_s).where(rows["first"], rows.ring_s)
    reached = rows.answered.astype(bool)
    return rows.assign(
        kind=_kinds(rows),
        agent=rows.agent_id.where(rows.campaign.isna() | reached),
        outcome=rows.disposition.fillna(rows.system_outcome.map(OUTCOMES)),
        ring_s=rung.fillna(rows.dial_s),
        talk_s=rows.talk_s + rows.hold_s,
        lost=np.where(rows.by_queue, "0", ""),
    )


def _kinds(agents: pd.DataFrame) -> pd.Series:
    kinds = np.select(
        [
            agents.direction == "inbound",
            agents.direction == "callback",
            agents.campaign.notna(),
        ],
        ["Inbound", "Queue Callback", "Autodial"],
        "Manual",
    )
    return pd.Series(kinds, index=agents.index)


def _of_nobody(calls: pd.DataFrame) -> pd.DataFrame:
    alone = of_nobody(calls)
    lost = alone.abandoned.map({True: "1", False: "0"})
    return alone.assign(
        leg_id=alone.call_ref,
        kind="Inbound",
        agent=None,
        agent_name=None,
        outcome=alone.system_outcome.map(OUTCOMES),
        lost=lost.where(alone.queued, ""),
        **dict.fromkeys(("talk_s", "hold_s", "wrap_s", "n_transfers"), np.nan),
    )


def _messages(legs: pd.DataFrame) -> pd.DataFrame:
    left = legs[legs.leg_type == "voicemail"]
    return pd.DataFrame(
        {
            "call_ref": left.call_ref,
            "begin": left.started_at,
            "end": left.ended_at,
            "known": left.known_at,
            "kind": "Inbound Voicemail",
            "outcome": OUTCOMES["voicemail"],
            "lost": "",
        }
    )


def _asked(calls: pd.DataFrame) -> pd.DataFrame:
    """Make the rows without talk of those who asked to be called back."""
    asked = calls[calls.system_outcome == "callback_requested"]
    return pd.DataFrame(
        {
            "call_ref": asked.call_ref,
            "begin": asked.ended_at,
            "end": asked.ended_at,
            "known": asked.ended_at,
            "kind": "Queue Callback",
            "queue": asked.queue,
            "lost": "",
        }
    )


def _between_agents(legs: pd.DataFrame) -> pd.DataFrame:
    """Make rows of colleagues who call each other, also while a customer holds."""
    inside = (legs.leg_type == "agent") & (legs.direction == "internal")
    talks = legs[inside | (legs.leg_type == "consult")]
    return pd.DataFrame(
        {
            "call_ref": talks.call_ref,
            "leg_id": talks.leg_id,
            "begin": talks.started_at,
            "end": talks.ended_at,
            "known": talks.known_at,
            "kind": "Internal",
            "agent": talks.from_agent_id,
            "talk_s": talks.talk_s,
            "wrap_s": talks.wrap_s,
            "lost": "",
        }
    )


def _named(rows: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Give rows their ids: those of the call, of the sender, or new ones."""
    call = calls.loc[rows.call_ref].set_index(rows.index)
    back = rows.kind == "Queue Callback"
    home = call.callback_of.where(back).fillna(rows.call_ref)
    inside = rows.kind == "Internal"
    again = (rows.by_queue == True) & (rows["first"] == False)  # noqa: E712
    own = rows.leg_id.where(again | inside)
    of_leg = own.set_axis(rows.leg_id)
    of_leg = of_leg[of_leg.index.notna()]
    for _ in range(2):
        own = own.fillna(rows.sender.map(of_leg))
        of_leg = own.set_axis(rows.leg_id)[lambda ids: ids.index.notna()]
    seed = own.fillna(home)
    number = [int(text[:8] + text[9:13] + text[15:17], 16) for text in seed]
    asked = call.callback_of.map(calls.ended_at)
    waited = (rows.begin - asked).dt.total_seconds().where(back)
    return rows.assign(
        number=pd.Series(number, index=rows.index).astype("string"),
        session=session_id(home.where(~inside, rows.leg_id)),
        back_wait=waited,
        campaign=call.campaign.where(call.direction == "outbound"),
        direction=call.direction,
        theirs=call.customer_phone,
        ours=call.dialed_number,
        crm=call.customer_key,
        reason=call.reason,
        region=call.region,
    )


def _clock(seconds: pd.Series) -> pd.Series:
    whole = seconds.fillna(0).astype("int64")
    parts = [whole // 3600, whole // 60 % 60, whole % 60]
    hours, minutes, rest = (part.astype("string").str.zfill(2) for part in parts)
    return hours + ":" + minutes + ":" + rest


def _national(number: pd.Series) -> pd.Series:
    return number.str.removeprefix("+48")


def _log(rows: pd.DataFrame) -> pd.DataFrame:
    """Write the columns of the log."""
    out = rows.kind.isin(["Autodial", "Manual"])
    theirs, ours = _national(rows.theirs), _national(rows.ours)
    lasted = (rows.end - rows.begin).dt.total_seconds()
    campaign = rows.campaign.replace(GONE_CAMPAIGN, DELETED)
    moves = rows.n_transfers.astype("Int64").astype("string").replace("0", "")
    fields = {
        "CALL ID": rows.number,
        "TIMESTAMP": rows.begin.dt.tz_convert(ZONE).dt.strftime(STAMP),
        "CAMPAIGN": campaign.where(out, MAIN_LINE).fillna(NOBODY),
        "CALL TYPE": rows.kind,
        "AGENT": rows.agent.fillna(NOBODY),
        "AGENT NAME": rows.agent_name.where(rows.agent.notna()).fillna(""),
        "DISPOSITION": rows.outcome,
        "ANI": theirs.mask(out, ours),
        "DNIS": ours.mask(out, theirs),
        "CALL TIME": _clock(lasted),
        "BILL TIME (ROUNDED)": _clock((lasted / 6).apply(np.ceil) * 6),
        "COST": "0.0000",
        "IVR TIME": _clock(rows.ivr_s),
        "QUEUE WAIT TIME": _clock(rows.wait_s),
        "QUEUE CALLBACK WAIT TIME": _clock(rows.back_wait),
        "RING TIME": _clock(rows.ring_s),
        "TALK TIME": _clock(rows.talk_s),
        "HOLD TIME": _clock(rows.hold_s),
        "PARK TIME": "00:00:00",
        "AFTER CALL WORK TIME": _clock(rows.wrap_s),
        "TRANSFERS": moves,
        "CONFERENCES": "",
        "HOLDS": (rows.hold_s > 0).astype("int64"),
        "ABANDONED": rows.lost,
        "SKILL": rows.queue.fillna(NOBODY),
        "SESSION ID": rows.session,
        "Global.CrmId": rows.crm,
        "Global.Reason": rows.reason,
        "Global.Region": rows.region,
        **{
            f"Global.{name.capitalize()}": rows[name].astype("Int64").astype("string")
            for name in ("csat", "nps", "ces")
        },
    }
    return pd.DataFrame(fields).reindex(columns=list(_COLUMNS))
