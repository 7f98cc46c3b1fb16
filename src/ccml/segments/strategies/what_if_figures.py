"""Figures before and after a cut of repeat calls, each with the interval of its change."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.kpis.cuts import WEEKDAYS
from ccml.segments.strategies.hours import Weeks
from ccml.segments.strategies.savings import Amount
from ccml.segments.strategies.staffing import (
    RATIOS,
    Demand,
    Model,
    demand_of,
    repeat_aht_s,
)

Floats = NDArray[np.float64]
SAMPLES = 400
MONTH_DAYS = 30


def week_samples(weeks: int, seed: int) -> Floats:
    """Draw how often each week is in each bootstrap sample."""
    rng = np.random.default_rng([seed, 3])
    drawn = rng.multinomial(weeks, np.full(weeks, 1 / weeks), size=SAMPLES)
    return np.asarray(drawn, dtype=float)


def _row(
    what: tuple[str, str, str], before: float, after: float, drawn: Floats
) -> dict[str, Any]:
    figure, unit, by = what
    change = Amount.of(after - before, drawn)
    return {
        "figure": figure,
        "unit": unit,
        "by": by,
        "before": before,
        "after": after,
        "change": change.value,
        "low": change.low,
        "high": change.high,
    }


def work_rows(
    weeks: Weeks, share: float, samples: Floats, cost_per_hour: float
) -> list[dict[str, Any]]:
    """Tell calls, hours and money in 30 days."""
    scale = MONTH_DAYS / (7 * weeks.number)
    hours = scale / 3600
    lines = [
        ("inbound calls", "calls in 30 days", weeks.calls, weeks.repeats, scale),
        ("repeat calls in question", "calls in 30 days", weeks.repeats, weeks.repeats,
         scale),
        ("agents' work", "hours in 30 days", weeks.work_s, weeks.repeat_work_s, hours),
        ("cost of this work", "EUR in 30 days", weeks.work_s, weeks.repeat_work_s,
         hours * cost_per_hour),
    ]  # fmt: skip
    rows = []
    for figure, unit, whole, part, factor in lines:
        before, less = whole.sum() * factor, part.sum() * factor * share
        drawn = -(samples @ part.sum(axis=1)) * factor * share
        rows.append(_row((figure, unit, "counted"), before, before - less, drawn))
    return rows


def staff_rows(
    weeks: Weeks, share: float, samples: Floats, model: Model
) -> list[dict[str, Any]]:
    """Tell service level with the same agents, and agents for the same service level."""
    before, after = model.demand, demand_of(weeks, share)
    level_after = model.level_with(after.load, after.aht_s)
    agents_after = model.agents_for(after.load, after.aht_s)
    same, needed = _drawn(weeks, share, samples, model)
    month = MONTH_DAYS / 7
    levels = (_weighted(before, model.target), _weighted(after, level_after))
    on_duty = (model.agents.sum() * month, agents_after.sum() * month)
    busiest = int(np.argmax(model.agents))
    peak = (float(model.agents[busiest]), float(agents_after[busiest]))
    month_drawn = needed.sum(axis=1) * month
    by = model.name
    return [
        _row(("service level, same agents", "share", by), *levels, same),
        _row(
            ("agents for the same level", "hours in 30 days", by), *on_duty, month_drawn
        ),
        _row(("agents, busiest hour", "agents", by), *peak, needed[:, busiest]),
    ]


def _weighted(demand: Demand, level: Floats) -> float:
    total = demand.arrivals.sum()
    return float((demand.arrivals * level).sum() / total) if total > 0 else 1.0


def _drawn(
    weeks: Weeks, share: float, samples: Floats, model: Model
) -> tuple[Floats, Floats]:
    """Draw the change of the service level, and of the agents of each hour.

    Each sample has its own calls; level and agents are read off curves over the load.
    """
    demand, hours = model.demand, model.demand.hours
    offered = samples @ weeks.offered[:, hours] / weeks.number
    cut = samples @ weeks.offered_repeats[:, hours] / weeks.number * share
    load = offered * demand.aht_s / 3600
    left = np.maximum(load - cut * repeat_aht_s(weeks) / 3600, 0)
    levels, agents = model.curves
    before, after = (
        [_read(levels, demand, load), _read(agents, demand, load)],
        [_read(levels, demand, left), _read(agents, demand, left)],
    )
    rest = offered - cut
    old = (offered * before[0]).sum(axis=1) / np.maximum(offered.sum(axis=1), 1e-12)
    new = (rest * after[0]).sum(axis=1) / np.maximum(rest.sum(axis=1), 1e-12)
    return new - old, after[1] - before[1]


def _read(curves: Floats, demand: Demand, load: Floats) -> Floats:
    """Read curves over relative loads, one per hour, off at the loads of samples."""
    ratio = load / demand.load
    columns = [
        np.interp(ratio[:, place], RATIOS, curve) for place, curve in enumerate(curves)
    ]
    return np.stack(columns, axis=1)


def hour_table(weeks: Weeks, share: float, fitted: Sequence[Model]) -> pd.DataFrame:
    """Lay the load out by hour of the week, in the site's time."""
    before, after = demand_of(weeks, 0.0), demand_of(weeks, share)
    columns: dict[str, Any] = {
        "weekday": [WEEKDAYS[hour // 24] for hour in before.hours],
        "hour": before.hours % 24,
        "calls_an_hour": before.arrivals,
        "calls_an_hour_after": after.arrivals,
        "erlangs": before.load,
        "erlangs_after": after.load,
    }
    for model in fitted:
        name = model.name.lower().replace(" ", "_")
        columns[f"agents_{name}"] = model.agents
        columns[f"agents_after_{name}"] = model.agents_for(after.load, after.aht_s)
        columns[f"service_level_{name}"] = model.target
        columns[f"service_level_after_{name}"] = model.level_with(
            after.load, after.aht_s
        )
    return pd.DataFrame(columns)
