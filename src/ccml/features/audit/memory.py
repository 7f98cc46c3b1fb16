"""A project whose tables lie in memory: the same code works on rows of the audit's own."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ccml.config.project import ProjectConfig
from ccml.engine.connection import connect
from ccml.engine.parts import Parts
from ccml.engine.stage import Output
from ccml.engine.store import Folder, Store
from ccml.errors import DataError
from ccml.progress import Silence
from ccml.project import Project

Tables = Mapping[str, pa.Table]


class MemoryStore(Store):
    """Reads tables that lie in memory; nothing is written to the workspace."""

    def __init__(self, root: Path, backend: ibis.BaseBackend, tables: Tables) -> None:
        super().__init__(root, backend)
        self.tables = dict(tables)
        self.opened: dict[str, ibis.Table] = {}

    def keep(self, name: str, rows: pa.Table) -> None:
        """Take a table in that a stage made."""
        self.tables[name] = rows

    def read(self, name: str) -> ibis.Table:
        """Open a table.

        Raises:
            DataError: There is no such table.
        """
        if name not in self.tables:
            raise DataError(f"audit: no table {name!r} was drawn.")
        if name not in self.opened:
            self.backend.con.register(name, self.tables[name])
            self.opened[name] = self.backend.table(name)
        return self.opened[name]

    def parts(self, name: str) -> list[Path]:  # noqa: ARG002 - the store's interface
        """Nothing stands: each partition is made."""
        return []


class MemoryStages:
    """Runs every stage, and keeps what it makes in a store in memory."""

    def __init__(self, store: MemoryStore, folder: Path) -> None:
        self.store, self.folder = store, folder

    def run(self, _stage: object, build: Callable[[], Mapping[str, Output]]) -> bool:
        """Run a stage."""
        for name, made in build().items():
            self.store.keep(name, _rows(made, self.folder))
        return True


def _rows(made: Output, folder: Path) -> pa.Table:
    """Give what a stage made as an Arrow table."""
    if isinstance(made, Folder):
        raise TypeError("the audit keeps tables only")
    if isinstance(made, Parts):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            made.fill(Path(place))
            files = sorted(Path(place).iterdir())
            tables = [pq.read_table(file).replace_schema_metadata() for file in files]
        return pa.concat_tables(tables)
    if isinstance(made.rows, pd.DataFrame):
        return pa.Table.from_pandas(made.rows, preserve_index=False)
    return made.rows if isinstance(made.rows, pa.Table) else made.rows.to_pyarrow()


@contextmanager
def memory_project(
    project: Project, tables: Tables, config: ProjectConfig
) -> Iterator[Project]:
    """Stand a project on tables in memory, with an engine of its own.

    Args:
        project: Whose code runs.
        tables: Stored tables by name.
        config: What is asked of them.
    """
    with tempfile.TemporaryDirectory(prefix="audit-", dir=_spill(project)) as folder:
        backend = connect(config.engine, Path(folder))
        store: Any = MemoryStore(Path(folder), backend, tables)
        small = replace(project, config=config, progress=Silence(), force=False)
        # What a project opens once is given here before anybody asks for it.
        vars(small).update(store=store, stages=MemoryStages(store, Path(folder)))
        try:
            yield small
        finally:
            backend.disconnect()


def _spill(project: Project) -> Path:
    """Find the folder that every run empties first."""
    folder = project.workspace / "spill"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
