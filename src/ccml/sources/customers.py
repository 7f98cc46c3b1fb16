"""Customers and their phone numbers, with the time in which each row is valid."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import ibis

from ccml.config.sources import CustomersSource, PhonesSource
from ccml.contracts.schema import NO_PHONE, Kind
from ccml.contracts.split import FAULT, PART
from ccml.sources.attributes import instant_columns, numeric_columns
from ccml.sources.cast import INSTANT, Cast, as_flag, as_instant, as_text
from ccml.sources.crm.read import carried, crm_raw
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE, Shape, typed_rows

UNREAD = "_unread_"
PHONE = "_phone"
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
    wanted = {"customer_id": source.customer_id} | wanted
    raw = crm_raw(source, wanted, place, raw)
    require_columns(raw, wanted, place)
    casts = _validity(source, raw) | carried(source, raw)
    casts |= {name: as_text(raw.rows[name]) for name in source.attributes}
    for name, column in flags.items():
        casts |= _flag(name, raw, column)
    rows = _known(typed_rows(raw.rows, casts))
    # An empty flag is a customer who has not refused. One that cannot be read is a fault
    # of the row, and a refusal until the export is mended.
    refused = {name: rows[name].fill_null(rows[f"{UNREAD}{name}"]) for name in flags}
    return rows.mutate(**refused).drop(*(f"{UNREAD}{name}" for name in flags))


def _flag(name: str, raw: RawFiles, column: str | None) -> dict[str, Cast]:
    """Read a flag, and whether something is given that cannot be read."""
    no = Cast(ibis.literal(False))
    flag = as_flag(raw.rows[column]) if column else no
    if flag.given is None:
        return {name: flag, f"{UNREAD}{name}": no}
    is_unread = flag.value.isnull() & flag.given.notnull()
    return {name: flag, f"{UNREAD}{name}": Cast(is_unread)}


def _phones(source: PhonesSource, raw: RawFiles) -> ibis.Table:
    place = "sources.customer_phones"
    columns = source.phones or [source.phone]
    wanted = _validity_columns(source) | {"customer_id": source.customer_id}
    wanted |= {f"phones ({name})": name for name in source.phones}
    wanted |= {} if source.phones else {"phone": source.phone}
    raw = crm_raw(source, wanted, place, raw)
    require_columns(raw, wanted, place)
    if source.phones:
        raw = one_row_per_phone(raw, columns)
    casts = _validity(source, raw) | carried(source, raw)
    casts["phone"] = as_text(raw.rows[PHONE if source.phones else source.phone])
    if source.phones:
        casts[PART] = Cast(raw.rows[PART])
    rows = _known(typed_rows(raw.rows, casts))
    return rows.mutate(source=ibis.literal("crm"))


def one_row_per_phone(raw: RawFiles, columns: Sequence[str]) -> RawFiles:
    """Make a row of each number that is given; a row without any is set aside."""
    numbers = [as_text(raw.rows[name]).value for name in columns]
    given = ibis.array(numbers).filter(lambda number: number.notnull())
    parts = raw.rows.mutate(**{PHONE: given}).unnest(
        PHONE, offset=PART, keep_empty=True
    )
    earlier = parts[FAULT] if FAULT in parts.columns else ibis.null("string")
    nothing = ibis.ifelse(parts[PHONE].isnull(), NO_PHONE, ibis.null("string"))
    return replace(
        raw,
        rows=as_view(
            parts.mutate(
                **{
                    PART: parts[PART].fill_null(0),
                    FAULT: ibis.coalesce(earlier, nothing),
                }
            )
        ),
    )


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


def attribute_kinds(
    rows: ibis.Table, attributes: Sequence[str], zone: str
) -> dict[str, Kind]:
    """Tell of each attribute whether it is a number, a date or time stamp, or a text.

    Args:
        rows: All rows of the export; what holds for every value holds for the column.
        attributes: Columns of texts.
        zone: Zone of dates, and of time stamps that carry none.
    """
    numbers = numeric_columns(rows, attributes)
    others = [name for name in attributes if name not in numbers]
    instants = instant_columns(rows, others, zone)
    kinds: dict[str, Kind] = dict.fromkeys(attributes, "text")
    return kinds | dict.fromkeys(numbers, "number") | dict.fromkeys(instants, "instant")


def typed_attributes(
    rows: ibis.Table, kinds: Mapping[str, Kind], zone: str
) -> ibis.Table:
    """Turn texts into the numbers and instants that they are."""
    typed = {
        name: rows[name].cast("float64")
        if kind == "number"
        else as_instant(rows[name], zone).value
        for name, kind in kinds.items()
        if kind != "text"
    }
    return rows.mutate(**typed)
