"""Curves measured on the call log of a real centre, and how to draw from them.

Source: the call-by-call log of an Israeli bank, January-July 1999, 249,942 calls
without PHANTOM rows (Guedj and Mandelbaum, Technion, 2000). Its working week runs
Sunday-Thursday with a short Friday; here that week is moved to Monday-Friday with a
short Saturday. docs/demo_company.md says how each number was measured.
"""

import numpy as np

from ccml.demo.arrays import Floats, Ints, floats
from ccml.demo.clock import DAY, DAYS, HOUR, hour_of, weekday

# Share of the calls of a full working day by hour of entry.
HOUR_SHARE_WORKDAY = (
    0.0032, 0.0014, 0.0006, 0.0003, 0.0003, 0.0007, 0.0039, 0.0271,
    0.0590, 0.0738, 0.0858, 0.0755, 0.0687, 0.0741, 0.0779, 0.0766,
    0.0792, 0.0642, 0.0516, 0.0406, 0.0371, 0.0374, 0.0340, 0.0270,
)  # fmt: skip
# The same for the short day before the weekly rest.
HOUR_SHARE_SHORT_DAY = (
    0.0106, 0.0024, 0.0018, 0.0015, 0.0010, 0.0010, 0.0062, 0.0488,
    0.1339, 0.1525, 0.1514, 0.1456, 0.1380, 0.0901, 0.0512, 0.0263,
    0.0166, 0.0095, 0.0049, 0.0025, 0.0014, 0.0009, 0.0008, 0.0012,
)  # fmt: skip
# Mean calls per day, first working day to day of rest.
CALLS_PER_WEEKDAY = (1752.9, 1493.0, 1508.2, 1430.2, 1444.5, 530.7, 199.5)

# Share of calls that wait at all, and mean offered wait (s) of those that wait, by hour.
WAITING_SHARE = (
    0.07, 0.04, 0.02, 0.02, 0.07, 0.05, 0.09, 0.41,
    0.52, 0.71, 0.81, 0.74, 0.66, 0.64, 0.72, 0.81,
    0.75, 0.69, 0.58, 0.49, 0.45, 0.52, 0.56, 0.50,
)  # fmt: skip
OFFERED_WAIT_MEAN_S = (
    131.4, 131.4, 131.4, 131.4, 131.4, 131.4, 131.4, 90.7,
    92.4, 136.3, 145.8, 134.1, 125.8, 123.4, 142.5, 185.7,
    135.3, 127.5, 116.5, 95.2, 90.9, 102.4, 121.8, 114.1,
)  # fmt: skip
# The bank lost a quarter of its waiting callers; the made-up company is better staffed.
STAFFING_FACTOR = 0.55

# Patience: hang-ups per second of waiting, constant between the edges (s).
PATIENCE_EDGES_S = (
    0, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1800,
)  # fmt: skip
PATIENCE_HAZARD = (
    0.002204, 0.005337, 0.004373, 0.002850, 0.002474, 0.003432, 0.002778, 0.001846,
    0.001936, 0.001677, 0.001374, 0.001190, 0.001204, 0.001237, 0.001720,
)  # fmt: skip
# Kaplan-Meier share still waiting after so many seconds, answered = censored.
PATIENCE_SURVIVAL = {30: 0.8959, 60: 0.8194, 120: 0.7137, 180: 0.6336, 300: 0.5263}

# Mean and standard deviation of log service seconds by the bank's call type.
SERVICE_LOG_MEAN_SD = {
    "PS": (4.9046, 0.8872),
    "NE": (5.2392, 1.0059),
    "NW": (4.3194, 0.9342),
    "IN": (5.1570, 1.0430),
    "PE": (5.3361, 0.8723),
}
LONGEST_SERVICE_S = 3_600.0

_WORKDAY = np.array(HOUR_SHARE_WORKDAY)
_SHORT = np.array(HOUR_SHARE_SHORT_DAY)
_HOUR_EDGES = np.stack(
    [np.concatenate([[0.0], np.cumsum(p / p.sum())]) for p in (_WORKDAY, _SHORT)]
)
DAY_WEIGHT = np.array(CALLS_PER_WEEKDAY) / np.mean(CALLS_PER_WEEKDAY)
# Cumulated weight of the days of the period: where an evenly spread call falls.
DAY_EDGES = np.concatenate(
    [[0.0], np.cumsum(DAY_WEIGHT[weekday(np.arange(DAYS, dtype=np.int64))])]
)
_PATIENCE_CUM = np.concatenate(
    [[0.0], np.cumsum(np.diff(PATIENCE_EDGES_S) * np.array(PATIENCE_HAZARD))]
)


def time_of_day(rng: np.random.Generator, day: Ints) -> Floats:
    """Draw seconds since local midnight from the profile of each day."""
    short = weekday(day) >= 5
    draw = rng.random(len(day))
    grid = np.arange(25) * float(HOUR)
    long_day = np.interp(draw, _HOUR_EDGES[0], grid)
    return floats(np.where(short, np.interp(draw, _HOUR_EDGES[1], grid), long_day))


def arrival_times(rng: np.random.Generator, first: Ints, last: Ints) -> Floats:
    """Draw one call time per row between two days, by weekday and hour profile."""
    low, high = DAY_EDGES[first], DAY_EDGES[last]
    where = low + rng.random(len(first)) * (high - low)
    day = np.clip(np.searchsorted(DAY_EDGES, where, side="right") - 1, 0, DAYS - 1)
    at = day * float(DAY) + time_of_day(rng, day)
    return floats(at)


def patience(rng: np.random.Generator, size: int) -> Floats:
    """Draw the seconds a caller is ready to wait."""
    spent = rng.standard_exponential(size)
    inside = np.interp(spent, _PATIENCE_CUM, np.array(PATIENCE_EDGES_S, dtype=float))
    beyond = np.maximum(spent - _PATIENCE_CUM[-1], 0.0) / PATIENCE_HAZARD[-1]
    return floats(inside + beyond)


def offered_wait(rng: np.random.Generator, at: Floats, surge: Floats) -> Floats:
    """Draw the seconds until an agent is free; zero for calls that need not wait."""
    hour = hour_of(at)
    waits = rng.random(len(at)) < np.array(WAITING_SHARE)[hour]
    mean = np.array(OFFERED_WAIT_MEAN_S)[hour] * STAFFING_FACTOR * surge
    return np.where(waits, rng.standard_exponential(len(at)) * mean, 0.0)


def service_seconds(
    rng: np.random.Generator, log_mean: Floats, log_sd: Floats
) -> Floats:
    """Draw lognormal service times, cut at one hour."""
    drawn = np.exp(rng.normal(log_mean, log_sd))
    return floats(np.clip(drawn, 10.0, LONGEST_SERVICE_S))
