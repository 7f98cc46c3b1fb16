from datetime import UTC, datetime

import ibis
import numpy as np
import pandas as pd
import pytest

from ccml.errors import ConfigError
from ccml.segments.clusters.feature_traits import feature_traits
from ccml.segments.clusters.prepare import prepare
from ccml.segments.population import Population

CUTOFF = datetime(2025, 7, 1, tzinfo=UTC)
SIZE = 300
IDS = [f"c{i:03d}" for i in range(SIZE)]
PEOPLE = Population(
    pd.DataFrame({"customer_id": IDS, "exposure_days": 90}), CUTOFF, 90, True
)
FEATURES = ibis.memtable(
    pd.DataFrame(
        {
            "customer_id": IDS,
            "cutoff_at": pd.Timestamp(CUTOFF).as_unit("us"),
            "tariff": np.resize(["flat", "basic", None, "flat"], SIZE),
            "is_new": np.resize([True, False], SIZE),
            "visits": np.arange(SIZE, dtype=float),
        }
    )
)
COLUMNS = ["tariff", "is_new", "visits"]


def test_a_category_becomes_flags_of_one_block():
    found = feature_traits(PEOPLE, FEATURES, COLUMNS)
    assert [trait.name for trait in found.traits] == [
        "tariff=flat", "tariff=basic", "is_new", "visits",
    ]  # fmt: skip
    values = found.values()
    assert values["tariff=flat"].iloc[:4].tolist()[:2] == [1, 0]
    assert values["tariff=flat"].isna().sum() == SIZE // 4
    spread = prepare(values, found.traits).points(values).var(axis=0)
    assert spread[0] + spread[1] == pytest.approx(spread[3], rel=0.35)


def test_the_same_traits_can_be_asked_for_at_another_cutoff():
    first = feature_traits(PEOPLE, FEATURES, COLUMNS)
    only = FEATURES.mutate(tariff=ibis.literal("other"))
    again = feature_traits(PEOPLE, only, COLUMNS, first.traits)
    assert again.traits == first.traits
    assert again.values()["tariff=flat"].sum() == 0


@pytest.mark.parametrize(
    ("column", "match"),
    [("tarif", "Did you mean 'tariff'"), ("cutoff_at", "need numbers")],
)
def test_columns_that_do_not_fit_are_refused(column, match):
    with pytest.raises(ConfigError, match=match):
        feature_traits(PEOPLE, FEATURES, [column])
