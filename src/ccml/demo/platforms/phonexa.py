"""A log of calls in the manner of Phonexa: a CSV of calls that publishers delivered.

Only the platform's summary report is documented; this log has its words (Publisher,
Product, Duration, Duration (Buyer)) for single calls. Times are UTC, the buyer's
duration is the talk with an agent. It knows inbound calls only, without queues.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import OPEN, frame_deliveries

_STAMP = "%Y-%m-%d %H:%M:%S"


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write a log for each month; return their rows."""
    del legs  # a call is one row
    folder.mkdir(parents=True, exist_ok=True)
    told = calls.to_pandas()
    told = told[(told.channel == "voice") & (told.direction == "inbound")]
    log = _log(told)
    files = frame_deliveries(told.started_at, told.known_at, told.call_ref, part)
    rows = {}
    for file in files:
        out = log.iloc[file.rows[file.state != OPEN]]
        name = f"call-log-{file.name}-part-{part:04d}.csv"
        out.to_csv(folder / name, index=False)
        rows[name] = len(out)
    return rows


def _log(calls: pd.DataFrame) -> pd.DataFrame:
    reached = calls.answered.astype(bool)
    return pd.DataFrame(
        {
            "Call ID": calls.call_ref,
            "Date": calls.started_at.dt.strftime(_STAMP),
            "Caller ID": calls.customer_phone,
            "Phone Number": calls.dialed_number,
            "Publisher": calls.source,
            "Campaign": calls.campaign,
            "Product": calls.queue,
            "Status": np.where(reached, "Sold", "Lead Hangup (IVR)"),
            "Duration": calls.duration_s.astype("Int64"),
            "Duration (Buyer)": (calls.talk_s + calls.hold_s).fillna(0).astype("Int64"),
        }
    ).reset_index(drop=True)
