"""The profit of contacting one customer: what it came to, and what is expected."""

import numpy as np
import pandas as pd

from ccml.config.payoff import PayoffConfig
from ccml.predictors.dataset import Floats, as_numbers


def row_profit(y: Floats, payoff: PayoffConfig, value: Floats) -> Floats:
    """Return what contacting each customer earns, given what would have happened.

    Args:
        y: 1 where the customer would have left (or bought), else 0.
        payoff: The assumptions.
        value: What each customer is worth, in euros.
    """
    return expected_profit(y, payoff, value)


def expected_profit(p: Floats, payoff: PayoffConfig, value: Floats) -> Floats:
    """Return what contacting each customer may be expected to earn, in euros.

    Args:
        p: Calibrated probability of label 1.
        payoff: The assumptions.
        value: What each customer is worth, in euros; see `customer_values`.
    """
    works = payoff.success_rate * (value - payoff.cost_of_offer_eur)
    wasted = payoff.accepted_by_others * payoff.cost_of_offer_eur
    return np.asarray(p * works - (1 - p) * wasted - payoff.cost_per_contact_eur)


def customer_values(payoff: PayoffConfig, features: pd.DataFrame, place: str) -> Floats:
    """Return what each customer is worth; unknown values count as `value_eur`.

    Raises:
        DataError: The value column holds texts or infinite values.
    """
    usual = np.full(len(features), payoff.value_eur)
    if payoff.value_column is None or payoff.value_column not in features.columns:
        return usual
    own = as_numbers(features[payoff.value_column], place) * payoff.value_factor
    return np.where(np.isnan(own), usual, own)


def break_even_probability(payoff: PayoffConfig, value: float) -> float | None:
    """Return the probability from which a contact pays; None if it never does."""
    return probability_of(0.0, payoff, value)


def probability_of(profit: float, payoff: PayoffConfig, value: float) -> float | None:
    """Return the probability at which a contact is expected to earn so much.

    None where no probability is enough; 0 where any is.
    """
    ends = np.array([0.0, 1.0]), payoff, np.array([value, value])
    never, surely = expected_profit(*ends)
    if never >= profit:
        return 0.0
    return float((profit - never) / (surely - never)) if surely >= profit else None
