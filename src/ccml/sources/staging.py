"""All files of a source, typed, in one passing table of the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd

from ccml.config.sources import FileSource
from ccml.contracts.split import FAULT, REASON, ROW
from ccml.errors import DataError
from ccml.sources.cast import NO_ZONE, Cast, lacks_zone
from ccml.sources.csv_files import FILE, LINE, count_lines, rejected_lines
from ccml.sources.files import shared_folder
from ccml.sources.raw import FileGroup, RawFiles, group_files, open_group, unreadable
from ccml.sources.scratch import add_rows, as_view, drop, keep_aside

NO_ROWS = "holds no rows; check the export, or take this source out of the config."
NOTE = "note: "
"""Columns whose names begin so mark rows to which something was done."""

Shape = Callable[[RawFiles], ibis.Table]
"""Makes typed rows of files: their columns, `_row_no`, and `_fault`, the first reason."""


@dataclass(frozen=True)
class Staged:
    """Typed rows of all files, and the lines that were no rows.

    `table` holds the shape's columns, `source_file`, `_row_no` and `_fault`.
    """

    table: ibis.Table
    rejects: pd.DataFrame
    rows_in: int

    @cached_property
    def firsts(self) -> pd.DataFrame:
        """Number of each file's first row."""
        firsts = self.table.group_by("source_file").agg(first=self.table[ROW].min())
        frame: pd.DataFrame = firsts.to_pandas()
        return frame


def typed_rows(rows: ibis.Table, casts: Mapping[str, Cast]) -> ibis.Table:
    """Make the typed columns of files, and the first thing wrong with each row."""
    values = {name: cast.value for name, cast in casts.items()}
    given = {
        f"_given_{i}": cast.given
        for i, cast in enumerate(casts.values())
        if cast.given is not None
    }
    typed = as_view(rows.select(**values, **given, **{n: rows[n] for n in (ROW, FILE)}))
    reasons: list[tuple[ibis.Value, str]] = []
    for i, (name, cast) in enumerate(casts.items()):
        if cast.given is None:
            continue
        text = typed[f"_given_{i}"]
        is_bad = typed[name].isnull() & text.notnull()
        if cast.zoneless:
            reasons.append((is_bad & lacks_zone(text), f"{name} {NO_ZONE}"))
        reasons.append((is_bad, f"unparsable {name}"))
    nothing = ibis.null("string")
    fault = ibis.cases(*reasons, else_=nothing) if reasons else nothing
    return as_view(typed.mutate(**{FAULT: fault}).drop(*given))


def stage_files(
    backend: ibis.BaseBackend,
    files: list[Path],
    source: FileSource,
    place: str,
    shape: Shape,
) -> Staged:
    """Read and type all files of a source.

    Raises:
        DataError: A file is empty, lacks a column, or cannot be read whole.
    """
    folder = shared_folder(files)
    parts = [
        _stage_group(backend, group, place, shape, folder)
        for group in group_files(files, source, place)
    ]
    table = parts[0].table
    for part in parts[1:]:
        add_rows(table, part.table)
        drop(backend, part.table)
    rows_in = sum(part.rows_in for part in parts)
    if rows_in == 0:
        what = files[0].name if len(files) == 1 else f"each of {len(files)} files"
        raise DataError(f"{place}.path: {what} {NO_ROWS}")
    _refuse_zoneless(table, place)
    rejects = pd.concat([part.rejects for part in parts], ignore_index=True)
    return Staged(table, rejects, rows_in)


def _stage_group(
    backend: ibis.BaseBackend, group: FileGroup, place: str, shape: Shape, folder: Path
) -> Staged:
    try:
        raw = open_group(backend, group, place)
        table = keep_aside(backend, _with_source(shape(raw), folder))
    except duckdb.Error as error:
        raw = _tolerant(backend, group, place, error)
        table = keep_aside(backend, _with_source(shape(raw), folder))
    rejects = rejected_lines(backend, raw.mark)
    names = [str(Path(file).relative_to(folder)) for file in rejects[FILE]]
    rejects = rejects.assign(source_file=names).drop(columns=FILE)
    rows = int(table.count().execute()) + len(rejects)
    _compare_lines(raw, rows, place)
    return Staged(table, rejects, rows)


