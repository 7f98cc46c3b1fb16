"""Files of a source, typed, in one passing table of the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import ibis
import pandas as pd

from ccml.config.files import FileSource
from ccml.contracts.split import FAULT, REASON, ROW
from ccml.errors import DataError
from ccml.sources.cast import NO_ZONE, Cast, lacks_zone
from ccml.sources.csv_files import FILE, LINE, rejected_lines
from ccml.sources.opening import PLAIN, Opening
from ccml.sources.raw import FileGroup, RawFiles, unreadable
from ccml.sources.scratch import (
    add_rows,
    as_view,
    drop,
    keep_aside,
    passing_folder,
    renumber,
)

NO_ROWS = "holds no rows; check the export, or take this source out of the config."
NOTE = "note: "
"""Columns whose names begin so mark rows to which something was done."""
EARLIER = "_earlier_fault"
SOURCE = "source_file"

Shape = Callable[[RawFiles], ibis.Table]
"""Makes typed rows of files: their columns, `_row_no`, and `_fault`, the first reason."""


@dataclass(frozen=True)
class Staged:
    """Typed rows of files.

    `table` holds the shape's columns, `source_file`, `_row_no` (from 1 in each file) and
    `_fault`. Lines that were no rows stand there too, with nothing but their fault. A
    shape may make several rows of one; they share its number. `behind` is the passing
    table that `table` is a query on, where it is one.
    """

    table: ibis.Table
    rows_in: int
    behind: ibis.Table | None = None


def typed_rows(rows: ibis.Table, casts: Mapping[str, Cast]) -> ibis.Table:
    """Make the typed columns of files, and the first thing wrong with each row.

    A fault that stands in the rows already comes before all others.
    """
    values = {name: cast.value for name, cast in casts.items()}
    given = {
        f"_given_{i}": cast.given
        for i, cast in enumerate(casts.values())
        if cast.given is not None
    }
    if FAULT in rows.columns:
        given[EARLIER] = rows[FAULT]
    typed = as_view(rows.select(**values, **given, **{n: rows[n] for n in (ROW, FILE)}))
    reasons = _reasons(typed, casts)
    nothing = ibis.null("string")
    fault = ibis.cases(*reasons, else_=nothing) if reasons else nothing
    return as_view(typed.mutate(**{FAULT: fault}).drop(*given))


def _reasons(
    typed: ibis.Table, casts: Mapping[str, Cast]
) -> list[tuple[ibis.Value, ibis.Value | str]]:
    reasons: list[tuple[ibis.Value, ibis.Value | str]] = []
    if EARLIER in typed.columns:
        reasons.append((typed[EARLIER].notnull(), typed[EARLIER]))
    for i, (name, cast) in enumerate(casts.items()):
        if cast.given is None:
            continue
        text = typed[f"_given_{i}"]
        is_bad = typed[name].isnull() & text.notnull()
        if cast.zoneless:
            reasons.append((is_bad & lacks_zone(text), f"{name} {NO_ZONE}"))
        reasons.append((is_bad, f"unparsable {name}"))
    return reasons


@dataclass(frozen=True)
class Layer:
    """How rows of a source's files become typed rows.

    Args:
        source: The section of the config.
        place: Where it stands in the config, such as `sources.calls`.
        shape: Makes typed rows of opened files.
        opening: Opens the files.
        folder: The project folder, to which database files are relative.
    """

    source: FileSource
    place: str
    shape: Shape
    opening: Opening = PLAIN
    folder: Path = Path()


def stage_files(
    backend: ibis.BaseBackend, files: list[Path], layer: Layer, base: Path
) -> Staged:
    """Read and type files of a source.

    Args:
        backend: The engine.
        files: Files, named by their path below `base`.
        layer: How they are opened and typed.
        base: A folder above all files.

    Raises:
        DataError: A file lacks a column, or cannot be read whole.
    """
    passing = passing_folder(backend)
    groups = layer.opening.group(files, layer.source, layer.place, passing)
    return joined([_stage_group(backend, group, layer, base) for group in groups])


def stage_raw(
    backend: ibis.BaseBackend, raw: RawFiles, layer: Layer, name: str
) -> Staged:
    """Type rows that stand in the engine already, such as those of a database.

    Args:
        backend: The engine.
        raw: The rows, numbered.
        layer: How they are typed.
        name: What stands for the file.
    """
    rows = layer.shape(raw).drop(FILE).mutate(source_file=ibis.literal(name))
    table = keep_aside(backend, rows)
    refuse_zoneless(table, layer.place)
    return Staged(table, int(raw.rows.count().execute()))


def joined(parts: list[Staged]) -> Staged:
    """Bring staged rows together in the first one's table."""
    table = parts[0].table
    for part in parts[1:]:
        add_rows(table, part.table)
        drop(ibis.get_backend(table), part.table)
    return Staged(table, sum(part.rows_in for part in parts))


def require_rows(rows_in: int, files: list[Path], place: str) -> None:
    """Stop when no file holds a row.

    Raises:
        DataError: So it is.
    """
    if rows_in == 0:
        what = files[0].name if len(files) == 1 else f"each of {len(files)} files"
        raise DataError(f"{place}.path: {what} {NO_ROWS}")


