"""Passing tables of the engine, which no stored table ever shows."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import ibis
import pandas as pd

from ccml.engine.connection import spill_folder
from ccml.sources.passing import PassingFolder

_FOLDERS: WeakKeyDictionary[ibis.BaseBackend, list[PassingFolder]] = WeakKeyDictionary()
PREFIXES = ("scratch_", "rejects_", "scans_")


def keep_aside(backend: ibis.BaseBackend, rows: ibis.Table) -> ibis.Table:
    """Compute rows once, into a passing table of the engine."""
    return backend.create_table(new_name(), rows)


def as_view(rows: ibis.Table) -> ibis.Table:
    """Give a query a name, so that what is built on it does not repeat its expressions."""
    return ibis.get_backend(rows).create_view(new_name(), rows)


def add_rows(table: ibis.Table, rows: ibis.Table) -> None:
    """Add rows with the same columns to a passing table."""
    backend = ibis.get_backend(table)
    backend.insert(table_name(table), rows.select(*table.columns))


def renumber(table: ibis.Table, column: str, group: str, firsts: pd.DataFrame) -> None:
    """Let the numbers of each group in a passing table begin at 1, in place.

    Args:
        table: The passing table.
        column: Its numbers.
        group: Column of the groups.
        firsts: The group column and `first`, each group's smallest number.
    """
    backend = ibis.get_backend(table)
    name = table_name(keep_aside(backend, ibis.memtable(firsts[[group, "first"]])))
    # Ibis changes no rows in place, and a copy of a wide table costs much more.
    backend.raw_sql(
        f'update "{table_name(table)}" as t '  # noqa: S608
        f'set "{column}" = t."{column}" - f."first" + 1 '
        f'from "{name}" as f where t."{group}" = f."{group}"'
    )


def table_name(table: ibis.Table) -> str:
    """Name of a passing table, without the database it lives in."""
    return str(table.op().name)


def new_name() -> str:
    """Make a name that no other passing table has."""
    return f"scratch_{uuid.uuid4().hex}"


def json_fields(
    texts: ibis.Table, column: str, fields: Mapping[str, str], *others: str
) -> ibis.Table:
    """Give the fields of JSON texts their types; what does not fit is null.

    Args:
        texts: A passing table or view.
        column: Column of JSON objects as texts.
        fields: Field: DuckDB's type.
        others: Columns to keep beside them.
    """
    backend, name = ibis.get_backend(texts), new_name()
    shape = json.dumps(dict(fields)).replace("'", "''")
    kept = ", ".join(f'"{other}"' for other in others)
    # Ibis has no function whose type depends on a text.
    backend.raw_sql(
        f'create view "{name}" as select {kept}, '  # noqa: S608
        f'json_transform("{column}", \'{shape}\') as "{column}" '
        f'from "{table_name(texts)}"'
    )
    record = backend.table(name)
    typed = {field: record[column][field] for field in fields}
    return record.select(**typed, **{other: record[other] for other in others})


def passing_folder(backend: ibis.BaseBackend) -> PassingFolder:
    """Make a folder for copies of files, which stands as long as passing tables do."""
    folder = PassingFolder(spill_folder(backend))
    _FOLDERS.setdefault(backend, []).append(folder)
    return folder


@contextmanager
def cleared_after(backend: ibis.BaseBackend) -> Iterator[None]:
    """Drop all passing tables, views and files at the end, whatever happened."""
    try:
        yield
    finally:
        for name, kind in _existing(backend).items():
            if name.startswith(PREFIXES):
                backend.raw_sql(f'drop {kind} if exists "{name}"')
        _FOLDERS.pop(backend, None)


def drop(backend: ibis.BaseBackend, table: ibis.Table) -> None:
    """Drop one passing table."""
    backend.raw_sql(f'drop table "{table_name(table)}"')


def _existing(backend: ibis.BaseBackend) -> dict[str, str]:
    """List the engine's views and tables, with their kind; views come first."""
    rows = backend.raw_sql(
        "select view_name, 'view' from duckdb_views() where not internal "
        "union all select table_name, 'table' from duckdb_tables()"
    ).fetchall()
    return dict(rows)
