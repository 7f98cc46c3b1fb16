"""Calls and work by week and hour of the week, with and without those that are cut."""

from dataclasses import dataclass
from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.engine.local_time import microseconds
from ccml.segments.strategies.followups import Period

Floats = NDArray[np.float64]
HOURS = 168
WEEK_US = 7 * 24 * 3_600_000_000
SHRINK_CALLS = 20.0
"""With fewer calls than these an hour's handle time and service level lean on all."""


@dataclass(frozen=True)
class Weeks:
    """Sums of calls; each array has a row per week and a column per hour of the week.

    Args:
        calls: Inbound calls on all channels.
        repeats: Those of them that the cut is about.
        work_s: Seconds of agents' work.
        repeat_work_s: Likewise, of the repeats.
        offered: Calls by voice that asked for an agent.
        offered_repeats: Those of them that the cut is about.
        answered: Of the offered, those whose work is reported.
        answered_s: Their work.
        answered_repeats: Likewise, of the repeats.
        answered_repeats_s: Their work.
        told: Of the offered, those that tell how long they waited.
        in_time: Those answered within the target.
        wait_s: Seconds in the queue.
        lost: Those given up.
    """

    calls: Floats
    repeats: Floats
    work_s: Floats
    repeat_work_s: Floats
    offered: Floats
    offered_repeats: Floats
    answered: Floats
    answered_s: Floats
    answered_repeats: Floats
    answered_repeats_s: Floats
    told: Floats
    in_time: Floats
    wait_s: Floats
    lost: Floats

    @property
    def number(self) -> int:
        """Count the weeks."""
        return len(self.calls)


def weeks_of(
    calls: ibis.Table, is_cut: ibis.Value, period: Period, target_s: float
) -> Weeks:
    """Sum calls up by week and local hour of the week.

    Args:
        calls: Rows of `calls_with_past` of whole weeks.
        is_cut: Which of them the cut is about.
        period: The weeks.
        target_s: Seconds within which a call should be answered.
    """
    since = microseconds(calls.started_at) - _instant_us(period)
    is_voice = (calls.channel == "voice").fill_null(True)
    asked = (is_voice & (calls.queued | calls.answered)).fill_null(False)
    worked = (asked & calls.answered & calls.work_s.notnull()).fill_null(False)
    told = asked & calls.wait_s.notnull()
    cut = is_cut.fill_null(False)
    flags = {
        "calls": calls.started_at.notnull(),
        "repeats": cut,
        "offered": asked,
        "offered_repeats": asked & cut,
        "answered": worked,
        "answered_repeats": worked & cut,
        "told": told,
        "in_time": (told & calls.answered & (calls.wait_s <= target_s)).fill_null(
            False
        ),
        "lost": (told & calls.abandoned).fill_null(False),
    }
    amounts = {
        "work_s": (calls.work_s, calls.work_s.notnull()),
        "repeat_work_s": (calls.work_s, cut),
        "answered_s": (calls.work_s, worked),
        "answered_repeats_s": (calls.work_s, worked & cut),
        "wait_s": (calls.wait_s, told),
    }
    rows = calls.mutate(
        week=since // WEEK_US, place=calls.weekday.cast("int64") * 24 + calls.hour
    )
    sums = {name: flag.cast("float64").sum() for name, flag in flags.items()}
    sums |= {
        name: ibis.ifelse(flag, amount, 0.0).fill_null(0.0).sum()
        for name, (amount, flag) in amounts.items()
    }
    frame = rows.group_by("week", "place").agg(**sums).to_pandas()
    return _arrays(frame, round(period.days / 7))


def _arrays(frame: pd.DataFrame, weeks: int) -> Weeks:
    place = (frame["week"].to_numpy(dtype=int), frame["place"].to_numpy(dtype=int))
    made = {}
    for name in Weeks.__dataclass_fields__:
        made[name] = np.zeros((weeks, HOURS))
        made[name][place] = frame[name].to_numpy(dtype=float)
    return Weeks(**made)


def _instant_us(period: Period) -> int:
    return int(pd.Timestamp(period.start).value // 1_000)


def whole_weeks(period: Period, first: pd.Timestamp) -> Period:
    """Cut a period to the whole weeks before its end in which calls are on record."""
    start = max(pd.Timestamp(period.start), first.floor("h"))
    weeks = int((pd.Timestamp(period.cutoff) - start) / pd.Timedelta(days=7))
    return Period(
        period.cutoff - timedelta(days=7 * weeks),
        period.cutoff,
        period.repeat_days,
        period.zone,
    )
