"""Tables and folders of a workspace, each with a manifest."""

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from ccml.engine.atomic import (
    atomic_file,
    atomic_folder,
    sync_file,
    sync_folder,
    temporary_folder,
)
from ccml.engine.digest import sha256_file
from ccml.engine.manifest import (
    MANIFEST,
    Manifest,
    StoredFile,
    read_manifest,
    write_manifest,
)
from ccml.engine.parts import Parts
from ccml.engine.spark_rows import brought_here
from ccml.errors import DataError, did_you_mean

Tabular = Any  # an Ibis table, a pandas frame or an Arrow table


@dataclass(frozen=True)
class Table:
    """A table to be stored: its rows, its keys, and what one row is.

    `order_by` must be a total order, so that the same rows give the same bytes; it is
    the keys when not given.
    """

    rows: Tabular
    keys: Sequence[str]
    about: str
    order_by: Sequence[str] = ()


@dataclass(frozen=True)
class Folder:
    """A folder of files to be stored: `fill` writes them into an empty folder."""

    fill: Callable[[Path], None]
    about: str


class Store:
    """Reads and writes the tables and folders of one workspace."""

    def __init__(self, root: Path, backend: ibis.BaseBackend) -> None:
        self.root = root
        self.backend = backend

    def read(self, name: str) -> ibis.Table:
        """Open a stored table.

        Raises:
            DataError: There is no such table yet.
        """
        return self.backend.read_parquet([str(file) for file in self.files(name)])

    def files(self, name: str) -> list[Path]:
        """List the files of a stored table.

        Raises:
            DataError: There is no such table yet.
        """
        return [self._home(name) / file.path for file in self._existing(name).files]

    def read_all(self, names: Sequence[str]) -> ibis.Table:
        """Open stored tables of the same columns as one.

        Raises:
            DataError: One of them does not exist.
        """
        files = [str(file) for name in names for file in self.files(name)]
        return self.backend.read_parquet(files, union_by_name=True)

    def frame(self, name: str) -> pd.DataFrame:
        """Load a stored table into pandas."""
        frame: pd.DataFrame = self.read(name).to_pandas()
        return frame

    def folder(self, name: str) -> Path:
        """Find the files of a stored folder."""
        manifest = self._existing(name)
        return self._home(name) / Path(manifest.files[0].path).parts[0]

    def parts(self, name: str) -> list[Path]:
        """List the files of a stored table, none when there is no such table."""
        manifest = self.manifest(name)
        files = manifest.files if manifest else []
        home = self._home(name)
        return [home / file.path for file in files if _is_undamaged(home, file)]

    def manifest(self, name: str) -> Manifest | None:
        """Read a manifest, or nothing when it does not exist."""
        return read_manifest(self._home(name))

    def names(self) -> list[str]:
        """List what is stored, sorted."""
        found = self.root.glob(f"*/{MANIFEST}")
        return sorted(file.parent.name for file in found)

    def intact(self, name: str, fingerprint: str) -> bool:
        """Tell whether something is stored, made by this fingerprint, and undamaged."""
        manifest = self.manifest(name)
        if manifest is None or manifest.fingerprint != fingerprint:
            return False
        home = self._home(name)
        return all(_is_undamaged(home, file) for file in manifest.files)

    def write(
        self, name: str, item: Table | Folder | Parts, fingerprint: str
    ) -> Manifest:
        """Store a table or folder; the old one stands until the new one is whole."""
        home = self._home(name)
        home.mkdir(parents=True, exist_ok=True)
        if isinstance(item, Parts):
            manifest = self._write_parts(home, name, item, fingerprint)
        else:
            manifest = self._write_whole(name, item, fingerprint)
        write_manifest(home, manifest)
        _remove_old(home, keep=_places(manifest))
        return manifest

    def _write_whole(
        self, name: str, item: Table | Folder, fingerprint: str
    ) -> Manifest:
        ending = ".parquet" if isinstance(item, Table) else ""
        target = self._free_place(name, fingerprint[:16], ending)
        if isinstance(item, Table):
            return self._write_table(target, name, item, fingerprint)
        return self._write_folder(target, name, item, fingerprint)

    def remove(self, name: str) -> None:
        """Remove a table or folder; its manifest goes first."""
        (self._home(name) / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self._home(name), ignore_errors=True)

    def _home(self, name: str) -> Path:
        return self.root / name

    def _free_place(self, name: str, stem: str, ending: str) -> Path:
        """Find a place that is not the one in use, so that this one stays whole."""
        manifest = self.manifest(name)
        used = _places(manifest) if manifest else set()
        first, second = f"{stem}{ending}", f"{stem}-again{ending}"
        place = self._home(name) / (second if first in used else first)
        _remove(place)
        return place

    def _existing(self, name: str) -> Manifest:
        manifest = self.manifest(name)
        if manifest is None:
            known = self.names()
            raise DataError(
                f"workspace: no table {name!r} has been made yet."
                f"{did_you_mean(name, known)} Run the pipeline that makes it "
                f"first: `prepare` makes the tables of the sources, then come segment, "
                f"train, score and target; `ccml show tables` lists what there is."
            )
        home = self._home(name)
        if not all(_has_its_size(home, file) for file in manifest.files):
            raise DataError(
                f"workspace: {name!r} is damaged: a file is missing or has another size "
                f"than its manifest says; run the pipeline that makes it again."
            )
        return manifest

    def _write_table(
        self, file: Path, name: str, item: Table, fingerprint: str
    ) -> Manifest:
        order = list(item.order_by) or list(item.keys)
        given = brought_here(self._as_ibis(item.rows), self.backend)
        with given as table, atomic_file(file) as temporary:
            rows = table.order_by(order) if order else table
            self.backend.to_parquet(rows, temporary, compression="zstd")
            written = self.backend.read_parquet(str(temporary))
            self._check_keys(name, written, item.keys)
        return self._table_manifest(name, item, fingerprint, [file])

    def _write_parts(
        self, home: Path, name: str, item: Parts, fingerprint: str
    ) -> Manifest:
        """Write the new files beside those that stay; only the manifest joins them."""
        with temporary_folder(home) as folder:
            item.fill(folder)
            new = sorted(file.name for file in folder.iterdir())
            for file in new:
                sync_file(folder / file)
                (folder / file).replace(home / file)
        files = [home / file for file in sorted({*item.kept, *new})]
        if not files:
            raise DataError(f"{name}: nothing was written.")
        return self._table_manifest(name, item, fingerprint, files)

    def _table_manifest(
        self, name: str, item: Table | Parts, fingerprint: str, files: Sequence[Path]
    ) -> Manifest:
        stored = self.backend.read_parquet([str(file) for file in files])
        return Manifest(
            name=name,
            about=item.about,
            rows=int(stored.count().execute()),
            keys=list(item.keys),
            columns={column: str(kind) for column, kind in stored.schema().items()},
            fingerprint=fingerprint,
            files=[_stored(file.parent, file) for file in files],
        )

    def _as_ibis(self, rows: Tabular) -> ibis.Table:
        if isinstance(rows, pd.DataFrame):
            with warnings.catch_warnings():
                # PyArrow still asks for `.values` of zoned times, which pandas 3 warns of.
                warnings.simplefilter("ignore", DeprecationWarning)
                rows = pa.Table.from_pandas(rows, preserve_index=False)
        return ibis.memtable(rows) if isinstance(rows, pa.Table) else rows

    def _check_keys(self, name: str, table: ibis.Table, keys: Sequence[str]) -> None:
        if not keys:
            return
        repeated = table.group_by(list(keys)).agg(n=table.count())
        copies = int(repeated.filter(repeated.n > 1).count().execute())
        if copies:
            raise DataError(
                f"{name}: {copies:,} values of the key ({', '.join(keys)}) stand in more "
                f"than one row; the key must be unique."
            )

    def _write_folder(
        self, target: Path, name: str, item: Folder, fingerprint: str
    ) -> Manifest:
        with atomic_folder(target) as temporary:
            item.fill(temporary)
            if not _files_in(temporary):
                raise DataError(f"{name}: nothing was written.")
        return Manifest(
            name=name,
            about=item.about,
            rows=None,
            keys=[],
            columns={},
            fingerprint=fingerprint,
            files=[_stored(target.parent, file) for file in _files_in(target)],
        )


def _files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _places(manifest: Manifest) -> set[str]:
    return {Path(file.path).parts[0] for file in manifest.files}


def _stored(home: Path, file: Path) -> StoredFile:
    return StoredFile(
        path=str(file.relative_to(home)),
        bytes=file.stat().st_size,
        sha256=sha256_file(file),
    )


def _has_its_size(home: Path, file: StoredFile) -> bool:
    path = home / file.path
    return path.is_file() and path.stat().st_size == file.bytes


def _is_undamaged(home: Path, file: StoredFile) -> bool:
    return _has_its_size(home, file) and sha256_file(home / file.path) == file.sha256


def _remove_old(home: Path, keep: set[str]) -> None:
    for path in home.iterdir():
        if path.name not in keep and path.name != MANIFEST:
            _remove(path)
    sync_folder(home)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
