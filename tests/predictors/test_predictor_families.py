from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from ccml.predictors.families import (
    correlated_families,
    joined_families,
    rank_correlations,
)


def features(rows: int = 800, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(rows, 4)), columns=list("abcd"))
    X["copy"] = np.exp(X["a"])  # another scale, the same order
    X["turned"] = -X["a"]
    X["half"] = X["b"] + rng.normal(size=rows)
    return X


def test_features_that_go_together_are_one_group_whatever_their_scale() -> None:
    found = correlated_families(features(), 0.8, seed=1)
    assert found == {"a": "a", "copy": "a", "turned": "a"}


def test_the_limit_decides() -> None:
    assert correlated_families(features(), 1.0, seed=1) == {}
    loose = correlated_families(features(), 0.5, seed=1)
    assert loose["half"] == loose["b"] == "b"
    assert correlated_families(features()[["a"]], 0.8, seed=1) == {}


def test_correlations_are_spearmans() -> None:
    X = features()
    expected = spearmanr(X.to_numpy()).statistic
    np.testing.assert_allclose(rank_correlations(X), expected, atol=1e-9)


def test_missing_together_is_no_reason_to_be_a_group() -> None:
    X = features(3000)[["a", "b"]]
    X.loc[:2500] = np.nan
    assert correlated_families(X, 0.8, seed=1) == {}
    few = X.assign(copy=X["a"])
    few.loc[:2950] = np.nan
    assert correlated_families(few, 0.8, seed=1) == {}  # under 100 rows have both
    some = X.assign(copy=X["a"])
    assert set(correlated_families(some, 0.8, seed=1)) == {"a", "copy"}


def test_constant_features_are_in_no_group() -> None:
    X = features().assign(one=1.0, two=2.0)
    assert set(correlated_families(X, 0.8, seed=1)) == {"a", "copy", "turned"}


def test_many_rows_are_drawn_the_same_way_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ccml.predictors.families.MOST_ROWS", 300)
    X = features()
    assert correlated_families(X, 0.8, 1) == correlated_families(X, 0.8, 1)


def test_families_with_members_of_one_group_are_joined() -> None:
    families = {
        "calls_7d": "calls",
        "calls_30d": "calls",
        "visits": "web",
        "age": "age",
    }
    joined = joined_families(families, {"calls_30d": "g", "visits": "g", "gone": "g"})
    assert joined == {
        "calls_7d": "calls",
        "calls_30d": "calls",
        "visits": "calls",
        "age": "age",
    }
    assert joined_families(families, {}) == families


NAMES = st.sampled_from("abcdefgh")


@given(
    st.dictionaries(NAMES, st.sampled_from("stuv")),
    st.dictionaries(NAMES, st.sampled_from("xyz")),
)
def test_joining_only_ever_joins(
    families: dict[str, str], groups: dict[str, str]
) -> None:
    joined = joined_families(families, groups)
    assert set(joined) == set(families)
    assert set(joined.values()) <= set(families.values())
    for one, other in product(families, families):
        if families[one] == families[other] or (
            one in groups and groups[one] == groups.get(other)
        ):
            assert joined[one] == joined[other]
