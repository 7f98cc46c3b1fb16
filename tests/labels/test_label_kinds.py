from datetime import timedelta

import ibis
import pytest
from builders import at, bill, call, customer, link, memory_project, tables
from labelled import label_of
from pydantic import ValidationError

from ccml.config.labels import EventLabelConfig
from ccml.config.references import broken_references
from ccml.errors import ConfigError, DataError
from ccml.features.build import build_features
from ccml.labels.build import build_labels
from ccml.labels.rows import Looked, label_rows
from ccml.labels.words import label_rule
from ccml.predictors.training_table import training_set

pytestmark = pytest.mark.usefixtures("shared_backend")
BILLED = {"table": "bills", "horizon_days": 10}
START = at("2025-03-01T00:00:00+01:00")
UNTIL = at("2025-05-05T00:00:00+02:00")


def built(rows, spine="monthly", attributes=("tariff",), **label):
    """Build the labels of the predictor `billed`, and give its project."""
    changes = {
        "predictors": {"billed": {"spine": spine, "label": {**BILLED, **label}}},
        "features__attributes": list(attributes),
        "data_until": UNTIL,
    }
    project = memory_project(rows, **changes)
    build_features(project, spine)
    build_labels(project, "billed")
    return project


def frame_of(project):
    table = project.stages.made["labels__billed"]
    return table.rows.order_by(table.keys).to_pandas()


def bills_of(*customers):
    bills = [
        bill(f"{who} {i}", START + timedelta(days=2 + i), customer_id=who)
        for who, many in customers
        for i in range(many)
    ]
    people = [customer(who) for who, _many in customers]
    return tables(customers=people, bills=bills)


@pytest.mark.parametrize(
    ("label", "march"),
    [
        ({}, [0, 1, 1]),
        ({"kind": "inactivity"}, [1, 0, 0]),
        ({"kind": "count"}, [0, 1, 3]),
        ({"kind": "count", "at_least": 3}, [0, 0, 1]),
    ],
)
def test_a_label_tells_whether_something_happened_or_nothing_or_how_much(label, march):
    frame = frame_of(built(bills_of(("A", 0), ("B", 1), ("C", 3)), **label))
    assert frame.label[frame.cutoff_at == START].tolist() == march
    assert frame.label[frame.cutoff_at > UNTIL - timedelta(days=10)].isna().all()


def test_every_row_has_a_label_or_a_reason_and_the_run_says_how_many():
    project = built(bills_of(("A", 0), ("B", 1)), eligible="customer_days_known > 430")
    frame = frame_of(project)
    counts = frame.status.value_counts().to_dict()
    assert set(counts) == {"labelled", "not eligible", "not mature"}
    assert sum(counts.values()) == len(frame) == 6
    assert frame.label.notna().tolist() == (frame.status == "labelled").tolist()
    told = (
        f"6 rows = {counts['labelled']} labelled + {counts['not eligible']} not eligible "
        f"+ {counts['not mature']} not mature"
    )
    assert project.progress.notes[-1] == f"labels of billed: {told}"
    assert project.stages.made["labels__billed"].about.endswith(told)


def test_only_known_labels_reach_the_training_and_nothing_else_of_them():
    project = built(bills_of(("A", 0), ("B", 1)), eligible="customer_days_known > 430")
    data = training_set(project, "billed")
    labelled = frame_of(project).dropna()
    assert data.label.tolist() == labelled.label.tolist()
    assert "status" not in data.features
    assert data.keys.customer_id.tolist() == labelled.customer_id.tolist()


def test_who_is_eligible_may_be_read_from_attributes_as_they_were_at_the_cutoff():
    before = {"valid_to": START + timedelta(days=3), "tariff": "basic"}
    later = {"valid_from": START + timedelta(days=3), "tariff": "gold"}
    people = [customer(**before), customer(**later), customer("B")]
    given = built(
        tables(customers=people, bills=[bill(1, START)]),
        attributes=(),
        eligible="tariff = 'basic' and bills_1d >= 0",
    )
    april = START + timedelta(days=31) - timedelta(hours=1)
    frame = frame_of(given).set_index(["customer_id", "cutoff_at"]).status
    assert frame["A", START] == frame["B", START] == frame["B", april] == "labelled"
    assert frame["A", april] == "not eligible"


def test_what_is_null_is_not_eligible():
    rows = tables(customers=[customer()], bills=[bill(1, START + timedelta(days=1))])
    frame = frame_of(built(rows, eligible="bills_amount_eur_mean_31d < 100"))
    assert frame.status.tolist()[:2] == ["not eligible", "labelled"]


def test_a_population_without_anybody_is_a_fault():
    with pytest.raises(
        DataError, match=r"billed\.label\.eligible: no row .*900.*widen"
    ):
        built(bills_of(("A", 1)), eligible="bills_31d > 900")


