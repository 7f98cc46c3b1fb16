"""Avaya CMS: the call history as CSV, one row for each segment of a telephone call.

The vector, the queue and the first agent of a call are one segment; a transfer, a
consultation and a listening supervisor are segments of their own, which name the agent
who began them. Unused splits are -1. A record is written once, when all is over. Chat and
e-mail pass the switch by; a callback is like any other outgoing call; the caller's number
is without a country's sign, and where there is none the trunk's port stands for it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from ccml.demo.clock import SITE
from ccml.demo.platforms.deliveries import Delivery, frame_deliveries

RING_OF_ASKED_S = 2
"""Seconds until a colleague who is asked picks up."""
PORT, TRUNK = "006B13014", "41"
UCID_NUMBERS = 100_000
CALLIDS = 65_521
SPLITS = {
    "q_billing": "101",
    "q_technical": "102",
    "q_sales": "103",
    "q_care": "104",
    "q_retention": "105",
}
WORK_CODES = {"resolved": "10", "info": "20", "unresolved": "30", "follow_up": "40"}
CONN, ANS, ABAN, IFLOW, BUSY, FDISC, OTHER = range(1, 8)
HEADER = [
    "SEQNUM",
    "ACD",
    "ROW_DATE",
    "ROW_TIME",
    "CALLID",
    "UCID",
    "SEGMENT",
    "SEGSTART",
    "SEGSTART_UTC",
    "SEGSTOP",
    "SEGSTOP_UTC",
    "DURATION",
    "DISPOSITION",
    "DISPTIME",
    "QUEUETIME",
    "RINGTIME",
    "TALKTIME",
    "ANSHOLDTIME",
    "ORIGHOLDTIME",
    "CONSULTTIME",
    "ACWTIME",
    "DISPVDN",
    "FIRSTVDN",
    "DISPSPLIT",
    "SPLIT1",
    "SPLIT2",
    "SPLIT3",
    "TKGRP",
    "EQLOC",
    "CALLING_PTY",
    "DIALED_NUM",
    "ORIGLOGIN",
    "ANSLOGIN",
    "LASTOBSERVER",
    "TRANSFERRED",
    "CONFERENCE",
    "HELD",
    "OBSERVINGCALL",
    "AGT_RELEASED",
    "LASTCWC",
    "LASTDIGITS",
]


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write one file of segments a month; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    spoken = calls.to_pandas()
    spoken = spoken[spoken.channel == "voice"].set_index("call_ref")
    rows = _segments(spoken, legs.to_pandas(), part)
    files = frame_deliveries(rows.call_start, rows.stop, rows.UCID, part)
    found = {}
    for file in files:
        name = f"call_rec-{file.name}-part-{part:04d}.csv"
        found[name] = _write_file(rows, file, folder / name)
    return found


def ucids(calls: pd.DataFrame, part: int = 0) -> pd.Series:
    """Name telephone calls: the switch, a running number, and when the call came."""
    spoken = calls[calls.channel == "voice"]
    number = np.arange(len(spoken)) % UCID_NUMBERS
    epoch = _epoch(spoken.started_at)
    texts = [
        f"{part + 1:05d}{n:05d}{second:010d}"
        for n, second in zip(number, epoch, strict=True)
    ]
    return pd.Series(texts, index=spoken.call_ref)


def login(agent: pd.Series) -> pd.Series:
    """Write the login of an agent (A039) or a supervisor (S001)."""
    return agent.str.replace("A", "2", n=1).str.replace("S", "29", n=1)


def _segment_of(legs: pd.DataFrame) -> pd.Series:
    """Name the segment of each leg by the leg that began it."""
    aside = legs.leg_type.isin(["consult", "monitor"])
    begins = legs.is_origin | legs.transfer_in | aside
    segment = legs.leg_id.where(begins, legs.parent_leg_id)
    # Whoever was asked and then took the call stays in one segment.
    asked = legs[legs.leg_type == "consult"].set_index("call_ref")
    took = legs.transfer_in & (legs.leg_type == "agent")
    took &= legs.agent_id == legs.call_ref.map(asked.agent_id)
    took &= legs.started_at == legs.call_ref.map(asked.ended_at)
    segment = segment.mask(took, legs.call_ref.map(asked.leg_id))
    above = pd.Series(segment.to_numpy(), index=legs.leg_id)
    for _ in range(2):
        segment = segment.map(above)
    return segment


def _segments(calls: pd.DataFrame, legs: pd.DataFrame, part: int) -> pd.DataFrame:
    """Fill the fields of all segments, in order of the calls and of their segments."""
    legs = legs[legs.call_ref.isin(calls.index)].copy()
    legs["segment"] = _segment_of(legs)
    head = legs[legs.leg_id == legs.segment].set_index("segment")
    one = {
        kind: legs[legs.leg_type == kind].set_index("segment").reindex(head.index)
        for kind in ("ivr", "queue", "agent", "consult", "external", "monitor")
    }
    call = calls.loc[head.call_ref].set_axis(head.index)
    rings = legs[legs.leg_type == "ring"].groupby("segment").ring_s.sum()
    rang = rings.reindex(head.index).fillna(0) + one["agent"].ring_s.fillna(0)
    rang = rang.mask(one["queue"].leg_id.notna(), np.minimum(rang, one["queue"].wait_s))
    whole = legs.groupby("segment")[["ended_at", "known_at"]].max().loc[head.index]
    rows = pd.DataFrame(index=head.index)
    rows["call_start"] = call.started_at
    rows["ref"] = head.call_ref
    rows = rows.assign(
        **_times(head, one, rang, call, whole), **_parties(head, one, call)
    )
    rows = rows.assign(**_ends(head, one, call))
    rows["first"] = head.is_origin.to_numpy(dtype=bool)
    return _numbered(rows, call, part)


def _times(
    head: pd.DataFrame,
    one: dict[str, pd.DataFrame],
    rang: pd.Series,
    call: pd.DataFrame,
    whole: pd.DataFrame,
) -> dict[str, pd.Series]:
    agent, asked, first = one["agent"], one["consult"], head.is_origin.astype(bool)
    wait, dial = one["queue"].wait_s.fillna(0), agent.dial_s.fillna(0)
    blind = head.transfer_in & (head.leg_type == "agent")
    consults = asked.talk_s.notna()
    before = (agent.ring_s.fillna(0)).where(blind, 0) + 1.0 * RING_OF_ASKED_S * consults
    start = head.started_at - pd.to_timedelta(before, unit="s")
    until = one["ivr"].ivr_s.fillna(0) + wait + dial + before
    moved = agent.transferred.fillna(False).astype(bool)
    # A segment that was passed on stays open until all is over.
    stop = whole.known_at.mask(moved, np.maximum(whole.known_at, call.ended_at))
    end = whole.ended_at.mask(first, call.ended_at)
    rings_apart = rang.where(agent.dial_s.isna(), 0)
    by_agent = agent.dial_s.notna()
    return {
        "start": start,
        "stop": stop,
        "DURATION": (end - start).dt.total_seconds(),
        "DISPTIME": until,
        "QUEUETIME": (wait - rings_apart).clip(lower=0).where(wait > 0, 0),
        "RINGTIME": rings_apart.mask(consults, RING_OF_ASKED_S),
        "TALKTIME": agent.talk_s.fillna(0),
        "ANSHOLDTIME": agent.hold_s.fillna(0).mask(by_agent, 0),
        "ORIGHOLDTIME": agent.hold_s.fillna(0).where(by_agent, 0),
        "CONSULTTIME": (asked.talk_s + RING_OF_ASKED_S).fillna(0),
        "ACWTIME": agent.wrap_s.fillna(0),
    }


def _parties(
    head: pd.DataFrame, one: dict[str, pd.DataFrame], call: pd.DataFrame
) -> dict[str, pd.Series]:
    first = head.is_origin.astype(bool)
    inside = call.direction == "internal"
    outward = call.direction.isin(["outbound", "callback"])
    answers = one["agent"].agent_id.fillna(one["consult"].agent_id)
    answers = answers.fillna(one["monitor"].agent_id)
    begins = head.from_agent_id.mask(first & outward, answers)
    number = call.customer_phone.str.lstrip("+")
    absent = ~call.phone_status.isin(["ok", "internal"])
    number = number.mask(absent & inside.eq(False), PORT)
    desk = "4" + login(begins).str.slice(1)
    outside = one["external"].leg_id.notna()
    line = call.dialed_number.str.lstrip("+")
    dialled = line.mask(outward, number)
    to_desk = "4" + login(answers).str.slice(1)
    queue = one["queue"].queue
    dialled = dialled.where(first, to_desk.where(queue.isna(), "8" + queue.map(SPLITS)))
    return {
        "CALLING_PTY": number.where(first & ~outward, desk),
        "DIALED_NUM": dialled.mask(outside, "48221234567"),
        "ORIGLOGIN": login(begins),
        "ANSLOGIN": login(answers).mask(first & outward),
        "EQLOC": pd.Series(PORT, index=head.index).where(first & ~inside),
        "TKGRP": pd.Series(TRUNK, index=head.index).where(first & ~inside, "0"),
        "DISPSPLIT": queue.map(SPLITS).fillna("-1"),
        "DISPVDN": ("7" + queue.map(SPLITS)).where(queue.notna()),
        "LASTOBSERVER": login(one["monitor"].agent_id),
    }


def _ends(
    head: pd.DataFrame, one: dict[str, pd.DataFrame], call: pd.DataFrame
) -> dict[str, pd.Series]:
    agent, queue = one["agent"], one["queue"]
    answered, queued = agent.talk_s.notna(), queue.leg_id.notna()
    flowed = queue.flow_out.fillna(False).astype(bool)
    cut = call.disconnect_by == "system"
    code = np.select(
        [
            one["consult"].leg_id.notna() | one["monitor"].leg_id.notna(),
            one["external"].leg_id.notna() | (answered & ~queued),
            answered,
            flowed,
            call.direction == "inbound",
            call.system_outcome == "busy",
        ],
        [CONN, CONN, ANS, IFLOW, np.where(cut, FDISC, ABAN), BUSY],
        OTHER,
    )
    moved = agent.transferred.fillna(False).astype(bool)
    by_agent = agent.disconnect_by.isin(["agent", "transfer"])
    return {
        "DISPOSITION": pd.Series(code, index=head.index),
        "TRANSFERRED": moved.astype(int),
        "CONFERENCE": pd.Series(0, index=head.index),
        "HELD": (agent.hold_s > 0).astype(int),
        "OBSERVINGCALL": one["monitor"].leg_id.notna().astype(int),
        "AGT_RELEASED": by_agent.astype(int),
        "LASTCWC": agent.disposition.map(WORK_CODES),
    }


def _numbered(rows: pd.DataFrame, call: pd.DataFrame, part: int) -> pd.DataFrame:
    """Number the calls and their segments, and write every instant in both clocks."""
    names = ucids(call.assign(call_ref=rows.ref).drop_duplicates("call_ref"), part)
    rows["UCID"] = rows.ref.map(names)
    number = pd.Series(np.arange(len(names)), index=names.index)
    rows["CALLID"] = rows.ref.map(number) * 7_919 % CALLIDS
    rows["SEGMENT"] = rows.groupby("ref").cumcount() + 1
    local = rows.call_start.dt.tz_convert(SITE)
    rows["ROW_DATE"] = local.dt.strftime("%Y-%m-%d")
    rows["ROW_TIME"] = local.dt.strftime("%H%M")
    for field, instants in (("SEGSTART", rows.start), ("SEGSTOP", rows.stop)):
        wall = instants.dt.tz_convert(SITE).dt.tz_localize(None)
        rows[f"{field}_UTC"] = _epoch(instants)
        rows[field] = _epoch(wall)
    rows["SPLIT1"] = rows.DISPSPLIT
    rows["FIRSTVDN"] = rows.DISPVDN
    return rows.assign(ACD=1, SPLIT2="-1", SPLIT3="-1", LASTDIGITS="1")


def _epoch(instants: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    plain = instants.dt.tz_convert(None) if instants.dt.tz else instants
    return plain.to_numpy().astype("datetime64[s]").astype(np.int64)


def _write_file(rows: pd.DataFrame, file: Delivery, path: Path) -> int:
    out = rows.iloc[file.rows].assign(SEQNUM=np.arange(len(file.rows)) + 1)
    whole = {
        name: out[name].astype("Int64") if out[name].dtype.kind == "f" else out[name]
        for name in HEADER
    }
    table = pa.Table.from_pandas(pd.DataFrame(whole), preserve_index=False)
    options = pa.csv.WriteOptions(quoting_style="none")
    pa.csv.write_csv(table, path, options)
    return len(out)
