"""CXone: call details of data downloads as CSV, in the clock time of the report's zone.

A download has no direction: skills of their own are for dialling out. It lists no refused
rings, and a contact's latest state only when it is downloaded again.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.cxone_contacts import (
    DISPOSITIONS,
    agent_no,
    contacts,
    seconds,
)
from ccml.demo.platforms.deliveries import COMPLETE, OPEN, Delivery, frame_deliveries

ZONE = "Europe/Warsaw"
OUTBOUND_PREFIX = "out_"
"""Beginning of the names of skills for dialling out."""


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write call details of a month each; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = contacts(calls.to_pandas(), legs.to_pandas())
    rows = rows[~rows.refused].reset_index(drop=True)
    listed = _listed(rows)
    files = frame_deliveries(rows.begin, rows.known, rows.number, part)
    written = {}
    for file in files:
        name = f"call-detail-{file.name}-part-{part:04d}.csv"
        written[name] = _write(listed, file, folder / name)
    return written


def _write(listed: pd.DataFrame, file: Delivery, path: Path) -> int:
    done = file.state != OPEN
    out = listed.iloc[file.rows[done]].reset_index(drop=True)
    early = pd.Series(file.state[done] != COMPLETE)
    out["ACW_Seconds"] = out["ACW_Seconds"].mask(early, 0)
    out["Disposition_Code"] = out["Disposition_Code"].mask(early)
    out.to_csv(path, index=False)
    return len(out)


def _listed(rows: pd.DataFrame) -> pd.DataFrame:
    local = rows.begin.dt.tz_convert(ZONE)
    dials = rows.direction == "outbound"
    lasted = (rows.end - rows.begin).dt.total_seconds()
    fields = {
        "Contact_ID": rows.number,
        "Master_Contact_ID": rows.master,
        "Media_Name": rows.media,
        "Contact_Name": rows.dialed_number,
        "ANI_Dialnum": rows.customer_phone,
        "Skill_No": rows.team.map(lambda name: sum(map(ord, name)), na_action="ignore"),
        "Skill_Name": rows.team.mask(dials, OUTBOUND_PREFIX + rows.team),
        "Campaign_Name": rows.campaign,
        "Agent_No": agent_no(rows.agent_id),
        "Agent_Name": rows.agent_name,
        "Team_Name": rows.team,
        "Disposition_Code": rows.disposition.map(DISPOSITIONS),
        "SLA": rows.sla,
        "Start_Date": local.dt.strftime("%m/%d/%Y"),
        "Start_Time": local.dt.strftime("%H:%M:%S"),
        "PreQueue": seconds(rows.ivr_s),
        "InQueue": seconds(rows.wait_s),
        "Agent_Time": seconds(rows.talk_s + rows.hold_s.fillna(0)),
        "PostQueue": seconds(rows.outside_s),
        "Total_Time": seconds(lasted),
        "Abandon_Time": seconds(lasted.where(rows.lost.astype(bool))),
        "Abandon": rows.lost.map({True: "Y", False: "N"}),
        "Hold_Time": seconds(rows.hold_s),
        "ACW_Seconds": seconds(rows.wrap_s),
        "Callback_Time": seconds(rows.callback_s),
        "Transfer_Indicator_Name": rows.moved.map({True: "Transfer", False: "None"}),
    }
    return pd.DataFrame(fields)
