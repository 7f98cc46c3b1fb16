from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from builders import at, bill, call, customer, link, memory_project, tables

from ccml.config.features import SpineConfig, TableFeatures
from ccml.errors import ConfigError, DataError
from ccml.features.build import build_features
from ccml.features.listing import attribute_features, table_features
from ccml.features.spine import periodic_cutoffs

pytestmark = pytest.mark.usefixtures("shared_backend")
BEGIN, UNTIL = at("2025-02-10T09:00"), at("2025-11-20T00:00")


def cutoffs(zone, begin=BEGIN, until=UNTIL, **changes):
    return periodic_cutoffs(SpineConfig(**changes), ZoneInfo(zone), begin, until)


@pytest.mark.parametrize("every", ["month", "week"])
@pytest.mark.parametrize("zone", ["Europe/Warsaw", "America/New_York", "Asia/Tokyo"])
def test_cutoffs_are_local_midnights_in_summer_and_winter(zone, every):
    found = cutoffs(zone, every=every)
    local = [cutoff.astimezone(ZoneInfo(zone)) for cutoff in found]
    assert {(c.hour, c.minute) for c in local} == {(0, 0)}
    assert {c.day if every == "month" else c.weekday() for c in local} == {
        1 if every == "month" else 0
    }
    assert len({c.utcoffset() for c in local}) == (1 if zone == "Asia/Tokyo" else 2)
    steps = {(b.date() - a.date()).days for a, b in pairwise(local)}
    assert steps <= ({28, 30, 31} if every == "month" else {7})


def test_cutoffs_lie_between_begin_and_the_end_of_the_data():
    zone = "Europe/Warsaw"
    exact = at("2025-03-01T00:00:00+01:00")
    assert cutoffs(zone, begin=exact, until=exact, every="month") == [exact]
    tick = timedelta(microseconds=1)
    assert cutoffs(zone, begin=exact + tick, until=UNTIL, every="month")[0] > exact
    assert cutoffs(zone, begin=exact, until=exact - tick, every="month") == []
    early = cutoffs(zone, every="month", first="2025-01-02", last="2025-03-31")
    days = [c.astimezone(ZoneInfo(zone)).date().isoformat() for c in early]
    assert days == ["2025-02-01", "2025-03-01"]


def build(spine, rows, **changes):
    project = memory_project(rows, **{"features__windows_days": [1], **changes})
    build_features(project, spine)
    made = project.stages.made
    return project, made[f"features__{spine}"].rows.to_pandas()


def test_hours_and_weekdays_are_those_of_the_site_across_a_time_change():
    calls = [
        call(1, at("2025-03-30T00:30:00+01:00"), ended_at=at("2025-03-30T00:59:00Z")),
        call(2, at("2025-03-30T00:30:00+01:00"), ended_at=at("2025-03-30T01:01:00Z")),
    ]
    _, frame = build("after_call", tables(calls=calls))
    frame = frame.set_index("event_id")
    assert list(frame.cutoff_hour.sort_index()) == [1.0, 3.0]
    assert set(frame.cutoff_weekday) == {6.0}


def test_an_event_is_not_among_its_own_features():
    day = at("2025-04-01T10:00")
    calls = [call(1, day), call(2, day + timedelta(hours=1)), call(3, day)]
    _, frame = build("after_call", tables(calls=calls, bills=[bill(1, day)]))
    assert frame.set_index("event_id").calls_1d.to_dict() == {
        "call 1": 0,
        "call 3": 0,
        "call 2": 2,
    }
    _, frame = build("before_bill", tables(calls=calls, bills=[bill(1, day)]))
    assert list(frame.bills_ever) == [0]
    assert list(frame.this_kind) == ["regular"]


