"""How each source with customers in it becomes its canonical table."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from functools import partial

import ibis

from ccml.config.identity import IdentityConfig
from ccml.config.sources import CallsSource, CustomersSource, EventSource, PhonesSource
from ccml.contracts.calls import CALLS
from ccml.contracts.customers import CUSTOMER_PHONES, OVERLAP, customers_contract
from ccml.contracts.events import event_contract, renamed
from ccml.contracts.refusals import ABOUT, refusals
from ccml.contracts.schema import Contract
from ccml.contracts.split import FAULT, Split, set_aside
from ccml.engine.store import Table
from ccml.identity.keys import key_fingerprint
from ccml.identity.phone_patterns import plain_number
from ccml.identity.phones import normalise_phone
from ccml.identity.pseudonyms import (
    HEX_DIGITS,
    agent_pseudonym,
    click_pseudonym,
    distinct_values,
    line_pseudonym,
    phone_pseudonym,
    pseudonym_map,
)
from ccml.sources.calls import calls_shape, finish_calls
from ccml.sources.customers import (
    attribute_kinds,
    close_validity,
    customers_shape,
    overlaps,
    phones_shape,
    typed_attributes,
)
from ccml.sources.events import events_shape
from ccml.sources.ingest import Recipe
from ccml.sources.platforms.anonymous_bank import PLATFORM, anonymous_bank_shape
from ccml.sources.platforms.registry import platform_layer
from ccml.sources.staging import Layer, Shape

CALL_TEXTS = (
    "queue",
    "last_queue",
    "skill",
    "reason",
    "disposition",
    "system_outcome",
    "region",
    "customer_key",
    "callback_of",
    "source",
    "medium",
    "campaign",
    "keyword",
)
SPOKEN = ("voice", "callback")
"""Channels on which a caller without a number hid it."""
RENAMED: Mapping[str, tuple[str, Callable[[bytes, str], str]]] = {
    "agent_id": ("agent_id", agent_pseudonym),
    "first_agent_id": ("first_agent_id", agent_pseudonym),
    "dialed_number": ("dialed_key", line_pseudonym),
    "click_id": ("click_key", click_pseudonym),
}
"""Raw column: the column that takes its place, and how it is renamed."""
Always = Callable[[ibis.Table], Contract]


def calls_recipe(
    source: CallsSource, identity: IdentityConfig, key: bytes, time_zone: str
) -> Recipe:
    """Describe the call log's way into `calls`."""
    return Recipe(
        layer=Layer(source, "sources.calls", calls_reader(source, time_zone)),
        contract=_always(CALLS),
        protect=partial(_without_numbers, identity=identity, key=key),
        adapt=partial(
            finish_calls,
            short_abandon_s=source.short_abandon_s,
            platform=calls_platform(source),
        ),
        open_texts=CALL_TEXTS,
        settings={**_of_numbers(identity, key), "zone": time_zone},
    )


def legs_recipe(source: CallsSource, identity: IdentityConfig, key: bytes) -> Recipe:
    """Describe a platform's way into legs, from which calls are folded."""
    return Recipe(
        layer=platform_layer(source),
        contract=_always(CALLS),
        protect=partial(_without_numbers, identity=identity, key=key),
        open_texts=CALL_TEXTS,
        settings=_of_numbers(identity, key),
    )


def calls_reader(source: CallsSource, time_zone: str) -> Shape:
    """Choose the reader of a call log with one row per call."""
    if source.reader == "anonymous_bank":
        return anonymous_bank_shape(source, time_zone)
    return calls_shape(source)


def calls_platform(source: CallsSource) -> str:
    """Name the platform of a call log with one row per call."""
    return PLATFORM if source.reader == "anonymous_bank" else "file"


def customers_recipe(source: CustomersSource, time_zone: str) -> Recipe:
    """Describe the CRM's way into `customers` and `refusals`."""
    zone = source.time_zone or time_zone

    def contract(rows: ibis.Table) -> Contract:
        return customers_contract(attribute_kinds(rows, source.attributes, zone))

    def typed(rows: ibis.Table) -> ibis.Table:
        kinds = attribute_kinds(rows, source.attributes, zone)
        return typed_attributes(rows, kinds, zone)

    return Recipe(
        layer=Layer(source, "sources.customers", customers_shape(source)),
        contract=contract,
        adapt=typed,
        finish=_without_overlaps,
        open_texts=tuple(source.attributes),
        more={"refusals": _refusals},
    )


def phones_recipe(source: PhonesSource, identity: IdentityConfig, key: bytes) -> Recipe:
    """Describe the phone list's way into `customer_phones`."""
    return Recipe(
        layer=Layer(source, "sources.customer_phones", phones_shape(source)),
        contract=_always(CUSTOMER_PHONES),
        protect=partial(_phone_keys, identity=identity, key=key),
        settings=_of_numbers(identity, key),
    )


