import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import beta as beta_law

from ccml.config.payoff import PayoffConfig
from ccml.config.predictors import PredictorConfig
from ccml.errors import ConfigError, DataError
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.metrics import Scored
from ccml.predictors.profit.curve import profit_curve
from ccml.predictors.profit.decide import decide
from ccml.predictors.profit.empc import maximum_profit
from ccml.predictors.profit.offers import (
    Offers,
    best_cut,
    contacted,
    contacted_by_others_cut,
    period_codes,
    total,
)
from ccml.predictors.profit.payoff import (
    break_even_probability,
    customer_values,
    expected_profit,
    row_profit,
)
from ccml.predictors.profit.sample import Sample
from ccml.predictors.profit.sensitivity import breaks_even_at, sensitivity
from ccml.predictors.profit.words import advice, euros, euros_with
from ccml.predictors.train import train
from ccml.tracking.records import metric_values

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]
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


# --- the payoff of one contact


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


# --- EMPC and MPC


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


# --- the cut


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(-3, 3), st.integers(-5, 5), st.integers(0, 1)),
        min_size=1,
        max_size=12,
    ),
    st.one_of(st.none(), st.integers(1, 4)),
)
def test_no_threshold_earns_more_than_the_best_cut(
    rows: list[tuple[int, int, int]], capacity: int | None
) -> None:
    it = offers(
        [float(r[0]) for r in rows],
        [float(r[1]) for r in rows],
        periods=np.array([r[2] for r in rows]),
        capacity=capacity,
    )
    cut = best_cut(it)
    made = it.earned[contacted(it, cut.threshold)].sum()
    others = [it.earned[contacted(it, at)].sum() for at in (*it.expected, np.inf)]
    assert made == max(others)


def test_the_capacity_holds_in_every_period() -> None:
    it = offers(
        [5.0, 4.0, 3.0, 9.0, 8.0],
        [1.0] * 5,
        periods=np.array([0, 0, 0, 1, 1]),
        capacity=2,
    )
    assert list(contacted(it, 0.0)) == [True, True, False, True, True]
    assert list(contacted(replace(it, capacity=1), 0.0)) == [
        *(True, False, False),
        *(True, False),
    ]


def test_equal_expectations_are_cut_together_unless_the_capacity_ends() -> None:
    it = offers([1.0] * 4, [9.0, -1.0, -1.0, -1.0], raw=np.array([1.0, 2.0, 3.0, 4.0]))
    assert contacted(it, best_cut(it).threshold).all()
    assert list(contacted(replace(it, capacity=1), 0.0)) == [False, False, False, True]


def test_periods_are_cutoffs_or_days_or_one_table() -> None:
    months = pd.date_range("2026-01-01", periods=3, freq="MS", tz="UTC")
    assert list(period_codes(pd.DataFrame({"cutoff_at": months[[0, 2, 1]]}))) == [
        0,
        2,
        1,
    ]
    events = pd.date_range("2026-01-01", periods=96, freq="h", tz="UTC")
    codes = period_codes(pd.DataFrame({"cutoff_at": events}))
    assert list(np.bincount(codes)) == [24, 24, 24, 24]
    assert list(period_codes(pd.DataFrame({"row_no": [4, 5]}))) == [0, 0]


def test_a_cut_chosen_on_others_promises_what_comes() -> None:
    """The best cut's own profit is too high on the rows that it was read from."""
    payoff = PayoffConfig(value_eur=100, success_rate=0.2, cost_per_contact_eur=4)
    own, fair, true = [], [], []
    for seed in range(60):
        before = sample(payoff, 300, seed=seed, signal=0.6).offers
        later = sample(payoff, 20_000, seed=seed + 1000, signal=0.6).offers
        cut = best_cut(before)
        own.append(before.earned[contacted(before, cut.threshold)].sum() / 300)
        fair.append(before.earned[contacted_by_others_cut(before, seed)].sum() / 300)
        made = later.earned * contacted(later, cut.threshold)
        true.append(made.mean())
    error = np.std(np.subtract(fair, true)) / np.sqrt(60)
    assert abs(np.mean(fair) - np.mean(true)) < 3 * error
    assert np.mean(own) - np.mean(true) > 5 * error


def test_true_probabilities_are_cut_at_break_even() -> None:
    one = sample()
    decision = decide(one, one.resamples(1), 1)
    assert not decision.fitted
    assert not decision.nobody
    p = one.scored.probability
    at = break_even_probability(SAVE, 200)
    assert list(decision.contacts_of(one)) == list(p > at)


def test_wrong_probabilities_are_cut_where_it_paid() -> None:
    one = sample(said=lambda log_odds: log_odds + 3)
    decision = decide(one, one.resamples(1), 1)
    assert decision.fitted
    later = sample(seed=9, said=lambda log_odds: log_odds + 3)
    right = sample(seed=9)
    made = later.offers.earned[decision.contacts_of(later)].sum()
    best = right.offers.earned[right.offers.expected > 0].sum()
    assert made > 0.9 * best > 0


