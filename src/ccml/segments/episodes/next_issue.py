"""What customers call about next, against chance."""

import numpy as np
import pandas as pd

from ccml.kpis.groups import UNNAMED
from ccml.segments.episodes.follow_ups import FollowUps
from ccml.segments.episodes.ledger import DAY_US, Ledger

PAIR = ["reason", "next_reason"]
NEXT = {
    "reason": "str",
    "next_reason": "str",
    "follow_ups": "int64",
    "share": "float64",
    "share_by_chance": "float64",
    "lift": "float64",
    "median_days": "float64",
}
"""Columns of the table `next_issues`."""


def next_issues(calls: Ledger, found: FollowUps) -> pd.DataFrame:
    """Count what the repeats that followed each reason were about.

    share is among the follow-ups of the reason; share_by_chance is that of the next
    reason among all follow-ups, as if it did not matter what the first call was about;
    lift is their quotient.

    Returns:
        One row per reason and next reason that occurred, with `NEXT`.
    """
    base, call = found.base[found.is_attempt], found.call[found.is_attempt]
    reason = calls.codes["reason"]
    gap_days = (calls.start[call] - calls.start[base]) / DAY_US
    rows = pd.DataFrame(
        {"reason": reason[base], "next_reason": reason[call], "days": gap_days}
    )
    pairs = rows.groupby(PAIR, as_index=False).agg(
        follow_ups=("days", "size"), median_days=("days", "median")
    )
    number = pairs["follow_ups"]
    of_reason = pairs.groupby("reason")["follow_ups"].transform("sum")
    of_next = pairs.groupby("next_reason")["follow_ups"].transform("sum")
    pairs = pairs.assign(
        share=number / of_reason, share_by_chance=of_next / max(number.sum(), 1)
    )
    pairs["lift"] = pairs["share"] / pairs["share_by_chance"]
    for column in PAIR:
        codes = pairs[column].to_numpy(dtype=np.int64)
        names = calls.named("reason", codes).to_pylist()
        pairs[column] = [UNNAMED if name is None else name for name in names]
    typed = pairs[list(NEXT)].astype(NEXT)
    return typed.sort_values(PAIR, ignore_index=True)
