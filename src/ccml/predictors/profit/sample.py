"""Scored rows with the values of their customers, under some payoff."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ccml.config.payoff import PayoffConfig
from ccml.predictors.dataset import Floats, Rows, TrainingSet
from ccml.predictors.metrics import Scored
from ccml.predictors.profit.offers import Offers, Weights, period_codes
from ccml.predictors.profit.payoff import (
    customer_values,
    expected_profit,
    row_profit,
)
from ccml.predictors.resampling import cluster_weights, compact

RESAMPLES = 200


@dataclass(frozen=True)
class Sample:
    """Rows that a cut is chosen on or judged by.

    Attributes:
        y: Outcomes.
        scored: Calibrated probabilities and raw scores.
        value: What each customer is worth, in euros.
        clusters: Customer of each row, numbered from 0 without gaps.
        periods: Which period each row belongs to.
        weight: How many real customers each row stands for; 1 unless oversampled.
        payoff: The assumptions.
    """

    y: Floats
    scored: Scored
    value: Floats
    clusters: Rows
    periods: Rows
    weight: Floats
    payoff: PayoffConfig

    def under(self, payoff: PayoffConfig, value: Floats) -> "Sample":
        """Return the same rows under other assumptions."""
        return replace(self, payoff=payoff, value=value)

    @cached_property
    def offers(self) -> Offers:
        """The rows as customers who could be contacted."""
        p = self.scored.probability
        return Offers(
            expected=expected_profit(p, self.payoff, self.value),
            raw=self.scored.raw,
            earned=row_profit(self.y, self.payoff, self.value) * self.weight,
            weight=self.weight,
            clusters=self.clusters,
            periods=self.periods,
            capacity=self.payoff.capacity,
        )

    def resamples(self, seed: int) -> Weights:
        """Draw resamples of the customers."""
        return cluster_weights(int(self.clusters.max()) + 1, RESAMPLES, seed)


def sample_of(
    rows: TrainingSet,
    scored: Scored,
    payoff: PayoffConfig,
    place: str,
    weight: Floats | None = None,
) -> Sample:
    """Bring rows, their scores and their customers' values together."""
    return Sample(
        y=rows.y,
        scored=scored,
        value=customer_values(payoff, rows.features, place),
        clusters=compact(rows.clusters),
        periods=period_codes(rows.keys),
        weight=np.ones(len(rows)) if weight is None else weight,
        payoff=payoff,
    )
