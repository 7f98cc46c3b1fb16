"""Typed rows of a source, kept from run to run: only new files are read again.

Files are read in batches, and what a batch gave is stored as one part: typed rows
without any phone number. Everything after it, the newest version of each record, the
folding of legs, contracts, is worked out from all parts together, so that it does not
matter how an export was cut into files or when they came.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd

from ccml.config.files import FileSource
from ccml.engine.digest import fingerprint, sha256_text
from ccml.engine.store import Store, Table
from ccml.project import Project
from ccml.sources.files import GLOB_SIGNS
from ccml.sources.scratch import drop
from ccml.sources.staging import Staged

BATCH_BYTES = 256 << 20
BATCH_FILES = 2_000
INDEX = ("file", "sha256", "part", "rows_in")
INDEX_ABOUT = "one row per file that was read, with the part that holds its rows"

Read = Callable[[list[Path]], Staged]
"""Stages files of one batch, without any phone number left in the rows."""


@dataclass(frozen=True)
class SourceFile:
    """A file, its name below the source's folder, and the hash of its bytes."""

    path: Path
    name: str
    sha256: str

    @property
    def base(self) -> Path:
        """The folder to which the name is relative."""
        return self.path.parents[len(Path(self.name).parts) - 1]


@dataclass(frozen=True)
class Parts:
    """All rows of a source, and how many rows of its files they are."""

    rows: ibis.Table
    rows_in: int
    index: Table


def source_files(
    project: Project, source: FileSource, files: Sequence[Path]
) -> list[SourceFile]:
    """Name and hash the files of a source."""
    if not files:
        return []
    base = base_folder(project.folder, source.path)
    digests = project.stages.digests.of(files)
    return [
        SourceFile(file, str(file.relative_to(base)), digests[str(file)])
        for file in files
    ]


def base_folder(folder: Path, pattern: str) -> Path:
    """Find the folder below which files have their names: the path up to a wildcard."""
    path = folder / pattern
    if path.is_dir():
        return path
    parts = list(path.parts[:-1])
    while any(sign in part for part in parts for sign in GLOB_SIGNS):
        parts.pop()
    return Path(*parts)


def index_name(table: str) -> str:
    """Name the stored list of a source's parts."""
    return f"parts__{table}"


def read_parts(
    store: Store,
    table: str,
    files: Sequence[SourceFile],
    settings: object,
    read: Read,
) -> Parts:
    """Read the files that no part holds yet, and open all parts.

    Args:
        store: Where the parts are.
        table: The source's table.
        files: Every file of the source.
        settings: Whatever else the parts depend on; parts of other settings go.
        read: Stages the files of a batch.
    """
    mark = fingerprint(settings)
    index = _usable(store, table, files, mark)
    remove_others(store, table, set(index.part))
    known = set(index.file)
    new = [file for file in files if file.name not in known]
    made = [
        _write_part(store, table, batch, mark, read(_paths(batch)))
        for batch in batches(new)
    ]
    return all_parts(store, pd.concat([index, *made], ignore_index=True), mark)


def all_parts(store: Store, index: pd.DataFrame, mark: str) -> Parts:
    """Open the parts of an index: file, sha256, part, rows_in."""
    return Parts(
        rows=store.read_all(sorted(set(index.part))),
        rows_in=int(index.drop_duplicates("part").rows_in.sum()),
        index=Table(index.assign(mark=mark), ("file", "part"), INDEX_ABOUT),
    )


def batches(files: Sequence[SourceFile]) -> Iterator[list[SourceFile]]:
    """Cut files into batches that the engine reads in one go."""
    batch: list[SourceFile] = []
    size = 0
    for file in files:
        weight = file.path.stat().st_size
        if batch and (size + weight > BATCH_BYTES or len(batch) >= BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += weight
    if batch:
        yield batch


def _paths(files: Sequence[SourceFile]) -> list[Path]:
    return [file.path for file in files]


def _usable(
    store: Store, table: str, files: Sequence[SourceFile], mark: str
) -> pd.DataFrame:
    """List the parts whose files all stand as they were, and which are whole."""
    index = stored_index(store, table, mark)
    same = {file.name: file.sha256 for file in files}
    gone = set(index.part[index.file.map(same) != index.sha256])
    return index[~index.part.isin(gone)].reset_index(drop=True)


def stored_index(store: Store, table: str, mark: str) -> pd.DataFrame:
    """List the parts that were made with these settings and are whole."""
    if store.manifest(index_name(table)) is None:
        return pd.DataFrame(columns=INDEX)
    index = store.frame(index_name(table))
    index = index.loc[index["mark"] == mark, list(INDEX)]
    whole = {part for part in set(index.part) if store.intact(part, mark)}
    return index[index.part.isin(whole)].reset_index(drop=True)


def remove_others(store: Store, table: str, keep: set[str]) -> None:
    """Remove the parts of a table that are not wanted any more."""
    prefix = f"part__{table}__"
    for name in store.names():
        if name.startswith(prefix) and name not in keep:
            store.remove(name)


def _write_part(
    store: Store, table: str, files: list[SourceFile], mark: str, staged: Staged
) -> pd.DataFrame:
    hashes = [file.sha256 for file in files]
    return write_part(
        store, table, ([file.name for file in files], hashes), mark, staged
    )


def write_part(
    store: Store,
    table: str,
    named: tuple[list[str], list[str]],
    mark: str,
    staged: Staged,
) -> pd.DataFrame:
    """Store staged rows as one part; give its lines of the index.

    Args:
        store: Where the part goes.
        table: The source's table.
        named: Names of the part's files, and the hash of each.
        mark: The settings that it was made with.
        staged: The rows; their passing table is dropped.
    """
    names, hashes = named
    told = "".join(f"{name}:{sha};" for name, sha in zip(names, hashes, strict=True))
    part = f"part__{table}__{sha256_text(mark + told)[:16]}"
    about = f"typed rows of {len(names):,} files of {table}"
    store.write(part, Table(staged.table, (), about), mark)
    stands = staged.table if staged.behind is None else staged.behind
    drop(store.backend, stands)
    columns = {"file": names, "sha256": hashes}
    return pd.DataFrame(columns | {"part": part, "rows_in": staged.rows_in})
