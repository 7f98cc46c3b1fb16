"""The top callers of a calendar month, ties shared out evenly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Top:
    """Who belongs to the top share of those who called.

    Customers with the same number of calls as the last that fits in belong to it in
    part, all alike: nobody is chosen by the order of rows.

    Args:
        least: Fewest calls of a member.
        share_at_least: How much of a customer with just so many belongs to it.
    """

    least: int
    share_at_least: float

    @classmethod
    def of(cls, calls: Counts, share: float) -> "Top":
        """Find the rule for the top share of those with a call."""
        sizes = np.bincount(calls[calls > 0], minlength=2)
        wanted = share * sizes.sum()
        at_least = sizes[::-1].cumsum()[::-1]
        enough = np.flatnonzero(at_least >= wanted)
        least = int(enough[-1]) if wanted > 0 else 1
        more = int(at_least[least + 1]) if least + 1 < len(at_least) else 0
        inside = (wanted - more) / sizes[least] if sizes[least] else 0.0
        return cls(least, float(inside))

    def weights(self, calls: Counts) -> Floats:
        """Tell how much of each customer belongs to it."""
        at_least = np.where(calls == self.least, self.share_at_least, 0.0)
        return np.asarray(np.where(calls > self.least, 1.0, at_least))
