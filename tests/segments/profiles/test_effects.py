import numpy as np
import pandas as pd
import pytest

from ccml.segments.clusters.prepare import prepare
from ccml.segments.clusters.traits import Trait
from ccml.segments.profiles.effects import effects

TRAITS = (Trait("x", "number", "x", "x", "", "x", "x"),)


def drawn(seed, size=400, shift=1.0):
    rng = np.random.default_rng(seed)
    ids = np.where(np.arange(size) % 4 == 0, "s1", "s2").astype(object)
    values = pd.DataFrame({"x": rng.normal(0, 1, size) + shift * (ids == "s1")})
    return ids, values


def found(seed, **more):
    ids, values = drawn(seed, **more)
    return effects(ids, prepare(values, TRAITS), values)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    true = found(0, size=200_000).of("s1", "x")[0]
    held = [found(seed).of("s1", "x") for seed in range(1, 201)]
    share = np.mean([low <= true <= high for _, low, high in held])
    assert 0.9 <= share <= 0.99


def test_effects_of_segments_balance():
    distance = found(1).effect["x"]
    assert distance["s1"] * 0.25 + distance["s2"] * 0.75 == pytest.approx(0, abs=1e-9)


def test_one_segment_lies_exactly_at_all():
    ids, values = drawn(1)
    alone = effects(np.full(len(ids), "s1", object), prepare(values, TRAITS), values)
    assert alone.of("s1", "x") == pytest.approx((0, 0, 0), abs=1e-9)


@pytest.mark.parametrize(("segment", "trait"), [("quiet", "x"), ("s1", "y")])
def test_what_was_not_measured_is_unknown(segment, trait):
    assert np.isnan(found(1).of(segment, trait)).all()
