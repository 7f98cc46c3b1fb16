"""Erlang A: a queue whose callers hang up when their patience ends (M/M/n+M).

All follows from the wait that a caller of endless patience would meet: nothing with the
chance that an agent is free, else a density proportional to exp(H(x)) with
H(x) = (load / patience rate)(1 - exp(-patience rate x)) - agents x, in units of the mean
handle time. Its weight comes from Erlang B, the integrals from Gauss-Legendre; only
exponents relative to the peak are taken, so that no number of agents overflows.

Source: Mandelbaum and Zeltyn, The Palm/Erlang-A queue, with applications to call centers
(2005); Zeltyn and Mandelbaum, M/M/n+G (2005).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ccml.errors import ConfigError
from ccml.kpis.erlang import erlang_b_of_each

Floats = NDArray[np.float64]
Integrand = Callable[[Floats], Floats]
DEPTH = 40.0
"""Exponents this far below the peak add nothing that a float would keep."""
NODES = 12
PANELS = np.array([0, 0.001, 0.005, 0.02, 0.07, 0.15, 0.27, 0.42, 0.6, 0.8, 1])
"""Parts of a range, finer at its start, where callers of no patience leave."""
DOUBLINGS, HALVINGS = 100, 14
AT, WEIGHT = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True)
class Patient:
    """What to expect of numbers of agents when callers give up; arrays of one shape.

    Args:
        waits: Share of calls that find no agent free.
        abandoned: Share of calls given up.
        answered_in_time: Calls answered within the target / calls offered (SL2).
        lost_in_time: Calls given up within the target / calls offered.
        asa_s: Mean wait of answered calls.
        queue_s: Mean time in the queue of all calls, answered or given up.
        occupancy: Share of time that agents spend on calls.
    """

    waits: Floats
    abandoned: Floats
    answered_in_time: Floats
    lost_in_time: Floats
    asa_s: Floats
    queue_s: Floats
    occupancy: Floats

    @property
    def service_level(self) -> Floats:
        """Answered in time / offered: SL2, in which a lost call counts against."""
        return self.answered_in_time

    @property
    def service_level_without_lost(self) -> Floats:
        """Answered in time / (offered - lost in time): SL1."""
        return self.answered_in_time / (1 - self.lost_in_time)


def mean_patience_s(queue_s: float, abandoned: float) -> float:
    """Estimate how long callers would wait on average before they hang up.

    The maximum-likelihood mean of an exponential, where an answer cuts the patience off:
    time in the queue of all calls over calls given up. Without any it is endless.

    Whether an exponential fits is seen by Kaplan-Meier (given up = event, answered =
    cut off). On the Anonymous Bank log (mean 382 s) it leaves 0.895, 0.713 and 0.525 of
    those who waited at all in the queue after 30, 120 and 300 s; the exponential says
    0.924, 0.730 and 0.456: some hang up early, the rest are more patient than it says.

    Args:
        queue_s: Total seconds that all queued calls waited, answered or not.
        abandoned: Calls given up in the queue.
    """
    return queue_s / abandoned if abandoned > 0 else float("inf")


def erlang_a(
    load: ArrayLike,
    agents: ArrayLike,
    aht_s: ArrayLike,
    patience_s: ArrayLike,
    target_s: float,
) -> Patient:
    """Compute what numbers of agents give, for many cases at once.

    Args:
        load: Erlangs offered: calls a second x mean handle time, lost calls included.
        agents: Whole numbers; without an agent everybody gives up.
        aht_s: Mean handle time in seconds.
        patience_s: Mean patience in seconds; inf is Erlang C.
        target_s: Seconds within which a call should be answered.

    Raises:
        ConfigError: Callers of endless patience meet too few agents.
    """
    arrays = np.broadcast_arrays(*map(_floats, (load, agents, aht_s, patience_s)))
    a, n, aht, patience = (np.ravel(array) for array in arrays)
    _check(a, n, patience)
    queue = _Queue(a, np.maximum(n, 1), aht / patience)
    found = queue.measured(target_s / aht)
    alone = n < 1
    none = _without_agents(target_s, patience)
    parts = {
        "waits": np.where(alone, 1.0, found["waits"]),
        "abandoned": np.where(alone, 1.0, found["abandoned"]),
        "answered_in_time": np.where(alone, 0.0, found["answered_in_time"]),
        "lost_in_time": np.where(alone, none, found["lost_in_time"]),
        "asa_s": np.where(alone, np.nan, found["asa"] * aht),
        "queue_s": np.where(alone, patience, found["queue"] * aht),
        "occupancy": np.where(
            alone, np.nan, a * (1 - found["abandoned"]) / np.maximum(n, 1)
        ),
    }
    shape = arrays[0].shape
    return Patient(**{name: part.reshape(shape) for name, part in parts.items()})


def agents_needed_a(
    load: float,
    aht_s: float,
    patience_s: float,
    target_s: float,
    *,
    service_level: float | None = None,
    abandoned: float | None = None,
) -> int:
    """Find the fewest agents that reach a service level and keep abandonment down.

    Args:
        load: Erlangs.
        aht_s: Mean handle time in seconds.
        patience_s: Mean patience in seconds.
        target_s: Seconds within which a call should be answered.
        service_level: Share of offered calls to be answered in that time, below 1.
        abandoned: Most calls that may be given up, as a share above 0.

    Raises:
        ConfigError: A share is out of its range.
    """
    _check_wanted(service_level, abandoned)
    fewest = int(load) + 1 if np.isinf(patience_s) else 0

    def is_enough(agents: int) -> bool:
        found = erlang_a(load, agents, aht_s, patience_s, target_s)
        level_met = service_level is None or found.service_level >= service_level
        lost_met = abandoned is None or found.abandoned <= abandoned
        return bool(level_met and lost_met)

    high = max(fewest, 1)
    while not is_enough(high):
        fewest, high = high + 1, 2 * high
    while fewest < high:
        middle = (fewest + high) // 2
        fewest, high = (fewest, middle) if is_enough(middle) else (middle + 1, high)
    return high


@dataclass(frozen=True)
class _Queue:
    """A queue with time in mean handle times: load, agents, and callers' impatience."""

    load: Floats
    agents: Floats
    rate: Floats

    def measured(self, target: Floats) -> dict[str, Floats]:
        """Integrate over the waits up to a target and beyond."""
        left, right = self._edges()
        middle = np.clip(target, left, right)
        early, late = self._integrals(left, middle), self._integrals(middle, right)
        whole = {name: early[name] + late[name] for name in early}
        busy = self._chance_to_wait(whole["all"])
        scale = np.divide(busy, whole["all"], out=np.zeros_like(busy), where=busy > 0)
        abandoned = np.clip(self.rate * whole["patience"] * scale, 0, 1)
        lost_early = self.rate * early["patience"] * scale
        lost_late = -np.expm1(-self.rate * target) * late["all"] * scale
        return {
            "waits": busy,
            "abandoned": abandoned,
            "answered_in_time": 1 - busy + early["served"] * scale,
            "lost_in_time": lost_early + lost_late,
            "asa": whole["served_wait"] * scale / np.maximum(1 - abandoned, 1e-300),
            "queue": whole["patience"] * scale,
        }

    def _chance_to_wait(self, mass: Floats) -> Floats:
        blocked = erlang_b_of_each(self.load, self.agents - 1)
        with np.errstate(divide="ignore"):
            odds = np.log(self.load) + np.log(blocked) + np.log(mass) + self._height()
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -700, 700))))

    def _patience_up_to(self, x: Floats) -> Floats:
        """Integrate the chance of still being there: (1 - exp(-rate x)) / rate."""
        rate = self.rate.reshape(self.rate.shape + (1,) * (x.ndim - 1))
        small = np.where(rate > 0, rate, 1.0)
        return np.where(rate > 0, -np.expm1(-small * x) / small, x)

    def _peak(self) -> Floats:
        over = np.maximum(np.log(np.maximum(self.load, 1e-300) / self.agents), 0)
        return np.divide(over, self.rate, out=np.zeros_like(over), where=over > 0)

    def _exponent(self, x: Floats) -> Floats:
        more = (1,) * (x.ndim - 1)
        load = self.load.reshape(self.load.shape + more)
        agents = self.agents.reshape(self.agents.shape + more)
        return np.asarray(load * self._patience_up_to(x) - agents * x)

    def _height(self) -> Floats:
        return self._exponent(self._peak())

    def _edges(self) -> tuple[Floats, Floats]:
        """Find where the density has fallen to nothing, on both sides of its peak."""
        peak, floor = self._peak(), self._height() - DEPTH
        far = peak + 1 / self.agents
        for _ in range(DOUBLINGS):
            is_near = self._exponent(far) > floor
            if not is_near.any():
                break
            far = np.where(is_near, peak + 2 * (far - peak), far)
        right = self._crossing(peak, far, floor)
        starts_low = self._exponent(np.zeros_like(peak)) < floor
        left = self._crossing(peak, np.zeros_like(peak), floor)
        return np.where(starts_low, left, 0.0), right

    def _crossing(self, inside: Floats, outside: Floats, floor: Floats) -> Floats:
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            is_inside = self._exponent(middle) > floor
            inside = np.where(is_inside, middle, inside)
            outside = np.where(is_inside, outside, middle)
        return outside

    def _integrals(self, low: Floats, high: Floats) -> dict[str, Floats]:
        """Integrate over [low, high] with the density relative to its peak."""
        step = (high - low)[:, None, None] * np.diff(PANELS)[:, None]
        start = (high - low)[:, None, None] * PANELS[:-1, None]
        x = low[:, None, None] + start + step * (AT + 1) / 2
        density = np.exp(self._exponent(x) - self._height()[:, None, None])
        mass = density * step / 2 * WEIGHT
        there = np.exp(-self.rate[:, None, None] * x)
        parts = {
            "all": mass,
            "patience": mass * self._patience_up_to(x),
            "served": mass * there,
            "served_wait": mass * there * x,
        }
        return {name: part.sum(axis=(1, 2)) for name, part in parts.items()}


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _without_agents(target_s: float, patience_s: Floats) -> Floats:
    return np.asarray(-np.expm1(-target_s / patience_s))


def _check(load: Floats, agents: Floats, patience_s: Floats) -> None:
    endless = np.isinf(patience_s) & (agents <= load)
    if endless.any():
        place = int(np.flatnonzero(endless)[0])
        raise ConfigError(
            f"agents: {agents[place]:g} agents cannot carry {load[place]:g} erlangs of "
            f"callers who never hang up; take more agents, or give a patience."
        )


def _check_wanted(service_level: float | None, abandoned: float | None) -> None:
    if service_level is not None and not 0 <= service_level < 1:
        raise ConfigError(
            f"service_level: got {service_level:g}; give a share from 0 to below 1."
        )
    if abandoned is not None and not 0 < abandoned <= 1:
        raise ConfigError(
            f"abandoned: got {abandoned:g}; give a share above 0, 1 at most."
        )
