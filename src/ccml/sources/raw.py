"""One file as an Ibis table of its columns, with the number of each row."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import ibis

from ccml.config.sources import FileSource
from ccml.contracts.split import ROW
from ccml.errors import DataError, did_you_mean
from ccml.sources.csv_files import read_csv
from ccml.sources.dialect import Dialect, find_dialect
from ccml.sources.files import file_kind



@dataclass(frozen=True)
class RawFile:
    """A file's columns as they are; CSV columns are texts.

    `rows` is lazy and holds `_row_no`, from 1. `rejects` names the engine's table of lines
    that are no rows of this file; it is filled when `rows` is computed.
    """

    file: Path
    rows: ibis.Table
    rejects: str | None = None
    dialect: Dialect | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the file's own columns."""
        return [name for name in self.rows.columns if name != ROW]


def open_file(
    backend: ibis.BaseBackend, file: Path, source: FileSource, place: str
) -> RawFile:
    """Open a file of a source; nothing but its header is read yet.

    Raises:
        DataError: The file is empty or not what its kind promises.
    """
    kind = file_kind(file, source, place)
    if kind == "csv":
        dialect = find_dialect(file, source, place)
        rows, rejects = read_csv(backend, file, dialect)
        return RawFile(file, rows, rejects, dialect)
    reader = backend.read_parquet if kind == "parquet" else backend.read_json
    try:
        rows = reader(str(file))
        columns = [name for name in rows.columns if name != ROW]
        rows = rows.select(*columns, **{ROW: ibis.row_number() + 1})
    except Exception as error:
        if not type(error).__module__.startswith(("duckdb", "_duckdb", "ibis")):
            raise
        raise DataError(
            f"{place}.path: {file.name} is no readable {kind} file; send it again or set "
            f"{place}.reader."
        ) from None
    return RawFile(file, rows)


def require_columns(raw: RawFile, wanted: dict[str, str], place: str) -> None:
    """Check that a file holds all columns that the config names.

    Args:
        raw: The opened file.
        wanted: Place in the config, below `place`: column of the export.
        place: The source's place.

    Raises:
        DataError: Columns are missing.
    """
    missing = {key: name for key, name in wanted.items() if name not in raw.columns}
    if not missing:
        return
    dialect = raw.dialect
    if dialect and len(raw.columns) == 1 and len(set(wanted.values())) > 1:
        raise DataError(
            f"{place}.separator: {raw.file.name} has one column only when it is cut at "
            f"the {dialect.separator_name} ({dialect.separator!r}); set "
            f"{place}.separator to the file's separator."
        )
    raise DataError("\n".join(_missing_column(raw, place, *item) for item in missing.items()))


def _missing_column(raw: RawFile, place: str, key: str, name: str) -> str:
    return (
        f"{place}.{key}: {raw.file.name} has no column {name!r}."
        f"{did_you_mean(name, raw.columns)} Its columns: {_listed(raw.columns)}."
    )


def _listed(names: Collection[str]) -> str:
    shown = sorted(names)[:60]
    more = len(names) - len(shown)
    return f"{shown}" + (f" and {more} more" if more else "")
