"""Leaks as they happen in practice, planted one by one: the audit finds each of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from audited_company import built, failures, written

from ccml.features import blocks, describe, history, plan, vocabulary, walks
from ccml.features import build as features_build
from ccml.features import events as feature_events
from ccml.features.audit.checks import (
    CUT,
    EDGES,
    FUTURE,
    KEYS,
    PAST,
    SLOW,
    STORED,
    WORDS,
)
from ccml.features.own import feature
from ccml.labels import build as labels_build
from ccml.labels.audit import EDGES as LABEL_EDGES
from ccml.labels.audit import RIPE, WINDOW
from ccml.labels.audit import SLOW as LABEL_SLOW

pytestmark = pytest.mark.slow
DAY = history.MICROSECONDS_PER_DAY


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A company whose features and labels were right when they were stored."""
    made = written(tmp_path_factory.mktemp("leaks"))
    for spine in ("monthly", "after_call"):
        built(made, spine)
    return made


def checks_of(found, about):
    return {check for check, name in found if name == about}


def test_an_event_at_the_cutoff_is_counted(project, monkeypatch):
    """`<=` instead of `<`."""

    def inclusive(starts, event_at, person, cutoff, windows):
        return walks.bounds(starts, event_at, person, cutoff + 1, windows)

    monkeypatch.setattr(history, "bounds", inclusive)
    found = failures(project, "monthly", EDGES)
    assert checks_of(found, "calls_7d") >= {EDGES}
    assert checks_of(found, "bills_31d") >= {EDGES}


def test_when_an_event_was_known_is_ignored(project, monkeypatch):
    def careless(table, customers):
        packed = history.pack(table, customers)
        return replace(packed, known_at=packed.event_at)

    monkeypatch.setattr(blocks, "pack", careless)
    found = failures(project, "monthly", EDGES, FUTURE, SLOW, CUT)
    assert checks_of(found, "calls_31d") >= {EDGES, FUTURE, SLOW, CUT}


def test_a_call_counts_before_its_customer_was_found(project, monkeypatch):
    def careless(store):
        calls = store.read("calls")
        links = store.read("identity_map").select("call_id", "customer_id")
        joined = calls.join(links, "call_id")
        return joined.mutate(event_at=joined.started_at)

    monkeypatch.setattr(feature_events, "linked_calls", careless)
    found = failures(project, "monthly", FUTURE, SLOW)
    assert checks_of(found, "calls_31d") >= {FUTURE, SLOW}
    assert checks_of(found, "bills_31d") == set()


def test_a_window_reaches_a_day_further(project, monkeypatch):
    def wider(starts, event_at, person, cutoff, windows):
        wide = np.where(windows == walks.EVER, windows, windows + DAY)
        return walks.bounds(starts, event_at, person, cutoff, wide)

    monkeypatch.setattr(history, "bounds", wider)
    found = failures(project, "monthly", EDGES, SLOW)
    assert checks_of(found, "calls_7d") >= {EDGES, SLOW}
    assert checks_of(found, "calls_ever") == set()


def test_a_customer_is_read_as_of_today(project, monkeypatch):
    def newest(customers, rows):
        last = customers.starts[rows.person + 1] - 1
        return replace(describe_standing(customers, rows), newest=last)

    describe_standing = describe.standing
    monkeypatch.setattr(describe, "standing", newest)
    found = failures(project, "monthly", FUTURE, SLOW)
    assert checks_of(found, "tariff") >= {FUTURE, SLOW}


def test_times_of_events_are_cut_to_days(project, monkeypatch):
    """What happens this evening counts this morning."""

    def of_days(project, name):
        events = plan_events(project, name)
        day = events.event_at.truncate("D")
        return events.mutate(event_at=day, known_at=day)

    plan_events = plan.described_events
    monkeypatch.setattr(plan, "described_events", of_days)
    found = failures(project, "after_call", FUTURE, SLOW)
    assert checks_of(found, "calls_7d") >= {FUTURE, SLOW}


