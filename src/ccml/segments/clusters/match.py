"""Segment ids that stay with their segment from run to run."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ccml.segments.clusters.stability import overlap

Labels = NDArray[np.int64]


def stable_ids(
    new: Labels, k: int, former: Labels, former_ids: Sequence[str], last_number: int
) -> list[str]:
    """Give each new cluster the id of the former segment that it continues.

    Args:
        new: Cluster of each of today's customers, 0 to k - 1.
        k: Number of clusters.
        former: Where the former centres put the same customers.
        former_ids: Ids of the former segments.
        last_number: Highest number that any segment ever had.

    Returns:
        One id per cluster; a cluster that continues none gets a number never used.
    """
    shared = overlap(new, former, (k, len(former_ids)))
    rows, columns = linear_sum_assignment(-shared)
    partner = {
        int(row): former_ids[column]
        for row, column in zip(rows, columns, strict=True)
        if shared[row, column] > 0
    }
    fresh = iter(range(last_number + 1, last_number + 1 + k))
    return [partner.get(cluster) or f"s{next(fresh)}" for cluster in range(k)]


def first_ids(sizes: Sequence[float], last_number: int = 0) -> list[str]:
    """Number clusters from the largest to the smallest, by numbers never used."""
    order = sorted(range(len(sizes)), key=lambda cluster: (-sizes[cluster], cluster))
    first = last_number + 1
    return [f"s{order.index(cluster) + first}" for cluster in range(len(sizes))]


def number_of(segment_id: str) -> int:
    """Read the number of an id; 0 for segments that are no clusters."""
    found = re.fullmatch(r"s(\d+)", segment_id)
    return int(found.group(1)) if found else 0
