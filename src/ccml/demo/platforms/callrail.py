"""CallRail: pages of the API's calls, every second month as CSV with the same fields.

All spoken calls but those between agents; a call back is an outbound call. What users
note on a call later (tags, the lead's status) comes with the newer copy.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import COMPLETE, OPEN, Delivery, frame_deliveries

ZONE = "Europe/Warsaw"
_COMPANY = {
    "company_id": "COM0000000001",
    "company_name": "Demo telecom",
    "company_time_zone": ZONE,
}
_AT_THE_END = ("duration", "answered", "voicemail", "agent_email", "recording_duration")


def call_ids(call_ref: pd.Series) -> pd.Series:
    """Name calls as the platform does."""
    return "CAL" + call_ref.str.replace("-", "")


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write a file of calls for each month; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    told = calls.to_pandas()
    told = told[(told.channel == "voice") & (told.direction != "internal")]
    dialler = legs.to_pandas().groupby("call_ref").agent_id.first()
    records = _records(told, told.call_ref.map(dialler))
    files = frame_deliveries(told.started_at, told.known_at, told.call_ref, part)
    rows = {}
    for number, file in enumerate(files):
        found = _delivered(records, file)
        ending = "csv" if number % 2 else "json"
        name = f"calls-{file.name}-part-{part:04d}.{ending}"
        if ending == "csv":
            found.assign(tags=found.tags.map(json.dumps)).to_csv(
                folder / name, index=False
            )
        else:
            _write_page(found, folder / name)
        rows[name] = len(found)
    return rows


def _write_page(found: pd.DataFrame, path: Path) -> None:
    page = {
        "page": 1,
        "per_page": len(found),
        "total_pages": 1,
        "total_records": len(found),
        "calls": found.astype(object).where(found.notna(), None).to_dict("records"),
    }
    path.write_text(json.dumps(page, ensure_ascii=False, indent=1), encoding="utf-8")


def _records(calls: pd.DataFrame, dialler: pd.Series) -> pd.DataFrame:
    """Fill the fields of all calls."""
    out = calls.direction != "inbound"
    reached = calls.answered.astype(bool)
    paid = calls.source.eq("google_ads")
    began = calls.started_at.dt.tz_convert(ZONE)
    agent = calls.agent_id.where(reached, dialler.where(out))
    records = pd.DataFrame(
        {
            "id": call_ids(calls.call_ref),
            "direction": np.where(out, "outbound", "inbound"),
            "start_time": began.map(lambda at: at.isoformat(timespec="milliseconds")),
            "duration": calls.duration_s.astype("Int64"),
            "answered": reached.astype(object),
            "voicemail": calls.voicemail.astype(object),
            "customer_phone_number": calls.customer_phone,
            "customer_name": None,
            "customer_city": None,
            "customer_country": "PL",
            "tracking_phone_number": calls.dialed_number,
            "business_phone_number": "+48221234567",
            "call_type": np.where(reached, "answered", "abandoned"),
            "first_call": calls.is_first_call,
            "source": calls.source,
            "source_name": calls.source,
            "medium": calls.medium,
            "campaign": calls.campaign,
            "keywords": calls.keyword,
            "gclid": calls.click_id.where(paid),
            "fbclid": None,
            "msclkid": calls.click_id.where(~paid),
            **_COMPANY,
            "agent_email": agent + "@desk.example",
            "recording_duration": calls.duration_s.astype("Int64").astype("string"),
            "lead_status": "good_lead",
            "note": None,
        }
    )
    records["tags"] = [["call"]] * len(records)
    return records.reset_index(drop=True)


def _delivered(records: pd.DataFrame, file: Delivery) -> pd.DataFrame:
    out = records.iloc[file.rows].reset_index(drop=True).astype(object)
    out["lead_status"] = out.lead_status.where(file.state == COMPLETE)
    for name in _AT_THE_END:
        out[name] = out[name].where(file.state != OPEN)
    return out
