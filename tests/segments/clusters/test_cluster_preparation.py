import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ccml.segments.clusters.prepare import Preparation, prepare
from ccml.segments.clusters.traits import Trait

RNG = np.random.default_rng(1)
RAW = pd.DataFrame(
    {
        "calls": RNG.lognormal(0, 1, 2_000),
        "wait": RNG.lognormal(4, 1, 2_000),
        "billing": RNG.beta(2, 5, 2_000),
        "faults": RNG.beta(2, 5, 2_000),
    }
)


def trait(name, kind="mean", block=None):
    return Trait(name, kind, block or name, name, "", name, name)


TRAITS = (
    trait("calls", "rate"),
    trait("wait"),
    trait("billing", "share", "about"),
    trait("faults", "share", "about"),
)


@pytest.mark.parametrize("factor", [1 / 60, 0.001, 7, 1000])
def test_another_unit_changes_nothing(factor):
    other = RAW.assign(wait=RAW["wait"] * factor)
    before = prepare(RAW, TRAITS).points(RAW)
    after = prepare(other, TRAITS).points(other)
    assert after == pytest.approx(before, abs=1e-6)


def test_one_huge_value_moves_no_other_customer():
    huge = RAW.copy()
    huge.loc[RAW["calls"].idxmax(), "calls"] = 1e6
    before = prepare(RAW, TRAITS).points(RAW)
    after = prepare(huge, TRAITS).points(huge)
    assert after == pytest.approx(before, abs=1e-9)


def test_constants_and_rare_traits_are_left_out():
    rare = np.zeros(2_000)
    rare[:3] = 1
    values = RAW.assign(constant=7.0, rare=rare, unknown=np.nan)
    extra = (trait("constant"), trait("rare", "share"), trait("unknown"))
    kept = [column.name for column in prepare(values, (*TRAITS, *extra)).columns]
    assert kept == ["calls", "wait", "billing", "faults"]


def test_traits_of_one_block_weigh_as_much_as_one_trait():
    spread = prepare(RAW, TRAITS).points(RAW).var(axis=0)
    assert spread[2] + spread[3] == pytest.approx(spread[1], rel=0.05)


def test_a_missing_trait_takes_the_middle():
    values = RAW.copy()
    values.loc[0, "wait"] = np.nan
    assert prepare(values, TRAITS).points(values)[0, 1] == 0


def test_numbers_below_zero_are_not_logged():
    values = pd.DataFrame({"change": RNG.normal(0, 1, 500)})
    column = prepare(values, (trait("change", "number"),)).columns[0]
    assert column.scale.kind == "none"


def test_it_can_be_stored_and_read_back():
    first = prepare(RAW, TRAITS)
    again = Preparation.from_dict(json.loads(json.dumps(first.as_dict())))
    assert (again.points(RAW) == first.points(RAW)).all()


def test_a_trait_without_weight_is_scaled_but_no_coordinate():
    traits = (*TRAITS[:3], replace(TRAITS[3], weight=0.0, block="told"))
    prepared = prepare(RAW, traits)
    assert prepared.scaled(RAW).shape == (2_000, 4)
    assert prepared.points(RAW).shape == (2_000, 3)


def test_without_any_trait_there_are_no_coordinates():
    assert prepare(RAW, ()).points(RAW).shape == (2_000, 0)
