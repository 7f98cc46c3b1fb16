"""The Kaplan-Meier estimate: one curve for everybody, and the curve of censoring.

Kaplan and Meier (1958), J. Am. Stat. Assoc. 53. Times are half open, as everywhere here:
a row that is censored at an instant was followed up to it, not through it, so an event
of that very instant would not have been seen. Without such ties this is the textbook's
estimate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccml.predictors.dataset import Floats

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Curve:
    """A falling step function that starts at 1.

    Attributes:
        times: Where it steps, rising.
        values: Its value from each step on.
    """

    times: Floats
    values: Floats

    def at(self, times: Floats) -> Floats:
        """Return the share left after each time, a step at it included."""
        return self._read(times, "right")

    def before(self, times: Floats) -> Floats:
        """Return the share left just before each time."""
        return self._read(times, "left")

    def _read(self, times: Floats, side: "str") -> Floats:
        places = np.searchsorted(self.times, times, side=side)  # type: ignore[call-overload]
        return np.asarray(np.append(1.0, self.values)[places], dtype=np.float64)


def kaplan_meier(days: Floats, happened: Flags) -> Curve:
    """Estimate the share without the event by time.

    Args:
        days: Time to the event or to censoring.
        happened: Whether it was the event.
    """
    times, events, lost, waiting = _counts(days, happened)
    left = 1 - events / np.maximum(waiting - lost, 1.0)
    return Curve(times, np.asarray(np.cumprod(left), dtype=np.float64))


def censoring(days: Floats, happened: Flags) -> Curve:
    """Estimate the share still followed by time, the events' rows with it."""
    times, _events, lost, waiting = _counts(days, happened)
    return Curve(times, np.asarray(np.cumprod(1 - lost / waiting), dtype=np.float64))


def _counts(days: Floats, happened: Flags) -> tuple[Floats, Floats, Floats, Floats]:
    """Count per time the events, the censored, and those who waited until then."""
    times, place = np.unique(days, return_inverse=True)
    events = np.asarray(np.bincount(place, weights=happened), dtype=np.float64)
    every = np.bincount(place).astype(np.float64)
    return times, events, every - events, np.cumsum(every[::-1])[::-1]
