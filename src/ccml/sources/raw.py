"""Files as an Ibis table of their columns, with the number of each row."""

import gzip
import uuid
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import ibis

from ccml.config.files import FileSource
from ccml.contracts.split import ROW
from ccml.errors import DataError, did_you_mean
from ccml.sources.csv_files import FILE, add_rejects, read_csv
from ccml.sources.dialect import Dialect, find_dialect
from ccml.sources.files import FileKind
from ccml.sources.headers import shown_names
from ccml.sources.json_records import field_names, json_fault, read_records
from ccml.sources.passing import PassingFolder
from ccml.sources.readable import Readable, damaged, readable_files
from ccml.sources.scratch import as_view, new_name
from ccml.sources.tidy import TidyFiles, tidy_files


@dataclass(frozen=True)
class RawFiles:
    """The columns of files with one header, as they are; those of CSV files are texts.

    `rows` is lazy and holds `_file` and `_row_no`, which counts from 1 through all files
    in their order. `lines` counts the records of CSV files without the engine.
    """

    files: tuple[Path, ...]
    rows: ibis.Table
    dialect: Dialect | None = None
    mark: str | None = None
    label: str = ""
    lines: int | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the files' own columns."""
        return [name for name in self.rows.columns if name not in {ROW, FILE}]

    @property
    def name(self) -> str:
        """What the user knows the files by."""
        if self.label:
            return self.label
        more = len(self.files) - 1
        return self.files[0].name + (f" (and {more} more)" if more else "")


@dataclass(frozen=True)
class FileGroup:
    """Files that can be read in one go, and where copies of them go."""

    kind: FileKind
    files: tuple[Path, ...]
    passing: PassingFolder = field(compare=False)
    dialect: Dialect | None = None

    @cached_property
    def tidy(self) -> TidyFiles:
        """What a plain look at the files' bytes found, and files without it."""
        if self.dialect is None:
            raise AssertionError("only CSV files are looked at")
        return tidy_files(self.files, self.dialect, self.passing)


def group_files(
    files: list[Path],
    source: FileSource,
    place: str,
    passing: PassingFolder,
    kind: FileKind | None = None,
) -> list[FileGroup]:
    """Bring files of one kind and header together, in the order of their names.

    Args:
        files: Files, or archives of files.
        source: The section of the config.
        place: Where it stands in the config.
        passing: Where copies go.
        kind: How all of them are read, whatever their names are.

    Raises:
        ConfigError: An ending or a member of an archive is not known.
        DataError: A file is empty, is something else than its name says, or has no
            usable header.
    """
    groups: dict[tuple[FileKind, Dialect | None], list[Path]] = {}
    for file in files:
        for readable in readable_files(file, source, place, passing, kind):
            is_csv = readable.kind == "csv"
            path = readable.path
            dialect = find_dialect(path, readable.source, place) if is_csv else None
            groups.setdefault((readable.kind, dialect), []).append(path)
    return [FileGroup(k, tuple(f), passing, d) for (k, d), f in groups.items()]


def group_by_header(
    files: Iterable[Readable], place: str, passing: PassingFolder
) -> list[FileGroup]:
    """Bring readable CSV files of one header together."""
    groups: dict[Dialect, list[Path]] = {}
    for file in files:
        dialect = find_dialect(file.path, file.source, place)
        groups.setdefault(dialect, []).append(file.path)
    return [FileGroup("csv", tuple(f), passing, d) for d, f in groups.items()]


@dataclass(frozen=True)
class Records:
    """How JSON records are read: types of their fields, and envelopes around them.

    Args:
        columns: Field of the record: type of the engine, such as STRUCT(a VARCHAR)[].
        envelope: Keys under which an object may hold the list of records.
    """

    columns: Mapping[str, str]
    envelope: tuple[str, ...] = ()


def open_group(
    backend: ibis.BaseBackend,
    group: FileGroup,
    place: str,
    *,
    tolerant: bool = False,
    records: Records | None = None,
) -> RawFiles:
    """Open files of one header; their rows are not read yet.

    Args:
        backend: The engine.
        group: The files.
        place: Where the source stands in the config.
        tolerant: Keep broken lines apart, which takes longer.
        records: How nested JSON records are read; flat ones need nothing.

    Raises:
        DataError: A file is not what its kind promises.
    """
    lines = None
    if group.dialect:
        rows, mark, lines = _open_csv(backend, group, group.dialect, place, tolerant)
    else:
        rows, mark = _open_typed(backend, group, place, tolerant, records)
    rows = rows.mutate(**{FILE: group.passing.origins(rows[FILE])})
    numbered = rows.mutate(**{ROW: ibis.row_number() + 1})
    return RawFiles(group.files, as_view(numbered), group.dialect, mark, lines=lines)


def _open_csv(
    backend: ibis.BaseBackend,
    group: FileGroup,
    dialect: Dialect,
    place: str,
    tolerant: bool,
) -> tuple[ibis.Table, str | None, int]:
    try:
        tidy = group.tidy
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise damaged(group.files[0], place) from None
    rows, mark = read_csv(backend, tidy.files, dialect, tolerant=tolerant)
    if len(tidy.aside):
        mark = mark or uuid.uuid4().hex
        add_rejects(backend, mark, tidy.aside)
    return rows, mark, tidy.rows


def _open_typed(
    backend: ibis.BaseBackend,
    group: FileGroup,
    place: str,
    tolerant: bool,
    records: Records | None,
) -> tuple[ibis.Table, str | None]:
    paths = [str(file) for file in group.files]
    try:
        if group.kind == "parquet":
            rows = backend.read_parquet(
                paths, table_name=new_name(), filename=FILE, union_by_name=True
            )
            return rows, None
        if records is None:
            # The engine would take time stamps for naive ones, and drop their offsets.
            names = field_names(backend, group.files, place)
            records = Records(dict.fromkeys(names, "VARCHAR"))
        return read_records(
            backend, group.files, records.columns, records.envelope, tolerant=tolerant
        )
    except duckdb.Error as error:
        raise unreadable(group, place, error) from None


def unreadable(group: FileGroup, place: str, error: duckdb.Error) -> DataError:
    """Build the error for files that are not what their kind promises.

    Raises:
        duckdb.Error: The engine failed for a reason of its own.
    """
    name = group.files[0].name
    if isinstance(error, duckdb.OutOfMemoryException | duckdb.InternalException):
        raise error
    if group.kind == "json":
        return json_fault(error, place, name)
    return DataError(
        f"{place}.path: {name} is no readable {group.kind} file; send it again or set "
        f"{place}.reader."
    )


def require_columns(raw: RawFiles, wanted: dict[str, str], place: str) -> None:
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
            f"{place}.separator: {raw.name} has one column only when it is cut at "
            f"the {dialect.separator_name} ({dialect.separator!r}); set "
            f"{place}.separator to the file's separator, or take it out and it is found."
        )
    raise DataError(
        "\n".join(_missing_column(raw, place, *item) for item in missing.items())
    )


def _missing_column(raw: RawFiles, place: str, key: str, name: str) -> str:
    return (
        f"{place}.{key}: {raw.name} has no column {name!r}."
        f"{did_you_mean(name, raw.columns)} Its columns: {shown_names(raw.columns)}."
    )
