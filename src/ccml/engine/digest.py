"""Fingerprints of files, settings and code."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

CHUNK = 1 << 20


def sha256_file(file: Path) -> str:
    """Hash a file's bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_text(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(parts: Any) -> str:
    """Hash plain values, pydantic models and lists or mappings of them."""
    return sha256_text(json.dumps(_plain(parts), sort_keys=True, default=str))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(json.dumps(_plain(item), default=str) for item in value)
    return value


@lru_cache
def code_version(packages: tuple[str, ...]) -> str:
    """Hash the source of some packages of ccml, such as ("features", "engine")."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in packages:
        base = root / package
        files = [base.with_suffix(".py")] if not base.is_dir() else base.rglob("*")
        if not (base.is_dir() or base.with_suffix(".py").is_file()):
            raise ValueError(f"ccml has no package or module {package!r}")
        for file in sorted(f for f in files if _is_source(f)):
            digest.update(str(file.relative_to(root)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_source(file: Path) -> bool:
    """Leave out what Python and compiled loops keep beside the source."""
    return file.is_file() and file.parent.name != "__pycache__"


class FileDigests:
    """Hashes of files, remembered as long as size and times stand still."""

    def __init__(self, cache: Path) -> None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        self._cache = cache
        with self._open() as connection:
            connection.execute(
                "create table if not exists digests (path text primary key, "
                "stamp text, sha256 text)"
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with (
            closing(sqlite3.connect(self._cache, timeout=30)) as connection,
            connection,
        ):
            yield connection

    def of(self, files: Iterable[Path]) -> dict[str, str]:
        """Map each file's path to the hash of its bytes."""
        with self._open() as connection:
            return {str(file): self._one(connection, file) for file in files}

    def _one(self, connection: sqlite3.Connection, file: Path) -> str:
        stat = file.stat()
        stamp = f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"
        row = connection.execute(
            "select sha256 from digests where path = ? and stamp = ?",
            (str(file), stamp),
        ).fetchone()
        if row:
            return str(row[0])
        digest = sha256_file(file)
        connection.execute(
            "insert or replace into digests values (?, ?, ?)",
            (str(file), stamp, digest),
        )
        return digest
