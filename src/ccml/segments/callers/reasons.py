"""Persistent callers about one matter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ibis
import numpy as np
import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.segments.about import about
from ccml.segments.callers.forgetting import fit_law, past_periods
from ccml.segments.callers.judge import GAP_DAYS, MONTH_DAYS, Callers
from ccml.segments.callers.people import Watched, days_back
from ccml.segments.population import DAY_S, Population, window_calls

Families = Mapping[str, Sequence[str]]
MOST_REASONS = 8
LEAST_CUSTOMERS = 200
COLUMNS = {
    "customer_id": "str",
    "reason": "str",
    "calls": "int64",
    "posterior_rate_per_30d": "float64",
    "probability_persistent": "float64",
    "is_persistent": "bool",
}


def caller_reasons(
    found: Watched, inbound: ibis.Table, callers: Callers, config: SegmentsConfig
) -> pd.DataFrame:
    """Judge the customers' rates of calls about each matter.

    Persistent about a matter is who calls about it alone more often than the threshold
    of all calls.

    Returns:
        One row per customer and reason with a call in the window: customer_id, reason,
        calls, posterior_rate_per_30d, probability_persistent, is_persistent.
    """
    nothing = pd.DataFrame(
        {name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}
    )
    law = callers.laws.lasting
    if law is None:
        return nothing
    people, seen, rule = found.people, found.seen, config.repeat_callers
    told = _told(people, inbound, config.reason_families, days_back(rule))
    periods = past_periods(rule.memory_days, float(seen.watched.max()), GAP_DAYS)
    parts = [nothing]
    for reason in _frequent(told):
        mine = told[told["reason"] == reason]
        own = replace(seen, row=mine["row"].to_numpy(), age=mine["age"].to_numpy())
        fitted = fit_law(own, periods, config.seed, (law.half_life_days,))
        calls = own.counted(0.0, float(rule.window_days))
        rows = np.flatnonzero(calls > 0)
        belief = fitted.judged(own.of(rows), rule.memory_days)
        sure = belief.above(callers.threshold_per_day)
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": people.customers["customer_id"].to_numpy()[rows],
                    "reason": reason,
                    "calls": calls[rows].astype(np.int64),
                    "posterior_rate_per_30d": belief.mean * MONTH_DAYS,
                    "probability_persistent": sure,
                    "is_persistent": sure >= rule.min_probability,
                }
            )
        )
    made = pd.concat(parts, ignore_index=True).astype(COLUMNS)
    return made.sort_values(["customer_id", "reason"], ignore_index=True)


def _told(
    people: Population, inbound: ibis.Table, families: Families, days: int
) -> pd.DataFrame:
    """Read what the calls were about, with their customer and age in days."""
    people = replace(people, window_days=days)
    calls = window_calls(people, inbound.mutate(reason=about(inbound, families)))
    calls = calls.filter(calls.reason.notnull())
    seconds = calls.cutoff_at.epoch_seconds() - calls.event_at.epoch_seconds()
    frame = calls.select(
        "reason", row=calls.row_id, age=seconds.cast("float64") / DAY_S
    ).to_pandas()
    frame["reason"] = frame["reason"].astype("category")
    told: pd.DataFrame = frame.sort_values(
        ["row", "age"], kind="stable", ignore_index=True
    )
    return told


def _frequent(told: pd.DataFrame) -> list[str]:
    """Choose the matters that enough customers call about, the largest first."""
    who = told.groupby("reason", observed=True)["row"].nunique()
    who = who[who >= LEAST_CUSTOMERS]
    return [str(name) for name in who.sort_values(ascending=False).index[:MOST_REASONS]]
