from datetime import timedelta

import ibis
import pandas as pd
import pytest
from builders import arrow, at, bill, call, customer, memory_project, tables
from described import describe_rows

from ccml.config.labels import EventLabelConfig
from ccml.errors import ConfigError, DataError
from ccml.features.build import build_features
from ccml.features.spine import with_row_id
from ccml.labels.build import build_labels
from ccml.labels.rows import Looked, horizon, label_rows
from ccml.labels.words import label_rule

pytestmark = pytest.mark.usefixtures("shared_backend")
CUTOFF = at("2025-03-10T12:00")
TICK = timedelta(microseconds=1)
WINDOW = {"horizon_days": 10, "gap_days": 2, "settle_days": 3}
LATER = CUTOFF + timedelta(days=100)


def spine_of(*cutoffs):
    frame = {"customer_id": ["A"] * len(cutoffs), "cutoff_at": list(cutoffs)}
    rows = pd.DataFrame(frame).to_dict("records")
    schema = arrow("bills", []).schema
    table = ibis.memtable(
        arrow("bills", [{"customer_id": "A", "event_at": r["cutoff_at"]} for r in rows])
    )
    assert "customer_id" in schema.names
    spine = table.select("customer_id", cutoff_at=table.event_at)
    return with_row_id(spine, ["customer_id", "cutoff_at"])


def labels(cutoffs, events, until=LATER, **label):
    bills = ibis.memtable(arrow("bills", events))
    label = EventLabelConfig(table="bills", **{**WINDOW, **label})
    looked = Looked(bills.mutate(counts=ibis.literal(True)), label, until)
    spine = spine_of(*cutoffs).mutate(is_eligible=ibis.literal(True))
    frame = label_rows(spine, looked).order_by("cutoff_at").to_pandas()
    return [None if pd.isna(value) else int(value) for value in frame["label"]]


@pytest.mark.parametrize(
    ("offset", "role"),
    [
        pytest.param(-TICK, "feature", id="just before the cutoff"),
        pytest.param(timedelta(), None, id="at the cutoff"),
        pytest.param(timedelta(days=2) - TICK, None, id="end of the gap"),
        pytest.param(timedelta(days=2), "label", id="start of the horizon"),
        pytest.param(timedelta(days=12) - TICK, "label", id="end of the horizon"),
        pytest.param(timedelta(days=12), None, id="after the horizon"),
    ],
)
def test_every_instant_is_a_feature_or_a_label_or_nothing(offset, role):
    from ccml.config.features import TableFeatures
    from ccml.features.listing import table_features

    event = bill(1, CUTOFF + offset)
    counts = table_features("bills", TableFeatures(), [30], {})
    bills = ibis.memtable(arrow("bills", [event]))
    seen = describe_rows(spine_of(CUTOFF), bills, counts).bills_ever[0]
    happened = labels([CUTOFF], [event])
    assert (seen, happened) == (role == "feature", [int(role == "label")])


def test_without_a_gap_the_instant_of_the_cutoff_belongs_to_the_label():
    event = bill(1, CUTOFF)
    assert labels([CUTOFF], [event], gap_days=0, horizon_days=5) == [1]


@pytest.mark.parametrize("events", [[], [bill(1, CUTOFF + timedelta(days=3))]])
def test_a_label_is_null_until_horizon_and_settling_are_over(events):
    label = EventLabelConfig(table="bills", **WINDOW)
    known = CUTOFF + horizon(label).known_after
    assert known == CUTOFF + label.embargo
    assert known == CUTOFF + timedelta(days=15)
    assert labels([CUTOFF], events, until=known - TICK) == [None]
    assert labels([CUTOFF], events, until=known) == [len(events)]


def test_only_mature_rows_are_labelled_and_every_row_is_kept():
    cutoffs = [CUTOFF + timedelta(days=d) for d in (0, 1, 20)]
    events = [bill(1, CUTOFF + timedelta(days=3)), bill(2, CUTOFF + timedelta(days=4))]
    until = CUTOFF + timedelta(days=16)
    assert labels(cutoffs, events, until=until) == [1, 1, None]


def test_events_of_others_do_not_count():
    other = bill(1, CUTOFF + timedelta(days=3), customer_id="B")
    assert labels([CUTOFF], [other]) == [0]


def built_labels(name, rows, **changes):
    project = memory_project(rows, **changes)
    build_features(project, project.config.predictors[name].spine)
    build_labels(project, name)
    frame = project.stages.made[f"labels__{name}"].rows.to_pandas()
    return frame.set_index(frame.columns[0])["label"]


@pytest.mark.parametrize("length", [timedelta(), timedelta(minutes=5)])
def test_a_call_is_not_its_own_repeat(length):
    day = at("2025-04-01T10:00")
    one = call(1, day, ended_at=day + length)
    again = call(2, day + timedelta(days=3))
    other = call(3, day + timedelta(days=30))
    found = built_labels("again", tables(calls=[one, again, other]))
    assert found.to_dict() == {"call 1": 1, "call 2": 0, "call 3": 0}


def test_an_event_may_answer_for_itself_when_it_is_cut_before_it_happens():
    before = {
        "before": {
            "spine": "before_bill",
            "label": {"table": "bills", "where": "kind = 'final'", "horizon_days": 1},
        }
    }
    rows = [bill(1, at("2025-04-01"), kind="final"), bill(2, at("2025-03-01"))]
    found = built_labels("before", tables(bills=rows), predictors=before)
    assert found.to_dict() == {"bill 1": 1, "bill 2": 0}


def test_only_events_that_meet_the_condition_count():
    start = at("2025-03-01T00:00:00+01:00")
    rows = tables(
        customers=[customer()],
        bills=[
            bill(1, start - timedelta(days=40)),
            bill(2, start + timedelta(days=4)),
            bill(3, at("2025-04-05"), kind="final"),
        ],
    )
    project = memory_project(rows)
    build_features(project, "monthly")
    build_labels(project, "billed")
    frame = project.stages.made["labels__billed"].rows.order_by("cutoff_at").to_pandas()
    assert list(frame.label) == [0, 1, 0]
    assert list(frame.columns) == ["customer_id", "cutoff_at", "label", "status"]


def test_labels_that_cannot_be_known_yet_are_a_fault_of_the_data():
    rows = tables(calls=[call(1, at("2025-04-01"))])
    with pytest.raises(
        DataError, match=r"again: no label is known yet: .* 7 days .*end"
    ):
        built_labels("again", rows, data_until=at("2025-04-02"))


def test_an_unknown_column_in_the_condition_is_told_with_its_place():
    rows = tables(calls=[call(1, at("2025-04-01"))])
    label = {"table": "calls", "horizon_days": 7, "where": "reson = 'x'"}
    with pytest.raises(ConfigError, match=r"again\.label\.where: .* 'reason'"):
        built_labels("again", rows, predictors__again__label=label)


def test_a_label_over_time_needs_a_spine():
    flat = {"table": "bank", "split": {"kind": "random"}, "label": {"column": "y"}}
    project = memory_project(tables(), predictors={"flat": flat})
    with pytest.raises(ConfigError, match=r"predictors\.flat: a label over time needs"):
        build_labels(project, "flat")
    assert label_rule(project, "flat") == "y is 1"


def test_the_rule_is_said_in_words():
    project = memory_project(tables())
    assert label_rule(project, "billed") == (
        "an event of bills where kind = 'final' happens within 10 days, counted from "
        "2 days after the cutoff"
    )
    assert "within 7 days, counted from right after the" in label_rule(project, "again")
