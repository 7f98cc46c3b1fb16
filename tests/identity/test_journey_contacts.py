"""Contacts on every channel, and what came before each."""

from datetime import UTC, datetime, timedelta

import ibis
import pyarrow as pa
import pytest

from ccml.config.sources import EventSource
from ccml.errors import ConfigError, DataError
from ccml.identity.journey_contacts import (
    COLUMNS,
    OPEN,
    call_contacts,
    event_contacts,
)
from ccml.identity.journey_switches import with_previous

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

START = datetime(2026, 1, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
KINDS = {"string": pa.string(), "float64": pa.float64(), "boolean": pa.bool_()}
CONTACTS = pa.schema(
    {name: KINDS.get(kind, INSTANT) for name, kind in {**COLUMNS, **OPEN}.items()}
)


def hour(number):
    return START + timedelta(hours=number)


def contact(at, channel="web", known=None, **changes):
    usual = {
        "contact_id": f"{channel} {at}",
        "customer_id": "a",
        "event_at": hour(at),
        "known_at": hour(at if known is None else known),
        "channel": channel,
        "direction": "inbound",
        "source_table": channel,
        "reason": None,
        "outcome": None,
        "duration_s": None,
        "failed": False,
        "answered_at": hour(at),
    }
    return {**usual, **changes}


def told(backend, *rows, hours=24):
    """Tell each contact's previous channel, hours and switch."""
    table = ibis.memtable(pa.Table.from_pylist(list(rows), CONTACTS))
    found = backend.to_pyarrow(with_previous(table, hours)).to_pylist()
    assert len(found) == len(rows)
    return {
        row["contact_id"]: (
            row["previous_channel"],
            row["hours_since_previous"],
            row["is_channel_switch"],
        )
        for row in found
    }


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        pytest.param([], (None, None, False), id="nothing"),
        pytest.param([contact(90)], ("web", 10, False), id="it-worked"),
        pytest.param([contact(90, failed=True)], ("web", 10, True), id="failed"),
        pytest.param([contact(76, failed=True)], ("web", 24, True), id="a-day-before"),
        pytest.param([contact(75, failed=True)], (None, None, False), id="too-early"),
        pytest.param(
            [contact(90, failed=True, known=101)], (None, None, False), id="known-later"
        ),
        pytest.param(
            [contact(90, failed=True, customer_id="b")], (None, None, False), id="other"
        ),
        pytest.param(
            [contact(90, failed=True), contact(95, "chat")],
            ("chat", 5, True),
            id="failed-before-the-last",
        ),
        pytest.param(
            [contact(90, "email", answered_at=hour(99))],
            ("email", 10, False),
            id="answered-in-time",
        ),
        pytest.param(
            [contact(90, "email", answered_at=hour(101))],
            ("email", 10, True),
            id="unanswered-by-then",
        ),
        pytest.param(
            [contact(90, "voice", failed=True)], ("voice", 10, False), id="same-channel"
        ),
        pytest.param([contact(100, failed=True)], (None, None, False), id="same-time"),
    ],
)
def test_a_call_knows_what_came_before_it(shared_backend, before, wanted):
    rows = [contact(100, "voice"), *before]
    assert told(shared_backend, *rows)["voice 100"] == wanted


def test_only_calls_of_the_customer_are_switches(shared_backend):
    rows = [
        contact(90, failed=True),
        contact(91, "chat"),
        contact(92, "voice", direction="outbound"),
    ]
    found = told(shared_backend, *rows)
    assert found["chat 91"] == ("web", 1, False)
    assert found["voice 92"] == ("chat", 1, False)
    assert told(shared_backend, *rows, hours=1)["voice 92"] == ("chat", 1, False)


def test_every_pair_within_the_hours_is_found_wherever_the_day_is_cut(shared_backend):
    rows = [contact(at, "voice") for at in range(0, 200, 5)]
    found = told(shared_backend, *rows, hours=7)
    assert [found[f"voice {at}"][1] for at in range(5, 200, 5)] == [5] * 39


SOURCE = {
    "path": "x",
    "id": "id",
    "event_at": "at",
    "categories": ["topic", "way", "heading"],
    "flags": ["solved"],
    "measures": {"length_s": "length"},
    "times": {"replied_at": "replied"},
}
EVENTS = pa.schema(
    {
        "event_id": pa.string(),
        "customer_id": pa.string(),
        "event_at": INSTANT,
        "known_at": INSTANT,
        "topic": pa.string(),
        "way": pa.string(),
        "heading": pa.string(),
        "solved": pa.bool_(),
        "length_s": pa.float64(),
        "replied_at": INSTANT,
    }
)


