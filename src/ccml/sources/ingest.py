"""From the files of a source to its stored tables, every row accounted for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import pandas as pd

from ccml.config.sources import FileSource
from ccml.contracts.personal import refuse_personal
from ccml.contracts.schema import Contract
from ccml.contracts.split import (
    FAULT,
    POSITION,
    REASON,
    Split,
    count_reasons,
    judge,
    require_quality,
    split_rows,
)
from ccml.contracts.summary import ABOUT, KEYS, summary_frame
from ccml.engine.stage import Output
from ccml.engine.store import Table
from ccml.sources.files import find_files
from ccml.sources.scratch import drop, keep_aside
from ccml.sources.staging import (
    NOTE,
    Shape,
    note_columns,
    record_numbers,
    stage_files,
)

Adapt = Callable[[ibis.Table], ibis.Table]
"""Changes typed rows before they are judged: pseudonyms, types of attributes."""


def unchanged(rows: ibis.Table) -> ibis.Table:
    """Change nothing."""
    return rows


@dataclass(frozen=True)
class Recipe:
    """How one source becomes one canonical table.

    Args:
        place: Where the source stands in the config.
        shape: Types the rows of a file.
        contract: The table's contract, once the staged rows are known.
        adapt: Changes rows before they are judged.
        finish: Changes what was kept and set aside, such as overlapping intervals.
        open_texts: Columns that must not carry phone numbers or e-mail addresses.
        more: Further tables, each made of all judged rows, kept or not.
    """

    place: str
    source: FileSource
    shape: Shape
    contract: Callable[[ibis.Table], Contract]
    adapt: Adapt = unchanged
    finish: Callable[[Split], Split] | None = None
    open_texts: tuple[str, ...] = ()
    more: Mapping[str, Callable[[ibis.Table], Table]] = field(default_factory=dict)


def source_outputs(table: str) -> tuple[str, str, str]:
    """Name the stored tables of a source: the rows, those set aside, the counts."""
    return table, f"quarantine__{table}", f"ingest_summary__{table}"


def ingest(
    backend: ibis.BaseBackend, folder: Path, recipe: Recipe
) -> dict[str, Output]:
    """Read, judge and part the rows of a source.

    Raises:
        ConfigError: No file is there.
        DataError: Too many rows are bad, or a file is not what the config says.
    """
    place = recipe.place
    files = find_files(folder, recipe.source, place)
    staged = stage_files(backend, files, recipe.source, place, recipe.shape)
    contract = recipe.contract(staged.table)
    refuse_personal(staged.table, recipe.open_texts, place)
    judged = judge(contract, recipe.adapt(staged.table))
    notes = note_columns(judged)
    wanted = dict.fromkeys((*contract.names, *notes, *POSITION, FAULT))
    rows = keep_aside(backend, judged.select(*wanted))
    # Raw phone numbers go with the staged rows, before anything is stored.
    _ = staged.firsts  # needed after the rows are gone
    drop(backend, staged.table)
    parted = split_rows(contract, rows)
    if recipe.finish:
        parted = recipe.finish(parted)
    kept = keep_aside(backend, parted.kept)
    aside = record_numbers(parted.aside, staged)
    more = {name: make(rows) for name, make in recipe.more.items()}
    return _outputs(recipe, contract, kept, aside, staged.rows_in) | more


def _outputs(
    recipe: Recipe,
    contract: Contract,
    kept: ibis.Table,
    aside: pd.DataFrame,
    rows_in: int,
) -> dict[str, Output]:
    reasons = count_reasons(aside)
    require_quality(rows_in, reasons, recipe.source.max_bad_share, recipe.place)
    counts = _kept_counts(kept)
    rows_kept = counts.pop("rows")
    table, quarantine, summary = source_outputs(contract.table)
    frame = summary_frame(contract.table, rows_in, rows_kept, reasons, counts)
    return {
        table: Table(kept.select(*contract.names), contract.keys, contract.about),
        quarantine: quarantine_table(aside),
        summary: Table(frame, KEYS, ABOUT),
    }


def quarantine_table(aside: pd.DataFrame) -> Table:
    """Describe the rows set aside: positions and reasons, and no values."""
    about = "one row per record set aside: where it stood, and why"
    return Table(aside, (), about, order_by=("source_file", "row_no", REASON))


def _kept_counts(kept: ibis.Table) -> dict[str, int]:
    notes = note_columns(kept)
    sums = {name.removeprefix(NOTE): kept[name].sum().fill_null(0) for name in notes}
    counts = kept.aggregate(rows=kept.count(), **sums).to_pyarrow().to_pylist()[0]
    return {name: int(rows) for name, rows in counts.items()}
