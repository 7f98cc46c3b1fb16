"""Every feature that the catalogue can list equals a plain reference."""

from typing import get_args

import pandas as pd
import pytest
from builders import config_values
from built import build
from hypothesis import HealthCheck, Phase, given, settings
from reference import RULES, described_events, expected, linked_events, valid_row
from worlds import CUTOFFS, worlds

from ccml.features import catalogue

quick = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
pytestmark = [pytest.mark.usefixtures("shared_backend"), pytest.mark.slow]


def assert_same(value, wanted, statistic):
    if wanted is None:
        assert pd.isna(value)
    elif statistic in ("sum", "mean"):
        assert value == pytest.approx(wanted, abs=1e-4)
    elif isinstance(wanted, (str, bool)):
        assert value == wanted
    else:
        assert value == pytest.approx(wanted, rel=1e-12)


def assert_every_feature_is_right(world, spine):
    built = build(world, spine)
    assert built.names == [c for c in built.frame.columns if c not in built.keys]
    for row in built.frame.to_dict("records"):
        key = {**row, "cutoff_at": row["cutoff_at"].to_pydatetime()}
        for feature in built.catalogue:
            wanted = expected(world, feature, key)
            try:
                assert_same(row[feature.name], wanted, feature.statistic)
            except AssertionError as error:
                place = {name: row[name] for name in built.keys}
                error.add_note(f"{feature.name} at {place}")
                raise
    return built


def test_every_statistic_has_a_reference():
    assert set(RULES) == set(get_args(catalogue.Statistic))


def assert_counted_values_were_most_frequent(world, built):
    begin = built.frame.cutoff_at.min()
    early = [
        event["reason"]
        for event in described_events(world, "calls")
        if event["event_at"] < begin and event["known_at"] < begin and event["reason"]
    ]
    ranked = sorted(set(early), key=lambda value: (-early.count(value), value.encode()))
    most = config_values()["features"]["top_values"]
    found = {f.value for f in built.catalogue if f.statistic == "value"}
    assert found == {*ranked[:most], "regular", "final (end)"}


@quick
@given(world=worlds())
def test_monthly_features_equal_the_reference(world):
    built = assert_every_feature_is_right(world, "monthly")
    assert_counted_values_were_most_frequent(world, built)
    rows = {(name, at.to_pydatetime()) for name, at in built.frame.index}
    names = {row["customer_id"] for row in world["customers"]}
    assert rows == {
        (name, cutoff)
        for name in names
        for cutoff in CUTOFFS
        if valid_row(world, name, cutoff)
    }


@quick
@given(world=worlds())
def test_features_of_events_equal_the_reference(world):
    built = assert_every_feature_is_right(world, "after_call")
    wanted = {
        (e["event_id"], e["customer_id"], e["ended_at"])
        for e in linked_events(world, "calls")
        if e["answered"]
    }
    assert set(built.frame.index) == wanted


@settings(quick, max_examples=2)
@given(world=worlds())
def test_features_before_events_equal_the_reference(world):
    built = assert_every_feature_is_right(world, "before_bill")
    assert set(built.frame.event_id) == {row["event_id"] for row in world["bills"]}


@settings(quick, max_examples=2)
@given(world=worlds())
def test_keys_are_those_of_the_spine_and_unique(world):
    built = build(world, "basic")
    assert not built.frame.index.has_duplicates
    assert set(built.frame.index) == set(built.spine.itertuples(index=False, name=None))
    for name, cutoff in built.frame.index:
        assert valid_row(world, name, cutoff)[0]["tariff"] == "basic"
