"""Genesys Cloud: the CSV of Performance > Interactions, one row per conversation.

Times are clock times in Warsaw, to the minute, without an offset. Who exports chooses
whether durations are formatted, so that months come one way or the other. An interaction
that still goes on has no end; one without its after-call work has no wrap-up code.
"""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import COMPLETE, OPEN, Delivery, deliveries

ZONE = "Europe/Warsaw"
FILTERS = "Media Type: All"
FLOW = "Main menu"
AT_DESK = "@desk.example;user=phone"
COLUMNS = (
    "Full Export Completed",
    "Partial Result Timestamp",
    "Filters",
    "Media Type",
    "Users",
    "Remote",
    "Date",
    "End Date",
    "Duration",
    "Direction",
    "ANI",
    "DNIS",
    "Queue",
    "Wrap-up",
    "Flow",
    "Conversation ID",
    "Initial Direction",
    "First Queue",
    "Total Handle",
)


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write one CSV file per month; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    told = _interactions(calls.to_pandas(), legs.to_pandas())
    unit, known = calls["call_ref"], calls["known_at"]
    rows = {}
    files = deliveries(calls["started_at"], known, unit, part)
    for number, file in enumerate(files):
        name = f"Interactions {file.name} part {part:04d}.csv"
        frame = _delivered(told, file, formatted=number % 2 == 0)
        frame.to_csv(
            folder / name,
            index=False,
            encoding="utf-8-sig",
            quoting=csv.QUOTE_ALL,
            columns=list(COLUMNS),
        )
        rows[name] = len(frame)
    return rows


def _interactions(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """Fill the columns of all interactions; seconds are numbers still."""
    back = calls.direction == "callback"
    first_way = np.where(calls.direction == "inbound", "Inbound", "Outbound")
    both = calls.transfer_type.eq("external").to_numpy() & (first_way == "Inbound")
    served = legs[(legs.leg_type == "agent")]
    waited = legs[(legs.leg_type == "queue") | (served.reindex(legs.index).dial_s > 0)]
    flow = pd.Series(FLOW, index=calls.index)
    return pd.DataFrame(
        {
            "Full Export Completed": "YES",
            "Partial Result Timestamp": None,
            "Filters": FILTERS,
            "Media Type": calls.channel.mask(back, "callback"),
            "Users": calls.call_ref.map(_joined(served, "agent_name")),
            "Remote": calls.customer_phone,
            "Conversation ID": calls.call_ref,
            "Direction": np.where(both, "Inbound/Outbound", first_way),
            "Initial Direction": first_way,
            **_numbers(calls),
            "Queue": calls.call_ref.map(_joined(waited, "queue")),
            "First Queue": calls.queue,
            "Wrap-up": calls.disposition,
            "Flow": flow.where(calls.ivr_s.notna()),
            "started": calls.started_at,
            "ended": calls.ended_at,
            "handle": calls.handle_s,
            "worked": calls.wrap_s,
        }
    )


def _joined(legs: pd.DataFrame, column: str) -> pd.Series:
    """List the different values of each call's legs, in order."""
    known = legs.dropna(subset=column).drop_duplicates(["call_ref", column])
    return known.groupby("call_ref", sort=False)[column].agg("; ".join)


def _numbers(calls: pd.DataFrame) -> dict[str, pd.Series]:
    """Write phones as tel:, desks as sip: addresses."""
    inside = calls.direction == "internal"
    theirs, ours = calls.customer_phone, calls.dialed_number
    theirs = theirs.mask(theirs.str.startswith("+", na=False), "tel:" + theirs)
    theirs = theirs.mask(inside, "sip:" + theirs + AT_DESK)
    ours = ("tel:" + ours).mask(inside, "sip:" + ours + AT_DESK)
    outward = calls.direction.isin(["outbound", "callback"])
    return {"ANI": theirs.mask(outward, ours), "DNIS": ours.mask(outward, theirs)}


def _delivered(told: pd.DataFrame, file: Delivery, *, formatted: bool) -> pd.DataFrame:
    """Take the interactions of a file in the state in which they are exported."""
    rows = told.iloc[file.rows].reset_index(drop=True)
    is_open, is_whole = file.state == OPEN, file.state == COMPLETE
    lasted = (rows.ended - rows.started).dt.total_seconds()
    lasted = lasted.mask(is_open, 1.0)
    handle = rows.handle.where(is_whole, rows.handle - rows.worked).mask(is_open)
    write_seconds = _clock if formatted else _milliseconds
    return rows.assign(
        **{
            "Date": _local(rows.started),
            "End Date": _local(rows.ended).mask(is_open),
            "Duration": write_seconds(lasted),
            "Total Handle": write_seconds(handle),
            "Wrap-up": rows["Wrap-up"].where(is_whole),
        }
    )


def _local(instants: pd.Series) -> pd.Series:
    """Write clock times such as 6/23/25 07:00 AM."""
    local = instants.dt.tz_convert(ZONE)
    day = local.dt.month.astype(str) + "/" + local.dt.day.astype(str)
    local_day: pd.Series = day + local.dt.strftime("/%y %I:%M %p")
    return local_day


def _milliseconds(seconds: pd.Series) -> pd.Series:
    return (seconds * 1000).round().astype("Int64").astype("string")


def _clock(seconds: pd.Series) -> pd.Series:
    whole = seconds.fillna(0).astype("int64")
    parts = (whole // 3600, whole // 60 % 60, whole % 60)
    hours, minutes, rest = (part.astype(str).str.zfill(2) for part in parts)
    clock: pd.Series = hours + ":" + minutes + ":" + rest + ".000"
    return clock.where(seconds.notna())