def test_without_rows_before_the_test_the_cut_is_break_even() -> None:
    decision = decide(None, np.empty((0, 0), dtype=np.int8), 1)
    assert decision.promised is None
    one = sample()
    assert list(decision.contacts_of(one)) == list(one.offers.expected > 0)


@pytest.mark.parametrize(
    ("change", "way"),
    [
        pytest.param({"cost_per_contact_eur": 8.0}, -1, id="dearer-contact"),
        pytest.param({"cost_per_contact_eur": 2.0}, 1, id="cheaper-contact"),
        pytest.param({"cost_of_offer_eur": 30.0}, -1, id="dearer-offer"),
        pytest.param({"value_eur": 400.0}, 1, id="worth-more"),
        pytest.param({"success_rate": 0.4}, 1, id="works-better"),
        pytest.param({"accepted_by_others": 1.0}, -1, id="more-waste"),
        pytest.param({"capacity": 20}, -1, id="capacity"),
    ],
)
def test_the_list_grows_and_shrinks_with_the_assumptions(
    change: dict[str, float], way: int
) -> None:
    def contacts(payoff: PayoffConfig) -> int:
        one = sample(payoff)
        return int(decide(one, one.resamples(1), 1).contacts_of(one).sum())

    before, after = contacts(SAVE), contacts(SAVE.model_copy(update=change))
    assert (after - before) * way > 0


def test_where_no_contact_pays_nobody_is_contacted() -> None:
    """Noise: the best cut of the very rows seems to earn, and yet nobody is advised."""
    payoff = PayoffConfig(value_eur=100, success_rate=0.2, cost_per_contact_eur=4)
    seemed, advised = 0, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        one = sample(payoff, 500, seed=seed)
        noise = replace(
            one,
            y=(rng.random(500) < 0.18).astype(float),
            scored=Scored(one.scored.raw, expit(one.scored.raw)),
        )
        seemed += best_cut(noise.offers).threshold < np.inf
        advised += not decide(noise, noise.resamples(seed), seed).nobody
    assert seemed > 30
    assert advised <= 4


def test_the_interval_of_a_sum_is_that_of_its_customers() -> None:
    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(500), 4)
    earned = np.repeat(rng.normal(3, 10, 500), 4)
    weights = Sample(
        *(earned, Scored(earned, earned), earned, clusters, clusters, earned, SAVE)
    ).resamples(1)
    found = total(earned, clusters, weights)
    error = 4 * earned[::4].std() * np.sqrt(500)
    assert found["value"] == pytest.approx(earned.sum())
    half = (found["high"] - found["low"]) / 2
    assert half == pytest.approx(1.96 * error, rel=0.25)


# --- the curve


def test_the_curve_passes_through_the_cut_and_ends_with_everybody() -> None:
    one = sample(SAVE.model_copy(update={"capacity": 100}), rows=600)
    weights = one.resamples(1)
    points = profit_curve(one.offers, one.clusters, weights)
    assert points[0]["contacts"] == points[0]["profit"] == points[0]["high"] == 0
    assert points[-1]["contacts"] == 600
    assert points[-1]["profit"] == pytest.approx(one.offers.earned.sum())
    assert all(p["low"] <= p["profit"] <= p["high"] for p in points)
    at_capacity = next(p for p in points if p["contacts"] == 400)
    whole = total(one.offers.earned * one.offers.within, one.clusters, weights)
    for key, name in (("profit", "value"), ("low", "low"), ("high", "high")):
        assert at_capacity[key] == pytest.approx(whole[name])


def test_a_short_sample_has_a_point_per_row() -> None:
    one = offers([3.0, 2.0, 1.0], [5.0, -1.0, -1.0])
    points = profit_curve(one, one.clusters, np.ones((1, 3), dtype=np.int8))
    assert [p["profit"] for p in points] == [0, 5, 4, 3]


# --- wrong assumptions


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


# --- in training


def trained(config: PredictorConfig, data: TrainingSet) -> dict[str, Any]:
    sigmoid = config.calibration.model_copy(update={"kind": "sigmoid"})
    config = config.model_copy(update={"calibration": sigmoid})
    found = train(
        config, data, name="churn", study_storage=None, progress=lambda _: None
    )
    evaluation: dict[str, Any] = json.loads(
        json.dumps(found.evaluation, allow_nan=False)
    )
    return evaluation


