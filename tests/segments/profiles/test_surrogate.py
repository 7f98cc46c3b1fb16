import numpy as np
import pandas as pd
import pytest

from ccml.segments.clusters.traits import Trait
from ccml.segments.profiles.surrogate import Bound, segment_rules

RATE = Trait("calls", "rate", "calls", "calls in 30 days", "calls", "", "")
SHARE = Trait("bill", "share", "about", "calls about billing", "share", "", "")
WAIT = Trait("wait", "mean", "wait", "wait in the queue", "s", "", "")
FLAG = Trait("new", "flag", "new", "is new", "flag", "", "")


def customers(seed=1, size=2_000):
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(
        {
            "calls": rng.gamma(2, 1.5, size),
            "bill": rng.beta(1, 2, size),
            "wait": rng.exponential(60, size),
        }
    )
    inside = (values["calls"] > 3) & (values["bill"] > 0.4)
    return values, np.where(inside, "s1", "s2").astype(object)


def test_a_planted_rule_is_told_in_words():
    values, ids = customers()
    rule = segment_rules(ids, values, [RATE, SHARE, WAIT], 1)["s1"]
    first, second = (
        "more than 3 calls in 30 days",
        "more than 40 % of calls about billing",
    )
    assert rule.words == f"{first}, and {second}"
    assert rule.precision > 0.95
    assert rule.recall > 0.95
    assert rule.customers == len(values)


def test_precision_and_recall_are_those_of_the_words():
    values, ids = customers()
    noisy = np.where(np.random.default_rng(2).random(len(ids)) < 0.2, "s2", ids)
    rule = segment_rules(noisy.astype(object), values, [RATE, SHARE], 1)["s1"]
    assert rule.precision == pytest.approx(0.8, abs=0.06)
    assert rule.recall > 0.9


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (Bound(RATE, True, 3), "more than 3 calls in 30 days"),
        (Bound(RATE, False, 0.0), "no calls"),
        (Bound(SHARE, True, 0.0), "some calls about billing"),
        (Bound(SHARE, False, 0.4), "at most 40 % of calls about billing"),
        (Bound(WAIT, True, 75.0), "wait in the queue above 75 s"),
        (Bound(WAIT, False, 75.0), "wait in the queue up to 75 s"),
        (Bound(FLAG, True, 0.5), "is new"),
        (Bound(FLAG, False, 0.5), "not is new"),
    ],
)
def test_bounds_read_as_people_speak(bound, words):
    assert bound.words == words


def test_some_or_none_is_said_where_nothing_lies_between():
    rng = np.random.default_rng(1)
    values = pd.DataFrame({"bill": rng.choice([0.0, 0.3, 0.6], 600)})
    ids = np.where(values["bill"] > 0, "s1", "s2").astype(object)
    rules = segment_rules(ids, values, [SHARE], 1)
    assert rules["s1"].words == "some calls about billing"
    assert rules["s2"].words == "no calls about billing"


def test_one_segment_or_unknown_traits_have_no_rule():
    values, _ = customers()
    alone = np.full(len(values), "s1", dtype=object)
    assert segment_rules(alone, values, [RATE], 1) == {}
    unknown = values.assign(calls=np.nan)
    ids = np.resize(np.array(["s1", "s2"], object), len(values))
    assert segment_rules(ids, unknown, [RATE], 1) == {}
