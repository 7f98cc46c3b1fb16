"""Large tables cut into pieces that fit into memory, by the hash of a column."""

import tempfile
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import ibis

from ccml.engine.connection import spill_folder
from ccml.sources.scratch import drop, keep_aside

BUCKET_ROWS = 1_500_000
BUCKET = "_bucket"


def buckets(
    rows: ibis.Table, column: str, at_most: int | None = None
) -> Iterator[ibis.Table]:
    """Give rows piece by piece; rows with an equal value of the column come together.

    Each piece is a passing table, which stands only until the next one is asked for.
    Many rows are written once into the engine's spill folder, a file per piece, which is
    gone afterwards.

    Args:
        rows: Any query.
        column: Column that keeps rows together.
        at_most: Number of rows when it is known without running the query.
    """
    backend = ibis.get_backend(rows)
    size = int(rows.count().execute()) if at_most is None else at_most
    pieces = ceil(size / BUCKET_ROWS)
    if pieces <= 1:
        whole = keep_aside(backend, rows)
        yield whole
        drop(backend, whole)
        return
    number = rows[column].hash() % pieces
    cut = rows.mutate(**{BUCKET: (number + pieces) % pieces})
    with tempfile.TemporaryDirectory(dir=spill_folder(backend)) as name:
        backend.to_parquet(cut, name, partition_by=BUCKET)
        for folder in sorted(Path(name).glob(f"{BUCKET}=*")):
            files = [str(file) for file in sorted(folder.glob("*"))]
            piece = keep_aside(
                backend, backend.read_parquet(files, hive_partitioning=False)
            )
            yield piece
            drop(backend, piece)
