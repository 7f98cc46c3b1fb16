"""What every kind of database gives: a connection, columns, and rows in batches."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from ccml.config.databases import DatabaseConfig

ColumnKind = Literal["flag", "number", "instant", "naive", "date", "text"]
Fault = Literal[
    "busy",
    "column",
    "database",
    "encoding",
    "gone",
    "host",
    "login",
    "permission",
    "query",
    "table",
    "timeout",
    "twice",
    "unknown",
    "value",
    "write",
]
Batches = Generator[pa.Table, None, None]


@dataclass(frozen=True)
class Column:
    """A column as it is read: its kind, and the SQL that gives its value."""

    name: str
    kind: ColumnKind
    value: str


@dataclass(frozen=True)
class Driver:
    """How one kind of database is read.

    Args:
        connect: Opens a connection that can read only.
        columns: Lists the columns of what stands behind FROM.
        batches: Runs a SELECT of such columns; yields Arrow tables of any size.
        fault: Tells what an error of the database means.
        errors: Lists the errors of the database's library.
        tables: SELECT of the names of all tables and views that can be read.
        quote: The sign around names.
        instant: How a clock time in UTC is written as an instant.
        escapes: A backslash in a literal begins an escape.
    """

    connect: Callable[[DatabaseConfig, Path], Any]
    columns: Callable[[Any, str], list[Column]]
    batches: Callable[[Any, str, list[Column], int], Batches]
    fault: Callable[[Exception], Fault]
    errors: Callable[[], tuple[type[Exception], ...]]
    tables: str
    quote: str = '"'
    instant: str = "timestamptz '{}+00'"
    escapes: bool = False


def quoted(driver: Driver, name: str) -> str:
    """Quote a name; signs of quoting inside it are doubled."""
    sign = driver.quote
    return sign + name.replace(sign, sign * 2) + sign


def standard_column(name: str, word: str) -> Column:
    """Read a column of PostgreSQL or DuckDB by what its type is, in one word.

    `infinity` of a time becomes null: as the end of a validity it means that there is
    none.
    """
    here = '"' + name.replace('"', '""') + '"'
    if word in {"instant", "naive", "date"}:
        return Column(name, word, f"case when isfinite({here}) then {here} end")  # type: ignore[arg-type]
    if word in {"flag", "number"}:
        return Column(name, word, here)  # type: ignore[arg-type]
    forms: dict[str, tuple[ColumnKind, str]] = {
        "whole": ("number", f"cast({here} as bigint)"),
        "decimal": ("number", f"cast({here} as double precision)"),
        "money": ("number", f"cast(cast({here} as numeric) as double precision)"),
        "interval": ("number", f"cast(extract(epoch from {here}) as double precision)"),
    }
    kind, value = forms.get(word, ("text", f"cast({here} as varchar)"))
    return Column(name, kind, value)


def decimal_word(precision: int, scale: int) -> str:
    """Choose how a decimal is read: keys of digits only must keep every digit."""
    if scale:
        return "decimal"
    return "whole" if precision <= 18 else "text"


def literal(driver: Driver, kind: ColumnKind, text: str) -> str:
    """Write a watermark as SQL.

    Raises:
        ValueError: It is no value of a column of this kind.
    """
    if kind == "number":
        return repr(float(text)) if not text.lstrip("-").isdigit() else text
    if kind == "instant":
        instant = datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
        return driver.instant.format(instant.isoformat(" "))
    if kind == "naive":
        return f"timestamp '{datetime.fromisoformat(text).isoformat(' ')}'"
    if kind == "date":
        return f"date '{date.fromisoformat(text).isoformat()}'"
    if not text.isprintable():
        raise ValueError("signs that cannot be printed")
    escaped = text.replace("\\", "\\\\") if driver.escapes else text
    return "'" + escaped.replace("'", "''") + "'"


def moved_back(kind: ColumnKind, text: str, minutes: float) -> str:
    """Set a watermark back, if it is a time."""
    if kind not in {"instant", "naive"}:
        return text
    return (datetime.fromisoformat(text) - timedelta(minutes=minutes)).isoformat()
