"""Databases that are one file, SQLite and DuckDB, opened for reading only."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ccml.config.databases import DatabaseConfig
from ccml.sources.databases_driver import (
    Batches,
    Column,
    Driver,
    Fault,
    decimal_word,
    standard_column,
)

STEPS = 100_000
"""SQLite looks at the clock after so many steps of its machine."""
SQLITE_TABLES = (
    "select name from sqlite_master where type in ('table', 'view') order by 1"
)
SQLITE_TEXTS: tuple[tuple[str, Fault], ...] = (
    ("no such table", "table"),
    ("no such column", "column"),
    ("no such function", "column"),
    ("duplicate column", "twice"),
    ("unable to open", "database"),
    ("not a database", "database"),
    ("malformed", "value"),
    ("locked", "busy"),
    ("interrupted", "timeout"),
    ("decode to UTF-8", "encoding"),
    ("readonly", "write"),
    ("syntax error", "query"),
)
NUMBERS = frozenset(["integer", "real"])
DUCKDB_TABLES = (
    "select case when table_schema = current_schema() then table_name "
    "else table_schema || '.' || table_name end from information_schema.tables "
    "order by 1"
)
DUCKDB_KINDS = {
    "BIGINT": "number",
    "BOOLEAN": "flag",
    "DATE": "date",
    "DOUBLE": "number",
    "FLOAT": "number",
    "INTEGER": "number",
    "INTERVAL": "interval",
    "SMALLINT": "number",
    "TIMESTAMP": "naive",
    "TIMESTAMP WITH TIME ZONE": "instant",
    "TIMESTAMP_MS": "naive",
    "TIMESTAMP_NS": "naive",
    "TIMESTAMP_S": "naive",
    "TINYINT": "number",
    "UBIGINT": "number",
    "UINTEGER": "number",
    "USMALLINT": "number",
    "UTINYINT": "number",
}
DUCKDB_ERRORS: tuple[tuple[type[Exception], Fault], ...] = (
    (duckdb.IOException, "database"),
    (duckdb.CatalogException, "table"),
    (duckdb.BinderException, "column"),
    (duckdb.ParserException, "query"),
    (duckdb.PermissionException, "write"),
    (duckdb.ConversionException, "value"),
    (duckdb.OutOfRangeException, "value"),
    (duckdb.ConnectionException, "busy"),
)


def sqlite_driver() -> Driver:
    """Describe how SQLite is read."""
    return Driver(
        _connect_sqlite,
        _sqlite_columns,
        _sqlite_batches,
        _sqlite_fault,
        lambda: (sqlite3.Error, pa.ArrowException, OverflowError),
        SQLITE_TABLES,
    )


def _connect_sqlite(database: DatabaseConfig, folder: Path) -> Any:
    file = (folder / database.address.name).resolve()
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode=ro",
        uri=True,
        timeout=database.connect_timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("pragma query_only = true")
    if database.timeout_s:
        end = time.monotonic() + database.timeout_s
        connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    connection.execute("begin")
    return connection


def _sqlite_columns(connection: Any, item: str) -> list[Column]:
    """Look at every value's own type, for a column may hold values of any."""
    names = _names(connection.execute(f"select * from {item} limit 0"))  # noqa: S608
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    found = [f"group_concat(distinct typeof({here}))" for here in quoted]
    kinds = connection.execute(f"select {', '.join(found)} from {item}").fetchone()  # noqa: S608
    return [
        _sqlite_column(name, here, set((kind or "").split(",")) - {"null", ""})
        for name, here, kind in zip(names, quoted, kinds, strict=True)
    ]


def _sqlite_column(name: str, here: str, kinds: set[str]) -> Column:
    if kinds == {"integer"}:
        return Column(name, "number", here)
    if kinds and kinds <= NUMBERS:
        return Column(name, "number", f"cast({here} as real)")
    value = (
        f"case typeof({here}) when 'real' then printf('%!.17g', {here}) "
        f"when 'blob' then hex({here}) else cast({here} as text) end"
    )
    return Column(name, "text", value)


def _sqlite_batches(
    connection: Any, sql: str, columns: list[Column], rows: int
) -> Batches:
    cursor = connection.execute(sql)
    types = [_sqlite_type(column) for column in columns]
    while found := cursor.fetchmany(rows):
        values = zip(*found, strict=True)
        arrays = [pa.array(v, t) for v, t in zip(values, types, strict=True)]
        yield pa.table(arrays, names=[column.name for column in columns])


def _sqlite_type(column: Column) -> pa.DataType:
    if column.kind == "text":
        return pa.string()
    return pa.float64() if column.value.startswith("cast") else pa.int64()


def _sqlite_fault(error: Exception) -> Fault:
    if not isinstance(error, sqlite3.Error):
        return "value"
    text = str(error)
    return next((fault for words, fault in SQLITE_TEXTS if words in text), "unknown")


def duckdb_driver() -> Driver:
    """Describe how DuckDB is read."""
    return Driver(
        _connect_duckdb,
        _duckdb_columns,
        _duckdb_batches,
        _duckdb_fault,
        lambda: (duckdb.Error, pa.ArrowException),
        DUCKDB_TABLES,
    )


def _connect_duckdb(database: DatabaseConfig, folder: Path) -> Any:
    connection = duckdb.connect(
        str(folder / database.address.name),
        read_only=True,
        config={"enable_external_access": "false", "threads": "1"},
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set lock_configuration = true")
    return connection


def _duckdb_columns(connection: Any, item: str) -> list[Column]:
    rows = connection.execute(f"describe select * from {item}").fetchall()  # noqa: S608
    return [standard_column(name, _duckdb_word(kind)) for name, kind, *_ in rows]


def _duckdb_word(kind: str) -> str:
    if kind.startswith("DECIMAL("):
        precision, scale = kind.removeprefix("DECIMAL(").rstrip(")").split(",")
        return decimal_word(int(precision), int(scale))
    return DUCKDB_KINDS.get(kind, "text")


def _duckdb_batches(
    connection: Any, sql: str, _columns: list[Column], rows: int
) -> Batches:
    for batch in connection.execute(sql).fetch_record_batch(rows):
        yield pa.Table.from_batches([batch])


def _duckdb_fault(error: Exception) -> Fault:
    found = (fault for kind, fault in DUCKDB_ERRORS if isinstance(error, kind))
    return next(found, "unknown")


def _names(cursor: Any) -> list[str]:
    return [described[0] for described in cursor.description]
