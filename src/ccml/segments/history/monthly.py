"""The top callers of each calendar month."""

import itertools
from collections.abc import Sequence

from ccml.segments.history.membership import Membership, top_membership
from ccml.segments.history.snapshot import Pair, Snapshot


def follow_months(
    shots: Sequence[Snapshot], clumps: float, seed: int
) -> tuple[list[Membership], list[int]]:
    """Follow the top callers from calendar month to calendar month.

    Args:
        shots: The months, the oldest first.
        clumps: Variance over mean of the calls of a customer whose rate is known.
        seed: Seed of the intervals.

    Returns:
        The top callers of each month, and how many called in it.
    """
    pairs = [None, *(Pair.of(*two) for two in itertools.pairwise(shots))]
    tops = [
        top_membership(shot, pair, clumps, seed)
        for shot, pair in zip(shots, pairs, strict=False)
    ]
    return tops, [int((shot.calls > 0).sum()) for shot in shots]
