"""Linking with every source, contacts on every channel, and one customer's journey."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from described import describe_rows
from source_projects import CALL_HEADER, CALLS, HEAD, KEY, call, project

from ccml.config.features import TableFeatures
from ccml.errors import ConfigError, DataError
from ccml.features.events import customer_events
from ccml.features.listing import table_features
from ccml.identity.call_links import call_links_recipe, customer_keys_recipe
from ccml.identity.journey import build_contacts, contact_tables, customer_journey
from ccml.identity.link_stage import link_calls
from ccml.identity.prepare import (
    prepare_calls,
    prepare_customers,
    prepare_events,
    prepare_phones,
)
from ccml.sources.files import find_files
from ccml.sources.ingest import ingest
from ccml.sources.parts import source_files

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

SOURCES = f"""
calls:{CALLS}      customer_key: key
customers: {{path: crm/1.csv, known_at: known, valid_from: known}}
customer_phones: {{path: phones/1.csv, known_at: known}}
call_links: {{path: tasks/1.csv, call_id: CallObject, customer_id: who, known_at: made}}
customer_keys: {{path: keys/1.csv, key: pbx}}
events:
  visits:
    path: visits/1.csv
    id: id
    event_at: "at"
    categories: [topic]
    flags: [solved]
    contact: {{channel: web, reason: topic, outcome: solved, failed: not solved}}
  bills: {{path: bills/1.csv, id: id, event_at: "at", measures: {{amount_eur: eur}}}}
