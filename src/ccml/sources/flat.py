"""Flat tables: one row per thing, with a label column and no times."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis

from ccml.config.sources import FlatSource
from ccml.contracts.personal import refuse_personal
from ccml.contracts.split import (
    FAULT,
    POSITION,
    REASON,
    ROW,
    count_reasons,
    require_quality,
    set_aside,
)
from ccml.contracts.summary import ABOUT, KEYS, summary_frame
from ccml.engine.stage import Output
from ccml.engine.store import Table
from ccml.errors import ConfigError, DataError, did_you_mean
from ccml.sources.attributes import numeric_columns
from ccml.sources.cast import Cast, as_text
from ccml.sources.files import find_files
from ccml.sources.ingest import quarantine_table, source_outputs
from ccml.sources.raw import RawFile, require_columns
from ccml.sources.scratch import keep_aside
from ccml.sources.staging import Staged, stage_files, typed_rows

DUPLICATE_ROW = "duplicate row"
NUMBER = "row_no"
OWN = {ROW, "source_file", FAULT, NUMBER}


def flat_name(name: str) -> str:
    """Name the stored table of a flat source."""
    return f"flat__{name}"


def ingest_flat(
    backend: ibis.BaseBackend, folder: Path, name: str, source: FlatSource
) -> dict[str, Output]:
    """Read a flat table; columns of numbers become numbers, the others stay texts.

    Raises:
        ConfigError: There is no such file or archive member.
        DataError: The file is not what the config says.
    """
    place = f"sources.flat.{name}"
    with _unpacked(find_files(folder, source, place), source, place) as files:
        staged = stage_files(backend, files, source, place, flat_shape(name, source))
    refuse_personal(staged.table, _own_columns(staged.table), place)
    return _outputs(name, source, place, _numbered(backend, staged), staged)


@contextmanager
def unpacked_files(
    folder: Path, source: FlatSource, place: str
) -> Iterator[list[Path]]:
    """Find a flat source's files, taken out of their archive while they are used."""
    with _unpacked(find_files(folder, source, place), source, place) as files:
        yield files


def flat_shape(name: str, source: FlatSource) -> "FlatShape":
    """Make the reader of a flat table: all columns as texts, with clean names."""
    return FlatShape(name, source)


class FlatShape:
    """Types the rows of a flat file as texts."""

    def __init__(self, name: str, source: FlatSource) -> None:
        self.place = f"sources.flat.{name}"
        self.source = source

    def __call__(self, raw: RawFile) -> ibis.Table:
        """Select all columns under their clean or new names."""
        names = {_clean(column): column for column in raw.columns}
        wanted = {new: names.get(_clean(old), old) for new, old in self.source.rename.items()}
        places = {f"rename.{new}": old for new, old in wanted.items()}
        require_columns(raw, places, self.place)
        new_names = {old: new for new, old in wanted.items()}
        casts = {
            new_names.get(column, clean): as_text(raw.rows[column])
            for clean, column in names.items()
        }
        if len(casts) < len(raw.columns) or OWN & set(casts):
            raise DataError(
                f"{self.place}.rename: two columns of {raw.file.name} would have one "
                f"name, or one is named row_no or source_file; rename it."
            )
        return typed_rows(raw.rows, dict[str, Cast](casts))


def _clean(name: str) -> str:
    """Turn runs of blanks in a header into one underscore."""
    return "_".join(name.split())


def _own_columns(table: ibis.Table) -> list[str]:
    return [column for column in table.columns if column not in OWN]


def _numbered(backend: ibis.BaseBackend, staged: Staged) -> ibis.Table:
    """Give columns of numbers their type, and rows one number over all files."""
    rows = staged.table
    kinds = numeric_columns(rows, _own_columns(rows))
    order = ibis.window(order_by=[rows.source_file, rows[ROW]])
    typed = rows.mutate(
        **{name: rows[name].cast(kind) for name, kind in kinds.items()},
        **{NUMBER: ibis.row_number().over(order) + 1},
    )
    return keep_aside(backend, typed.drop(FAULT))


def _outputs(
    name: str, source: FlatSource, place: str, rows: ibis.Table, staged: Staged
) -> dict[str, Output]:
    table = flat_name(name)
    columns = [c for c in rows.columns if c not in OWN]
    twins = ibis.window(group_by=columns, order_by=[rows[NUMBER]])
    is_copy = ibis.row_number().over(twins) > 0 if source.drop_duplicates else False
    marked = rows.mutate(_is_copy=is_copy)
    kept = marked.filter(~marked["_is_copy"]).select(NUMBER, *columns)
    copies = marked.filter(marked["_is_copy"])
    aside = set_aside(copies, ibis.literal(DUPLICATE_ROW))
    if not staged.rejects.empty:
        lines = ibis.memtable(staged.rejects[[*POSITION, REASON]])
        aside = aside.union(lines.cast(dict(aside.schema())))
    reasons = count_reasons(aside)
    require_quality(staged.rows_in, reasons, source.max_bad_share, place)
    kept_rows = int(kept.count().execute())
    frame = summary_frame(table, staged.rows_in, kept_rows, reasons)
    _, aside_name, summary = source_outputs(table)
    return {
        table: Table(kept, (NUMBER,), "one row per thing, in the order of the file"),
        aside_name: quarantine_table(aside),
        summary: Table(frame, KEYS, ABOUT),
    }


@contextmanager
def _unpacked(
    files: list[Path], source: FlatSource, place: str
) -> Iterator[list[Path]]:
    if source.member is None:
        yield files
        return
    with tempfile.TemporaryDirectory(prefix="ccml-") as folder:
        steps = _archive_steps(source.member)
        yield [_extract(file, steps, Path(folder), place) for file in files[:1]]


def _archive_steps(member: str) -> list[str]:
    """Cut `outer.zip/folder/inner.csv` after each archive."""
    steps = [""]
    for part in member.split("/"):
        steps[-1] = f"{steps[-1]}/{part}".lstrip("/")
        if part.lower().endswith(".zip"):
            steps.append("")
    return [step for step in steps if step]


def _extract(archive: Path, steps: list[str], folder: Path, place: str) -> Path:
    """Take a member out, going down one archive per step."""
    for depth, step in enumerate(steps):
        target = folder / str(depth) / Path(step).name
        target.parent.mkdir()
        try:
            with zipfile.ZipFile(archive) as opened:
                with opened.open(step) as inner, target.open("wb") as out:
                    shutil.copyfileobj(inner, out)
        except KeyError:
            with zipfile.ZipFile(archive) as opened:
                names = opened.namelist()
            raise ConfigError(
                f"{place}.member: {archive.name} has no member {step!r}."
                f"{did_you_mean(step, names)} Its members: {sorted(names)[:40]}."
            ) from None
        except zipfile.BadZipFile:
            raise DataError(
                f"{place}.path: {archive.name} is no zip archive, so it has no member; "
                f"take `member` out or send the archive again."
            ) from None
        archive = target
    return archive
