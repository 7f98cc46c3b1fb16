"""What all Talkdesk reports of the demo share: users, ids, clocks and files."""

from collections.abc import Mapping
from hashlib import md5
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from ccml.demo.platforms.deliveries import Delivery, frame_deliveries

OUTSIDE_NUMBER = "+48221234567"


def user_id(agent: str) -> str:
    """Name an agent as the platform does, by 24 hexadecimal digits."""
    return md5(agent.encode(), usedforsecurity=False).hexdigest()[:24]


def users(agents: pd.Series) -> pd.Series:
    """Name agents as the platform does."""
    return agents.map(user_id, na_action="ignore")


def ids(uuids: pd.Series) -> pd.Series:
    """Write ids as the platform does, without hyphens."""
    return uuids.str.replace("-", "")


def clock_texts(instants: pd.Series, form: str) -> pd.Series:
    """Write instants in UTC; null stays null."""
    plain = instants.dt.tz_convert("UTC").dt.strftime(form)
    texts: pd.Series = plain.where(instants.notna())
    return texts


def whole(seconds: pd.Series) -> pd.Series:
    """Write whole seconds; null stays null."""
    return seconds.astype("Int64")


def delivered(rows: pd.DataFrame, part: int) -> list[Delivery]:
    """Split rows over files by `call_start`, with `call_known` and `call_ref`."""
    return frame_deliveries(rows.call_start, rows.call_known, rows.call_ref, part)


def cut(
    rows: pd.DataFrame, file: Delivery, by_state: Mapping[str, int]
) -> pd.DataFrame:
    """Take the rows of a file; columns that come with a later state are empty before.

    Args:
        rows: All rows.
        file: Which of them the file holds, and in which state.
        by_state: Column: highest state in which it is there.
    """
    out = rows.iloc[file.rows].reset_index(drop=True)
    for column, latest in by_state.items():
        out[column] = out[column].where(file.state <= latest)
    return out


def write_csv(rows: pd.DataFrame, path: Path, *, header: bool) -> int:
    """Write rows as CSV with quotes where they are needed."""
    table = pa.Table.from_pandas(rows, preserve_index=False)
    options = pa.csv.WriteOptions(include_header=header, quoting_style="needed")
    pa.csv.write_csv(table, path, options)
    return len(rows)


def yes_no(flags: pd.Series) -> pd.Series:
    """Write flags as Yes and No; null stays null."""
    known = flags.notna()
    words = np.where(flags.fillna(False).astype(bool), "Yes", "No")
    return pd.Series(words, index=flags.index, dtype="object").where(known)


def served(calls: pd.DataFrame) -> pd.DataFrame:
    """Take the calls that pass through the platform: no chats, no calls between desks."""
    return calls[(calls.channel == "voice") & (calls.direction != "internal")]