def test_first_and_last_bound_the_cutoffs_of_events_by_local_days():
    moments = ["2025-03-31T23:59:59+02:00", "2025-04-01T00:00:00+02:00"]
    moments += ["2025-04-30T23:59:59+02:00", "2025-05-01T00:00:00+02:00"]
    rows = tables(bills=[bill(i, at(moment)) for i, moment in enumerate(moments)])
    bounds = {"first": "2025-04-01", "last": "2025-04-30"}
    spines = {"some": {"each": "bills", "at": "event_at", **bounds}}
    _, frame = build("some", rows, spines=spines, predictors={})
    assert sorted(frame.event_id) == ["bill 1", "bill 2"]


def test_callers_who_are_not_known_make_no_row_and_no_feature():
    known, unknown = call(1, at("2025-03-01")), call(2, at("2025-03-02"))
    rows = tables(
        calls=[known, unknown], identity_map=[link(known), link(unknown, None)]
    )
    _, frame = build("after_call", rows)
    assert list(frame.event_id) == ["call 1"]


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        pytest.param({}, True, id="still valid"),
        pytest.param({"valid_to": at("2025-03-31T22:00")}, True, id="ends at cutoff"),
        pytest.param({"valid_to": at("2025-03-31T21:59")}, False, id="ended before"),
        pytest.param({"valid_from": at("2025-03-31T22:00")}, False, id="begins at it"),
        pytest.param({"known_at": at("2025-03-31T22:00")}, False, id="known at it"),
    ],
)
def test_customers_are_described_while_they_are_known_to_be_valid(changes, there):
    rows = tables(
        customers=[customer(**changes), customer("B")],
        calls=[call(1, at("2025-01-01"))],
    )
    _, frame = build("monthly", rows)
    april = frame[frame.cutoff_at == at("2025-04-01T00:00:00+02:00")]
    assert ("A" in set(april.customer_id)) is there


def test_a_customer_who_comes_back_is_gone_in_between():
    rows = tables(
        customers=[
            customer(valid_to=at("2025-03-10")),
            customer(valid_from=at("2025-04-10"), tariff="plus"),
        ],
        calls=[call(1, at("2025-01-01"))],
    )
    _, frame = build("monthly", rows)
    frame = frame.sort_values("cutoff_at")
    assert list(frame.cutoff_at.dt.month) == [2, 4]  # March 1 and May 1 in Warsaw
    assert list(frame.tariff) == ["basic", "plus"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"features__tables__calls__measures": ["wait"]},
            r"calls\.measures: .*'wait_s'",
        ),
        (
            {"features__tables__calls__measures": ["reason"]},
            "holds string, but measures",
        ),
        (
            {"features__tables__calls__flags": ["wait_s"]},
            "but flags must be true or fal",
        ),
        (
            {"features__tables__calls__values": {"rea": ["x"]}},
            r"calls\.values: no column",
        ),
        ({"features__tables__calls__where": "x = 1"}, r"calls\.where: no column"),
        (
            {"spines__after_call__at": "end"},
            r"spines\.after_call: no column named 'end'",
        ),
        ({"spines__after_call__at": "reason"}, "'reason' is no time column"),
        ({"spines__after_call__own": ["who"]}, r"spines\.after_call: no column named"),
        ({"spines__after_call__where": "answerd"}, r"after_call\.where: .*'answered'"),
    ],
)
def test_faults_of_the_config_are_told_with_their_place(changes, message):
    with pytest.raises(ConfigError, match=message):
        build("after_call", tables(calls=[call(1, at("2025-03-01"))]), **changes)


def test_a_name_for_two_features_is_refused():
    changes = {"attributes": ["calls_ever"], "path": "customers.csv"}
    project = memory_project(
        tables(calls=[call(1, at("2025-01-01"))], customers=[customer()]),
        sources__customers=changes,
        features__attributes=["calls_ever"],
        spines={"plain": {"every": "month", "first": "2025-03-01"}},
        predictors={},
    )
    read = project.store.read

    def with_attribute(name):
        return read(name).mutate(calls_ever=1.0) if name == "customers" else read(name)

    project.store.read = with_attribute
    with pytest.raises(
        ConfigError, match=r"names \['calls_ever'\] would stand for two"
    ):
        build_features(project, "plain")


