"""What triggers repeats: the repeat rate by reason and queue, beside what is usual."""

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.kpis.figures import count_rows
from ccml.kpis.groups import UNNAMED
from ccml.kpis.intervals import wilson
from ccml.kpis.repeats import base_calls, is_closed, is_repeated
from ccml.segments.episodes.chain import window_us
from ccml.segments.episodes.describe import HOUR_S
from ccml.segments.episodes.follow_ups import FollowUps
from ccml.segments.episodes.ledger import Ints, Ledger, Rules

CELL = ["reason", "queue"]
BEFORE_DAYS = 30
MOST_BEFORE = (0, 1, 2, 4)
"""Upper ends of the classes of callers by their calls in the 30 days before."""
MATRIX = {
    "reason": "str",
    "queue": "str",
    "calls": "int64",
    "repeated": "int64",
    "rate": "float64",
    "low": "float64",
    "high": "float64",
    "expected_rate": "float64",
    "follow_ups": "int64",
    "repeat_hours": "float64",
    "repeat_cost_eur": "float64",
    "share_of_repeats": "float64",
}
"""Columns of the table `repeat_matrix`."""


def repeat_matrix(calls: Ledger, found: FollowUps, rules: Rules) -> pd.DataFrame:
    """Work out the repeat rate of each reason and queue, and what its repeats cost.

    calls, repeated and rate are those of the key figures: calls whose window is over,
    and those of them that were followed by a further call. expected_rate is the rate of
    the whole centre for the same mix of callers, told apart by how often they had called
    in the 30 days before: a cell where frequent callers call is no worse for that alone.
    follow_ups, hours and cost are those of the calls that came after; each counts for
    the last call before it. Cost is null where no handle time is reported.

    Returns:
        One row per reason and queue that had such a call, with `MATRIX`.
    """
    counted = _counted(calls, rules)
    if counted.empty:
        return _typed(pd.DataFrame(columns=list(MATRIX)))
    counted["expected"] = counted["calls"] * _usual(counted)
    cells = counted.groupby(CELL, as_index=False)[["calls", "repeated", "expected"]]
    frame = cells.sum().merge(_after(calls, found), "left", CELL)
    low, high = wilson(frame["repeated"], frame["calls"])
    hours = frame["handle_s"].fillna(0) / HOUR_S
    if not calls.tells_handling:
        hours = hours * np.nan
    frame = frame.assign(
        rate=frame["repeated"] / frame["calls"],
        low=low,
        high=high,
        expected_rate=frame["expected"] / frame["calls"],
        follow_ups=frame["follow_ups"].fillna(0),
        repeat_hours=hours,
        repeat_cost_eur=hours * rules.cost_per_hour_eur,
        share_of_repeats=frame["repeated"] / max(frame["repeated"].sum(), 1),
    )
    for column in CELL:
        names = calls.named(column, frame[column].to_numpy()).to_pylist()
        frame[column] = [UNNAMED if name is None else name for name in names]
    return _typed(frame).sort_values(CELL, ignore_index=True)


def calls_before(calls: Ledger, days: int) -> Ints:
    """Count the customer's calls in the days before each call, to the millisecond."""
    if not calls.size:
        return np.zeros(0, dtype=np.int64)
    at = (calls.start - calls.start.min()) // 1000
    window = window_us(days) // 1000
    line = calls.customer * (int(at.max()) + window + 1) + window + at
    from_place = np.searchsorted(line, line - window, side="left")
    return np.asarray(np.searchsorted(line, line, side="left") - from_place)


def _counted(calls: Ledger, rules: Rules) -> pd.DataFrame:
    """Count calls and repeats by cell and class of caller, as the key figures do."""
    table = pa.table(
        {
            "call_id": calls.call_id,
            "customer_id": calls.customer,
            "started_at": pa.array(calls.start).cast(pa.timestamp("us", "UTC")),
            "answered": calls.flags["answered"],
            "reason": calls.codes["reason"],
            "queue": calls.codes["queue"],
            "caller": np.searchsorted(MOST_BEFORE, calls_before(calls, BEFORE_DAYS)),
        }
    )
    rows = ibis.memtable(table).mutate(direction=ibis.literal("inbound"))
    carried = [*CELL, "caller"]
    base = base_calls(rows, rules.repeats, carried)
    days, rule = rules.window_days, rules.repeats
    closed = base.filter(is_closed(base, days, rules.data_end, rule))
    made = closed.group_by(carried).agg(
        calls=closed.count(), repeated=count_rows(is_repeated(closed, days, rule))
    )
    frame: pd.DataFrame = made.to_pandas()
    return frame.sort_values(carried, ignore_index=True)


def _usual(counted: pd.DataFrame) -> "pd.Series[float]":
    """Give the centre-wide rate of each row's class of callers."""
    sums = counted.groupby("caller")[["repeated", "calls"]].transform("sum")
    return sums["repeated"] / sums["calls"]


def _after(calls: Ledger, found: FollowUps) -> pd.DataFrame:
    """Sum what came after the calls of each cell."""
    rows = pd.DataFrame(
        {
            "reason": calls.codes["reason"][found.base],
            "queue": calls.codes["queue"][found.base],
            "follow_ups": found.is_attempt.astype(np.int64),
            "handle_s": np.nan_to_num(calls.amount_s[found.call]),
        }
    )
    return rows.groupby(CELL, as_index=False).sum()


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[list(MATRIX)].astype(MATRIX)
