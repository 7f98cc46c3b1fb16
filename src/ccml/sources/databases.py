"""Tables and queries of databases as sources: read only, in batches, from a mark on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa

from ccml.config.databases import DatabaseConfig
from ccml.config.files import FileSource
from ccml.contracts.split import ROW
from ccml.engine.digest import fingerprint
from ccml.sources.csv_files import FILE
from ccml.sources.databases_driver import Column
from ccml.sources.databases_reading import (
    open_reading,
    read_columns,
    select_statement,
)
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import add_rows, drop, new_name


def pull_batches(
    backend: ibis.BaseBackend,
    source: FileSource,
    place: str,
    *,
    folder: Path = Path(),
    limit: int | None = None,
    after: str | None = None,
) -> Iterator[RawFiles]:
    """Read a source's table or query, `batch_rows` rows at a time.

    Each batch is a passing table of the engine, which whoever takes it drops; memory is
    that of one batch. There is at least one batch; it is empty when there are no rows.

    Args:
        backend: The engine.
        source: The source's section, with a `database`.
        place: Where it stands in the config.
        folder: The project folder, to which database files are relative.
        limit: Read at most so many rows.
        after: A watermark: only rows that have it or a later one, or none, are read.

    Raises:
        ConfigError: The login, the table, the query or the watermark is wrong.
        DataError: The reading was broken off.
    """
    database = _database(source)
    with open_reading(database, place, folder) as (reading, connection):
        columns = read_columns(reading, connection)
        sql = select_statement(reading, columns, limit, after)
        size = database.batch_rows
        with closing(reading.driver.batches(connection, sql, columns, size)) as found:
            for batch in _cut(found, columns, size):
                rows = _numbered(batch, reading.rows, database.label)
                table = backend.create_table(new_name(), rows)
                reading.rows += len(batch)
                yield RawFiles((), table, label=database.label)


def pull(
    backend: ibis.BaseBackend,
    source: FileSource,
    place: str,
    *,
    folder: Path = Path(),
    limit: int | None = None,
    after: str | None = None,
) -> RawFiles:
    """Read a source's table or query into one passing table; see `pull_batches`."""
    batches = pull_batches(
        backend, source, place, folder=folder, limit=limit, after=after
    )
    first = next(batches)
    for batch in batches:
        add_rows(first.rows, batch.rows)
        drop(backend, batch.rows)
    return first


def check_database(
    source: FileSource, place: str, folder: Path = Path()
) -> dict[str, str]:
    """Connect, and list the columns with their kinds; no row is read.

    SQLite knows the kind of a column only from its values, which are looked through.

    Raises:
        ConfigError: The login, the table, the query or the watermark is wrong.
        DataError: The database does not answer.
    """
    database = _database(source)
    with open_reading(database, place, folder) as (reading, connection):
        columns = read_columns(reading, connection)
        select_statement(reading, columns, 0, None)
        return {column.name: column.kind for column in columns}


def watermark_of(raw: RawFiles, source: FileSource) -> str | None:
    """Find the greatest watermark among rows that were read, as a text.

    Nothing is found without a `watermark` in the config, or without rows that have one.
    """
    name = _database(source).watermark
    if name is None:
        return None
    greatest = raw.rows[name].max().to_pyarrow().as_py()
    if greatest is None:
        return None
    is_time = hasattr(greatest, "isoformat")
    return str(greatest.isoformat() if is_time else greatest)


def address_key(source: FileSource) -> str:
    """Hash where a source's rows come from; passwords play no part in it."""
    database = _database(source)
    at = database.address
    parts = [at.kind, at.host, at.port, at.name, at.user, dict(at.options)]
    return fingerprint([*parts, database.table, database.query, database.watermark])


def _database(source: FileSource) -> DatabaseConfig:
    if source.database is None:
        raise AssertionError("the source is no database")
    return source.database


def _cut(
    found: Iterator[pa.Table], columns: list[Column], rows: int
) -> Iterator[pa.Table]:
    """Cut tables of any size into such of equal size."""
    waiting: list[pa.Table] = []
    n_waiting, n_given = 0, 0
    for table in found:
        waiting.append(table)
        n_waiting += len(table)
        while n_waiting >= rows:
            whole = pa.concat_tables(waiting)
            yield whole.slice(0, rows)
            n_given += 1
            waiting = [whole.slice(rows)]
            n_waiting -= rows
    if n_waiting or not n_given:
        yield pa.concat_tables(waiting) if waiting else _empty(columns)


def _empty(columns: list[Column]) -> pa.Table:
    kinds = {
        "flag": pa.bool_(),
        "number": pa.float64(),
        "instant": pa.timestamp("us", "UTC"),
        "naive": pa.timestamp("us"),
        "date": pa.date32(),
        "text": pa.string(),
    }
    return pa.schema(
        [(column.name, kinds[column.kind]) for column in columns]
    ).empty_table()


def _numbered(batch: pa.Table, before: int, label: str) -> pa.Table:
    """Add the number of each row, and where it comes from."""
    numbers = pa.array(np.arange(before + 1, before + len(batch) + 1, dtype="int64"))
    names = pa.repeat(label, len(batch))
    return batch.append_column(ROW, numbers).append_column(FILE, names)
