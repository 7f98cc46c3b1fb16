"""Erlang C: how many agents a load of calls needs.

It ignores callers who give up; where many do, it asks for too many agents.
"""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ccml.errors import ConfigError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Staffing:
    """What to expect of a number of agents.

    Args:
        agents: N.
        blocked: Erlang B.
        waits: Erlang C, the chance that a call waits.
        service_level: Share of calls answered within the target.
        asa_s: Mean wait over all calls.
        occupancy: Share of time that agents spend on calls.
    """

    agents: int
    blocked: float
    waits: float
    service_level: float
    asa_s: float
    occupancy: float


def load_erlangs(calls: float, interval_s: float, aht_s: float) -> float:
    """Compute the load in erlangs: calls at work at the same time on average."""
    return calls * aht_s / interval_s


def erlang_b(load: float, agents: int) -> float:
    """Compute the share of calls lost without a queue, by recursion over agents."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_b_of_each(load: ArrayLike, agents: ArrayLike) -> Floats:
    """Compute Erlang B for many loads and numbers of agents at once."""
    loads, numbers = np.broadcast_arrays(
        np.asarray(load, dtype=np.float64), np.asarray(agents, dtype=np.float64)
    )
    blocked = np.ones(loads.shape)
    for n in range(1, int(numbers.max(initial=0)) + 1):
        following = loads * blocked / (n + loads * blocked)
        blocked = np.where(n <= numbers, following, blocked)
    return blocked


def service_level_of_each(
    load: ArrayLike, agents: ArrayLike, aht_s: ArrayLike, target_s: float
) -> Floats:
    """Compute the share answered in time for many cases; 0 where the queue never ends."""
    loads, numbers, aht = (
        np.asarray(x, dtype=np.float64)
        for x in np.broadcast_arrays(load, agents, aht_s)
    )
    spare = numbers - loads
    blocked = erlang_b_of_each(loads, numbers)
    part = np.divide(loads, numbers, out=np.ones_like(loads), where=numbers > 0)
    waits = blocked / np.maximum(1 - part * (1 - blocked), 1e-300)
    level = 1 - waits * np.exp(-np.maximum(spare, 0) * target_s / aht)
    return np.where(spare > 0, level, 0.0)


def erlang_c(load: float, agents: int) -> float:
    """Compute the chance that a call waits.

    Raises:
        ConfigError: There are no more agents than erlangs, so the queue never ends.
    """
    if agents <= load:
        raise ConfigError(
            f"agents: {agents} agents cannot carry {load:g} erlangs, the queue would "
            f"grow for ever; take more than {load:g} agents."
        )
    blocked = erlang_b(load, agents)
    return blocked / (1 - load / agents * (1 - blocked))


def staffing(load: float, agents: int, aht_s: float, target_s: float) -> Staffing:
    """Compute what a number of agents gives.

    Args:
        load: Erlangs.
        agents: N, more than the load.
        aht_s: Mean handle time in seconds.
        target_s: Seconds within which a call should be answered.
    """
    waits = erlang_c(load, agents)
    spare = agents - load
    return Staffing(
        agents=agents,
        blocked=erlang_b(load, agents),
        waits=waits,
        service_level=1 - waits * exp(-spare * target_s / aht_s),
        asa_s=waits * aht_s / spare,
        occupancy=load / agents,
    )


def agents_needed(
    load: float, aht_s: float, target_s: float, service_level: float
) -> Staffing:
    """Find the fewest agents that reach a service level.

    Args:
        load: Erlangs.
        aht_s: Mean handle time in seconds.
        target_s: Seconds within which a call should be answered.
        service_level: Share of calls to be answered in that time, below 1.
    """
    if not 0 <= service_level < 1:
        raise ConfigError(
            f"service_level: got {service_level:g}; give a share from 0 to below 1."
        )
    agents = int(load) + 1
    while (found := staffing(load, agents, aht_s, target_s)).service_level < (
        service_level
    ):
        agents += 1
    return found
