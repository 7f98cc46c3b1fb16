"""All files of a source, typed, in one passing table of the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd

from ccml.config.sources import FileSource
from ccml.contracts.split import FAULT, REASON, ROW
from ccml.errors import DataError
from ccml.sources.cast import NO_ZONE, Cast
from ccml.sources.csv_files import count_lines, rejected_lines
from ccml.sources.files import short_names
from ccml.sources.raw import RawFile, open_file
from ccml.sources.scratch import add_rows, keep_aside

NOTE = "note: "
"""Columns whose names begin so mark rows to which something was done."""

Shape = Callable[[RawFile], ibis.Table]
"""Makes typed rows of a file: its columns, `_row_no`, and `_fault`, the first reason."""


@dataclass(frozen=True)
class Staged:
    """Typed rows of all files, and the lines that were no rows.

    `table` holds the shape's columns, `source_file`, `_row_no` and `_fault`.
    """

    table: ibis.Table
    rejects: pd.DataFrame
    rows_in: int


def typed_rows(rows: ibis.Table, casts: Mapping[str, Cast]) -> ibis.Table:
    """Make the typed columns of a file, and the first thing wrong with each row."""
    reasons: list[tuple[ibis.Value, str]] = []
    for name, cast in casts.items():
        if cast.lacks_zone is not None:
            reasons.append((cast.lacks_zone, f"{name} {NO_ZONE}"))
        reasons.append((cast.is_bad, f"unparsable {name}"))
    fault = ibis.cases(*reasons, else_=ibis.null("string"))
    values = {name: cast.value for name, cast in casts.items()}
    return rows.select(**values, **{ROW: rows[ROW], FAULT: fault})


def stage_files(
    backend: ibis.BaseBackend,
    files: list[Path],
    source: FileSource,
    place: str,
    shape: Shape,
) -> Staged:
    """Read and type all files of a source, one after the other.

    Raises:
        DataError: A file is empty, lacks a column, or cannot be read whole.
    """
    names = short_names(files)
    table: ibis.Table | None = None
    rejects: list[pd.DataFrame] = []
    staged = 0
    for file in files:
        raw = open_file(backend, file, source, place)
        rows = shape(raw).mutate(source_file=ibis.literal(names[file]))
        if table is None:
            table = keep_aside(backend, rows)
        else:
            add_rows(table, rows)
        rejects.append(_rejects(backend, raw, names[file]))
        before, staged = staged, int(table.count().execute())
        _compare_lines(raw, staged - before + len(rejects[-1]), place)
    rows_in = staged + sum(map(len, rejects))
    if table is None or rows_in == 0:
        raise DataError(f"{place}.path: {_files(files)} no rows; check the export.")
    _refuse_zoneless(table, place)
    return Staged(table, pd.concat(rejects, ignore_index=True), rows_in)


def sample_rows(
    backend: ibis.BaseBackend,
    file: Path,
    source: FileSource,
    place: str,
    shape: Shape,
    rows: int,
) -> ibis.Table:
    """Type the first rows of one file, as `stage_files` would."""
    raw = open_file(backend, file, source, place)
    head = RawFile(file, raw.rows.limit(rows), raw.rejects, raw.dialect)
    table = keep_aside(backend, shape(head))
    _refuse_zoneless(table, place)
    return table


def note_columns(table: ibis.Table) -> list[str]:
    """List the columns that mark what was done to rows."""
    return [name for name in table.columns if name.startswith(NOTE)]


def _rejects(backend: ibis.BaseBackend, raw: RawFile, name: str) -> pd.DataFrame:
    if raw.rejects is None:
        return pd.DataFrame(
            {ROW: pd.Series([], dtype="int64"), REASON: [], "source_file": []}
        )
    return rejected_lines(backend, raw.rejects).assign(source_file=name)


def _compare_lines(raw: RawFile, rows: int, place: str) -> None:
    """Compare the engine's count of a CSV file with a plain count of its lines."""
    if raw.dialect is None:
        return
    lines = count_lines(raw.file, raw.dialect)
    if lines is not None and lines != rows:
        raise DataError(
            f"{place}.path: {raw.file.name} has {lines:,} lines after the header but "
            f"{rows:,} were read; check its quotes, and set {place}.separator."
        )


def _refuse_zoneless(table: ibis.Table, place: str) -> None:
    zoneless = table.filter(table[FAULT].endswith(NO_ZONE))
    found = zoneless.group_by(FAULT).agg(rows=zoneless.count()).order_by(FAULT)
    frame = found.to_pandas()
    if len(frame):
        what = ", ".join(
            f"{fault.removesuffix(NO_ZONE).strip()} in {rows:,} rows"
            for fault, rows in zip(frame[FAULT], frame.rows, strict=True)
        )
        raise DataError(
            f"{place}.time_zone: naive time stamps without a zone ({what}); set "
            f"{place}.time_zone to the zone of the export, such as Europe/Warsaw."
        )


def _files(files: list[Path]) -> str:
    return f"{files[0].name} holds" if len(files) == 1 else f"{len(files)} files hold"
