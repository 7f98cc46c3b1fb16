"""Rows of a database as parts: each run reads what changed since the last one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import ibis
import pandas as pd

from ccml.engine.digest import fingerprint
from ccml.engine.store import Store
from ccml.errors import DataError
from ccml.sources.databases import address_key, pull, pull_batches, watermark_of
from ccml.sources.parts import (
    Parts,
    all_parts,
    remove_others,
    stored_index,
    write_part,
)
from ccml.sources.scratch import drop
from ccml.sources.staging import (
    Layer,
    Staged,
    require_rows,
    stage_files,
    stage_raw,
)

Safe = Callable[[Staged], Staged]
"""Takes phone numbers out of staged rows."""


def read_pulls(
    store: Store, table: str, layer: Layer, settings: object, safe: Safe
) -> Parts:
    """Read new rows of a database, and open the parts of this and of earlier pulls.

    Without a watermark column everything is read anew. Rows that a pull reads once more
    are copies or newer versions, and are told apart later as with files.

    Raises:
        DataError: The table has no rows.
    """
    mark = fingerprint([settings, address_key(layer.source)])
    index = stored_index(store, table, mark)
    if layer.source.database and layer.source.database.watermark is None:
        index = index.iloc[:0]
    remove_others(store, table, set(index.part))
    made = list(_pulled(store, table, layer, (mark, safe), index))
    if made:
        index = pd.concat([index, *made], ignore_index=True)
    _require_rows(int(index.rows_in.sum()), layer.place)
    return all_parts(store, index, mark)


def stage_whole(
    backend: ibis.BaseBackend, layer: Layer, files: list[Path], base: Path
) -> Staged:
    """Read and type all rows of a source at once: its database's, or else its files'.

    Args:
        backend: The engine.
        layer: How the rows are typed.
        files: The files, none for a database.
        base: A folder above all files.

    Raises:
        DataError: There are no rows, or they cannot be read whole.
    """
    source, place = layer.source, layer.place
    if source.database is None:
        staged = stage_files(backend, files, layer, base)
        require_rows(staged.rows_in, files, place)
        return staged
    raw = pull(backend, source, place, folder=layer.folder)
    staged = stage_raw(backend, raw, layer, raw.label)
    _require_rows(staged.rows_in, place)
    return staged


def _require_rows(rows_in: int, place: str) -> None:
    if not rows_in:
        raise DataError(
            f"{place}.database: the table or query gave no rows; check it, or take "
            f"this source out of the config."
        )


def _pulled(
    store: Store, table: str, layer: Layer, how: tuple[str, Safe], index: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    mark, safe = how
    source = layer.source
    number = 1 + len(set(index.file))
    batches = pull_batches(
        store.backend, source, layer.place, folder=layer.folder, after=newest(index)
    )
    for piece, raw in enumerate(batches):
        if raw.rows.count().execute():
            reached = watermark_of(raw, source) or ""
            name = f"{raw.label}, pull {number}"
            staged = safe(stage_raw(store.backend, raw, layer, name))
            # The place among the batches tells equal watermarks apart.
            line = write_part(
                store, table, ([name], [f"{reached}#{piece}"]), mark, staged
            )
            yield line.assign(sha256=reached)
        drop(store.backend, raw.rows)


def newest(index: pd.DataFrame) -> str | None:
    """Find the greatest watermark that was reached, by numbers or else by time."""
    marks = [mark for mark in set(index.sha256) if mark]
    if not marks:
        return None
    numbers = pd.to_numeric(pd.Series(marks), errors="coerce")
    if numbers.notna().all():
        return str(marks[int(numbers.argmax())])
    return max(map(str, marks))
