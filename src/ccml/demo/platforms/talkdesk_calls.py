"""Talkdesk: the calls report in the layout valid from 11 May 2026, as CSV and as JSON.

One row per call, whole seconds, instants in UTC; the months take turns in their form. The
report counts who leaves the menu as abandoned, and who leaves while a telephone rings as
missed.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import EARLY
from ccml.demo.platforms.talkdesk_rows import (
    clock_texts,
    cut,
    delivered,
    ids,
    served,
    users,
    whole,
    write_csv,
)

FORM = "%Y-%m-%dT%H:%M:%SZ"
OPTIONS = {
    "technical": "1",
    "billing": "2,1",
    "info": "3",
    "complaint": "2,2",
    "contract": "2,3",
    "sales": "4",
    "setup": "1,2",
    "self_service": "9",
}
"""What callers key in, by their reason."""
ENDED = {"end_at": EARLY, "total_time": EARLY, "talk_time": EARLY}


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write one file of calls a month, in turn as CSV and as JSON; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = call_rows(calls, legs)
    rows["start_at"] = clock_texts(rows.started_at, FORM)
    rows["end_at"] = clock_texts(rows.ended_at, FORM)
    found = {}
    for number, file in enumerate(delivered(rows, part)):
        out = cut(rows, file, ENDED)[COLUMNS]
        ending = "json" if number % 2 else "csv"
        name = f"calls-{file.name}-part-{part:04d}.{ending}"
        if ending == "csv":
            found[name] = write_csv(out, folder / name, header=True)
        else:
            found[name] = _write_json(out, folder / name)
    return found


COLUMNS = [
    "call_id",
    "callsid",
    "type",
    "start_at",
    "end_at",
    "talkdesk_phone_number",
    "talkdesk_phone_display_name",
    "contact_phone_number",
    "user_id",
    "user_name",
    "user_email",
    "total_time",
    "talk_time",
    "wait_time",
    "hold_time",
    "abandon_time",
    "total_ringing_time",
    "disposition_code",
    "notes",
    "user_voice_rating",
    "ring_groups",
    "ivr_options",
    "is_in_business_hours",
    "is_callback_from_queue",
    "is_call_forwarding",
    "is_if_no_answer",
    "is_transfer",
    "is_external_transfer",
    "handling_user_name",
    "handling_user_id",
    "handling_user_email",
    "csat_score",
    "mood",
    "team_name",
    "data_status",
]


def _write_json(rows: pd.DataFrame, path: Path) -> int:
    """Write a report as the API does: one object around the list of its entries."""
    entries = json.loads(rows.to_json(orient="records"))
    page = {"total": len(entries), "entries": entries}
    path.write_text(json.dumps(page, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(entries)


def call_types(calls: pd.DataFrame, rang: pd.Series) -> pd.Series:
    """Say how each call went.

    Args:
        calls: Calls.
        rang: Whether a telephone rang in vain, in the same order.
    """
    inward = calls.direction == "inbound"
    asked = calls.system_outcome == "callback_requested"
    words = np.select(
        [
            inward & calls.answered,
            ~inward & calls.answered,
            ~inward,
            calls.voicemail,
            asked,
            calls.short_abandon,
            rang & calls.abandoned,
        ],
        [
            "inbound",
            "outbound",
            "outbound_missed",
            "voicemail",
            "missed",
            "short_abandoned",
            "missed",
        ],
        "abandoned",
    )
    return pd.Series(words, index=calls.index)


def rings_in_vain(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.Series:
    """Tell which calls rang a telephone that nobody answered."""
    return calls.call_ref.isin(legs.call_ref[legs.leg_type == "ring"])


def call_rows(calls: pa.Table, legs: pa.Table) -> pd.DataFrame:
    """Fill the columns of the report, and instants as such."""
    whole_log = calls.to_pandas()
    told = served(whole_log).reset_index(drop=True)
    inward = told.direction == "inbound"
    kind = call_types(told, rings_in_vain(told, legs.to_pandas()))
    asked = told.system_outcome == "callback_requested"
    shown = told.customer_phone.where(told.phone_status == "ok", "anonymous")
    group, agent = told.queue.where(inward), users(told.agent_id.where(told.answered))
    dialled_by = users(_first_agent(told, legs.to_pandas()))
    zero = pd.Series(0, index=told.index)
    return told[["call_ref", "started_at", "ended_at"]].assign(
        call_start=told.started_at,
        call_known=told.known_at,
        call_id=ids(told.call_ref),
        callsid="CA" + ids(told.call_ref),
        type=kind,
        talkdesk_phone_number=told.dialed_number,
        talkdesk_phone_display_name="Hotline, main",
        contact_phone_number=shown,
        user_id=agent.where(inward, dialled_by),
        user_name=told.agent_name,
        user_email=None,
        total_time=whole(told.duration_s),
        talk_time=whole(told.talk_s.fillna(0)),
        wait_time=whole(told.wait_s.fillna(0)),
        hold_time=whole(told.hold_s.fillna(0)),
        abandon_time=whole(told.duration_s.where(kind == "abandoned", 0)),
        total_ringing_time=whole(told.ring_s.fillna(told.dial_s).fillna(0)),
        disposition_code=told.disposition,
        notes=None,
        user_voice_rating=None,
        ring_groups=group,
        ivr_options=told.reason.map(OPTIONS).where(inward),
        is_in_business_hours=inward,
        is_callback_from_queue=(told.direction == "callback") | asked,
        is_call_forwarding=zero.astype(bool),
        is_if_no_answer=zero.astype(bool),
        is_transfer=told.transferred & (told.transfer_type != "external"),
        is_external_transfer=told.transfer_type == "external",
        handling_user_name=told.agent_name.where(inward),
        handling_user_id=agent.where(inward),
        handling_user_email=None,
        csat_score=whole(told.csat),
        mood=None,
        team_name=None,
        data_status="Valid",
    )


def _first_agent(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.Series:
    """Name who dialled, also where nobody answered."""
    dialled = legs[legs.is_origin].set_index("call_ref").agent_id
    return calls.call_ref.map(dialled)
