"""Customers and their phone numbers, with the time in which each row is valid."""

from functools import partial

import ibis

from ccml.config.sources import CustomersSource, PhonesSource
from ccml.sources.attributes import numeric_columns
from ccml.sources.cast import INSTANT, Cast, as_flag, as_instant, as_text
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.staging import NOTE, Shape, typed_rows

ALWAYS = "1900-01-01 00:00:00"
"""Start of the validity of rows whose source gives none."""
CLOSED = f"{NOTE}open validity closed where the customer's next row begins"


def customers_shape(source: CustomersSource) -> Shape:
    """Make the reader of a CRM's customers; attributes stay texts."""
    return partial(_customers, source)


def phones_shape(source: PhonesSource) -> Shape:
    """Make the reader of customers' phone numbers; `phone` stays as it is."""
    return partial(_phones, source)


def _customers(source: CustomersSource, raw: RawFiles) -> ibis.Table:
    place = "sources.customers"
    flags = {"opted_out": source.opted_out, "do_not_call": source.do_not_call}
    wanted = _validity_columns(source) | {n: c for n, c in flags.items() if c}
    wanted |= {f"attributes ({name})": name for name in source.attributes}
    require_columns(raw, {"customer_id": source.customer_id} | wanted, place)
    casts = _validity(source, raw)
    casts |= {name: as_text(raw.rows[name]) for name in source.attributes}
    no = Cast(ibis.literal(False))
    for name, column in flags.items():
        casts[name] = as_flag(raw.rows[column]) if column else no
    rows = _known(typed_rows(raw.rows, casts))
    # An empty flag is a customer who has not refused.
    return rows.mutate(**{name: rows[name].fill_null(False) for name in flags})


def _phones(source: PhonesSource, raw: RawFiles) -> ibis.Table:
    wanted = _validity_columns(source) | {"phone": source.phone}
    wanted["customer_id"] = source.customer_id
    require_columns(raw, wanted, "sources.customer_phones")
    casts = _validity(source, raw) | {"phone": as_text(raw.rows[source.phone])}
    rows = _known(typed_rows(raw.rows, casts))
    return rows.mutate(source=ibis.literal("crm"))


def _validity_columns(source: CustomersSource | PhonesSource) -> dict[str, str]:
    columns = {
        "valid_from": source.valid_from,
        "valid_to": source.valid_to,
        "known_at": source.known_at,
    }
    return {name: column for name, column in columns.items() if column}


def _validity(source: CustomersSource | PhonesSource, raw: RawFiles) -> dict[str, Cast]:
    zone = source.time_zone
    always = Cast(ibis.literal(ALWAYS).cast(INSTANT))
    casts = {
        name: as_instant(raw.rows[column], zone)
        for name, column in _validity_columns(source).items()
    }
    null = Cast(ibis.null(INSTANT))
    return {
        "customer_id": as_text(raw.rows[source.customer_id]),
        "valid_from": casts.get("valid_from", always),
        "valid_to": casts.get("valid_to", null),
        "known_at": casts.get("known_at", null),
    }


def _known(rows: ibis.Table) -> ibis.Table:
    """Rows without a known time were known when they became valid."""
    return rows.mutate(known_at=rows.known_at.fill_null(rows.valid_from))


def close_validity(rows: ibis.Table) -> ibis.Table:
    """End each open interval where the customer's next row begins."""
    following = rows.valid_from.lead().over(
        group_by=rows.customer_id, order_by=rows.valid_from
    )
    is_open = rows.valid_to.isnull() & following.notnull()
    return rows.mutate(valid_to=rows.valid_to.fill_null(following), **{CLOSED: is_open})


def overlaps(rows: ibis.Table) -> ibis.Value:
    """Tell whether a row begins before the customer's earlier rows have ended."""
    ended = rows.valid_to.lag().over(
        group_by=rows.customer_id, order_by=rows.valid_from
    )
    return ended > rows.valid_from


def numeric_attributes(rows: ibis.Table, attributes: list[str]) -> dict[str, str]:
    """Tell of each attribute whether it is a number or a text."""
    numbers = numeric_columns(rows, attributes)
    return {name: "number" if name in numbers else "text" for name in attributes}
