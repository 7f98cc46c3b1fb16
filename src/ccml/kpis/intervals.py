"""95 % intervals of shares and means."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


def wilson(hits: ArrayLike, among: ArrayLike, z: float = Z) -> tuple[Floats, Floats]:
    """Compute Wilson's interval of shares; null where the base is empty.

    It treats calls as independent: where few customers make many of the calls, the
    truth is less sure than it says.
    """
    x, n = _floats(hits), _floats(among)
    n = np.where(n > 0, n, np.nan)
    share = x / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    # Rounding can take the square just below 0 where the share is 0 or 1.
    inside = np.maximum(share * (1 - share) / n + z**2 / (4 * n**2), 0)
    half = z * np.sqrt(inside) / (1 + z**2 / n)
    low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    return np.minimum(low, share), np.maximum(high, share)


def around_mean(
    mean: ArrayLike, spread: ArrayLike, n: ArrayLike
) -> tuple[Floats, Floats]:
    """Compute the normal interval of means from the standard deviation of calls."""
    middle, count = _floats(mean), _floats(n)
    half = Z * _floats(spread) / np.sqrt(np.where(count > 1, count, np.nan))
    return middle - half, middle + half


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)