def event(number, **changes):
    usual = {
        "event_id": f"e{number}",
        "customer_id": "a",
        "event_at": hour(number),
        "known_at": hour(number),
        "topic": "bill",
        "way": "email",
        "heading": "inbound",
        "solved": True,
        "length_s": 30.0,
        "replied_at": None,
    }
    return {**usual, **changes}


def contacts(backend, rows, **contact_config):
    source = EventSource.model_validate({**SOURCE, "contact": contact_config})
    table = ibis.memtable(pa.Table.from_pylist(rows, EVENTS))
    return backend.to_pyarrow(event_contacts("mails", source, table)).to_pylist()


def test_an_event_table_becomes_contacts_as_the_config_says(shared_backend):
    rows = [event(1), event(2, solved=False, way=None), event(3, topic="spam")]
    found = contacts(
        shared_backend,
        rows,
        channel="way",
        direction="heading",
        where="topic != 'spam'",
        reason="topic",
        outcome="solved",
        duration_s="length_s",
        failed="not solved",
        answered_at="replied_at",
    )
    assert [row["contact_id"] for row in found] == ["mails:e1", "mails:e2"]
    assert [row["channel"] for row in found] == ["email", "other"]
    assert [row["outcome"] for row in found] == ["solved", "not solved"]
    assert [row["failed"] for row in found] == [False, True]
    assert found[0]["answered_at"] > hour(10_000)
    assert (found[0]["reason"], found[0]["duration_s"]) == ("bill", 30.0)


def test_a_channel_and_direction_can_hold_for_all(shared_backend):
    found = contacts(shared_backend, [event(1)], channel="chat", direction="outbound")
    assert (found[0]["channel"], found[0]["direction"]) == ("chat", "outbound")
    assert (found[0]["outcome"], found[0]["failed"]) == (None, False)


@pytest.mark.parametrize(
    ("contact_config", "words"),
    [
        pytest.param({"reason": "topik"}, r"reason.*topik.*'topic'", id="no-column"),
        pytest.param({"duration_s": "topic"}, "duration_s", id="no-measure"),
        pytest.param({"direction": "in"}, "direction.*inbound", id="no-direction"),
        pytest.param({"where": "none = 1"}, "where.*none", id="no-such-condition"),
    ],
)
def test_a_column_that_is_not_stored_is_refused(shared_backend, contact_config, words):
    with pytest.raises(ConfigError, match=words):
        contacts(shared_backend, [event(1)], channel="web", **contact_config)


def test_a_direction_of_another_word_is_refused(shared_backend):
    rows = [event(1), event(2, heading="sideways"), event(3, heading=None)]
    with pytest.raises(DataError, match="2 rows hold neither inbound nor outbound"):
        contacts(shared_backend, rows, channel="web", direction="heading")


CALLS = pa.schema(
    {
        "call_id": pa.string(),
        "customer_id": pa.string(),
        "event_at": INSTANT,
        "known_at": INSTANT,
        "channel": pa.string(),
        "direction": pa.string(),
        "reason": pa.string(),
        "disposition": pa.string(),
        "duration_s": pa.float64(),
        "answered": pa.bool_(),
        "abandoned": pa.bool_(),
        "voicemail": pa.bool_(),
        "ivr_only": pa.bool_(),
    }
)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"answered": True}, ("inbound", "answered", False)),
        ({"answered": True, "disposition": "solved"}, ("inbound", "solved", False)),
        ({"abandoned": True}, ("inbound", "abandoned", True)),
        ({"ivr_only": True}, ("inbound", "self_service", False)),
        ({"voicemail": True}, ("inbound", "voicemail", True)),
        ({"direction": "callback"}, ("outbound", None, False)),
        ({}, ("inbound", None, True)),
        ({"answered": None}, ("inbound", None, False)),
    ],
)
def test_calls_of_customers_are_contacts(shared_backend, changes, wanted):
    usual = {"call_id": "k", "event_at": hour(0), "known_at": hour(1)}
    usual |= {"channel": "voice", "direction": "inbound", "customer_id": "a"}
    usual |= {"answered": False}
    rows = [{**usual, **changes}, {**usual, "call_id": "n", "customer_id": None}]
    table = ibis.memtable(pa.Table.from_pylist(rows, CALLS))
    found = shared_backend.to_pyarrow(call_contacts(table)).to_pylist()
    assert [row["contact_id"] for row in found] == ["calls:k"]
    row = found[0]
    assert (row["direction"], row["outcome"], row["failed"]) == wanted
