"""What is believed of each customer's rate of calls: a mixture of gamma laws."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

Floats = NDArray[np.float64]
CHUNK = 200_000


@dataclass(frozen=True)
class Posterior:
    """Beliefs about rates, one row per component and one column per customer.

    Args:
        weight: Probability that the customer is of the component's kind.
        shape: Shape of the gamma law of the rate per day.
        days: Its inverse scale, in days.
    """

    weight: Floats
    shape: Floats
    days: Floats

    @property
    def mean(self) -> Floats:
        """Expected calls per day of each customer."""
        return np.asarray((self.weight * self.shape / self.days).sum(axis=0))

    def above(self, rate: float) -> Floats:
        """Give each customer's probability of a rate above so many calls per day."""
        tail = special.gammaincc(self.shape, self.days * rate)
        return np.asarray((self.weight * tail).sum(axis=0))

    def rate_exceeded_by(self, share: float) -> float:
        """Find the rate per day that this share of the customers is believed to exceed."""
        few = self if self.mean.size <= CHUNK else self._thinned()
        highest = float(np.log(few.mean.max() * 20 + 1e-9))

        def surplus(log_rate: float) -> float:
            return float(few.above(float(np.exp(log_rate))).mean()) - share

        if surplus(highest) > 0 or surplus(-30.0) < 0:
            return float(np.exp(highest))
        return float(np.exp(optimize.brentq(surplus, -30.0, highest, xtol=1e-8)))

    def calls_within(
        self, days: float, clumps: float = 1.0, coverage: float = 0.95
    ) -> tuple[Floats, Floats, Floats]:
        """Predict calls in the days to come.

        Args:
            days: How many.
            clumps: Variance over mean of the calls of a customer whose rate is known.
            coverage: Of the interval.

        Returns:
            Expected calls, and the ends of an interval: that of the negative binomial
            law with the same mean and variance.
        """
        rate, mean = self.shape / self.days, self.mean
        second = (self.weight * (self.shape / self.days**2 + rate**2)).sum(axis=0)
        expected = mean * days
        excess = expected * (clumps - 1) + (second - mean**2) * days**2
        size = expected**2 / np.maximum(excess, 1e-9)
        tail = (1 - coverage) / 2
        chance = size / (size + expected)
        low, high = (stats.nbinom.ppf(q, size, chance) for q in (tail, 1 - tail))
        return expected, np.nan_to_num(low), np.nan_to_num(high)

    def drawn(self, rng: np.random.Generator) -> Floats:
        """Draw a rate per day for each customer."""
        edge = np.cumsum(self.weight, axis=0)
        kind = (rng.random(edge.shape[1]) > edge[:-1]).sum(axis=0)
        columns = np.arange(edge.shape[1])
        shape, days = self.shape[kind, columns], self.days[kind, columns]
        return np.asarray(rng.gamma(shape) / days)

    def of(self, customers: NDArray[np.int64]) -> "Posterior":
        """Take some customers."""
        return Posterior(
            self.weight[:, customers], self.shape[:, customers], self.days[:, customers]
        )

    def _thinned(self) -> "Posterior":
        """Take evenly spaced customers; enough for a quantile."""
        return self.of(np.linspace(0, self.mean.size - 1, CHUNK).astype(np.int64))
