"""From the files of a source to its stored tables, every row accounted for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import pandas as pd

from ccml.contracts.personal import refuse_personal
from ccml.contracts.schema import Contract
from ccml.contracts.split import (
    FAULT,
    REASON,
    ROW,
    Split,
    by_record,
    count_reasons,
    judge,
    position,
    require_quality,
    split_rows,
)
from ccml.contracts.summary import ABOUT, KEYS, summary_frame
from ccml.engine.digest import code_version
from ccml.engine.stage import Output
from ccml.engine.store import Store, Table
from ccml.sources.parts import Parts, SourceFile, index_name, read_parts
from ccml.sources.pulls import read_pulls
from ccml.sources.scratch import keep_aside
from ccml.sources.staging import (
    NOTE,
    Layer,
    Staged,
    note_columns,
    require_rows,
    stage_files,
)

READING = ("contracts", "identity", "sources")
"""Packages of ccml that turn files into typed rows."""
NOT_OF_ROWS = {"path", "max_bad_share", "short_abandon_s"}
"""Settings of a source that do not change what its rows say."""
Adapt = Callable[[ibis.Table], ibis.Table]
"""Changes typed rows."""


def unchanged(rows: ibis.Table) -> ibis.Table:
    """Change nothing."""
    return rows


@dataclass(frozen=True)
class Recipe:
    """How one source becomes one canonical table.

    Args:
        layer: How its files become typed rows.
        contract: The table's contract, once all typed rows are known.
        protect: Takes phone numbers and other personal values away; what is stored of
            each file has gone through it.
        adapt: Changes rows before they are judged, when all are known.
        finish: Changes what was kept and set aside, such as overlapping intervals.
        open_texts: Columns that must not carry phone numbers or e-mail addresses.
        more: Further tables, each made of all judged rows, kept or not.
        settings: What the typed rows depend on beside the source's section.
    """

    layer: Layer
    contract: Callable[[ibis.Table], Contract]
    protect: Adapt = unchanged
    adapt: Adapt = unchanged
    finish: Callable[[Split], Split] | None = None
    open_texts: tuple[str, ...] = ()
    more: Mapping[str, Callable[[ibis.Table], Table]] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the source stands in the config."""
        return self.layer.place


def source_outputs(table: str) -> tuple[str, ...]:
    """Name the stored tables of a source: rows, those set aside, counts, its parts."""
    return (*result_tables(table), index_name(table))


def result_tables(table: str) -> tuple[str, str, str]:
    """Name what is made of all rows: the rows, those set aside, the counts."""
    return table, f"quarantine__{table}", f"ingest_summary__{table}"


def ingest(
    store: Store, table: str, files: list[SourceFile], recipe: Recipe
) -> dict[str, Output]:
    """Read, judge and part the rows of a source.

    Raises:
        DataError: Too many rows are bad, or a file is not what the config says.
    """
    parts = source_parts(store, table, files, recipe)
    contract = recipe.contract(parts.rows)
    judged = judge(contract, recipe.adapt(parts.rows))
    notes = note_columns(judged)
    wanted = dict.fromkeys((*contract.names, *notes, *position(judged), FAULT))
    rows = keep_aside(store.backend, judged.select(*wanted))
    parted = split_rows(contract, rows)
    if recipe.finish:
        parted = recipe.finish(parted)
    kept = parted.kept
    more = {name: make(rows) for name, make in recipe.more.items()}
    results = {contract.table: stored_rows(kept, contract)}
    records = by_record(Split(kept, parted.aside))
    told = (records.kept, note_counts(kept) | records.partly)
    aside = records.aside.to_pandas()
    return results | account(recipe, contract, parts, aside, told) | more


def source_parts(
    store: Store, table: str, files: list[SourceFile], recipe: Recipe
) -> Parts:
    """Read new files of a source, and open the typed rows of all."""
    layer = recipe.layer

    def safe(staged: Staged) -> Staged:
        refuse_personal(staged.table, recipe.open_texts, layer.place)
        # Raw phone numbers stand in the staged rows only, which go once the part stands.
        safe_rows = recipe.protect(staged.table)
        return Staged(safe_rows, staged.rows_in, behind=staged.table)

    def read(paths: list[Path]) -> Staged:
        return safe(stage_files(store.backend, paths, layer, files[0].base))

    settings = {
        "source": layer.source.model_dump(mode="json", exclude=NOT_OF_ROWS),
        "code": code_version(READING),
        **recipe.settings,
    }
    if layer.source.database:
        return read_pulls(store, table, layer, settings, safe)
    parts = read_parts(store, table, files, settings, read)
    require_rows(parts.rows_in, [file.path for file in files], layer.place)
    return parts


def account(
    recipe: Recipe,
    contract: Contract,
    parts: Parts,
    aside: pd.DataFrame,
    kept: tuple[int, Mapping[str, int]],
) -> dict[str, Output]:
    """Tell what became of every row of the files.

    Args:
        recipe: How the source is read.
        contract: What its rows must keep.
        parts: All of them.
        aside: source_file, _row_no and reason of those that are not used.
        kept: How many rows are used, and notes on them with their counts.

    Raises:
        DataError: Too many are not used.
    """
    reasons = count_reasons(aside)
    source = recipe.layer.source
    require_quality(parts.rows_in, reasons, source.max_bad_share, recipe.place)
    rows_kept, notes = kept
    table = contract.table
    frame = summary_frame(table, parts.rows_in, rows_kept, reasons, notes)
    return {
        f"quarantine__{table}": quarantine_table(aside),
        f"ingest_summary__{table}": Table(frame, KEYS, ABOUT),
        index_name(table): parts.index,
    }


def quarantine_table(aside: pd.DataFrame) -> Table:
    """Describe the rows set aside: positions and reasons, and no values."""
    about = "one row per record set aside: where it stood, and why"
    rows = aside.rename(columns={ROW: "row_no"})
    rows = rows[["source_file", "row_no", REASON]].astype(
        {"source_file": "str", "row_no": "int64", REASON: "str"}
    )
    return Table(rows, (), about, order_by=("source_file", "row_no", REASON))


def stored_rows(kept: ibis.Table, contract: Contract) -> Table:
    """Describe the rows that are used, with the columns of their contract."""
    return Table(kept.select(*contract.names), contract.keys, contract.about)


def note_counts(kept: ibis.Table) -> dict[str, int]:
    """Count the rows to which each thing was done."""
    notes = note_columns(kept)
    if not notes:
        return {}
    sums = {name.removeprefix(NOTE): kept[name].sum().fill_null(0) for name in notes}
    [counts] = kept.aggregate(**sums).to_pyarrow().to_pylist()
    return {name: int(rows) for name, rows in counts.items()}
