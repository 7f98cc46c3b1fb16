"""Contacts of customers on every channel, under the same columns."""

from collections.abc import Iterable

import ibis

from ccml.config.contacts import DIRECTIONS, ContactConfig
from ccml.config.sources import EventSource
from ccml.contracts.events import renamed
from ccml.engine.conditions import condition
from ccml.errors import DataError, unknown_name
from ccml.sources.cast import INSTANT

CALLS = "calls"
COLUMNS = {
    "contact_id": "string",
    "customer_id": "string",
    "event_at": INSTANT,
    "known_at": INSTANT,
    "channel": "string",
    "direction": "string",
    "source_table": "string",
    "reason": "string",
    "outcome": "string",
    "duration_s": "float64",
}
OPEN = {"failed": "boolean", "answered_at": INSTANT}
"""What tells whether the customer was left without an answer."""
FAR = "9999-12-31 00:00:00"
"""When something that never came would come."""


def call_contacts(linked: ibis.Table) -> ibis.Table:
    """Turn calls with a customer into contacts; callbacks are outbound.

    A call failed when nobody answered it, unless the menu dealt with it. Where it is not
    reported whether calls were answered, none failed.
    """
    calls = linked.filter(linked.customer_id.notnull())
    answered = calls.answered.fill_null(False)
    ended = ibis.cases(
        (answered, "answered"),
        (calls.abandoned, "abandoned"),
        (calls.voicemail, "voicemail"),
        (calls.ivr_only, "self_service"),
        else_=ibis.null("string"),
    )
    direction = ibis.ifelse(calls.direction == "callback", "outbound", calls.direction)
    rows = calls.select(
        contact_id=CALLS + ":" + calls.call_id,
        customer_id=calls.customer_id,
        event_at=calls.event_at,
        known_at=calls.known_at,
        channel=calls.channel,
        direction=direction,
        source_table=ibis.literal(CALLS),
        reason=calls.reason,
        outcome=ibis.coalesce(calls.disposition, ended),
        duration_s=calls.duration_s,
        failed=(direction == "inbound")
        & (~calls.answered).fill_null(False)
        & ~calls.ivr_only.fill_null(False),
        answered_at=calls.event_at,
    )
    return rows.cast(COLUMNS | OPEN)


def event_contacts(name: str, source: EventSource, events: ibis.Table) -> ibis.Table:
    """Turn the events of a table that the config calls contacts into contacts.

    Raises:
        ConfigError: `contact` names a column that the table does not store.
        DataError: A direction is neither inbound nor outbound.
    """
    contact = _required(source)
    place = f"sources.events.{name}.contact"
    _require_columns(name, source, contact)
    rows = events.filter(condition(events, contact.where, f"{place}.where"))
    if contact.direction not in DIRECTIONS:
        _require_directions(rows[contact.direction], f"{place}.direction")
    failed = (
        condition(rows, contact.failed, f"{place}.failed").fill_null(False)
        if contact.failed
        else ibis.literal(value=False)
    )
    contacts = rows.select(
        contact_id=name + ":" + rows.event_id,
        customer_id=rows.customer_id,
        event_at=rows.event_at,
        known_at=rows.known_at,
        channel=_named(rows, source, contact.channel).fill_null("other"),
        direction=_named(rows, source, contact.direction),
        source_table=ibis.literal(name),
        reason=_text(rows, contact.reason),
        outcome=_text(rows, contact.outcome),
        duration_s=rows[contact.duration_s]
        if contact.duration_s
        else ibis.null("float64"),
        failed=failed,
        answered_at=_answered(rows, contact),
    )
    return contacts.cast(COLUMNS | OPEN)


def _required(source: EventSource) -> ContactConfig:
    if source.contact is None:
        raise AssertionError("these events are no contacts")
    return source.contact


def _answered(rows: ibis.Table, contact: ContactConfig) -> ibis.Value:
    """Contacts that need no answer count as answered when they happened."""
    if contact.answered_at is None:
        return rows.event_at
    return rows[contact.answered_at].fill_null(ibis.literal(FAR).cast(INSTANT))


def _named(rows: ibis.Table, source: EventSource, name: str) -> ibis.Value:
    """Take a category column of that name, else the name itself."""
    return rows[name] if name in renamed(source.categories) else ibis.literal(name)


def _text(rows: ibis.Table, column: str | None) -> ibis.Value:
    """Take a text; a flag becomes its name, or `not` and its name."""
    if column is None:
        return ibis.null("string")
    if rows[column].type().is_boolean():
        return ibis.ifelse(rows[column], column, f"not {column}")
    return rows[column]


def _require_columns(name: str, source: EventSource, contact: ContactConfig) -> None:
    texts, flags = list(renamed(source.categories)), list(renamed(source.flags))
    allowed: dict[str, tuple[str | None, Iterable[str]]] = {
        "reason": (contact.reason, texts),
        "outcome": (contact.outcome, [*texts, *flags]),
        "duration_s": (contact.duration_s, source.measures),
        "answered_at": (contact.answered_at, source.times),
        "direction": (contact.direction, [*DIRECTIONS, *texts]),
    }
    for key, (column, known) in allowed.items():
        if column is not None and column not in known:
            place = f"sources.events.{name}.contact.{key}"
            raise unknown_name("stored column of this kind", column, known, place)


def _require_directions(column: ibis.Value, place: str) -> None:
    wrong = column.isnull() | column.notin(list(DIRECTIONS))
    rows = int(wrong.sum().fill_null(0).execute())
    if rows:
        raise DataError(
            f"{place}: {rows:,} rows hold neither inbound nor outbound; write these words "
            f"in the export, or set the direction of all."
        )