def test_an_attribute_named_twice_is_one_feature():
    rows = tables(customers=[customer()], calls=[call(1, at("2025-01-01"))])
    _, frame = build("monthly", rows, features__attributes=["tariff", "tariff"])
    assert list(frame.columns).count("tariff") == 1


@pytest.mark.parametrize(
    ("spine", "rows", "changes", "message"),
    [
        ("after_call", {}, {}, r"spines\.after_call: no event of calls is left"),
        ("basic", {"customers": [customer(tariff="plus")]}, {}, "no customer is left"),
        (
            "monthly",
            {"customers": [customer()]},
            {"spines__monthly__first": "2030-01-01"},
            "no cutoff lies between",
        ),
        (
            "plain",
            {"customers": [customer()]},
            {"spines__plain": {"every": "week"}},
            "no event of a known customer",
        ),
        ("basic", {}, {"spines__basic__where": "true"}, "no customer is left"),
    ],
)
def test_an_empty_spine_is_a_fault_of_the_data(spine, rows, changes, message):
    with pytest.raises(DataError, match=message):
        build(spine, tables(**rows), **changes)


def test_an_unknown_attribute_in_a_spine_is_told():
    with pytest.raises(ConfigError, match=r"spines\.basic\.where: .*'tariff'"):
        build(
            "basic", tables(customers=[customer()]), spines__basic__where="tarif = 'x'"
        )


def test_the_first_cutoff_leaves_room_for_the_longest_window():
    spines = {"plain": {"every": "month"}}
    rows = tables(customers=[customer()], calls=[call(1, at("2025-01-15"))])
    changes = {"spines": spines, "predictors": {}, "features__windows_days": [1, 31]}
    _, frame = build("plain", rows, **changes)
    assert frame.cutoff_at.min() == at("2025-03-01T00:00:00+01:00")


def test_categories_without_a_past_are_noted():
    project, frame = build("after_call", tables(calls=[call(1, at("2025-03-01"))]))
    assert not [name for name in frame if name.startswith("calls_reason")]
    assert "no 'reason' was known before the first" in project.progress.notes[0]


def test_values_that_look_alike_keep_names_of_their_own():
    values = {"kind": ["a+b", "a-b", "A B", "żółw", "рак", "--", "a+b"]}
    features = table_features("bills", TableFeatures(), [7], values)
    found = {f.value: f.name for f in features if f.statistic == "value"}
    assert set(found) == set(values["kind"])
    assert len(set(found.values())) == len(found)
    assert found["a+b"] == "bills_kind_a_b_7d"
    assert found["żółw"] == "bills_kind_żółw_7d"


def test_repeated_windows_make_each_feature_once():
    features = table_features("bills", TableFeatures(), [7, 7], {})
    assert len({f.name for f in features}) == len(features)


def test_units_and_kinds_of_attributes():
    found = {
        feature.name: (feature.statistic, feature.unit)
        for feature in attribute_features(
            {
                "tariff": "string",
                "joined_on": "timestamp('UTC', 6)",
                "fee_eur": "float64",
            }
        )
    }
    assert found == {
        "customer_days_known": ("known", "days"),
        "tariff": ("attribute", "value"),
        "joined_on_days_ago": ("days_since", "days"),
        "fee_eur": ("attribute", "EUR"),
    }


def test_sums_are_exact_in_whatever_order_events_come():
    day = at("2025-04-01T10:00")
    amounts = [1e16, 1.0, -1e16, 0.1, 0.2]
    bills = [
        bill(i, day - timedelta(hours=i + 1), amount_eur=amount)
        for i, amount in enumerate(amounts)
    ]
    _, frame = build("after_call", tables(calls=[call(1, day)], bills=bills))
    assert frame.bills_amount_eur_sum_1d.tolist() == [1.3]
    assert frame.bills_amount_eur_mean_1d.tolist() == [1.3 / len(amounts)]
