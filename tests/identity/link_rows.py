"""Rows of calls, numbers, customers and CRM records, and what links them."""

from datetime import UTC, datetime, timedelta

import ibis
import pyarrow as pa

from ccml.config.identity import IdentityConfig
from ccml.identity.link import identity_map

START = datetime(2026, 1, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
TEXT = pa.string()
SCHEMAS = {
    "calls": pa.schema(
        {
            "call_id": TEXT,
            "source_platform": TEXT,
            "customer_key": TEXT,
            "phone_key": TEXT,
            "phone_status": TEXT,
            "started_at": INSTANT,
            "known_at": INSTANT,
            "queue": TEXT,
        }
    ),
    "phones": pa.schema(
        {
            "phone_key": TEXT,
            "customer_id": TEXT,
            "valid_from": INSTANT,
            "valid_to": INSTANT,
            "known_at": INSTANT,
        }
    ),
    "customers": pa.schema({"customer_id": TEXT, "known_at": INSTANT}),
    "call_links": pa.schema(
        {"call_ref": TEXT, "platform": TEXT, "customer_id": TEXT, "known_at": INSTANT}
    ),
    "customer_keys": pa.schema(
        {"platform_key": TEXT, "customer_id": TEXT, "known_at": INSTANT}
    ),
}


def day(number):
    return START + timedelta(days=number)


def table(name, rows):
    return ibis.memtable(pa.Table.from_pylist(list(rows), SCHEMAS[name]))


def call(  # noqa: PLR0917
    at=10, known=None, key=None, phone="p1", status="ok", call_id="k1", on="file"
):
    return {
        "call_id": call_id,
        "source_platform": on,
        "customer_key": key,
        "phone_key": phone,
        "phone_status": status,
        "started_at": day(at),
        "known_at": day(at if known is None else known),
        "queue": "q",
    }


def owner(customer, since=0, until=None, known=None, phone="p1"):
    return {
        "phone_key": phone,
        "customer_id": customer,
        "valid_from": day(since),
        "valid_to": None if until is None else day(until),
        "known_at": day(since if known is None else known),
    }


def record(customer, ref="k1", known=10, platform=None):
    """One CRM record that names a call."""
    return {
        "call_ref": ref,
        "platform": platform,
        "customer_id": customer,
        "known_at": day(known),
    }


def stands_for(customer, key, known=0):
    return {"platform_key": key, "customer_id": customer, "known_at": day(known)}


def crm(*names, known=0):
    return [{"customer_id": name, "known_at": day(known)} for name in names]


def linked(backend, calls, config=None, **known):
    """Link, as plain dicts by call; `known` are rows of the other tables."""
    tables = {name: table(name, rows) for name, rows in known.items()}
    links = identity_map(
        table("calls", calls),
        tables.get("customers"),
        tables.get("phones"),
        tables.get("call_links"),
        tables.get("customer_keys"),
        config or IdentityConfig(),
    )
    rows = backend.to_pyarrow(links).to_pylist()
    return {row["call_id"]: row for row in rows}