def test_an_unknown_feature_of_the_population_is_told_with_its_place():
    with pytest.raises(
        ConfigError, match=r"label\.eligible: no column .*mean 'bills_7d'"
    ):
        built(bills_of(("A", 1)), eligible="bills_6d > 1")


def test_attributes_of_today_say_nothing_about_who_was_eligible():
    project = built(bills_of(("A", 1)), attributes=())
    values = project.config.model_dump()
    values["sources"]["customers"]["current_only"] = True
    values["predictors"]["billed"]["label"]["eligible"] = "tariff = 'basic'"
    project.config = type(project.config).model_validate(values)
    with pytest.raises(ConfigError, match=r"eligible: \['tariff'\] .*current_only"):
        build_labels(project, "billed")


def test_a_call_of_the_site_is_labelled_by_repeats_end_to_end():
    day = at("2025-04-01T10:00")
    calls = [call(1, day), call(2, day + timedelta(minutes=7)), call(3, day)]
    calls.append(call(4, day + timedelta(days=3), reason="move"))
    links = [link(c, "B" if c["call_id"] == "call 3" else "A") for c in calls]
    label = {"table": "calls", "repeats": {}, "where": "reason <> 'fault'"}
    rows = tables(calls=calls, identity_map=links)
    frame = frame_of(built(rows, "after_call", **label))
    found = dict(zip(frame.event_id, frame.label, strict=True))
    assert found == {"call 1": 1, "call 2": 1, "call 3": 0, "call 4": 0}


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"at_least": 2}, "at_least needs kind 'count', got 'event'"),
        ({"kind": "count", "at_least": 0}, "greater than or equal to 1"),
        ({"kind": "silence"}, "'event', 'inactivity' or 'count'"),
        ({"table": "bills", "repeats": {}}, "repeats are calls, but table is 'bills'"),
        ({"repeats": {"families": {"a": ["b"]}}}, "families needs `same: reason`"),
        (
            {"repeats": {"same": "queue", "families": {"a": ["b"], "c": ["b"]}}},
            r"\['b'\] stand there twice",
        ),
    ],
)
def test_keys_that_contradict_each_other_are_refused(values, match):
    with pytest.raises(ValidationError, match=match):
        label_of(**values)


def test_the_same_reason_needs_rows_that_are_calls():
    label = {"table": "calls", "horizon_days": 7, "repeats": {"same": "reason"}}
    both = {
        "good": {"spine": "after_call", "label": label},
        "bad": {"spine": "monthly", "label": label},
    }
    config = memory_project(tables(), predictors=both).config
    ((path, sentence),) = broken_references(config)
    assert path == ("predictors", "bad", "label", "repeats", "same")
    assert "only a call has a reason" in sentence


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ({"kind": "inactivity"}, "no event of bills happens within 10 days"),
        ({"kind": "count"}, "the number of events of bills that happen within 10 days"),
        (
            {"kind": "count", "at_least": 2, "eligible": "bills_7d >= 1"},
            "2 events of bills or more happen within 10 days, counted from right after "
            "the cutoff; rows where bills_7d >= 1",
        ),
        (
            {"table": "calls", "repeats": {}},
            "a further inbound call of the customer happens within 10 days, counted from "
            "right after the cutoff; calls within 10 min count once; callbacks and "
            "continued transfers do not count",
        ),
        (
            {
                "table": "calls",
                "kind": "count",
                "repeats": {
                    "same": "reason",
                    "families": {"a": ["b"]},
                    "answered_only": True,
                    "merge_redials_minutes": 0,
                },
            },
            "the number of further answered calls of the customer with the same reason "
            "family that happen within 10 days, counted from right after the cutoff; "
            "callbacks and",
        ),
    ],
)
def test_the_rule_of_each_kind_is_said_in_words(label, words):
    given = {"spine": "monthly", "label": {**BILLED, **label}}
    project = memory_project(tables(), predictors={"billed": given})
    assert label_rule(project, "billed").startswith(words)


@pytest.mark.parametrize("repeats", [None, {}, {"same": "reason"}])
def test_labels_can_be_said_in_the_language_of_spark(repeats):
    text, moment, flag = "string", "timestamp('UTC', 6)", "boolean"
    names = {"event_id": text, "customer_id": text}
    facts = {"call_id": text, "direction": text, "callback_of": text, "reason": text}
    times = dict.fromkeys(["event_at", "started_at", "ended_at"], moment)
    flags = dict.fromkeys(["answered", "transferred", "counts"], flag)
    calls = ibis.table(names | facts | times | flags, name="calls")
    row = {"row_id": "int64", "cutoff_at": moment, "is_eligible": flag}
    spine = ibis.table(names | row, name="spine")
    label = EventLabelConfig.model_validate(
        {"table": "calls", "horizon_days": 7, "repeats": repeats}
    )
    rows = label_rows(spine, Looked(calls, label, UNTIL, skips_own=True))
    assert "OVER (" in ibis.to_sql(rows, dialect="pyspark")
