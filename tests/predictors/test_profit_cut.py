from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profit_samples import SAVE, offers, sample
from scipy.special import expit

from ccml.config.payoff import PayoffConfig
from ccml.predictors.metrics import Scored
from ccml.predictors.profit.curve import profit_curve
from ccml.predictors.profit.decide import decide
from ccml.predictors.profit.offers import (
    best_cut,
    contacted,
    contacted_by_others_cut,
    period_codes,
    total,
)
from ccml.predictors.profit.payoff import (
    break_even_probability,
)
from ccml.predictors.profit.sample import Sample


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
