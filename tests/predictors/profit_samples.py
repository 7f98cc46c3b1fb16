"""Customers whose true probabilities and payoffs are known."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from ccml.config.payoff import PayoffConfig
from ccml.predictors.metrics import Scored
from ccml.predictors.profit.offers import (
    Offers,
)
from ccml.predictors.profit.sample import Sample

SAVE = PayoffConfig(
    value_eur=200,
    cost_per_contact_eur=4,
    cost_of_offer_eur=10,
    success_rate=0.2,
    accepted_by_others=0.5,
)


def sample(
    payoff: PayoffConfig = SAVE,
    rows: int = 4000,
    *,
    seed: int = 0,
    signal: float = 1.2,
    said: Callable[[Any], Any] = lambda log_odds: log_odds,
) -> Sample:
    """Customers whose true log-odds of leaving are known; `said` is what is claimed."""
    rng = np.random.default_rng(seed)
    log_odds = -2.0 + signal * rng.normal(size=rows)
    return Sample(
        y=(rng.random(rows) < expit(log_odds)).astype(float),
        scored=Scored(log_odds, expit(said(log_odds))),
        value=np.full(rows, payoff.value_eur),
        clusters=np.arange(rows),
        periods=np.arange(rows) % 4,
        weight=np.ones(rows),
        payoff=payoff,
    )


def offers(expected: list[float], earned: list[float], **other: Any) -> Offers:
    count = len(expected)
    values: dict[str, Any] = {
        "expected": np.array(expected),
        "raw": np.array(expected),
        "earned": np.array(earned),
        "clusters": np.arange(count),
        "weight": np.ones(count),
        "periods": np.zeros(count, dtype=np.int64),
    }
    return Offers(**values | other)
