"""How CRM records of calls (CTI) and tables of keys become canonical tables."""

from functools import partial

import ibis

from ccml.config.sources import CallLinksSource, CustomerKeysSource
from ccml.contracts.call_links import CALL_LINKS
from ccml.contracts.links import CUSTOMER_KEYS
from ccml.contracts.schema import Contract
from ccml.sources.cast import INSTANT, Cast, as_instant, as_text
from ccml.sources.crm.read import carried, crm_raw
from ccml.sources.customers import ALWAYS
from ccml.sources.ingest import Recipe
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.staging import Layer, typed_rows

LINKS_PLACE = "sources.call_links"
KEYS_PLACE = "sources.customer_keys"


def call_links_recipe(source: CallLinksSource) -> Recipe:
    """Describe the way of CRM records of calls into `call_links`."""
    return Recipe(
        layer=Layer(source, LINKS_PLACE, partial(_links, source)),
        contract=partial(_always, CALL_LINKS),
        open_texts=("call_ref", "customer_id"),
    )


def customer_keys_recipe(source: CustomerKeysSource) -> Recipe:
    """Describe the way of a platform's keys into `customer_keys`."""
    return Recipe(
        layer=Layer(source, KEYS_PLACE, partial(_keys, source)),
        contract=partial(_always, CUSTOMER_KEYS),
        open_texts=("platform_key", "customer_id"),
    )


def _always(contract: Contract, _rows: ibis.Table) -> Contract:
    return contract


def _links(source: CallLinksSource, raw: RawFiles) -> ibis.Table:
    wanted = {
        "call_id": source.call_id,
        "customer_id": source.customer_id,
        "known_at": source.known_at,
    }
    raw = crm_raw(source, wanted, LINKS_PLACE, raw)
    require_columns(raw, wanted, LINKS_PLACE)
    platform = ibis.literal(source.platform, "string")
    casts = {
        "call_ref": as_text(raw.rows[source.call_id]),
        "platform": Cast(platform),
        "customer_id": as_text(raw.rows[source.customer_id]),
        "known_at": as_instant(raw.rows[source.known_at], source.time_zone),
    }
    return typed_rows(raw.rows, casts | carried(source, raw))


def _keys(source: CustomerKeysSource, raw: RawFiles) -> ibis.Table:
    wanted = {"key": source.key, "customer_id": source.customer_id}
    if source.known_at:
        wanted["known_at"] = source.known_at
    require_columns(raw, wanted, KEYS_PLACE)
    always = Cast(ibis.literal(ALWAYS).cast(INSTANT))
    known = source.known_at
    casts = {
        "platform_key": as_text(raw.rows[source.key]),
        "customer_id": as_text(raw.rows[source.customer_id]),
        "known_at": as_instant(raw.rows[known], source.time_zone) if known else always,
    }
    return typed_rows(raw.rows, casts)
