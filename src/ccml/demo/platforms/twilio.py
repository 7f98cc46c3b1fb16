"""Twilio: pages of Call resources; every agent whose phone rings is a child leg.

Calls that come in are answered by a flow at once. Calls of a campaign are dialled by the
API, and an agent is a child leg. Who dials by hand calls from a client: that call comes
in from the client, and the leg to the customer is its child.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import OPEN, Delivery, frame_deliveries

OUTSIDE = "+48221234567"
_ACCOUNT = "AC" + "0" * 32
_STAMP = "%a, %d %b %Y %H:%M:%S +0000"
_WORDS = {"no_answer": "no-answer", "busy": "busy"}


def call_sids(ids: pd.Series) -> pd.Series:
    """Name legs as the platform does."""
    return "CA" + ids.str.replace("-", "")


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write a page of calls for each month; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    told = calls.to_pandas()
    told = told[(told.channel == "voice") & (told.direction != "internal")]
    parties = legs.to_pandas()
    parties = parties[parties.call_ref.isin(told.call_ref)]
    rows = pd.concat([_parents(told, parties), _children(told, parties)])
    rows = rows.sort_values(["begun", "is_child", "sid"], ignore_index=True)
    first = rows.groupby("call_ref").begun.transform("min")
    last = rows.groupby("call_ref").ended.transform("max")
    written = {}
    for file in frame_deliveries(first, last, rows.call_ref, part):
        name = f"calls-{file.name}-part-{part:04d}.json"
        _write_page(_delivered(rows, file), folder / name)
        written[name] = len(file.rows)
    return written


def _parents(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """Write the leg by which each call began."""
    dialler = legs.groupby("call_ref").agent_id.first().reindex(calls.call_ref)
    client = ("client:" + dialler).set_axis(calls.index)
    inbound = calls.direction == "inbound"
    by_hand = ~inbound & calls.campaign.isna()
    shown = calls.customer_phone.fillna("anonymous")
    machine = calls.system_outcome == "answering_machine"
    missed = ~inbound & ~by_hand & ~calls.answered.astype(bool) & ~machine
    by_api = ~inbound & ~by_hand
    status = calls.system_outcome.map(_WORDS).where(missed).fillna("completed")
    return pd.DataFrame(
        {
            "call_ref": calls.call_ref,
            "is_child": False,
            "sid": call_sids(calls.call_ref),
            "parent_call_sid": None,
            "from": shown.where(inbound, calls.dialed_number).mask(by_hand, client),
            "to": calls.dialed_number.where(inbound, shown).mask(by_hand, ""),
            "direction": np.where(by_api, "outbound-api", "inbound"),
            "status": status,
            "begun": calls.started_at,
            "ended": calls.ended_at,
            "answered_by": _word("machine_start", machine & by_api),
        }
    )


def _word(word: str, where: pd.Series) -> pd.Series:
    return pd.Series(word, where.index, dtype="str").where(where)


def _children(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """Write a leg for each agent who was called, and for whom a client dialled."""
    call = calls.set_index("call_ref").reindex(legs.call_ref)
    call.index = legs.index
    by_hand = (call.direction != "inbound") & call.campaign.isna()
    reached = legs.answered.fillna(False).astype(bool)
    agent = (legs.leg_type == "agent") & (reached | by_hand)
    outside = legs.leg_type == "external"
    kept = agent | outside | (legs.leg_type == "ring")
    number = call.customer_phone.where(by_hand, "client:" + legs.agent_id)
    begun = legs.started_at
    dialled = (agent & ~by_hand) & legs.dial_s.notna()
    waits = pd.to_timedelta(legs.dial_s.where(dialled).fillna(0), unit="s")
    shown = call.customer_phone.fillna("anonymous")
    rows = pd.DataFrame(
        {
            "call_ref": legs.call_ref,
            "is_child": True,
            "sid": call_sids(legs.leg_id),
            "parent_call_sid": call_sids(legs.call_ref),
            "from": call.dialed_number.where(by_hand, shown),
            "to": number.mask(outside, OUTSIDE),
            "direction": "outbound-dial",
            "status": np.where(
                reached | outside,
                "completed",
                legs.system_outcome.map(_WORDS).fillna("no-answer"),
            ),
            "begun": begun + waits,
            "ended": legs.ended_at,
            "answered_by": None,
        }
    )
    return rows[kept]


def _stamps(instants: pd.Series) -> pd.Series:
    return pd.Series(instants.dt.strftime(_STAMP))


def _delivered(rows: pd.DataFrame, file: Delivery) -> pd.DataFrame:
    """Fill the fields of a file's legs; a call that goes on has no end and duration."""
    out = rows.iloc[file.rows].reset_index(drop=True)
    is_open = pd.Series(file.state == OPEN)
    lasted = (out.ended - out.begun).dt.total_seconds().astype("int64")
    told_s = lasted.where(out.status == "completed", 0).astype(str)
    updated = pd.Series(pd.to_datetime(file.version_at, unit="s", utc=True))
    status = out.status.mask(is_open, "in-progress")
    fields = {
        "sid": out.sid,
        "account_sid": _ACCOUNT,
        "parent_call_sid": out.parent_call_sid,
        "from": out["from"],
        "to": out.to,
        "direction": out.direction,
        "status": status,
        "start_time": _stamps(out.begun),
        "end_time": _stamps(out.ended).mask(is_open),
        "duration": told_s.mask(is_open),
        "date_created": _stamps(out.begun),
        "date_updated": _stamps(updated),
        "answered_by": out.answered_by.mask(is_open),
        "forwarded_from": None,
        "caller_name": None,
        "queue_time": "1000",
        "price": "-0.0085",
        "price_unit": "USD",
    }
    return pd.DataFrame(fields)


def _write_page(found: pd.DataFrame, path: Path) -> None:
    records = found.astype(object).where(found.notna(), None).to_dict("records")
    page = {"page": 0, "page_size": len(found), "next_page_uri": None, "calls": records}
    path.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