def _stage_group(
    backend: ibis.BaseBackend, group: FileGroup, layer: Layer, base: Path
) -> Staged:
    try:
        raw, table = _typed(backend, group, layer, base, tolerant=False)
    except duckdb.Error as error:
        raw, table = _read_again(backend, group, layer, base, error)
    rejects = _named(rejected_lines(backend, raw.mark), group, base)
    staged = _numbered(backend, table, rejects)
    _compare_lines(raw, staged.rows_in, layer.place)
    refuse_zoneless(staged.table, layer.place)
    return staged


def _typed(
    backend: ibis.BaseBackend,
    group: FileGroup,
    layer: Layer,
    base: Path,
    *,
    tolerant: bool,
) -> tuple[RawFiles, ibis.Table]:
    raw = layer.opening.open(backend, group, layer.place, tolerant)
    return raw, keep_aside(backend, _with_source(layer.shape(raw), base))


def _with_source(rows: ibis.Table, base: Path) -> ibis.Table:
    """Name each row's file by its path below a folder."""
    return rows.mutate(source_file=rows[FILE].substr(len(str(base)) + 1)).drop(FILE)


def _named(rejects: pd.DataFrame, group: FileGroup, base: Path) -> pd.DataFrame:
    """Name the files of broken lines as those of rows are."""
    origins = [group.passing.origin(Path(file)) for file in rejects[FILE]]
    names = [str(origin.relative_to(base)) for origin in origins]
    return rejects.assign(source_file=names).drop(columns=FILE)


def _read_again(
    backend: ibis.BaseBackend,
    group: FileGroup,
    layer: Layer,
    base: Path,
    error: duckdb.Error,
) -> tuple[RawFiles, ibis.Table]:
    """Keep broken lines apart, where files have lines."""
    if group.kind == "parquet":
        raise unreadable(group, layer.place, error) from None
    try:
        return _typed(backend, group, layer, base, tolerant=True)
    except duckdb.Error as again:
        raise unreadable(group, layer.place, again) from None


def _numbered(
    backend: ibis.BaseBackend, table: ibis.Table, rejects: pd.DataFrame
) -> Staged:
    """Number the rows within their files, and add the lines that were no rows."""
    ends = table.group_by(SOURCE).agg(first=table[ROW].min(), last=table[ROW].max())
    frame = ends.to_pandas()
    rows_in = int((frame["last"] - frame["first"] + 1).sum()) + len(rejects)
    if len(frame) > 1:
        renumber(table, ROW, SOURCE, frame)
    if not len(rejects):
        return Staged(table, rows_in)
    staged = keep_aside(backend, _with_rejects(table, rejects))
    drop(backend, table)
    return Staged(staged, rows_in)


def _with_rejects(rows: ibis.Table, rejects: pd.DataFrame) -> ibis.Table:
    """Move row numbers on by the broken lines before them, and add these lines."""
    order = rejects.groupby(SOURCE).cumcount()
    steps = pd.DataFrame(
        {
            SOURCE: rejects[SOURCE],
            "good_before": rejects[LINE].astype("int64") - 1 - order,
            "shift": order + 1,
        }
    )
    steps = steps.groupby([SOURCE, "good_before"], as_index=False).max()
    met = rows.mutate(good_before=rows[ROW] - 1).asof_join(
        ibis.memtable(steps), "good_before", predicates=SOURCE
    )
    moved = met.mutate(**{ROW: met[ROW] + met["shift"].fill_null(0)})
    lines = ibis.memtable(rejects.astype({LINE: "int64"}))
    empty = {
        name: ibis.null(kind)
        for name, kind in rows.schema().items()
        if name not in {SOURCE, ROW, FAULT}
    }
    broken = lines.select(
        **empty, **{SOURCE: lines[SOURCE], ROW: lines[LINE], FAULT: lines[REASON]}
    )
    return moved.select(*rows.columns).union(broken.select(*rows.columns))


def sample_rows(
    backend: ibis.BaseBackend, group: FileGroup, layer: Layer, rows: int
) -> Staged:
    """Type the first rows of a group's first file, as `stage_files` would.

    Raises:
        DataError: The file lacks a column, has no rows, or time stamps without a zone.
    """
    first = replace(group, files=group.files[:1])
    tolerant = first.kind != "parquet"
    try:
        raw = layer.opening.open(backend, first, layer.place, tolerant)
        head = RawFiles(raw.files, as_view(raw.rows.limit(rows)), raw.dialect, raw.mark)
        base = first.passing.origin(first.files[0]).parent
        table = keep_aside(backend, _with_source(layer.shape(head), base))
    except duckdb.Error as error:
        raise unreadable(first, layer.place, error) from None
    rejects = _named(rejected_lines(backend, raw.mark), first, base)
    staged = _numbered(backend, table, rejects)
    require_rows(staged.rows_in, list(first.files), layer.place)
    refuse_zoneless(staged.table, layer.place)
    return staged


def note_columns(table: ibis.Table) -> list[str]:
    """List the columns that mark what was done to rows."""
    return [name for name in table.columns if name.startswith(NOTE)]


def _compare_lines(raw: RawFiles, rows: int, place: str) -> None:
    """Compare the engine's count of CSV rows with a plain count of the lines."""
    if raw.lines is not None and raw.lines != rows:
        raise DataError(
            f"{place}.path: {raw.name} has {raw.lines:,} lines after the header but "
            f"{rows:,} were read; check its quotes, and set {place}.separator."
        )


def refuse_zoneless(table: ibis.Table, place: str) -> None:
    """Stop when time stamps carry no zone and the config names none.

    Raises:
        DataError: With the columns and the counts.
    """
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
