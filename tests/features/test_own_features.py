"""Features of one's own: expressions over features and columns, and functions."""

from datetime import timedelta

import pandas as pd
import pytest
from builders import at, bill, call, customer, memory_project, tables

from ccml.config.features import FeaturesConfig, TableFeatures
from ccml.errors import ConfigError, DataError
from ccml.features.build import build_features
from ccml.features.own import feature

pytestmark = pytest.mark.usefixtures("shared_backend")
CUTOFF = at("2025-04-01T00:00:00+02:00")
CALLS = [
    call(i, CUTOFF - timedelta(days=d), wait_s=wait)
    for i, (d, wait) in enumerate([(3, 10.0), (5, 400.0), (20, 350.0)])
]
WORLD = tables(calls=CALLS, customers=[customer(), customer("B")])
MONTH = {"spines__monthly__first": "2025-04-01", "spines__monthly__last": "2025-04-01"}


def monthly(**changes):
    project = memory_project(WORLD, **MONTH, **changes)
    build_features(project, "monthly")
    made = project.stages.made
    frame = made["features__monthly"].rows.to_pandas().set_index("customer_id")
    return frame, made["catalogue__monthly"].rows.set_index("name")


def test_an_expression_counts_with_other_features():
    text = "calls_wait_s_sum_31d / nullif(calls_31d, 0)"
    frame, catalogue = monthly(features__own={"wait_per_call": text})
    assert frame.wait_per_call["A"] == pytest.approx((10 + 400 + 350) / 3)
    assert pd.isna(frame.wait_per_call["B"])
    assert catalogue.statistic["wait_per_call"] == "expression"
    assert catalogue.value["wait_per_call"] == text


def test_an_expression_may_use_one_before_it():
    own = {"double": "calls_31d * 2", "more": "double + 1", "many": "more > 6"}
    frame, _ = monthly(features__own=own)
    assert frame[["double", "more", "many"]].loc["A"].tolist() == [6, 7, True]
    assert frame.many["B"] == False  # noqa: E712 - a NumPy flag


def test_a_column_of_ones_own_is_described_like_any_other():
    frame, _ = monthly(
        features__tables__calls__columns={"long_wait": "wait_s > 300"},
        features__tables__calls__flags=["answered", "long_wait"],
    )
    assert frame.calls_long_wait_31d["A"] == 2
    assert frame.calls_long_wait_7d["A"] == 1


@feature("waits_squared", unit="seconds squared", meaning="total wait, squared")
def waits_squared(features):
    return features["calls_wait_s_sum_31d"] ** 2


@feature("short", unit="count", meaning="one value too few")
def one_value_too_few(features):
    return features["calls_31d"].iloc[1:]


def not_registered(features):
    return features["calls_31d"]


def test_a_function_gives_a_feature_with_its_meaning():
    frame, catalogue = monthly(features__functions=[f"{__name__}:waits_squared"])
    assert frame.waits_squared["A"] == pytest.approx(760.0**2)
    assert pd.isna(frame.waits_squared["B"])
    assert catalogue.meaning["waits_squared"] == "total wait, squared"
    assert catalogue.unit["waits_squared"] == "seconds squared"


@pytest.mark.parametrize(
    ("function", "error", "match"),
    [
        (f"{__name__}:one_value_too_few", DataError, "gave 1 values for 2 rows"),
        (f"{__name__}:not_registered", ConfigError, "is not registered"),
        (f"{__name__}:nowhere", ConfigError, "was not found"),
        ("no_such_module:f", ConfigError, "was not found"),
        (__name__, ConfigError, "names no function"),
    ],
)
def test_a_function_that_cannot_be_used_is_named(function, error, match):
    with pytest.raises(error, match=match):
        monthly(features__functions=[function])


def test_an_expression_over_an_unknown_feature_suggests_one():
    with pytest.raises(ConfigError, match="Did you mean 'calls_31d'"):
        monthly(features__own={"x": "calls_32d + 1"})


def test_an_expression_that_mixes_types_is_refused():
    with pytest.raises(ConfigError, match="does not fit the types"):
        monthly(features__own={"x": "tariff + 1"})


@pytest.mark.parametrize(
    "text",
    [
        "read_csv('bills.csv')",
        "(select max(calls_31d) from features)",
        "calls_31d; drop table calls",
        "sum(calls_31d)",
        "row_number() over ()",
        "calls_31d::varchar",
        "getenv('HOME')",
        "random()",
    ],
)
def test_only_one_expression_over_the_row_is_allowed(text):
    with pytest.raises(ValueError, match=r"not allowed|any other SQL|no condition"):
        FeaturesConfig(own={"x": text})


def test_an_own_column_may_not_hide_one_of_the_table():
    with pytest.raises(ConfigError, match="'wait_s' is a column of the table already"):
        monthly(features__tables__calls__columns={"wait_s": "wait_s * 2"})


def test_a_feature_may_not_take_the_name_of_another():
    with pytest.raises(ConfigError, match=r"\['calls_31d'\] would stand for two"):
        monthly(features__own={"calls_31d": "calls_7d"})


def test_shares_are_of_columns_that_are_counted():
    with pytest.raises(ValueError, match=r"`shares` names \['queue'\]"):
        TableFeatures(categories=["reason"], shares=["queue"])


def test_events_after_those_of_another_table_are_counted():
    bills = [bill(1, CUTOFF - timedelta(days=6)), bill(2, CUTOFF - timedelta(days=40))]
    world = tables(calls=CALLS, bills=bills, customers=[customer()])
    project = memory_project(
        world, **MONTH, features__tables__calls__after={"bills": 2}
    )
    build_features(project, "monthly")
    row = project.stages.made["features__monthly"].rows.to_pandas().iloc[0]
    # Only the call 5 days before the cutoff came within 2 days after a bill.
    assert row["calls_after_bills_31d"] == 1


def test_spines_share_one_vocabulary_from_before_the_first_cutoff():
    early = [call(9, at("2025-01-05T10:00"), reason="fault")]
    world = tables(calls=[*CALLS, *early], customers=[customer()])
    project = memory_project(world, spines__after_call__first="2025-02-01")
    build_features(project, "monthly")
    build_features(project, "after_call")
    values = {
        name: set(
            made.rows.query("column == 'reason' and statistic == 'value'")["value"]
        )
        for name, made in project.stages.made.items()
        if name.startswith("catalogue__")
    }
    assert values["catalogue__monthly"] == values["catalogue__after_call"] == {"fault"}
