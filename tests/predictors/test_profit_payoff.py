from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from profit_samples import SAVE, sample
from pydantic import ValidationError
from scipy.integrate import quad
from scipy.stats import beta as beta_law

from ccml.config.payoff import PayoffConfig
from ccml.predictors.profit.empc import maximum_profit
from ccml.predictors.profit.payoff import (
    break_even_probability,
    customer_values,
    expected_profit,
    row_profit,
)


@pytest.mark.parametrize(
    ("y", "profit"),
    [
        pytest.param(1.0, 0.2 * (200 - 10) - 4, id="would-have-left"),
        pytest.param(0.0, -0.5 * 10 - 4, id="would-have-stayed"),
    ],
)
def test_a_contact_earns_by_what_would_have_happened(y: float, profit: float) -> None:
    assert row_profit(np.array([y]), SAVE, np.array([200.0]))[0] == pytest.approx(
        profit
    )


def test_the_expectation_is_the_mean_of_what_happens() -> None:
    one = sample(rows=200_000)
    expected = expected_profit(one.scored.probability, SAVE, one.value)
    error = one.offers.earned.std() / np.sqrt(len(expected))
    assert abs(one.offers.earned.mean() - expected.mean()) < 4 * error


def test_at_the_break_even_probability_nothing_is_earned() -> None:
    p = break_even_probability(SAVE, 200)
    assert p is not None
    assert expected_profit(np.array([p]), SAVE, np.array([200.0]))[0] == pytest.approx(
        0
    )


def test_a_contact_that_costs_more_than_a_success_never_pays() -> None:
    dear = SAVE.model_copy(update={"cost_per_contact_eur": 50.0})
    assert break_even_probability(dear, 200) is None
    assert break_even_probability(PayoffConfig(value_eur=5), 5) == 0


def test_unknown_values_count_as_the_usual_one() -> None:
    payoff = PayoffConfig(value_eur=30, value_column="fee", value_factor=12)
    features = pd.DataFrame({"fee": [10.0, None]})
    assert list(customer_values(payoff, features, "here")) == [120.0, 30.0]
    assert list(customer_values(payoff, pd.DataFrame({"a": [1]}), "here")) == [30.0]


@pytest.mark.parametrize(
    ("values", "match"),
    [
        pytest.param({}, "nothing would be earned", id="no-value"),
        pytest.param({"value_eur": 1, "value_factor": 2}, "value_column", id="factor"),
        pytest.param({"value_eur": 1, "success_rate": 0}, "success_rate", id="rate"),
        pytest.param({"value_eur": 1, "capacity": 0}, "capacity", id="capacity"),
    ],
)
def test_a_payoff_that_makes_no_sense_is_refused(
    values: dict[str, Any], match: str
) -> None:
    with pytest.raises(ValidationError, match=match):
        PayoffConfig.model_validate(values)


def maximum_by_integral(
    y: np.ndarray, p: np.ndarray, payoff: PayoffConfig, value: float
) -> float:
    """EMPC by its definition: the best cut for each success rate, averaged over it."""
    order = np.argsort(-p, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    hits = np.append(0, np.cumsum(y[order])[ends]) / len(y)
    misses = np.append(0, np.cumsum(1 - y[order])[ends]) / len(y)
    wasted = payoff.accepted_by_others * payoff.cost_of_offer_eur
    contact, gain = payoff.cost_per_contact_eur, value - payoff.cost_of_offer_eur
    law = beta_law(
        payoff.success_rate * payoff.success_seen_on,
        (1 - payoff.success_rate) * payoff.success_seen_on,
    )

    def best(rate: float) -> float:
        profits = (rate * gain - contact) * hits - (wasted + contact) * misses
        return float(profits.max() * law.pdf(rate))

    edges = np.linspace(0, 1, 201)
    parts = [quad(best, a, b, epsabs=1e-12)[0] for a, b in pairwise(edges)]
    return float(sum(parts))


@pytest.mark.parametrize("others", [1.0, 0.3])
def test_empc_is_its_definition(others: float) -> None:
    payoff = PayoffConfig(
        value_eur=200,
        cost_of_offer_eur=10,
        cost_per_contact_eur=1,
        success_rate=0.3,
        accepted_by_others=others,
    )
    one = sample(payoff, 150)
    p = one.scored.probability
    found = maximum_profit(one.y, p, payoff, 200)
    expected = maximum_by_integral(one.y, p, payoff, 200)
    assert found["empc"]["value"] == pytest.approx(expected, abs=1e-6)


def test_standard_assumptions_give_the_published_measures() -> None:
    from empulse.metrics import empc_score, mpc_score

    payoff = PayoffConfig(
        value_eur=200,
        cost_of_offer_eur=10,
        cost_per_contact_eur=1,
        success_rate=0.3,
        accepted_by_others=1,
    )
    one = sample(payoff, 2000)
    p = one.scored.probability
    found = maximum_profit(one.y, p, payoff, 200)
    assert found["empc"]["value"] == pytest.approx(empc_score(one.y, p), abs=1e-9)
    assert found["mpc"]["value"] == pytest.approx(mpc_score(one.y, p), abs=1e-9)
    assert found["empc"]["share"] == pytest.approx(empc_score.optimal_rate(one.y, p))
    chance = np.random.default_rng(1).random(2000)
    by_chance = maximum_profit(one.y, chance, payoff, 200)["empc"]["value"]
    assert found["empc"]["value"] > 1.5 * by_chance


def test_a_sure_success_leaves_nothing_to_average_over() -> None:
    payoff = PayoffConfig(value_eur=90, cost_per_contact_eur=6)
    one = sample(payoff, 500)
    found = maximum_profit(one.y, one.scored.probability, payoff, 90)
    assert found["empc"] == found["mpc"]
    best = np.cumsum(one.offers.earned[np.argsort(-one.scored.raw)]).max() / 500
    assert found["mpc"]["value"] == pytest.approx(best)
