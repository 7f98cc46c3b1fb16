"""What an action spares in a segment: calls, hours and money, each with an interval.

Three things are not known and drawn a thousand times: which share of the calls it spares
(anything between the low and the high assumption alike), how many calls there will be
(customers resampled), and how much of what was seen was chance (each customer counts with
the calls expected of him in the next period, not with those of the last one).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.strategies import ActionConfig

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DRAWS = 1_000
MOST_GROUPS = 1_000
"""Customers beyond so many are dealt into groups that are resampled as one."""


@dataclass(frozen=True)
class Amount:
    """A number with its 95 % interval."""

    low: float
    value: float
    high: float

    @classmethod
    def of(cls, value: float, draws: Floats) -> "Amount":
        """Take the middle 95 % of draws, which always holds the value itself."""
        low, high = np.quantile(draws, [0.025, 0.975])
        return cls(float(min(low, value)), float(value), float(max(high, value)))


@dataclass(frozen=True)
class SegmentCalls:
    """Calls of one segment as they are expected in 30 days.

    Args:
        segment_id: The segment.
        customers: Customers in it, with and without calls.
        who: Customer of each row, numbered from 0.
        marks: Bits of the actions that concern the calls of a row.
        calls: Calls expected in 30 days.
        seen: Calls seen, scaled to 30 days.
        hours: Hours of agents' work that the expected calls take.
    """

    segment_id: str
    customers: int
    who: NDArray[np.int64]
    marks: NDArray[np.int64]
    calls: Floats
    seen: Floats
    hours: Floats

    def concerned(self, action: int, but_not: Sequence[int] = ()) -> Flags:
        """Tell which rows an action concerns that some others do not."""
        others = sum(1 << other for other in but_not)
        flags: Flags = ((self.marks >> action) & 1 == 1) & (self.marks & others == 0)
        return flags


@dataclass(frozen=True)
class Spared:
    """What an action spares in 30 days; draws of the same number belong together.

    Args:
        calls: Calls concerned that are expected.
        seen: Calls concerned that were seen.
        reached: Customers reached in 30 days.
        spared: Calls spared.
        hours: Hours of agents' work spared.
        cost_eur: What the action costs.
        fixed_eur: How much of it does not depend on the segment.
        calls_drawn: Draws of calls spared.
        hours_drawn: Draws of hours spared.
        cost_drawn: Draws of the cost.
    """

    calls: float
    seen: float
    reached: float
    spared: float
    hours: float
    cost_eur: float
    fixed_eur: float
    calls_drawn: Floats
    hours_drawn: Floats
    cost_drawn: Floats


def segment_calls(
    rows: pd.DataFrame, names: Sequence[str], sizes: Mapping[str, int], seed: int
) -> dict[str, "Resampled"]:
    """Prepare the calls of each segment for resampling.

    Args:
        rows: place (of the segment among the names), row_id (of the customer), mark,
            calls, work_s; and of the customer: all_calls in the window, exposure_days,
            expected_calls_30d.
        names: Ids of the segments.
        sizes: Customers of each segment.
        seed: Seed of the draws.
    """
    found = {}
    for place, segment in enumerate(names):
        own = rows[rows["place"] == place]
        scale = (own["expected_calls_30d"] / own["all_calls"]).to_numpy(dtype=float)
        number = own["calls"].to_numpy(dtype=float)
        exposure = own["exposure_days"].to_numpy(dtype=float)
        who, _ = pd.factorize(own["row_id"])
        calls = SegmentCalls(
            segment,
            sizes[segment],
            np.asarray(who, dtype=np.int64),
            own["mark"].to_numpy(dtype=np.int64),
            number * scale,
            number * 30 / exposure,
            own["work_s"].to_numpy(dtype=float) * scale / 3600,
        )
        found[segment] = Resampled.of(calls, seed)
    return found


@dataclass(frozen=True)
class Resampled:
    """A segment with its bootstrap samples.

    Args:
        calls: Its calls.
        group: Group of each row's customer.
        weights: How often each group is in each sample, one row per sample.
    """

    calls: SegmentCalls
    group: NDArray[np.int64]
    weights: Floats

    @classmethod
    def of(cls, calls: SegmentCalls, seed: int) -> "Resampled":
        """Deal customers into groups and draw the groups."""
        rng = np.random.default_rng([seed, *calls.segment_id.encode()])
        people = int(calls.who.max(initial=-1)) + 1
        groups = max(min(people, MOST_GROUPS), 1)
        dealt = rng.permutation(np.arange(people) % groups)
        weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=DRAWS)
        return cls(calls, dealt[calls.who], weights.astype(float))

    def sums(self, amounts: Floats) -> Floats:
        """Sum an amount of the rows in each sample."""
        by_group = np.bincount(
            self.group, weights=amounts, minlength=self.weights.shape[1]
        )
        return np.asarray(self.weights @ by_group)


def shares_drawn(name: str, action: ActionConfig, seed: int) -> Floats:
    """Draw the share that an action spares: the same in all segments."""
    low, high = action.spares
    rng = np.random.default_rng([seed, 1, *name.encode()])
    return np.asarray(low + (high - low) * rng.random(DRAWS))


def spared(
    segment: Resampled, action: ActionConfig, concerned: Flags, shares: Floats
) -> Spared:
    """Work out what an action spares on the rows that it concerns."""
    calls = segment.calls
    share = sum(action.spares) / 2
    number = np.where(concerned, calls.calls, 0.0)
    hours = np.where(concerned, calls.hours, 0.0)
    number_drawn, hours_drawn = segment.sums(number), segment.sums(hours)
    reached = (
        calls.customers if action.reaches == "everyone" else _callers(calls, number)
    )
    for_all = action.fixed_cost_eur + action.cost_per_customer_eur * reached
    return Spared(
        calls=float(number.sum()),
        seen=float(calls.seen[concerned].sum()),
        reached=reached,
        spared=float(number.sum() * share),
        hours=float(hours.sum() * share),
        cost_eur=float(for_all + action.cost_per_call_eur * number.sum()),
        fixed_eur=action.fixed_cost_eur,
        calls_drawn=number_drawn * shares,
        hours_drawn=hours_drawn * shares,
        cost_drawn=for_all + action.cost_per_call_eur * number_drawn,
    )


def _callers(calls: SegmentCalls, number: Floats) -> float:
    """Expect how many customers make one of these calls in 30 days, as by chance."""
    each = np.bincount(calls.who, weights=number)
    return float(-np.expm1(-each).sum())
