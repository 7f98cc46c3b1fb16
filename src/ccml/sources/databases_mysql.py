"""MySQL and MariaDB, row by row from the server, which holds the rest back."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ccml.config.databases import DatabaseConfig
from ccml.sources.databases_driver import (
    Batches,
    Column,
    ColumnKind,
    Driver,
    Fault,
    decimal_word,
)

NO_DATE = r"^0000|-00"
"""A date that is none, such as 0000-00-00: null."""
STALL_S = 3600
"""So long the server waits while a batch is worked on."""
TABLES = (
    "select if(table_schema = database(), table_name, "
    "concat(table_schema, '.', table_name)) from information_schema.tables "
    "where table_schema not in ('information_schema', 'mysql', 'performance_schema', "
    "'sys') order by 1"
)
CODES: dict[int, Fault] = {
    1040: "busy",
    1044: "permission",
    1045: "login",
    1049: "database",
    1052: "twice",
    1054: "column",
    1060: "twice",
    1064: "query",
    1142: "permission",
    1143: "permission",
    1146: "table",
    1205: "busy",
    1227: "permission",
    1305: "column",
    1370: "permission",
    1698: "login",
    1792: "write",
    1969: "timeout",
    2003: "host",
    2006: "gone",
    2013: "gone",
    3024: "timeout",
}


def driver() -> Driver:
    """Describe how MySQL and MariaDB are read."""
    return Driver(
        *(_connect, _columns, _batches, _fault, _errors, TABLES),
        quote="`",
        instant="timestamp '{}'",  # the session is in UTC
        escapes=True,
    )


def _connect(database: DatabaseConfig, _folder: Path) -> Any:
    import pymysql
    from pymysql import converters

    address = database.address
    connection = pymysql.connect(
        host=address.host or "localhost",
        port=address.port or 3306,
        user=address.user or None,
        password=address.password,
        database=address.name,
        charset="utf8mb4",
        connect_timeout=database.connect_timeout_s,
        program_name="ccml",
        local_infile=False,
        conv=converters.encoders,  # values stay texts, which Arrow reads faster
        **dict(address.options),
    )
    for statement in (
        "set session transaction isolation level repeatable read",
        "set session transaction read only",
        "set session time_zone = '+00:00'",
        "set session sql_mode = ''",
        f"set session net_write_timeout = {STALL_S}",
        time_limit(connection.server_version, database.timeout_s),
        "start transaction with consistent snapshot, read only",
    ):
        with connection.cursor() as cursor:
            cursor.execute(statement)
    return connection


def time_limit(version: str, seconds: int) -> str:
    """Write the statement that limits the time of a reading; each make has its own."""
    if "mariadb" in version.lower():
        return f"set session max_statement_time = {seconds}"
    return f"set session max_execution_time = {seconds * 1000}"


def _columns(connection: Any, item: str) -> list[Column]:
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {item} limit 0")  # noqa: S608
        return [_column(*described) for described in cursor.description]


def _column(
    name: str, code: int, _d: Any, _s: Any, length: int, scale: int, _n: Any
) -> Column:
    from pymysql.constants import FIELD_TYPE as T

    here = "`" + name.replace("`", "``") + "`"
    if code in {T.TINY, T.SHORT, T.LONG, T.LONGLONG, T.INT24, T.YEAR}:
        return Column(name, "number", here)
    if code in {T.DECIMAL, T.NEWDECIMAL}:
        return _decimal(name, here, decimal_word(length - 1, scale))
    forms: dict[int, tuple[ColumnKind, str]] = {
        T.DOUBLE: ("number", f"{here} + 0e0"),
        T.FLOAT: ("number", f"{here} + 0e0"),
        T.BIT: ("number", f"{here} + 0"),
        T.TIMESTAMP: ("instant", here),
        T.DATETIME: ("naive", here),
        T.DATE: ("date", here),
        T.NEWDATE: ("date", here),
    }
    kind, value = forms.get(code, ("text", here))
    return Column(name, kind, value)


def _decimal(name: str, here: str, word: str) -> Column:
    if word == "text":
        return Column(name, "text", f"cast({here} as char)")
    value = f"cast({here} as signed)" if word == "whole" else f"{here} + 0e0"
    return Column(name, "number", value)


def _batches(connection: Any, sql: str, columns: list[Column], rows: int) -> Batches:
    from pymysql.cursors import SSCursor

    cursor = connection.cursor(SSCursor)
    try:
        cursor.execute(sql)
        types = [
            _arrow_type(column.kind, described[1])
            for column, described in zip(columns, cursor.description, strict=True)
        ]
        while found := cursor.fetchmany(rows):
            values = zip(*found, strict=True)
            arrays = [_array(list(v), t) for v, t in zip(values, types, strict=True)]
            yield pa.table(arrays, names=[column.name for column in columns])
    finally:
        # The cursor would fetch all that is left; the connection is closed instead.
        if connection._result is not None:
            connection._result.unbuffered_active = False
        cursor.close()


def _arrow_type(kind: ColumnKind, code: int) -> pa.DataType:
    from pymysql.constants import FIELD_TYPE

    if kind == "number":
        return pa.float64() if code == FIELD_TYPE.DOUBLE else pa.int64()
    if kind in {"instant", "naive"}:
        return pa.timestamp("us", tz="UTC" if kind == "instant" else None)
    return pa.date32() if kind == "date" else pa.string()


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    first = next((value for value in values if value is not None), None)
    if isinstance(first, bytes):
        values = [None if value is None else value.hex() for value in values]
    texts = pa.array(values, pa.string())
    if pa.types.is_temporal(kind):
        is_none = pc.match_substring_regex(texts, NO_DATE)
        texts = pc.if_else(is_none, None, texts)
    if pa.types.is_timestamp(kind):
        texts = texts.cast(pa.timestamp("us"))
    return texts.cast(kind)


def _fault(error: Exception) -> Fault:
    if isinstance(error, UnicodeError):
        return "encoding"
    if isinstance(error, pa.ArrowException):
        return "value"
    code = error.args[0] if error.args else None
    return CODES.get(code, "unknown") if isinstance(code, int) else "unknown"


def _errors() -> tuple[type[Exception], ...]:
    from pymysql.err import MySQLError

    return (MySQLError, pa.ArrowException, UnicodeError, OSError, RuntimeError)