def event_recipe(name: str, source: EventSource) -> Recipe:
    """Describe a business event table's way into the table of its name."""
    return Recipe(
        layer=Layer(source, f"sources.events.{name}", events_shape(name, source)),
        contract=_always(event_contract(name, source)),
        open_texts=tuple(renamed(source.categories)),
    )


def _of_numbers(identity: IdentityConfig, key: bytes) -> dict[str, object]:
    """Tell what the pseudonyms of numbers depend on."""
    return {
        "phone_region": identity.phone_region,
        "internal_digits": identity.internal_digits,
        "key": key_fingerprint(key),
    }


def _always(contract: Contract) -> Always:
    return lambda _rows: contract


def _phone_map(
    rows: ibis.Table, column: str, identity: IdentityConfig, key: bytes
) -> ibis.Table:
    region, internal = identity.phone_region, identity.internal_digits

    def rename(raw: str, plain: str | None) -> tuple[str | None, str]:
        if plain:
            return phone_pseudonym(key, plain), "ok"
        status, number = normalise_phone(raw, region, internal)
        return (phone_pseudonym(key, number) if number else None), status

    distinct = distinct_values(rows[column])
    told = distinct.mutate(plain=plain_number(distinct.raw, region, internal))
    backend = ibis.get_backend(rows)
    return pseudonym_map(backend, told, ("phone_key", "phone_status"), rename)


def _without_numbers(
    calls: ibis.Table, *, identity: IdentityConfig, key: bytes
) -> ibis.Table:
    """Replace numbers, agents' ids and clicks by pseudonyms, where they are given."""
    if "row_key" in calls.columns:
        calls = calls.mutate(row_key=_secret(calls.row_key, key))
    for column, (name, rename) in RENAMED.items():
        if column in calls.columns:
            calls = _renamed(calls, column, name, partial(rename, key))
    if "customer_phone" not in calls.columns:
        return calls.mutate(phone_status=ibis.literal("unknown"))
    numbers = _phone_map(calls, "customer_phone", identity, key)
    joined = calls.left_join(numbers, calls.customer_phone == numbers.raw).drop("raw")
    return joined.mutate(
        phone_status=joined.phone_status.fill_null(_without_number(joined))
    ).drop("customer_phone")


def _secret(row_key: ibis.Value, key: bytes) -> ibis.Value:
    """Hide what the key of a record is made of; it may hold an agent's name.

    The engine knows no keyed hash, so a secret derived from the key goes before it.
    """
    salt = hmac.digest(key, b"keys of records", hashlib.sha256).hex()
    return (ibis.literal(salt) + row_key).hexdigest("sha256").substr(0, HEX_DIGITS)


def _without_number(calls: ibis.Table) -> ibis.Value:
    """Name the status of no number: a caller hid it, a chat or an e-mail has none."""
    if "channel" not in calls.columns:
        return ibis.literal("anonymous")
    is_spoken = calls.channel.fill_null("voice").lower().isin(SPOKEN)
    return ibis.ifelse(is_spoken, "anonymous", "unknown")


def _renamed(
    rows: ibis.Table, column: str, name: str, rename: Callable[[str], str]
) -> ibis.Table:
    """Put the pseudonyms of a column in its place, under another name."""
    backend = ibis.get_backend(rows)
    distinct = distinct_values(rows[column])
    names = pseudonym_map(backend, distinct, (f"_{name}",), lambda raw: (rename(raw),))
    joined = rows.left_join(names, rows[column] == names.raw).drop("raw", column)
    return joined.rename({name: f"_{name}"})


def _phone_keys(
    phones: ibis.Table, *, identity: IdentityConfig, key: bytes
) -> ibis.Table:
    """Replace customers' numbers by pseudonyms; numbers that are none are faults."""
    numbers = _phone_map(phones, "phone", identity, key)
    joined = phones.left_join(numbers, phones.phone == numbers.raw).drop("raw")
    reason = "phone is " + joined.phone_status.fill_null("missing")
    fault = ibis.ifelse(joined.phone_key.isnull(), reason, ibis.null("string"))
    judged = joined.mutate(**{FAULT: joined[FAULT].fill_null(fault)})
    return judged.drop("phone", "phone_status")


def _refusals(judged: ibis.Table) -> Table:
    return Table(refusals(judged), ("customer_id",), ABOUT)


def _without_overlaps(parted: Split) -> Split:
    """Close open intervals, and set those aside that begin before another's end."""
    closed = close_validity(parted.kept)
    closed = closed.mutate(_is_over=overlaps(closed).fill_null(False))
    over = set_aside(closed.filter(closed["_is_over"]), ibis.literal(OVERLAP))
    kept = closed.filter(~closed["_is_over"]).drop("_is_over")
    return Split(kept, parted.aside.union(over))
