"""Talkdesk: the calls report as it was before 11 May 2026, as CSV.

Durations are clocks (00:01:05) or, in every second file, fractions of a day; times are in
UTC without a sign of it; flags are TRUE and FALSE in some columns, Yes and No in others.
Agents stand there by name, ring groups not at all.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import EARLY
from ccml.demo.platforms.talkdesk_calls import call_rows
from ccml.demo.platforms.talkdesk_rows import (
    clock_texts,
    cut,
    delivered,
    write_csv,
    yes_no,
)

FORM = "%Y-%m-%d %H:%M:%S"
DAY_S = 86_400
ENDED = {"End Time": EARLY, "Talk Time": EARLY}
TYPES = {
    "inbound": "Inbound",
    "outbound": "Outbound",
    "outbound_missed": "Outbound Missed",
    "missed": "Missed",
    "abandoned": "Abandoned",
    "short_abandoned": "Short Abandoned",
    "voicemail": "Voicemail",
}
DURATIONS = {
    "Talk Time": "talk_time",
    "Waiting Time": "wait_time",
    "Agent Speed to Answer": "total_ringing_time",
    "Holding Time": "hold_time",
}


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write one file of calls a month; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = call_rows(calls, legs)
    found = {}
    for number, file in enumerate(delivered(rows, part)):
        texts = _as_days if number % 2 else _as_clock
        old = _old(rows, {name: texts(rows[new]) for name, new in DURATIONS.items()})
        name = f"calls-{file.name}-part-{part:04d}.csv"
        whole = old.assign(**{key: rows[key] for key in ("call_ref",)})
        out = cut(whole, file, ENDED).drop(columns="call_ref")
        found[name] = write_csv(out, folder / name, header=True)
    return found


def _as_clock(seconds: pd.Series) -> pd.Series:
    plain = seconds.astype("int64")
    hours, minutes = plain // 3_600, plain // 60 % 60
    parts = [part.astype(str).str.zfill(2) for part in (hours, minutes, plain % 60)]
    return parts[0] + ":" + parts[1] + ":" + parts[2]


def _as_days(seconds: pd.Series) -> pd.Series:
    days = seconds.astype("float64") / DAY_S
    return pd.Series([f"{day:.12f}" for day in days], index=seconds.index)


def _old(rows: pd.DataFrame, durations: dict[str, pd.Series]) -> pd.DataFrame:
    flags = {True: "TRUE", False: "FALSE"}
    return pd.DataFrame(
        {
            "Interaction ID": rows.call_id,
            "Call Type": rows.type.map(TYPES),
            "Start Time": clock_texts(rows.started_at, FORM),
            "End Time": clock_texts(rows.ended_at, FORM),
            "Talkdesk Phone Number": rows.talkdesk_phone_number,
            "Customer Phone Number": rows.contact_phone_number,
            "Talk Time": durations["Talk Time"],
            "Record": None,
            "Hangup": np.where(rows.type == "inbound", "caller", ""),
            "In Business Hours?": yes_no(rows.is_in_business_hours),
            "Callback From Queue?": yes_no(rows.is_callback_from_queue),
            "Waiting Time": durations["Waiting Time"],
            "Agent Speed to Answer": durations["Agent Speed to Answer"],
            "Holding Time": durations["Holding Time"],
            "Rating": None,
            "Description": None,
            "Agent Name": rows.user_name,
            "Phone Display Name": rows.talkdesk_phone_display_name,
            "Disposition Code": rows.disposition_code,
            "Transfer?": (rows.is_transfer | rows.is_external_transfer).map(flags),
            "Handling Agent": rows.handling_user_name,
            "Tags": None,
            "IVR Options": rows.ivr_options,
            "CSAT Score": rows.csat_score,
            "CSAT Survey Time": None,
            "Team": None,
            "Rating Reason": None,
            "Agent Disconnected": None,
            "Disposition Set": None,
            "Nested Disposition": None,
        }
    )
