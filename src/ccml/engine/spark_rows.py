"""Results of Spark in files, on their way to other engines and into the store."""

import shutil
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis
import ibis.expr.operations as ops

from ccml.engine.connection import spill_folder

SPARK = "pyspark"


class SharedRows:
    """Rows that Spark wrote into files, which every engine may open.

    The files go when nobody holds this any more, at the latest at the exit.
    """

    def __init__(self, rows: ibis.Table, near: ibis.BaseBackend) -> None:
        """Let Spark write into the spill folder of another engine."""
        self.folder = spill_folder(near) / f"spark-{uuid.uuid4().hex}"
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        ibis.get_backend(rows).to_parquet(rows, self.folder)

    @property
    def files(self) -> list[str]:
        """Whole paths of the files, sorted."""
        return [str(file) for file in sorted(self.folder.glob("*.parquet"))]


@contextmanager
def brought_here(rows: Any, backend: ibis.BaseBackend) -> Iterator[Any]:
    """Give a table of Spark to another engine, by way of files; leave others alone."""
    there = [table.source.name for table in rows.op().find(ops.DatabaseTable)]
    if SPARK not in there:
        yield rows
        return
    shared = SharedRows(rows, backend)
    yield backend.read_parquet(shared.files)
