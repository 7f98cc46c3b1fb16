"""Whom repeat callers are looked for among, and the calls that their rates rest on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ccml.config.segments import RepeatCallersConfig
from ccml.segments.callers.call_days import CallDays, call_days
from ccml.segments.callers.forgetting import MOST_PERIODS
from ccml.segments.callers.gamma_poisson import CallCounts
from ccml.segments.callers.judge import GAP_DAYS, MONTH_DAYS
from ccml.segments.material import Source
from ccml.segments.population import Population


@dataclass(frozen=True)
class Watched:
    """Customers at a cutoff with their calls.

    Args:
        people: Who is judged: on record, or with a call in the window.
        seen: Their calls, as far back as rates are learnt from.
        everyone: Calls also of those who called only before the window.
        counts: Calls of the judged in the window.
    """

    people: Population
    seen: CallDays
    everyone: CallDays
    counts: CallCounts


def days_back(rule: RepeatCallersConfig) -> int:
    """Count the days of calls that fitting and judging look at."""
    return rule.memory_days + MOST_PERIODS * MONTH_DAYS + int(GAP_DAYS)


def watched(source: Source, cutoff: pd.Timestamp, rule: RepeatCallersConfig) -> Watched:
    """Read customers and calls at a cutoff."""
    people = source.people(cutoff.to_pydatetime(), days_back(rule))
    everyone = call_days(people, source.inbound)
    window = float(rule.window_days)
    calls = everyone.counted(0.0, window)
    judged = np.arange(everyone.size) if people.has_base else np.flatnonzero(calls > 0)
    seen = everyone.of(judged)
    days = seen.exposure(0.0, window)
    few = Population(
        people.customers.iloc[judged].assign(exposure_days=days).reset_index(drop=True),
        people.cutoff,
        rule.window_days,
        people.has_base,
    )
    counts = CallCounts.of(calls[judged], days, is_truncated=not people.has_base)
    return Watched(few, seen, everyone, counts)
