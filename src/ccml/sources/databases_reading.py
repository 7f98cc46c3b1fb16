"""One reading of a database: its connection, its columns, and the SELECT that is sent."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccml.config.addresses import Kind
from ccml.config.databases import DatabaseConfig, table_parts
from ccml.contracts.split import ROW
from ccml.errors import ConfigError
from ccml.sources import databases_files, databases_mysql, databases_postgresql
from ccml.sources.csv_files import FILE
from ccml.sources.databases_driver import Column, Driver, literal, moved_back, quoted
from ccml.sources.databases_faults import (
    fault_error,
    missing_library,
    no_table,
    no_watermark,
)

DRIVERS: Mapping[Kind, Callable[[], Driver]] = {
    "duckdb": databases_files.duckdb_driver,
    "mysql": databases_mysql.driver,
    "postgresql": databases_postgresql.driver,
    "sqlite": databases_files.sqlite_driver,
}


@dataclass
class Reading:
    """One reading of a database; counts its rows, so that an error can tell them."""

    database: DatabaseConfig
    driver: Driver
    place: str
    folder: Path
    rows: int = 0


@contextmanager
def open_reading(
    database: DatabaseConfig, place: str, folder: Path
) -> Iterator[tuple[Reading, Any]]:
    """Open a connection; whatever the database complains of becomes a sentence."""
    kind = database.address.kind
    driver = DRIVERS[kind]()
    reading = Reading(database, driver, place, folder)
    try:
        errors = driver.errors()
    except ImportError:
        raise missing_library(kind, place) from None
    connection = None
    try:
        connection = driver.connect(database, folder)
        yield reading, connection
    except errors as error:
        fault = driver.fault(error)
        if fault == "table" and database.table:
            _close(connection, errors)
            raise no_table(database, place, _tables(reading, errors)) from None
        raise fault_error(fault, database, place, reading.rows) from None
    finally:
        _close(connection, errors)


def _close(connection: Any, errors: tuple[type[Exception], ...]) -> None:
    """Close a connection, which may be broken already."""
    try:
        if connection is not None:
            connection.close()
    except errors:
        return


def _tables(reading: Reading, errors: tuple[type[Exception], ...]) -> list[str]:
    """List the tables that there are, by a connection of its own."""
    driver = reading.driver
    try:
        connection = driver.connect(reading.database, reading.folder)
        cursor = connection.cursor()
        cursor.execute(driver.tables)
        names = [str(name) for (name,) in cursor.fetchall()]
        cursor.close()
        connection.close()
    except errors:
        return []
    return names


def _item(reading: Reading) -> str:
    """Write what stands behind FROM."""
    database, driver = reading.database, reading.driver
    if database.table is not None:
        return ".".join(quoted(driver, part) for part in table_parts(database.table))
    query = str(database.query).strip().rstrip(";")
    return f"({query}\n) as ccml_rows"


def read_columns(reading: Reading, connection: Any) -> list[Column]:
    """List the columns that will be read, with their kinds.

    Raises:
        ConfigError: Two cannot be told apart, or one has a name that ccml gives.
    """
    columns = reading.driver.columns(connection, _item(reading))
    small = [column.name.lower() for column in columns]
    if len(set(small)) < len(small):
        raise fault_error("twice", reading.database, reading.place)
    if taken := sorted({ROW, FILE} & set(small)):
        raise ConfigError(
            f"{reading.place}.database: the columns {taken} have names that ccml gives; "
            f"rename them in a query."
        )
    return columns


def select_statement(
    reading: Reading, columns: list[Column], limit: int | None, after: str | None
) -> str:
    """Write the SELECT of all columns, from a watermark on, at most `limit` rows.

    Raises:
        ConfigError: The watermark is no column, or no value of it.
    """
    driver, database = reading.driver, reading.database
    values = [f"{c.value} as {quoted(driver, c.name)}" for c in columns]
    sql = f"select {', '.join(values)} from {_item(reading)}"  # noqa: S608
    if database.watermark is not None:
        kinds = {column.name: column for column in columns}
        if database.watermark not in kinds:
            raise no_watermark(database, reading.place, list(kinds))
        if after is not None:
            sql += f" where {_newer(reading, kinds[database.watermark], after)}"
    return sql if limit is None else f"{sql} limit {limit:d}"


def _newer(reading: Reading, column: Column, after: str) -> str:
    """Write which rows are read again: those without a watermark are never left out."""
    here = quoted(reading.driver, column.name)
    try:
        start = moved_back(column.kind, after, reading.database.overlap_minutes)
        value = literal(reading.driver, column.kind, start)
    except ValueError:
        raise ConfigError(
            f"{reading.place}.database.watermark: what was stored of it is no value of "
            f"{column.name!r}, which is a {column.kind}; read everything with --force."
        ) from None
    return f"({here} >= {value} or {here} is null)"
