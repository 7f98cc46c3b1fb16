"""Agents and service level by hour of the week, before and after a cut."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ccml.kpis.erlang import service_level_of_each
from ccml.kpis.erlang_a import erlang_a, mean_patience_s
from ccml.segments.strategies.hours import SHRINK_CALLS, Weeks

Floats = NDArray[np.float64]
Level = Callable[[Floats, Floats, Floats], Floats]
BEST_LEVEL = 0.99
"""Hours with a higher service level are taken to have agents for this one."""
RATIOS = np.array([0.02, 0.1, 0.2, 0.3, *np.arange(0.4, 1.61, 0.075), 1.8, 2.0, 2.5])
"""Loads, relative to the usual one, for which curves are worked out."""


@dataclass(frozen=True)
class Demand:
    """What agents face in each hour of the week that has calls.

    Args:
        hours: Which hours of the week.
        arrivals: Offered calls an hour.
        load: Erlangs.
        aht_s: Mean handle time.
    """

    hours: NDArray[np.int64]
    arrivals: Floats
    load: Floats
    aht_s: Floats


@dataclass(frozen=True)
class Model:
    """A queueing model with the agents that reproduce the service level seen.

    Args:
        name: Its name.
        level: Service level from load, whole agents and handle time.
        target: Service level seen, by hour.
        agents: Agents on duty, by hour; a fraction is a share of such hours with one more.
        demand: The demand that they face.
    """

    name: str
    level: Level
    target: Floats
    agents: Floats
    demand: Demand

    def level_with(self, load: Floats, aht_s: Floats) -> Floats:
        """Give the service level of the same agents under another load."""
        return _fractional(self.level, load, self.agents, aht_s)

    def agents_for(self, load: Floats, aht_s: Floats) -> Floats:
        """Give the agents that keep the service level under another load."""
        return agents_that_reach(self.level, load, aht_s, self.target)

    @cached_property
    def curves(self) -> tuple[Floats, Floats]:
        """Work out level and agents for the relative loads `RATIOS`, a row per hour."""
        rows = self.demand.load[:, None] * RATIOS
        wide = np.ones_like(RATIOS)
        aht = self.demand.aht_s[:, None] * wide
        same = _fractional(self.level, rows, self.agents[:, None] * wide, aht)
        target = self.target[:, None] * wide
        return same, agents_that_reach(self.level, rows, aht, target)


def demand_of(weeks: Weeks, share_cut: float) -> Demand:
    """Work out the demand when a share of the repeats does not come.

    A call that gives up counts with the mean handle time of the others, as it would have
    been served.
    """
    offered = weeks.offered.sum(axis=0)
    hours = np.flatnonzero(offered > 0)
    aht = _shrunk_aht(weeks)[hours]
    arrivals = offered[hours] / weeks.number
    cut = weeks.offered_repeats.sum(axis=0)[hours] / weeks.number * share_cut
    load = arrivals * aht / 3600
    less = np.minimum(cut * repeat_aht_s(weeks) / 3600, load)
    left, load_left = arrivals - cut, load - less
    aht_left = np.divide(load_left * 3600, left, out=aht.copy(), where=left > 1e-12)
    return Demand(hours, left, load_left, np.maximum(aht_left, 1e-6))


def repeat_aht_s(weeks: Weeks) -> float:
    """Average the handle time of the repeats that are cut, or of all when none is told."""
    number, work = weeks.answered_repeats.sum(), weeks.answered_repeats_s.sum()
    return float(work / number) if number else _mean_aht(weeks)


def _mean_aht(weeks: Weeks) -> float:
    return float(weeks.answered_s.sum() / max(weeks.answered.sum(), 1))


def _shrunk_aht(weeks: Weeks) -> Floats:
    work, number = weeks.answered_s.sum(axis=0), weeks.answered.sum(axis=0)
    return np.asarray(
        (work + SHRINK_CALLS * _mean_aht(weeks)) / (number + SHRINK_CALLS)
    )


def levels_seen(weeks: Weeks, hours: NDArray[np.int64]) -> Floats:
    """Give the service level seen in each hour, leaning on that of all where calls are few.

    It is SL2: answered in time / offered, so that a call given up counts against it.
    """
    told, good = weeks.told.sum(axis=0)[hours], weeks.in_time.sum(axis=0)[hours]
    overall = weeks.in_time.sum() / max(weeks.told.sum(), 1)
    return np.asarray((good + SHRINK_CALLS * overall) / (told + SHRINK_CALLS))


def models(weeks: Weeks, target_s: float) -> list[Model]:
    """Fit the agents on duty to the service level seen, by Erlang A and by Erlang C."""
    demand = demand_of(weeks, 0.0)
    wanted = np.clip(levels_seen(weeks, demand.hours), 1e-3, BEST_LEVEL)
    patience = patience_s(weeks)

    def with_patience(load: Floats, agents: Floats, aht_s: Floats) -> Floats:
        return erlang_a(load, agents, aht_s, patience, target_s).service_level

    def without(load: Floats, agents: Floats, aht_s: Floats) -> Floats:
        return service_level_of_each(load, agents, aht_s, target_s)

    levels: dict[str, Level] = {"Erlang C": without}
    if np.isfinite(patience):
        levels = {"Erlang A": with_patience, **levels}
    return [
        Model(
            name,
            level,
            wanted,
            agents_that_reach(level, demand.load, demand.aht_s, wanted),
            demand,
        )
        for name, level in levels.items()
    ]


def patience_s(weeks: Weeks) -> float:
    """Estimate the mean patience of those who queued."""
    return mean_patience_s(float(weeks.wait_s.sum()), float(weeks.lost.sum()))


def agents_that_reach(
    level: Level, load: Floats, aht_s: Floats, target: Floats
) -> Floats:
    """Find the agents, with fractions, that just reach service levels.

    Between n and n + 1 agents the level moves in a straight line, as if a share of such
    hours had one agent more.
    """
    low = np.zeros_like(load)  # too few, or none
    high = np.ceil(load + 2 * np.sqrt(load) + 2)
    while (short := level(load, high, aht_s) < target).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    while (wide := high - low > 1).any():
        middle = np.where(wide, np.floor((low + high) / 2), high)
        enough = level(load, middle, aht_s) >= target
        high = np.where(wide & enough, middle, high)
        low = np.where(wide & ~enough, middle, low)
    below, above = level(load, high - 1, aht_s), level(load, high, aht_s)
    gain = above - below
    part = np.divide(target - below, gain, out=np.ones_like(gain), where=gain > 0)
    return np.asarray(high - 1 + np.clip(part, 0, 1))


def _fractional(level: Level, load: Floats, agents: Floats, aht_s: Floats) -> Floats:
    whole = np.floor(agents)
    part = agents - whole
    lower, upper = level(load, whole, aht_s), level(load, whole + 1, aht_s)
    return np.asarray((1 - part) * lower + part * upper)