def test_a_predictor_is_judged_in_money(spine_config: Config, spine_set: Maker) -> None:
    payoff = {"value_eur": 100, "success_rate": 0.2, "cost_per_contact_eur": 8}
    evaluation = trained(spine_config(profit=payoff | {"capacity": 20}), spine_set())
    found = evaluation["profit"]
    assert not found["nobody"]
    assert 0 < found["decision"]["contacts"] <= 20 * found["decision"]["periods"]
    assert found["decision"]["profit"]["low"] > 0
    assert found["promised"]["profit"]["low"] > 0
    assert found["threshold"]["probability"] == pytest.approx(0.4)
    assert set(found["candidates"]) == set(evaluation["baselines"])
    own = found["candidates"][evaluation["recommended"]]
    assert own["profit"] == found["decision"]["profit"]
    assert own["difference"]["value"] == 0
    assert found["candidates"]["prior"]["nobody"]
    assert found["sentence"].startswith("Contacting ")
    assert "works on at least" in found["sentence"]
    metrics = dict(metric_values(evaluation))
    assert metrics["profit.expected"] == found["decision"]["profit"]["value"]
    assert metrics["profit.expected_low"] == found["decision"]["profit"]["low"]
    assert metrics["profit.empc"] == found["empc"]["value"]


def test_a_payoff_that_nothing_pays_advises_nobody(
    spine_config: Config, spine_set: Maker
) -> None:
    payoff = {"value_eur": 100, "success_rate": 0.2, "cost_per_contact_eur": 19}
    evaluation = trained(spine_config(profit=payoff), spine_set(weeks=16))
    found = evaluation["profit"]
    assert found["nobody"]
    assert found["decision"]["contacts"] == found["decision"]["profit"]["value"] == 0
    assert "Contact nobody" in found["sentence"]
    checks = {f["check"]: f["severity"] for f in evaluation["findings"]}
    assert checks["contact_nobody"] == "warning"


def test_a_flat_table_is_judged_in_money_by_own_values(
    flat_config: Config, flat_set: Maker
) -> None:
    data = flat_set(800)
    fee = pd.Series(np.random.default_rng(1).choice([1.0, 50.0], 800))
    data = replace(data, features=data.features.assign(fee=fee))
    payoff = {"value_column": "fee", "value_factor": 12, "cost_per_contact_eur": 30}
    found = trained(flat_config(profit=payoff), data)["profit"]
    dear = found["decision"]["contacts"]
    assert found["threshold"]["probability"] is None
    # A fee of 1 never earns what a contact costs.
    assert 0 < dear <= (fee == 50).sum()
    assert "expected to earn" in found["sentence"]
    assert found["value_mean"] == pytest.approx(12 * 25.5, rel=0.15)


def test_oversampled_rows_count_as_often_as_in_reality(
    spine_config: Config, spine_set: Maker
) -> None:
    """Each positive stands for fewer customers, so fewer contacts pay."""
    payoff = {"value_eur": 100, "success_rate": 0.2, "cost_per_contact_eur": 6}
    real = {"kind": "sigmoid", "real_base_rate": 0.1}
    as_drawn = trained(spine_config(profit=payoff), spine_set())["profit"]
    config = spine_config(profit=payoff, calibration=real)
    found = trained(config, spine_set())["profit"]
    assert found["decision"]["contacts"] < as_drawn["decision"]["contacts"]
    everybody = found["everybody"]
    share = everybody["positives"] / everybody["rows"]
    assert share == pytest.approx(0.1, abs=0.02)
    each = everybody["profit"]["value"] / everybody["rows"]
    assert each == pytest.approx(share * 20 - 6, abs=0.05)
    assert found["curve"][-1]["profit"] == pytest.approx(everybody["profit"]["value"])
    assert found["empc"] == {"value": None, "share": None}


def test_a_capacity_does_not_fit_oversampled_rows(spine_config: Config) -> None:
    with pytest.raises(ValidationError, match="take one of them out"):
        spine_config(
            profit={"value_eur": 1, "capacity": 5}, calibration={"real_base_rate": 0.1}
        )


def test_without_a_payoff_nothing_is_said_of_money(
    spine_config: Config, spine_set: Maker
) -> None:
    evaluation = trained(spine_config(), spine_set(weeks=16))
    assert "profit" not in evaluation
    assert not [key for key, _ in metric_values(evaluation) if "profit" in key]


@pytest.mark.parametrize(
    ("column", "error", "match"),
    [
        pytest.param("cals", ConfigError, "Did you mean 'calls'", id="unknown"),
        pytest.param("tariff", DataError, "must hold numbers", id="text"),
    ],
)
def test_a_value_column_must_be_a_number_that_is_there(
    spine_config: Config,
    spine_set: Maker,
    column: str,
    error: type[Exception],
    match: str,
) -> None:
    data = spine_set()
    data = replace(data, features=data.features.assign(tariff="a"))
    config = spine_config(profit={"value_column": column})
    with pytest.raises(error, match=match):
        trained(config, data)


# --- in words


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
