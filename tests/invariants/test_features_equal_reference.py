"""Every feature that the catalogue can list equals a plain reference."""

import pytest
from builders import memory_project, tables
from built import build
from every_feature import EVERY_FEATURE
from hypothesis import HealthCheck, Phase, given, settings
from worlds import CUSTOMERS, CUTOFFS, worlds

from ccml.features.catalogue import NULL_RULES
from ccml.features.plan import plan_features
from ccml.features.reference import RULES, Moment, expected, is_same
from ccml.features.reference_rows import Company, spine_rows
from ccml.features.statistics import STATISTICS

quick = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
pytestmark = [pytest.mark.usefixtures("shared_backend"), pytest.mark.slow]


def assert_every_feature_is_right(world, spine):
    """Compare every value; a wrong one is told with its feature and its row."""
    built = build(world, spine)
    assert built.names == [c for c in built.frame.columns if c not in built.keys]
    company = Company(world, built.config)
    features = {feature.name: feature for feature in built.catalogue}
    for place, row in enumerate(built.table.to_pylist()):
        keys = {key: row[key] for key in built.keys}
        made = built.table.slice(place, 1).select(built.names)
        moment = Moment(company, features, keys, made)
        wrong = {
            name: (row[name], wanted)
            for name, feature in features.items()
            if not is_same(row[name], wanted := expected(moment, feature))
        }
        assert wrong == {}, keys
    assert spine_rows(company, spine) == set(built.frame.index)
    return built


def test_every_statistic_has_a_reference():
    assert set(RULES) == set(NULL_RULES) >= set(STATISTICS)


def assert_counted_values_were_most_frequent(world, built):
    begin = built.table["cutoff_at"].to_pylist()[0]
    events = Company(world, built.config)
    early = [
        event["reason"]
        for name in CUSTOMERS
        for event in events.events_of("calls", name)
        if event["event_at"] < begin and event["known_at"] < begin and event["reason"]
    ]
    ranked = sorted(set(early), key=lambda value: (-early.count(value), value.encode()))
    most = EVERY_FEATURE["top_values"]
    found = {f.value for f in built.catalogue if f.statistic == "value"}
    assert found == {*ranked[:most], "regular", "final (end)"}


@quick
@given(world=worlds())
def test_monthly_features_equal_the_reference(world):
    built = assert_every_feature_is_right(world, "monthly")
    assert_counted_values_were_most_frequent(world, built)
    assert {cutoff for _name, cutoff in built.frame.index} == set(CUTOFFS)


@quick
@given(world=worlds())
def test_features_of_events_equal_the_reference(world):
    built = assert_every_feature_is_right(world, "after_call")
    assert not built.frame.index.has_duplicates


@quick
@given(world=worlds())
def test_features_before_events_equal_the_reference(world):
    built = assert_every_feature_is_right(world, "before_bill")
    assert set(built.frame.event_id) == {row["event_id"] for row in world["bills"]}


@quick
@given(world=worlds())
def test_rows_of_some_customers_equal_the_reference(world):
    built = assert_every_feature_is_right(world, "basic")
    assert not built.frame.index.has_duplicates
    assert set(built.frame.index) == set(built.spine.itertuples(index=False, name=None))
    assert set(built.frame.tariff) <= {"basic"}


def planned(spine):
    project = memory_project(tables(), features=EVERY_FEATURE)
    return plan_features(project, project.config.spines[spine]).features


def test_the_config_of_these_tests_asks_for_every_statistic():
    reached = {
        feature.statistic
        for spine in ("monthly", "after_call")
        for feature in planned(spine)
    }
    assert reached == set(NULL_RULES)
