"""Who would leave a group of heavy callers if nothing special happened.

Those with the most calls are partly those who were unlucky; next time they are not. At
the former cutoff the rate of each customer in the days to come is believed to follow a
mixture of gamma laws, so the calls still to come are negative binomial; calls that both
cutoffs see are known. Each member then has a probability to leave by chance alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ccml.segments.history.law import TodaysLaw, at_most
from ccml.segments.history.snapshot import Pair
from ccml.segments.history.top import Top

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
DRAWS = 2_000
CHUNK = 5_000
MOST_CALLS = 2_000
TINY = 1e-9


@dataclass(frozen=True)
class Leavers:
    """How many of a group's members leave by chance alone, with a 95 % interval."""

    expected: float
    low: float
    high: float


def persistent_leavers(pair: Pair, law: TodaysLaw, seed: int) -> Leavers:
    """Expect how many persistent callers are not flagged again at the next cutoff.

    Those who are no customers any more leave for sure.

    Args:
        pair: The two cutoffs.
        law: Who is persistent.
        seed: Seed of the interval.
    """
    members, after = pair.before.is_persistent, pair.after
    longest = float(after.watched.max(initial=0.0))
    least = law.least_calls(pair.at_next(after.watched, longest)[members])
    missing = least - pair.at_next(after.kept, 0.0)[members]
    leaves = falls_short(pair, members, missing, law)
    return total(np.where(pair.is_gone[members], 1.0, leaves), seed)


def top_leavers(
    pair: Pair, before: Top, after: Top, clumps: float, seed: int
) -> Leavers:
    """Expect how many of a month's top callers are not among the next month's.

    Args:
        pair: The two months.
        before: The top callers of the former month.
        after: The rule of the next month.
        clumps: Variance over mean of the calls of a customer whose rate is known.
        seed: Seed of the interval.
    """
    weight = before.weights(pair.before.calls)
    members, most = weight > 0, float(after.least)
    below, upto = (few_calls(pair, members, n, clumps) for n in (most - 1, most))
    leaves = upto - (upto - below) * after.share_at_least
    return total(np.where(pair.is_gone[members], 1.0, leaves), seed, weight[members])


def quiet_leavers(pair: Pair, members: Bools, clumps: float, seed: int) -> Leavers:
    """Expect how many customers without a call in the window will have called."""
    calls = 1 - few_calls(pair, members, 0.0, clumps)
    return total(np.where(pair.is_gone[members], 1.0, calls), seed)


def few_calls(pair: Pair, members: Bools, most: float, clumps: float) -> Floats:
    """Compute the probability of at most so many new calls, for some former customers."""
    rows = np.flatnonzero(members)
    days = pair.days[rows] * pair.level
    return at_most(pair.before.coming.of(rows), most, days, clumps)


def falls_short(pair: Pair, members: Bools, missing: Floats, law: TodaysLaw) -> Floats:
    """Compute the probability that new calls do not make up for what is missing.

    A new call counts the less the longer ago it was at the next cutoff; when it comes is
    even chance.

    Args:
        pair: The two cutoffs.
        members: Former customers who are asked about.
        missing: What each of them needs, in calls that fade.
        law: How fast calls fade, and how they clump.
    """
    rows = np.flatnonzero(members)
    days = pair.days[rows] * pair.level
    mean, spread = law.fading(float(pair.days.max(initial=1.0)))
    short = np.zeros(len(rows))
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        needs = missing[part]
        number = np.arange(_most_calls(needs, mean, spread) + 1, dtype=np.float64)
        belief = pair.before.coming.of(rows[part])
        so_far = np.array(
            [at_most(belief, n, days[part], law.clumps) for n in number[:, None]]
        ).T
        mass = np.diff(so_far, axis=1, prepend=0.0)
        short[part] = (mass * _short(number, needs[:, None], mean, spread)).sum(axis=1)
    return np.where(np.isinf(missing), 1.0, np.clip(short, 0.0, 1.0))


def _most_calls(missing: Floats, mean: float, spread: float) -> int:
    """Find a number of calls that suffices for everybody, to all intents."""
    most = float(missing[np.isfinite(missing)].max(initial=0.0))
    wide = (4 * spread + np.sqrt(16 * spread**2 + 4 * mean * max(most, 0.0))) / 2 / mean
    return int(min(np.ceil(wide**2) + 1, MOST_CALLS))


def _short(number: Floats, missing: Floats, mean: float, spread: float) -> Floats:
    if spread < TINY:
        return np.asarray(number * mean < missing - TINY, dtype=np.float64)
    scale = spread * np.sqrt(np.maximum(number, TINY))
    return np.asarray(stats.norm.cdf((missing - TINY - number * mean) / scale))


def total(probabilities: Floats, seed: int, weight: Floats | None = None) -> Leavers:
    """Add up who leaves, each by an own probability, and simulate how sure that is."""
    weights = np.ones(len(probabilities)) if weight is None else weight
    rounded = np.clip(np.round(probabilities, 3), 0.0, 1.0)
    cells, sizes = np.unique(
        np.column_stack([rounded, weights]), axis=0, return_counts=True
    )
    rng = np.random.default_rng(seed)
    drawn = np.zeros(DRAWS)
    for (chance, share), size in zip(cells, sizes, strict=True):
        drawn += share * rng.binomial(size, chance, DRAWS)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Leavers(float(probabilities @ weights), float(low), float(high))
