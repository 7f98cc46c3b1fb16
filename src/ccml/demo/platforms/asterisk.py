"""Asterisk: the queue log and the call detail records of one company, side by side.

Both name a call by the uniqueid of the caller's channel, its second and a number. Calls
that met no queue are in the records only.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from ccml.demo.platforms import asterisk_cdr, asterisk_queue_log
from ccml.demo.platforms.deliveries import OPEN, frame_deliveries

_DIGITS = 6  # of a call's name, in the number of its channel


def unique_ids(call_ref: pd.Series, started_at: pd.Series) -> pd.Series:
    """Name the channel of each call as the switch does, such as 1699286230.4711."""
    second = started_at.dt.tz_convert(None).to_numpy().astype("datetime64[s]")
    number = call_ref.str[:_DIGITS].map(lambda digits: int(digits, 16))
    return pd.Series(second.astype("int64"), call_ref.index).astype(str) + (
        "." + number.astype(str)
    )


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write `queue_log` and `cdr`, a file for each month; return their rows."""
    told = calls.to_pandas()
    told = told[told.channel == "voice"].set_index("call_ref", drop=False)
    told["uniqueid"] = unique_ids(told.call_ref, told.started_at)
    kept = legs.to_pandas()
    kept = kept[kept.channel == "voice"]
    agents = kept[kept.leg_type == "agent"].groupby("call_ref").agent_id.first()
    told["dialler"] = agents.reindex(told.index)
    kept["uniqueid"] = kept.call_ref.map(told.uniqueid)
    rows = {}
    for name, ending, lines in (
        ("queue_log", "", asterisk_queue_log.lines(kept)),
        ("cdr", ".csv", asterisk_cdr.lines(told, kept)),
    ):
        (folder / name).mkdir(parents=True, exist_ok=True)
        head = {"queue_log": "queue_log", "cdr": "Master"}[name]
        for month, chosen in _files(lines, part):
            path = f"{name}/{head}-{month}-part-{part:04d}{ending}"
            text = "".join(f"{line}\n" for line in lines.text.iloc[chosen])
            (folder / path).write_text(text, encoding="utf-8", newline="")
            rows[path] = len(chosen)
    return rows


def _files(lines: pd.DataFrame, part: int) -> list[tuple[str, list[int]]]:
    """Cut lines into months; some are in a second copy of the log too.

    A line is written once it is true, so that there are no unfinished ones.
    """
    return [
        (file.name, [int(row) for row in file.rows[file.state != OPEN]])
        for file in frame_deliveries(lines["at"], lines["at"], lines.text, part)
    ]
