"""What Spark's workers do: describe customers block by block, and join the pieces.

The walks are those of every other engine; Spark only brings customers' rows together.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ccml.engine.atomic import atomic_file
from ccml.engine.digest import code_version
from ccml.errors import ConfigError
from ccml.features.blocks import Block
from ccml.features.describe import Pick, prepared
from ccml.features.history import pack
from ccml.features.partitions import CODE, PARTITION
from ccml.features.plan import Plan
from ccml.features.spark_rows import CUSTOMER, Layout
from ccml.features.writing import (
    SLICE_ROWS,
    Due,
    PartitionWriter,
    described_rows,
    slices,
)

SPINE = "spine"
PIECE = pa.schema({"label": pa.string(), "file": pa.string(), "first": pa.string()})
"""What a worker tells of a piece: its partition, its file and its first customer."""


@dataclass(frozen=True)
class Work:
    """What a worker must know.

    Args:
        plan: What is described.
        missing: Features that are to be computed, by partition.
        zone: Time zone of the site.
        keys: Columns that identify a row of the spine.
        layout: Where the columns of the rows lie that come in.
        folder: Where pieces are written.
        block_bytes: Size of a block of customers.
        code: Version of the driver's code.
    """

    plan: Plan
    missing: Mapping[str, frozenset[str]]
    zone: str
    keys: Sequence[str]
    layout: Layout
    folder: Path
    block_bytes: float
    code: str


def write_pieces(
    work: Work, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Describe rows that come in the order of customers; tell what was written.

    Raises:
        ConfigError: The worker has another version of ccml than the driver.
    """
    require_same_code(work.code)
    for rows in customer_blocks(batches, work.block_bytes):
        block = _block(work, rows)
        for label, part in slices(block.spine):
            pick = Pick(work.plan, work.missing[label], work.zone)
            file = work.folder / f"{uuid.uuid4().hex}.parquet"
            pq.write_table(described_rows(pick, block, part, work.keys), file)
            first = part[CUSTOMER][0].as_py()
            told = {"label": label, "file": str(file), "first": first}
            yield pa.RecordBatch.from_pylist([told], PIECE)


def require_same_code(version: str) -> None:
    """Check that a worker computes what the driver would.

    Raises:
        ConfigError: It has another version.
    """
    if code_version(CODE) != version:
        raise ConfigError(
            "engine.master: the workers of Spark have another version of ccml than this "
            "process; install the same one everywhere."
        )


def customer_blocks(
    batches: Iterable[pa.RecordBatch], size: float
) -> Iterator[pa.Table]:
    """Join batches of rows in the order of customers into blocks of whole customers."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(part.nbytes for part in held) >= size:
            whole = pa.Table.from_batches(held)
            last = whole[CUSTOMER][-1]
            begin = pc.index(whole[CUSTOMER], last).as_py()
            if begin:
                yield whole[:begin]
                held = whole[begin:].to_batches()
    if any(len(batch) for batch in held):
        yield pa.Table.from_batches(held)


def _block(work: Work, rows: pa.Table) -> Block:
    """Order a block's rows; customers are numbered as they come."""
    tables = work.layout.taken_apart(rows)
    spine = tables.pop(SPINE)
    people = spine[CUSTOMER].unique()
    histories = {
        name: pack(_numbered(events, people), len(people))
        for name, events in tables.items()
    }
    order = [PARTITION, "person", "cutoff_us"]
    order += ["event_id"] if "event_id" in spine.column_names else []
    spine = _numbered(spine, people, keep=True)
    spine = spine.sort_by([(column, "ascending") for column in order])
    return Block(spine, prepared(work.plan, histories, work.zone))


def _numbered(rows: pa.Table, people: pa.Array, *, keep: bool = False) -> pa.Table:
    """Add each row's customer's number; rows of others are left out."""
    numbers = pc.index_in(rows[CUSTOMER], value_set=people)
    rows = rows if keep else rows.drop_columns(CUSTOMER)
    rows = rows.append_column("person", numbers)
    return rows.filter(pc.is_valid(rows["person"]))


def join_pieces(due: Due, pieces: Sequence[str], keys: list[str], folder: Path) -> str:
    """Write one partition's file from its pieces, which come in their order.

    Returns:
        The name of the file.
    """
    schemas = [pq.read_schema(piece) for piece in pieces]
    common = pa.unify_schemas(schemas, promote_options="permissive")
    with atomic_file(folder / due.file) as temporary:
        with closing(PartitionWriter(temporary, due, keys)) as writer:
            for rows in _regrouped(pieces, common):
                writer.add(rows)
        writer.require_all_rows()
    return due.file


def _regrouped(pieces: Sequence[str], schema: pa.Schema) -> Iterator[pa.Table]:
    """Read pieces one after another, as many rows at a time as a group of a file has."""
    held: list[pa.Table] = []
    for piece in pieces:
        for batch in pq.ParquetFile(piece).iter_batches(SLICE_ROWS):
            held.append(pa.Table.from_batches([batch]).cast(schema))
            if sum(map(len, held)) >= SLICE_ROWS:
                whole = pa.concat_tables(held)
                yield whole[:SLICE_ROWS]
                held = [whole[SLICE_ROWS:]]
    if any(len(rows) for rows in held):
        yield pa.concat_tables(held)