def _tolerant(
    backend: ibis.BaseBackend, group: FileGroup, place: str, error: duckdb.Error
) -> RawFiles:
    """Open CSV files again such that broken lines are kept apart."""
    if group.dialect is None:
        raise unreadable(group, place) from None
    if not isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException):
        raise error
    return open_group(backend, group, place, tolerant=True)


def _with_source(rows: ibis.Table, folder: Path) -> ibis.Table:
    """Name each row's file by its path below the folder that all files share."""
    start = len(str(folder)) + 1
    return rows.mutate(source_file=rows[FILE].substr(start)).drop(FILE)


def sample_rows(
    backend: ibis.BaseBackend, group: FileGroup, place: str, shape: Shape, rows: int
) -> Staged:
    """Type the first rows of a group's first file, as `stage_files` would.

    Raises:
        DataError: The file lacks a column, has no rows, or time stamps without a zone.
    """
    first = FileGroup(group.kind, group.files[:1], group.dialect)
    raw = open_group(backend, first, place, tolerant=first.dialect is not None)
    head = RawFiles(raw.files, as_view(raw.rows.limit(rows)), raw.dialect, raw.mark)
    table = keep_aside(backend, _with_source(shape(head), first.files[0].parent))
    rejects = rejected_lines(backend, raw.mark)
    rows_in = int(table.count().execute()) + len(rejects)
    if rows_in == 0:
        raise DataError(f"{place}.path: {first.files[0].name} {NO_ROWS}")
    _refuse_zoneless(table, place)
    return Staged(table, rejects, rows_in)


def note_columns(table: ibis.Table) -> list[str]:
    """List the columns that mark what was done to rows."""
    return [name for name in table.columns if name.startswith(NOTE)]


def record_numbers(aside: ibis.Table, staged: Staged) -> pd.DataFrame:
    """Number the rows set aside within their own file, and add the lines that were none.

    Args:
        aside: source_file, the row number through all files, and reason.
        staged: The rows that they come from.

    Returns:
        source_file, row_no (from 1 after the header) and reason.
    """
    firsts = staged.firsts
    frame = aside.to_pandas().merge(firsts, on="source_file", how="left")
    frame["row_no"] = frame[ROW] - frame["first"] + 1
    lines = staged.rejects.rename(columns={LINE: "row_no"})
    for file, broken in lines.groupby("source_file"):
        here = frame.source_file == file
        at = broken.row_no.to_numpy(dtype="int64")
        good_before = at - 1 - np.arange(len(at))
        number = frame.loc[here, "row_no"]
        shift = np.searchsorted(good_before, number.to_numpy() - 1, side="right")
        frame.loc[here, "row_no"] = number + shift
    columns = ["source_file", "row_no", REASON]
    found = pd.concat([frame[columns], lines[columns]], ignore_index=True)
    numbered: pd.DataFrame = found.astype(
        {"source_file": "str", "row_no": "int64", REASON: "str"}
    )
    return numbered


def _compare_lines(raw: RawFiles, rows: int, place: str) -> None:
    """Compare the engine's count of CSV rows with a plain count of the lines."""
    if raw.dialect is None:
        return
    counts = [count_lines(file, raw.dialect) for file in raw.files]
    known = [count for count in counts if count is not None]
    if len(known) == len(counts) and sum(known) != rows:
        raise DataError(
            f"{place}.path: {raw.name} has {sum(known):,} lines after the header but "
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
            f"{place}.time_zone: time stamps without a zone ({what}); set "
            f"{place}.time_zone to the zone of the export, such as Europe/Warsaw."
        )
