import numpy as np
import pandas as pd
import pytest

from ccml.config.segments import ClustersConfig
from ccml.segments.clusters.models import fit_model
from ccml.segments.clusters.prepare import prepare
from ccml.segments.clusters.replicate import Before, Described, Twice, judged
from ccml.segments.clusters.traits import Trait, TraitTable

TRAITS = tuple(Trait(n, "number", n, n, "", n, n) for n in ("x", "y"))
CONFIG = ClustersConfig(sample_rows=500)


def people(kind, seed, spread=0.5):
    rng = np.random.default_rng(seed)
    centres = np.array([[0, 0], [6, 6]])
    return pd.DataFrame(
        centres[kind] + rng.normal(0, spread, (len(kind), 2)), columns=["x", "y"]
    )


def described(values):
    preparation = prepare(values, TRAITS)
    return Described(preparation, values, preparation.points(values))


def table(values):
    return TraitTable(TRAITS, values, values.notna().astype(float))


def test_the_same_groups_in_the_period_before_agree():
    kind = np.arange(700) % 2
    now = described(people(kind, 1))
    model = fit_model("kmeans", now.points, 2, 1, 0.01)
    before = Before.of(table(people(kind, 2)), CONFIG, 1)
    assert before.agreement(model, now, CONFIG) == pytest.approx(1)


def test_other_groups_in_the_period_before_do_not():
    kind = np.arange(400) % 2
    now = described(people(kind, 1))
    model = fit_model("kmeans", now.points, 2, 1, 0.01)
    others = people(kind, 2)
    others["y"] = -others["y"]
    before = Before.of(table(others), CONFIG, 1)
    assert before.agreement(model, now, CONFIG) < 0.7


def test_few_customers_in_the_period_before_are_not_compared():
    assert Before.of(table(people(np.zeros(9, int), 1)), CONFIG, 1) is None


@pytest.mark.parametrize(
    ("stays", "kappa", "more"), [(1.0, 1.0, True), (0.5, 0.0, False)]
)
def test_customers_who_stay_are_told_from_chance(stays, kappa, more):
    rng = np.random.default_rng(4)
    kind = np.arange(600) % 2
    later = np.where(rng.random(600) < stays, kind, 1 - kind)
    first, second = people(kind, 1), people(later, 2)
    now = described(second)
    model = fit_model("kmeans", now.points, 2, 1, 0.01)
    found = Twice(first, second, "two periods").carried(model, now.preparation, 1)
    assert found[0] == pytest.approx(kappa, abs=0.1)
    assert found[1] == more


def test_few_customers_in_both_periods_tell_nothing():
    kind = np.arange(40) % 2
    now = described(people(kind, 1))
    model = fit_model("kmeans", now.points, 2, 1, 0.01)
    twice = Twice(now.values, now.values, "two periods")
    assert twice.carried(model, now.preparation, 1) is None


def test_customers_all_in_one_group_tell_nothing():
    kind = np.arange(100) % 2
    now = described(people(kind, 1))
    model = fit_model("kmeans", now.points, 2, 1, 0.01)
    alike = people(np.zeros(100, int), 1)
    twice = Twice(alike, alike, "two periods")
    assert twice.carried(model, now.preparation, 1) is None


@pytest.mark.parametrize(
    ("agreement", "carried", "failure"),
    [
        pytest.param(0.9, (0.4, True), None, id="both-hold"),
        pytest.param(0.3, (0.4, True), "makes other clusters", id="other-clusters"),
        pytest.param(0.9, (0.4, False), "like chance", id="chance"),
        pytest.param(0.9, (0.01, True), "like chance", id="hardly-more-than-chance"),
        pytest.param(None, (0.4, True), None, id="only-halves"),
        pytest.param(0.9, None, None, id="only-the-period-before"),
    ],
)
def test_both_questions_must_hold_where_they_can_be_asked(agreement, carried, failure):
    found = judged(agreement, carried, "two periods", CONFIG)
    assert (found.failure is None) == (failure is None)
    assert failure is None or failure in found.failure


def test_what_could_not_be_tried_is_said():
    assert judged(None, None, "no calls", CONFIG).words == "not tested: no calls"
