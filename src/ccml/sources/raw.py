"""Files as an Ibis table of their columns, with the number of each row."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis

from ccml.config.sources import FileSource
from ccml.contracts.split import ROW
from ccml.errors import DataError, did_you_mean
from ccml.sources.csv_files import FILE, read_csv
from ccml.sources.dialect import Dialect, find_dialect
from ccml.sources.files import FileKind, file_kind
from ccml.sources.scratch import as_view, new_name


@dataclass(frozen=True)
class RawFiles:
    """The columns of files with one header, as they are; those of CSV files are texts.

    `rows` is lazy and holds `_file` and `_row_no`, which counts from 1 through all files
    in their order.
    """

    files: tuple[Path, ...]
    rows: ibis.Table
    dialect: Dialect | None = None
    mark: str | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the files' own columns."""
        return [name for name in self.rows.columns if name not in {ROW, FILE}]

    @property
    def name(self) -> str:
        """What the user knows the files by."""
        more = len(self.files) - 1
        return self.files[0].name + (f" (and {more} more)" if more else "")


@dataclass(frozen=True)
class FileGroup:
    """Files that can be read in one go."""

    kind: FileKind
    files: tuple[Path, ...]
    dialect: Dialect | None = None


def group_files(files: list[Path], source: FileSource, place: str) -> list[FileGroup]:
    """Bring files of one kind and header together, in the order of their names.

    Raises:
        DataError: A CSV file is empty or has no usable header.
    """
    groups: dict[tuple[FileKind, Dialect | None], list[Path]] = {}
    for file in files:
        kind = file_kind(file, source, place)
        dialect = find_dialect(file, source, place) if kind == "csv" else None
        groups.setdefault((kind, dialect), []).append(file)
    return [FileGroup(kind, tuple(f), d) for (kind, d), f in groups.items()]


def open_group(
    backend: ibis.BaseBackend, group: FileGroup, place: str, *, tolerant: bool = False
) -> RawFiles:
    """Open files of one header; their rows are not read yet.

    Raises:
        DataError: A file is not what its kind promises.
    """
    if group.dialect:
        rows, mark = read_csv(backend, group.files, group.dialect, tolerant=tolerant)
    else:
        rows, mark = _open_typed(backend, group, place), None
    numbered = rows.mutate(**{ROW: ibis.row_number() + 1})
    return RawFiles(group.files, as_view(numbered), group.dialect, mark)


def _open_typed(backend: ibis.BaseBackend, group: FileGroup, place: str) -> ibis.Table:
    paths = [str(file) for file in group.files]
    try:
        if group.kind == "parquet":
            return backend.read_parquet(
                paths, table_name=new_name(), filename=FILE, union_by_name=True
            )
        # The engine would take time stamps for naive ones, and drop their offsets.
        guess = backend.read_json(paths, table_name=new_name(), union_by_name=True)
        return backend.read_json(
            paths,
            table_name=new_name(),
            filename=FILE,
            columns=dict.fromkeys(guess.columns, "VARCHAR"),
        )
    except duckdb.Error:
        raise unreadable(group, place) from None


def unreadable(group: FileGroup, place: str) -> DataError:
    """Build the error for files that are not what their kind promises."""
    return DataError(
        f"{place}.path: {group.files[0].name} is no readable {group.kind} file; send it "
        f"again or set {place}.reader."
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
        f"{did_you_mean(name, raw.columns)} Its columns: {_listed(raw.columns)}."
    )


def _listed(names: Collection[str]) -> str:
    shown = sorted(names)[:60]
    more = len(names) - len(shown)
    return f"{shown}" + (f" and {more} more" if more else "")
