"""When each customer called, as days before a cutoff, and how long each was watched."""

from dataclasses import dataclass

import ibis
import numpy as np
from numpy.typing import NDArray

from ccml.segments.population import DAY_S, Population, window_calls

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
LN2 = float(np.log(2))


@dataclass(frozen=True)
class CallDays:
    """Calls of a population.

    Args:
        row: Customer of each call, as a position in the population.
        age: Days from the call to the cutoff, above 0.
        watched: Days before the cutoff in which each customer could have called.
    """

    row: Rows
    age: Floats
    watched: Floats

    @property
    def size(self) -> int:
        """Number of customers."""
        return len(self.watched)

    def of(self, customers: Rows) -> "CallDays":
        """Take some customers."""
        place = np.full(self.size, -1)
        place[customers] = np.arange(len(customers))
        inside = place[self.row] >= 0
        return CallDays(
            place[self.row[inside]], self.age[inside], self.watched[customers]
        )

    def counted(self, newest: float, oldest: float) -> Floats:
        """Count each customer's calls between two ages in days, newest < age <= oldest."""
        inside = (self.age > newest) & (self.age <= oldest)
        return np.bincount(self.row[inside], minlength=self.size).astype(float)

    def exposure(self, newest: float, oldest: float) -> Floats:
        """Give each customer's days of being watched between two ages."""
        return np.clip(np.minimum(self.watched, oldest) - newest, 0.0, None)

    def faded(
        self, at: float, window: float, half_life: float
    ) -> tuple[Floats, Floats]:
        """Count calls and days before an earlier moment, older ones for less.

        Args:
            at: The moment, in days before the cutoff.
            window: Days before the moment that are looked at.
            half_life: Days after which a call and a day count half; may be infinite.

        Returns:
            Calls and days of each customer, faded alike.
        """
        inside = (self.age > at) & (self.age <= at + window)
        weights = None  # a call counts as one
        if np.isfinite(half_life):
            weights = np.exp2(-(self.age[inside] - at) / half_life)
        calls = np.bincount(self.row[inside], weights, minlength=self.size)
        return calls.astype(float), self.faded_days(at, window, half_life)

    def faded_days(self, at: float, window: float, half_life: float) -> Floats:
        """Count the days before an earlier moment, older ones for less."""
        days = self.exposure(at, at + window)
        if np.isfinite(half_life):
            days = half_life / LN2 * -np.expm1(-days * LN2 / half_life)
        return days


def call_days(people: Population, calls: ibis.Table) -> CallDays:
    """Read the calls of a population's window that were known at the cutoff.

    Args:
        people: Customers with exposure_days.
        calls: Inbound calls with customer_id, event_at, known_at.
    """
    seen = window_calls(people, calls)
    age = seen.cutoff_at.epoch_seconds() - seen.event_at.epoch_seconds()
    rows = seen.select("row_id", age=age.cast("float64"))
    frame = rows.order_by("row_id", "age").to_pandas()
    return CallDays(
        frame["row_id"].to_numpy(np.int64),
        np.maximum(frame["age"].to_numpy(float), 1.0) / DAY_S,
        people.customers["exposure_days"].to_numpy(float),
    )