"""
FILES = {
    "calls_1": [
        f"{CALL_HEADER},key",
        f"{call()},",
        f"{call(id='k2', phone='anonymous')},77",
        f"{call(id='k3', phone='anonymous')},",
        f"{call(id='k4', phone='+48 600 700 801')},",
    ],
    "crm_1": [
        "customer_id,known",
        *(f"{name},2026-01-01T00:00:00Z" for name in ("c1", "c2", "c3")),
    ],
    "phones_1": [
        "customer_id,phone,known",
        "c1,0048600700800,2026-01-01T00:00:00Z",
    ],
    "tasks_1": ["CallObject,who,made", "file:k3,c3,2026-01-05T10:30:00Z"],
    "keys_1": ["pbx,customer_id", "77,c2"],
    "visits_1": [
        "id,customer_id,at,topic,solved",
        "v1,c1,2026-01-05T04:00:00Z,bill,no",
        "v2,c1,2026-01-09T04:00:00Z,offer,yes",
    ],
    "bills_1": ["id,customer_id,at,eur", "b1,c1,2026-01-04T00:00:00Z,35.5"],
}


def stored(opened, table, recipe):
    """Read one source into the workspace."""
    layer = recipe.layer
    files = find_files(opened.folder, layer.source, layer.place)
    named = source_files(opened, layer.source, files)
    made = ingest(opened.store, table, named, recipe)
    opened.store.write(table, made[table], "f")


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    opened = project(shared_backend, folder, SOURCES, **FILES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        prepare_customers(opened)
        prepare_phones(opened)
        prepare_calls(opened)
    sources = opened.config.sources
    stored(opened, "call_links", call_links_recipe(sources.call_links))
    stored(opened, "customer_keys", customer_keys_recipe(sources.customer_keys))
    assert link_calls(opened)
    for name in sources.events:
        prepare_events(opened, name)
    return opened


@pytest.fixture
def company(prepared):
    """A company whose contacts have not been brought together yet."""
    prepared.store.remove("contacts")
    return prepared


def test_every_source_links_its_call(company):
    links = company.store.frame("identity_map").set_index("call_id")
    found = links.customer_id.dropna().to_dict()
    assert found == {"k1": "c1", "k2": "c2", "k3": "c3"}
    assert links.rule.to_dict() == {
        "k1": "phone",
        "k2": "key_map",
        "k3": "call_link",
        "k4": "none",
    }
    assert links.known_at["k3"] == pd.Timestamp("2026-01-05T10:30Z")
    assert not link_calls(company)


def test_contacts_hold_calls_and_visits_and_can_be_features(company):
    assert contact_tables(company.config) == ["visits"]
    assert build_contacts(company)
    assert not build_contacts(company)
    contacts = company.store.frame("contacts").set_index("contact_id")
    assert set(contacts.index) == {
        "calls:k1",
        "calls:k2",
        "calls:k3",
        "visits:v1",
        "visits:v2",
    }
    first = contacts.loc["calls:k1"]
    assert (first.previous_channel, first.hours_since_previous) == ("web", 6)
    assert contacts.is_channel_switch.sum() == 1
    events = customer_events(company, "contacts")
    config = TableFeatures(
        measures=["hours_since_previous"],
        flags=["is_channel_switch"],
        categories=["channel"],
    )
    values = {"channel": ["voice", "web"]}
    features = table_features("contacts", config, [30], values)
    spine = events.select("customer_id").distinct()
    spine = spine.filter(spine.customer_id == "c1").mutate(
        cutoff_at=events.event_at.max().as_scalar()
    )
    row = describe_rows(spine, events, features, values).iloc[0]
    assert row["contacts_30d"] == 2
    assert row["contacts_channel_web_30d"] == 1
    assert row["contacts_is_channel_switch_30d"] == 1


def test_a_journey_tells_all_of_one_customer_in_order(company):
    alone = customer_journey(company, "c1")
    assert list(alone.event_id) == ["b1", "v1", "k1", "v2"]
    assert alone.channel.tolist()[2] == "voice"
    assert alone.channel[[0, 1, 3]].isna().all()
    build_contacts(company)
    journey = customer_journey(company, "c1")
    assert list(journey.source_table) == ["bills", "visits", "calls", "visits"]
    assert list(journey.channel[1:]) == ["web", "voice", "web"]
    assert journey.details[0] == "amount_eur: 35.5"
    assert journey.details[1] == "topic: bill, solved: no"
    assert journey.previous_channel[2] == "web"
    assert "k1:" not in " ".join(journey.details)


def test_a_journey_ends_where_knowledge_ended(company):
    build_contacts(company)
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert list(customer_journey(company, "c1", noon).event_id) == ["b1", "v1", "k1"]
    # The call of 10:00 was known at 10:06.
    early = datetime(2026, 1, 5, 10, 5, tzinfo=UTC)
    assert list(customer_journey(company, "c1", early).event_id) == ["b1", "v1"]
    assert customer_journey(company, "nobody").empty


def test_numbers_are_no_customers_where_customers_are_known(shared_backend, tmp_path):
    head = HEAD.replace("{phone_region: PL}", "{callers_without_crm: phone}")
    opened = project(shared_backend, tmp_path, SOURCES, head=head, **FILES)
    with pytest.raises(ConfigError, match=r"identity\.callers_without_crm"):
        link_calls(opened)


def test_a_missing_column_of_links_is_told_with_its_place(shared_backend, tmp_path):
    files = {**FILES, "tasks_1": ["Call,who,made", "k3,c3,2026-01-05T10:30:00Z"]}
    files["keys_1"] = ["pbx,customer", "77,c2"]
    opened = project(shared_backend, tmp_path, SOURCES, **files)
    sources = opened.config.sources
    with pytest.raises(DataError, match=r"sources\.call_links\.call_id.*'CallObject'"):
        stored(opened, "call_links", call_links_recipe(sources.call_links))
    with pytest.raises(DataError, match=r"sources\.customer_keys\.customer_id"):
        stored(opened, "customer_keys", customer_keys_recipe(sources.customer_keys))


def test_without_calls_a_journey_has_the_other_events(shared_backend, tmp_path):
    events = SOURCES[SOURCES.index("events:") :].replace("contact:", "#")
    opened = project(shared_backend, tmp_path, events, **FILES)
    for name in opened.config.sources.events:
        prepare_events(opened, name)
    journey = customer_journey(opened, "c1")
    assert list(journey.event_id) == ["b1", "v1", "v2"]
    assert journey.channel.isna().all()
