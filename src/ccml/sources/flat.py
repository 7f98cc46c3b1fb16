"""Flat tables: one row per thing, with a label column and no times."""

from functools import partial
from pathlib import Path

import ibis

from ccml.config.sources import FlatSource
from ccml.contracts.personal import refuse_personal
from ccml.contracts.split import (
    FAULT,
    ROW,
    count_reasons,
    require_quality,
    set_aside,
)
from ccml.contracts.summary import ABOUT, KEYS, summary_frame
from ccml.engine.stage import Output
from ccml.engine.store import Table
from ccml.errors import DataError
from ccml.sources.attributes import numeric_columns
from ccml.sources.cast import as_text
from ccml.sources.files import find_files, shared_folder
from ccml.sources.ingest import quarantine_table, result_tables
from ccml.sources.pulls import stage_whole
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.scratch import keep_aside
from ccml.sources.staging import Layer, Staged, typed_rows

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
    layer = flat_layer(name, source, folder)
    place = layer.place
    files = find_files(folder, source, place)
    staged = stage_whole(backend, layer, files, shared_folder(files))
    refuse_personal(staged.table, own_columns(staged.table), place)
    return _outputs(name, source, place, _numbered(backend, staged, source), staged)


def flat_layer(name: str, source: FlatSource, folder: Path = Path()) -> Layer:
    """Describe how a flat table is read: all columns as texts, with clean names."""
    place = f"sources.flat.{name}"
    return Layer(source, place, partial(_shape, place, source.rename), folder=folder)


def _shape(place: str, rename: dict[str, str], raw: RawFiles) -> ibis.Table:
    cleaned = {_clean(column): column for column in raw.columns}
    wanted = {new: cleaned.get(_clean(old), old) for new, old in rename.items()}
    require_columns(raw, {f"rename.{new}": old for new, old in wanted.items()}, place)
    new_names = {old: new for new, old in wanted.items()}
    casts = {
        new_names.get(column, clean): as_text(raw.rows[column])
        for clean, column in cleaned.items()
    }
    small = {name.lower() for name in casts}
    if len(small) < len(raw.columns) or OWN & small:
        raise DataError(
            f"{place}.rename: two columns of {raw.name} would have one name (capitals do "
            f"not count), or one is named row_no or source_file; rename it."
        )
    return typed_rows(raw.rows, casts)


def _clean(name: str) -> str:
    """Turn runs of blanks in a header into one underscore."""
    return "_".join(name.split())


def own_columns(table: ibis.Table) -> list[str]:
    """List the columns of the file itself."""
    return [column for column in table.columns if column not in OWN]


def _numbered(
    backend: ibis.BaseBackend, staged: Staged, source: FlatSource
) -> ibis.Table:
    """Give columns of numbers their type, and rows one number over all files."""
    table = staged.table
    rows = table.filter(table[FAULT].isnull())
    kinds = numeric_columns(rows, own_columns(rows))
    # A database gives its rows in any order; the numbers must not change with it.
    names = sorted(own_columns(rows)) if source.database else ["source_file", ROW]
    order = ibis.window(order_by=[rows[name] for name in names])
    typed = rows.mutate(
        **{name: rows[name].cast(kind) for name, kind in kinds.items()},
        **{NUMBER: ibis.row_number().over(order) + 1},
    )
    return keep_aside(backend, typed.drop(FAULT))


def _outputs(
    name: str, source: FlatSource, place: str, rows: ibis.Table, staged: Staged
) -> dict[str, Output]:
    table, quarantine, summary = result_tables(flat_name(name))
    kept, copies = _without_copies(rows, source)
    table_rows = staged.table
    broken = table_rows.filter(table_rows[FAULT].notnull())
    aside = copies.union(set_aside(broken, broken[FAULT])).to_pandas()
    reasons = count_reasons(aside)
    require_quality(staged.rows_in, reasons, source.max_bad_share, place)
    kept_rows = int(kept.count().execute())
    frame = summary_frame(table, staged.rows_in, kept_rows, reasons)
    return {
        table: Table(kept, (NUMBER,), "one row per thing, in the order of the file"),
        quarantine: quarantine_table(aside),
        summary: Table(frame, KEYS, ABOUT),
    }


def _without_copies(
    rows: ibis.Table, source: FlatSource
) -> tuple[ibis.Table, ibis.Table]:
    """Part the rows from exact copies of an earlier row, when the config asks for it."""
    columns = [column for column in rows.columns if column not in OWN]
    twins = ibis.window(group_by=columns, order_by=[rows[NUMBER]])
    earlier = (
        ibis.row_number().over(twins) if source.drop_duplicates else ibis.literal(0)
    )
    marked = rows.mutate(_earlier=earlier)
    copies = marked.filter(marked["_earlier"] > 0)
    kept = marked.filter(marked["_earlier"] == 0).select(NUMBER, *columns)
    return kept, set_aside(copies, ibis.literal(DUPLICATE_ROW))
