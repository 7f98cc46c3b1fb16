"""Passing copies of files that the engine cannot read as they are.

A copy lies under a folder of its own at the whole path of what it stands for, so that
its name tells where its rows come from.
"""

import gzip
import io
import shutil
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

import ibis

CHUNK = 1 << 20
STEP_DIGITS = 7
OWNER_ONLY = 0o700
GZIP = b"\x1f\x8b"


class PassingFolder:
    """A folder that goes when nobody holds it any more, at the latest at the exit.

    It is made with the first copy, below a folder that the next run empties should this
    one be killed: copies may hold phone numbers as they are. `left_out` tells of a copy
    which rows of its origin it lacks, and why.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / f"copies-{uuid.uuid4().hex}"
        self._steps = count()
        self.left_out: dict[Path, tuple[tuple[int, str], ...]] = {}
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    @property
    def _root(self) -> int:
        return len(str(self.path)) + 1 + STEP_DIGITS

    def copy_of(self, origin: Path) -> Path:
        """Make room for a copy of a file, or of a copy; earlier ones stay."""
        parts = self.origin(origin.absolute()).parts[1:]
        self.path.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        step = f"{next(self._steps):0{STEP_DIGITS}}"
        copy = self.path.joinpath(step, *parts)
        copy.parent.mkdir(parents=True, exist_ok=True)
        return copy

    def origin(self, copy: Path) -> Path:
        """Tell what a copy stands for; any other file stands for itself."""
        if copy.is_relative_to(self.path):
            return Path(str(copy)[self._root :])
        return copy

    def origins(self, copies: ibis.Value) -> ibis.Value:
        """Tell what copies stand for, in a column of paths."""
        folder = str(self.path)
        return ibis.ifelse(copies.startswith(folder), copies.substr(self._root), copies)


def is_packed(file: Path) -> bool:
    """Tell a gzip file by its first bytes."""
    with file.open("rb") as raw:
        return raw.read(2) == GZIP


@contextmanager
def open_bytes(file: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked when it is a gzip file."""
    with file.open("rb") as raw:
        if is_packed(file):
            with gzip.open(raw, "rb") as unpacked:
                yield io.BufferedReader(unpacked)
        else:
            yield raw


def copy_as_utf8(file: Path, encoding: str, copy: Path) -> None:
    """Write a text file anew as UTF-8 without a byte order mark, piece by piece.

    Raises:
        UnicodeError: The file is not text in this encoding.
        OSError: It cannot be read, or is a damaged gzip file.
    """
    with (
        open_bytes(file) as raw,
        io.TextIOWrapper(raw, encoding=encoding, newline="") as text,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        first = text.read(CHUNK)
        out.write(first.removeprefix("\ufeff"))
        shutil.copyfileobj(text, out, CHUNK)