def test_values_are_chosen_from_the_whole_table(project, monkeypatch):
    def of_all(_project, events, column, _begin):
        counts = events.group_by(value=events[column]).agg(n=events.count())
        top = counts.order_by(counts.n.desc(), counts.value).limit(2).to_pandas()
        return sorted(top.value)

    monkeypatch.setattr(vocabulary, "_frequent", of_all)
    assert (WORDS, "calls.reason") in failures(project, "monthly", WORDS)


@feature("calls_beside_others", "calls", "calls less the average of all rows")
def calls_beside_others(features: pd.DataFrame) -> pd.Series:
    return features.calls_31d - features.calls_31d.mean()


@feature("calls_next_time", "calls", "calls of the row that comes after")
def calls_next_time(features: pd.DataFrame) -> pd.Series:
    return features.calls_31d.shift(-1)


@pytest.mark.parametrize("function", ["calls_beside_others", "calls_next_time"])
def test_a_function_looks_at_other_rows(tmp_path, function):
    functions = [f"test_planted_leaks:{function}"]
    made = written(tmp_path, features__functions=functions)
    found = failures(built(made, "monthly"), "monthly", SLOW)
    assert checks_of(found, function) >= {SLOW}
    assert {about for _check, about in found} == {function}


def test_a_spine_drops_customers_without_calls(project, monkeypatch):
    def inner(project, name):
        spine = make_spine(project, name)
        active = project.store.read("bills").filter(lambda t: t.amount_eur > 80)
        return spine.semi_join(active, "customer_id").cache()

    make_spine = features_build.make_spine
    monkeypatch.setattr(features_build, "make_spine", inner)
    assert (KEYS, "monthly") in failures(project, "monthly", KEYS)


def test_cutoffs_of_a_customer_are_joined_into_one(project, monkeypatch):
    def joined(project, name):
        spine = make_spine(project, name)
        last = spine.cutoff_at.max().over(group_by=spine.customer_id)
        return spine.mutate(cutoff_at=last).cache()

    make_spine = features_build.make_spine
    monkeypatch.setattr(features_build, "make_spine", joined)
    assert (KEYS, "monthly") in failures(project, "monthly", KEYS)


def test_a_table_is_read_but_never_matches(project, monkeypatch):
    """Nothing changes with the past: the audit would otherwise praise empty features."""

    def blind(starts, event_at, person, cutoff, windows):
        top, low = walks.bounds(starts, event_at, person, cutoff, windows)
        return top, np.broadcast_to(top, low.shape).copy()

    monkeypatch.setattr(history, "bounds", blind)
    assert {(PAST, "calls"), (PAST, "bills")} <= failures(project, "monthly", PAST)


def test_a_label_is_zero_before_its_horizon_is_over(project, monkeypatch):
    def hasty(rows, looked):
        made = label_rows(rows, looked)
        return made.mutate(label=made.label.fill_null(0))

    label_rows = labels_build.label_rows
    monkeypatch.setattr(labels_build, "label_rows", hasty)
    assert checks_of(failures(project, "monthly", RIPE, LABEL_SLOW), "billed") >= {
        RIPE,
        LABEL_SLOW,
    }


def test_a_label_looks_further_than_its_horizon(project, monkeypatch):
    def greedy(rows, looked):
        label = looked.label.model_copy(
            update={"horizon_days": looked.label.horizon_days + 20}
        )
        return label_rows(rows, replace(looked, label=label))

    label_rows = labels_build.label_rows
    monkeypatch.setattr(labels_build, "label_rows", greedy)
    found = checks_of(failures(project, "monthly", LABEL_EDGES, WINDOW), "billed")
    assert found == {LABEL_EDGES, WINDOW}


def test_features_of_another_making_are_stored(project):
    """A stored feature that the code would not make today is no audited feature."""
    rows = project.store.read("features__after_call").to_pyarrow()
    place = rows.schema.get_field_index("calls_7d")
    more = pa.array(rows["calls_7d"].to_numpy() + 1)
    changed = rows.set_column(place, "calls_7d", more)
    kept = project.store.manifest("features__after_call")
    stored = features_build.Table(changed, kept.keys, kept.about)
    project.store.write("features__after_call", stored, kept.fingerprint)
    assert (STORED, "calls_7d") in failures(project, "after_call", STORED)
