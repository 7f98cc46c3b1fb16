from typing import Any

import numpy as np
import pytest
from profit_samples import SAVE, sample

from ccml.config.payoff import PayoffConfig
from ccml.predictors.profit.decide import decide
from ccml.predictors.profit.payoff import (
    row_profit,
)
from ccml.predictors.profit.sensitivity import breaks_even_at, sensitivity
from ccml.predictors.profit.words import advice, euros, euros_with


def test_the_grid_holds_the_configured_profit_and_what_others_would_bring() -> None:
    before, test = sample(), sample(seed=5)
    decision = decide(before, before.resamples(1), 1)
    who = decision.contacts_of(test)
    grid = sensitivity(before, test, who, before.resamples(1), 1)
    assert len(grid) == 27
    rows = {(r["value_times"], r["cost_times"], r["success_rate"]): r for r in grid}
    usual = rows[1, 1, 0.2]
    assert usual["profit"] == usual["profit_adapted"] == test.offers.earned[who].sum()
    half = rows[0.5, 1, 0.2]
    lost = 0.2 * 100 * test.y[who].sum()
    assert half["profit"] == pytest.approx(usual["profit"] - lost)
    assert half["contacts"] < usual["contacts"] < rows[2, 1, 0.2]["contacts"]
    assert half["profit_adapted"] > half["profit"]


def test_a_success_rate_is_never_above_one() -> None:
    payoff = PayoffConfig(value_eur=20, cost_per_contact_eur=2)
    one = sample(payoff)
    grid = sensitivity(one, one, one.offers.expected > 0, one.resamples(1), 1)
    assert {r["success_rate"] for r in grid} == {0.5, 1.0}
    assert len(grid) == 18


def test_at_the_limits_of_the_assumptions_nothing_is_earned() -> None:
    one = sample()
    who = one.offers.expected > 0
    y, value = one.y[who], one.value[who]
    limits = breaks_even_at(one, who)
    rate = SAVE.model_copy(update={"success_rate": limits["success_rate"]})
    cost = {"cost_per_contact_eur": limits["cost_per_contact_eur"]}
    assert row_profit(y, rate, value).sum() == pytest.approx(0, abs=1e-6)
    dear = SAVE.model_copy(update=cost)
    assert row_profit(y, dear, value).sum() == pytest.approx(0, abs=1e-6)
    less = value * limits["value_times"]
    assert row_profit(y, SAVE, less).sum() == pytest.approx(0, abs=1e-6)


def test_limits_of_no_contacts_are_unknown() -> None:
    one = sample()
    nobody = np.zeros(len(one.y), dtype=bool)
    assert set(breaks_even_at(one, nobody).values()) == {None}
    dear = SAVE.model_copy(update={"cost_per_contact_eur": 999.0})
    everybody = breaks_even_at(one.under(dear, one.value), ~nobody)
    assert everybody["success_rate"] is None


def told(**changes: Any) -> dict[str, Any]:
    made = {
        "rows": 1000,
        "contacts": 100,
        "share": 0.1,
        "profit": {"value": 50.0, "low": 10.0, "high": 90.0},
        "per_1000": {"value": 50.0, "low": 10.0, "high": 90.0},
    }
    return {
        "nobody": False,
        "threshold": {"expected_profit": 2.5, "probability": None},
        "decision": made,
        "cut": made,
        "promised": made,
        "breaks_even_at": {"success_rate": 0.1},
        "assumptions": {"success_rate": 0.2},
        **changes,
    }


def test_the_advice_names_whom_how_much_and_how_sure() -> None:
    said = advice(told())
    assert "100 of 1,000 test rows (10.0%), those expected to earn 2.50 EUR" in said
    assert "would have earned 50 EUR (10 to 90)" in said
    assert "at least 10.0% of those rightly chosen; 20.0% is assumed" in said
    assert "No earlier period" in advice(told(promised=None))
    assert "rightly" not in advice(told(assumptions={"success_rate": 1}))


def test_nobody_is_advised_with_the_reason() -> None:
    none = {"expected_profit": None, "probability": None}
    unsure = told(nobody=True, threshold=none, breaks_even_at={"success_rate": 0.4})
    assert "is not surely more than nothing" in advice(unsure)
    assert "if the offer worked on 40.0%" in advice(unsure)
    never = {**unsure["promised"], "contacts": 0}
    assert "no contact pays" in advice(unsure | {"promised": never})
    reached = told(nobody=True, threshold={"expected_profit": 0.0, "probability": 0.3})
    assert "none of the test rows is one with a probability from 30.0%" in advice(
        reached
    )


def test_euros_are_written_without_false_signs() -> None:
    assert euros(-0.001) == "0 EUR"
    assert euros(1234.5) == "1,234 EUR"
    assert euros(None) == "an unknown amount"
    assert euros_with({"value": 3.0, "low": None, "high": None}) == "3 EUR"
