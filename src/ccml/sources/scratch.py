"""Passing tables of the engine, which no stored table ever shows."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import ibis

PREFIXES = ("scratch_", "rejects_", "scans_")


def keep_aside(backend: ibis.BaseBackend, rows: ibis.Table) -> ibis.Table:
    """Compute rows once, into a passing table of the engine."""
    return backend.create_table(new_name(), rows)


def add_rows(table: ibis.Table, rows: ibis.Table) -> None:
    """Add rows with the same columns to a passing table."""
    backend = ibis.get_backend(table)
    backend.insert(table_name(table), rows.select(*table.columns))


def table_name(table: ibis.Table) -> str:
    """Name of a passing table, without the database it lives in."""
    return str(table.op().name)


def new_name() -> str:
    """Make a name that no other passing table has."""
    return f"scratch_{uuid.uuid4().hex}"


@contextmanager
def cleared_after(backend: ibis.BaseBackend) -> Iterator[None]:
    """Drop all passing tables at the end, whatever happened."""
    try:
        yield
    finally:
        for name in backend.list_tables():
            if name.startswith(PREFIXES):
                drop(backend, name)


def drop(backend: ibis.BaseBackend, name: str) -> None:
    """Drop one passing table or view."""
    views = backend.raw_sql(
        "select view_name from duckdb_views() where not internal"
    ).fetchall()
    if (name,) in views:
        backend.drop_view(name, force=True)
    else:
        backend.drop_table(name, force=True)
