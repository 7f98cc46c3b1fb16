"""PostgreSQL, by its driver for Arrow: rows come as columns, never as Python objects."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow as pa

from ccml.config.addresses import Address
from ccml.config.databases import DatabaseConfig
from ccml.sources.databases_driver import (
    Batches,
    Column,
    Driver,
    Fault,
    decimal_word,
    standard_column,
)

TYPE, MODIFIER = b"POSTGRESQL:type", b"POSTGRESQL:typmod"
KINDS = {
    "bool": "flag",
    "date": "date",
    "float4": "number",
    "float8": "number",
    "int2": "number",
    "int4": "number",
    "int8": "number",
    "interval": "interval",
    "money": "money",
    "timestamp": "naive",
    "timestamptz": "instant",
}
TABLES = (
    "select case when table_schema = any (current_schemas(false)) then table_name "
    "else table_schema || '.' || table_name end from information_schema.tables "
    "where table_schema not in ('pg_catalog', 'information_schema') order by 1"
)
STATES: dict[str, Fault] = {
    "08": "gone",
    "22": "value",
    "25": "write",
    "28": "login",
    "3D": "database",
    "3F": "table",
    "42501": "permission",
    "42701": "twice",
    "42702": "twice",
    "42703": "column",
    "42883": "column",
    "42P01": "table",
    "42": "query",
    "53": "busy",
    "57014": "timeout",
    "57": "gone",
}
"""Meaning of SQL states, or of their first two signs."""
TEXTS: tuple[tuple[str, Fault], ...] = (
    (
        "authentication failed|no password supplied|pg_hba|role .* does not exist",
        "login",
    ),
    ("database .* does not exist", "database"),
    ("too many (clients|connections)|starting up", "busy"),
    ("server closed the connection|connection reset|SSL SYSCALL|terminating", "gone"),
    ("statement timeout|canceling statement", "timeout"),
    ("read-only transaction", "write"),
    ("permission denied", "permission"),
    ("division by zero|out of range|invalid input", "value"),
    (
        "translate host|refused|timeout expired|timed out|unreachable|No such file",
        "host",
    ),
    ("could not connect|connection to server", "host"),
)
"""What has no state: failed logins, and what breaks off amid the rows."""


def driver() -> Driver:
    """Describe how PostgreSQL is read."""
    return Driver(_connect, _columns, _batches, _fault, _errors, TABLES)


def _connect(database: DatabaseConfig, _folder: Path) -> Any:
    from adbc_driver_postgresql import dbapi

    connection = dbapi.connect(_uri(database.address, database.connect_timeout_s))
    cursor = connection.cursor()
    # All for one transaction: behind a pooler the session goes to other programs next.
    for statement in (
        "set transaction isolation level repeatable read, read only",
        "set local default_transaction_read_only = on",
        f"set local statement_timeout = {database.timeout_s * 1000}",
        # Rows shall come in the order in which they are stored, run for run.
        "set local synchronize_seqscans = off",
        "set local max_parallel_workers_per_gather = 0",
        "set local standard_conforming_strings = on",
    ):
        cursor.execute(statement)
    cursor.close()
    return connection


def _uri(address: Address, timeout_s: int) -> str:
    login = quote(address.user, safe="")
    if address.password:
        login += ":" + quote(address.password, safe="")
    host = f"[{address.host}]" if ":" in address.host else quote(address.host, safe="")
    port = f":{address.port}" if address.port else ""
    options = dict(address.options) | {
        "application_name": "ccml",
        "connect_timeout": str(timeout_s),
    }
    name = quote(address.name, safe="")
    at = f"{login}@" if login else ""
    return f"postgresql://{at}{host}{port}/{name}?{urlencode(options, quote_via=quote)}"


def _columns(connection: Any, item: str) -> list[Column]:
    with connection.cursor() as cursor:
        # Prepares the statement only; nothing runs.
        schema = cursor.adbc_execute_schema(f"select * from {item} limit 0")  # noqa: S608
    return [standard_column(field.name, _word(field)) for field in schema]


def _word(field: pa.Field) -> str:
    metadata = field.metadata or {}
    name = metadata.get(TYPE, b"").decode()
    if name != "numeric":
        return KINDS.get(name, "text")
    modifier = int(metadata.get(MODIFIER, b"-1")) - 4
    if modifier < 0:
        return "decimal"
    return decimal_word(modifier >> 16, modifier & 0x7FF)


def _batches(connection: Any, sql: str, _columns: list[Column], _rows: int) -> Batches:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for batch in cursor.fetch_record_batch():
            yield pa.Table.from_batches([batch])


def _fault(error: Exception) -> Fault:
    state = getattr(error, "sqlstate", None) or ""
    if state and (found := STATES.get(state) or STATES.get(state[:2])):
        return found
    text = str(error)
    for pattern, fault in TEXTS:
        if re.search(pattern, text, re.IGNORECASE):
            return fault
    return "unknown"


def _errors() -> tuple[type[Exception], ...]:
    from adbc_driver_manager import Error

    return (Error, pa.ArrowException, OSError)
