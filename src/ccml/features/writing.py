"""Writing the partitions of a spine's features, side by side, block by block."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ccml.engine.digest import fingerprint
from ccml.features.blocks import Block, Reading
from ccml.features.describe import Pick, describe
from ccml.features.partitions import (
    PARTITION,
    Reread,
    Standing,
    described_schema,
)

SLICE_ROWS = 100_000
"""Spine rows that are described at a time, and rows of one group of a file."""


@dataclass(frozen=True)
class Due:
    """A partition that is to be written.

    Args:
        label: Its name.
        columns: All features with their marks, in order.
        rows_mark: Mark of its rows.
        rows: Number of its rows.
        standing: Its old file, whose columns with equal marks are read again.
    """

    label: str
    columns: Mapping[str, str]
    rows_mark: str
    rows: int
    standing: Standing | None

    @property
    def file(self) -> str:
        """Name of its new file."""
        mark = fingerprint([self.columns, self.rows_mark])[:16]
        return f"{self.label}-{mark}.parquet"

    @property
    def missing(self) -> frozenset[str]:
        """Names of the features that must be computed."""
        stands = self.standing.columns if self.standing else {}
        return frozenset(
            name for name, mark in self.columns.items() if stands.get(name) != mark
        )


@dataclass(frozen=True)
class Writing:
    """All partitions that are due, and where their rows come from.

    `kept` names the files of partitions that stand as they are.
    """

    reading: Reading
    keys: list[str]
    due: Mapping[str, Due]
    kept: list[str]
    threads: int
    memory_bytes: float

    def fill(self, folder: Path) -> None:
        """Write the files of all partitions that are due."""
        if not self.due:
            return
        with ExitStack() as stack:
            writers = {
                label: PartitionWriter(folder / due.file, due, self.keys)
                for label, due in self.due.items()
            }
            for writer in writers.values():
                stack.callback(writer.close)
            pool = stack.enter_context(ThreadPoolExecutor(self.threads))
            waiting: list[Future[None]] = []
            for block in self.reading.blocks(self.memory_bytes):
                # Reading a block goes on while the one before is still described.
                _finish(waiting)
                waiting = [
                    pool.submit(self._write, writers[label], block, rows)
                    for label, rows in parts(block.spine)
                ]
            _finish(waiting)
        for writer in writers.values():
            writer.require_all_rows()

    def _write(self, writer: "PartitionWriter", block: Block, rows: pa.Table) -> None:
        """Describe and write the rows of one partition, slice by slice."""
        pick = Pick(self.reading.plan, writer.due.missing, self.reading.zone)
        for at in range(0, len(rows), SLICE_ROWS):
            part = rows[at : at + SLICE_ROWS]
            writer.add(described_rows(pick, block, part, self.keys))


def _finish(waiting: Sequence[Future[None]]) -> None:
    """Wait for all, and raise what one of them raised."""
    for job in waiting:
        job.result()


def described_rows(
    pick: Pick, block: Block, rows: pa.Table, keys: Sequence[str]
) -> pa.Table:
    """Give the keys and features of some rows of a block (rows)."""
    made = describe(pick, block.histories, rows)
    columns = {key: rows[key] for key in keys}
    return pa.table(columns | {name: made[name] for name in made.column_names})


@dataclass
class PartitionWriter:
    """Writes one partition's file, with the columns that still stand from the old one."""

    place: Path
    due: Due
    keys: list[str]
    written: int = 0
    _file: pq.ParquetWriter | None = field(default=None)
    _old: Reread | None = field(default=None)

    def add(self, made: pa.Table) -> None:
        """Write some rows, in the order of the partition."""
        columns = {name: made[name] for name in made.column_names}
        stands = [name for name in self.due.columns if name not in columns]
        if stands and self.due.standing:
            self._old = self._old or Reread(self.due.standing.file, stands, SLICE_ROWS)
            old = self._old.take(len(made))
            columns |= {name: old[name] for name in stands}
        order = [*self.keys, *self.due.columns]
        rows = pa.table({name: columns[name] for name in order})
        if self._file is None:
            schema = described_schema(rows.schema, self.due.columns, self.due.rows_mark)
            self._file = _parquet(self.place, schema)
        self._file.write_table(rows.cast(self._file.schema), row_group_size=SLICE_ROWS)
        self.written += len(made)

    def close(self) -> None:
        """Finish the file."""
        if self._file:
            self._file.close()

    def require_all_rows(self) -> None:
        """Check that rows in are rows out."""
        if self.written != self.due.rows:
            raise AssertionError(
                f"partition {self.due.label}: {self.due.rows:,} rows of the spine, but "
                f"{self.written:,} were described"
            )


def _parquet(place: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a file; a list of values helps with counts and texts, not with decimals."""
    listed = [f.name for f in schema if not pa.types.is_floating(f.type)]
    return pq.ParquetWriter(place, schema, compression="lz4", use_dictionary=listed)


def parts(spine: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Cut a block's rows, ordered by partition, into its partitions."""
    begin = 0
    runs = pc.run_end_encode(spine[PARTITION].combine_chunks())
    for label, end in zip(
        runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True
    ):
        yield label, spine[begin:end]
        begin = end


def slices(spine: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Cut a block's rows, ordered by partition, into slices of one partition each."""
    for label, rows in parts(spine):
        for at in range(0, len(rows), SLICE_ROWS):
            yield label, rows[at : at + SLICE_ROWS]
