import numpy as np
import pytest

from ccml.segments.clusters.call_traits import BASIC_TRAITS
from ccml.segments.clusters.match import first_ids, number_of, stable_ids
from ccml.segments.clusters.traits import Trait
from ccml.segments.profiles.names import Standout, segment_names

TRAITS = {trait.name: trait for trait in BASIC_TRAITS}
BILLING = Trait(
    "about_billing", "share", "about", "calls about billing", "share",
    "Billing callers", "about billing", is_topic=True,
)  # fmt: skip


def names(own=None, **segments):
    known = TRAITS | {"about_billing": BILLING}
    found = {
        segment: [Standout(known[name], effect) for name, effect in effects.items()]
        for segment, effects in segments.items()
    }
    return segment_names(found, own or {})


@pytest.mark.parametrize(
    ("effects", "name"),
    [
        pytest.param(
            {"about_billing": 1.5, "transferred": 0.8, "wait": -2},
            "Billing callers, often transferred",
            id="topic-first",
        ),
        pytest.param(
            {"about_billing": 0.5, "calls": 2.0},
            "Frequent callers, about billing",
            id="a-weak-topic-goes-behind",
        ),
        pytest.param({"calls": -0.9}, "Occasional callers", id="few-calls"),
        pytest.param({"calls": 0.1}, "Callers like most", id="nothing-stands-out"),
        pytest.param({}, "Callers like most", id="nothing-known"),
    ],
)
def test_names_tell_what_stands_out(effects, name):
    assert names(s1=effects) == {"s1": name}


def test_what_most_calls_are_about_names_those_like_most():
    found = {"s1": [Standout(BILLING, 0.1, 0.8), Standout(TRAITS["calls"], -0.5, 1.0)]}
    assert segment_names(found, {}) == {"s1": "Billing callers, like most"}


def test_names_are_unique():
    same = {"calls": 0.0}
    found = names(s1=same, s2=same, s3=same)
    assert len(set(found.values())) == 3


def test_a_further_trait_tells_two_alike_apart():
    most = {"calls": 3.0, "wait": 2.0}
    found = names(s1=most, s2=most | {"unsolved": 0.5})
    assert found["s2"] == f"{found['s1']}, often unsolved"


def test_own_names_win_and_are_not_taken_twice():
    found = names({"s2": "Frequent callers"}, s1={"calls": 2.0}, s2={"wait": 1.0})
    assert found["s2"] == "Frequent callers"
    assert found["s1"] != "Frequent callers"


def test_ids_begin_with_the_largest():
    assert first_ids([5, 9, 7]) == ["s3", "s1", "s2"]


def test_a_cluster_keeps_the_id_of_the_segment_that_it_continues():
    before = np.repeat([0, 1, 2], [5, 5, 2])
    after = np.repeat([2, 0, 1], [5, 5, 2])
    assert stable_ids(after, 3, before, ["s4", "s1", "s7"], 7) == ["s1", "s7", "s4"]


def test_a_new_cluster_gets_a_number_never_used():
    after = np.array([0, 0, 1, 2])
    assert stable_ids(after, 3, np.zeros(4, dtype=int), ["s2"], 5) == ["s2", "s6", "s7"]


def test_only_clusters_have_numbers():
    assert [number_of(one) for one in ("s12", "quiet")] == [12, 0]
