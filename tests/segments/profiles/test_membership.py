import numpy as np
import pandas as pd

from ccml.segments.clusters.traits import Trait
from ccml.segments.profiles.membership import membership_drivers

TRAITS = [Trait(name, "number", name, f"the {name}", "", "", "") for name in "abc"]


def customers(size=1_500):
    rng = np.random.default_rng(1)
    values = pd.DataFrame(rng.normal(size=(size, 3)), columns=[*"abc"])
    values.loc[rng.random(size) < 0.1, "c"] = np.nan
    ids = np.where(values["a"] > 0.5, "s1", np.where(values["b"] > 0, "s2", "s3"))
    return values, ids.astype(object)


def test_the_planted_trait_leads():
    values, ids = customers()
    found = membership_drivers(ids, values, TRAITS, 1)
    assert (found["s1"][0].trait, found["s1"][0].direction) == ("a", "more")
    assert [one.direction for one in found["s3"][:2]] == ["less", "less"]
    assert found["s1"][0].meaning == "the a"
    strength = [one.mean_abs for one in found["s2"]]
    assert strength == sorted(strength, reverse=True)


def test_the_same_seed_gives_the_same_values():
    values, ids = customers()
    first, again = (membership_drivers(ids, values, TRAITS, 1) for _ in range(2))
    assert first == again


def test_one_segment_hangs_on_nothing():
    values, ids = customers()
    assert membership_drivers(np.full(len(ids), "s1", object), values, TRAITS, 1) == {}


def test_a_constant_trait_has_no_direction():
    values, ids = customers()
    found = membership_drivers(ids, values.assign(c=1.0), TRAITS, 1)
    assert all(one.trait != "c" for drivers in found.values() for one in drivers)
