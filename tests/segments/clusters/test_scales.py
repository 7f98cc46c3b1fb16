import json

import numpy as np
import pandas as pd
import pytest

from ccml.segments.clusters.prepare import Preparation, prepare
from ccml.segments.clusters.scales import find_scale
from ccml.segments.clusters.traits import Trait

RNG = np.random.default_rng(1)
SKEWED = RNG.lognormal(3, 1, 3_000)
SCALINGS = ["log1p", "yeo_johnson", "quantile", "none"]


def skew(values):
    return float(pd.Series(values).skew())


@pytest.mark.parametrize("scaling", ["log1p", "yeo_johnson", "quantile"])
def test_skewed_numbers_are_straightened(scaling):
    scale = find_scale(SKEWED, "mean", scaling)
    assert abs(skew(scale.apply(SKEWED))) < skew(SKEWED) / 3


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("factor", [1 / 60, 1000])
def test_another_unit_changes_nothing(scaling, factor):
    traits = (Trait("wait", "mean", "wait", "wait", "s", "", ""),)
    seconds = pd.DataFrame({"wait": SKEWED})
    other = seconds * factor
    before = prepare(seconds, traits, scaling).points(seconds)
    after = prepare(other, traits, scaling).points(other)
    assert after == pytest.approx(before, abs=1e-4)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_it_can_be_stored_and_read_back(scaling):
    traits = (Trait("wait", "mean", "wait", "wait", "s", "", ""),)
    values = pd.DataFrame({"wait": SKEWED})
    first = prepare(values, traits, scaling)
    again = Preparation.from_dict(json.loads(json.dumps(first.as_dict())))
    assert (again.points(values) == first.points(values)).all()


@pytest.mark.parametrize("kind", ["share", "flag"])
@pytest.mark.parametrize("scaling", ["log1p", "yeo_johnson"])
def test_shares_and_flags_stay_as_they_are(kind, scaling):
    values = RNG.beta(1, 5, 100)
    assert (find_scale(values, kind, scaling).apply(values) == values).all()


def test_numbers_below_zero_have_a_power_but_no_logarithm():
    values = RNG.normal(0, 1, 500)
    assert find_scale(values, "number", "log1p").kind == "none"
    assert find_scale(values, "number", "yeo_johnson").kind == "yeo_johnson"


def test_nothing_but_zeros_stay():
    assert find_scale(np.zeros(5), "rate", "log1p").kind == "none"


def test_a_power_of_almost_constant_values_is_one():
    values = np.r_[np.full(999, 3.0), 9.0]
    assert find_scale(values, "mean", "yeo_johnson").power == 1


def test_ranks_give_equal_values_one_place_and_keep_what_is_missing():
    values = np.array([1.0, 1, 1, 1, 2, 5])
    found = find_scale(values, "rate", "quantile").apply(np.r_[values, np.nan])
    assert (np.diff(found[:-1]) >= 0).all()
    assert found[0] == found[3] < found[4] < found[5]
    assert np.isnan(found[-1])
