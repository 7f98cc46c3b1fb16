"""CSV files that the engine would refuse or misread, tidied line by line.

What is no row is left out of a passing copy, and told with its number and the reason;
line ends become alike. Rows of several lines stay as they are, unless a quote that was
never closed has swallowed rows.
"""

import csv
import gzip
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pandas as pd

from ccml.contracts.split import REASON
from ccml.sources.csv_files import FILE, LINE
from ccml.sources.dialect import Dialect
from ccml.sources.passing import CHUNK, PassingFolder, open_bytes
from ccml.sources.survey import BOM, Signs, count_rows, signs_of

LONGEST_RECORD = 10_000
"""Lines after which a quote counts as never closed."""
TOO_LONG = "line too long"
NUL = "NUL bytes"
OPEN_QUOTE = "broken quotes"
AGAIN = "header again"
NOTHING = "blank row"
TOTAL = "total line"

Line = bytes | None
"""A line with a plain end; nothing stands for one that is too long."""


@dataclass(frozen=True)
class Tidied:
    """How many rows a file has below its header, and which of them are none.

    `aside` holds number, from 1 after the header, and reason. `as_it_was` tells that
    the file's own bytes can be read.
    """

    rows: int
    aside: tuple[tuple[int, str], ...]
    as_it_was: bool


@dataclass(frozen=True)
class Record:
    """The bytes of one record, or why it is none."""

    text: bytes
    fault: str | None = None


@dataclass(frozen=True)
class TidyFiles:
    """Files that the engine can read, and what was left out of them.

    `rows` counts the records of the files as they came, without the engine.
    """

    files: tuple[Path, ...]
    rows: int
    aside: pd.DataFrame


def tidy_files(
    files: Sequence[Path], dialect: Dialect, passing: PassingFolder
) -> TidyFiles:
    """Look at the bytes of CSV files, and tidy those that need it.

    Raises:
        OSError, EOFError, zlib.error: A packed file is damaged.
    """
    readable, rows, aside = [], 0, []
    for file in files:
        path, left_out = file, passing.left_out.get(file, ())
        signs = signs_of(file, dialect)
        count = count_rows(file, dialect, signs)
        if count is None:
            tidied = tidy(file, dialect, signs, None)
            if not tidied.as_it_was:
                path = passing.copy_of(file)
                tidied = tidy(file, dialect, signs, path)
            count = tidied.rows
            left_out += tidied.aside
        aside += [(str(passing.origin(path)), *line) for line in left_out]
        readable.append(path)
        rows += count + len(passing.left_out.get(file, ()))
    frame = pd.DataFrame(aside, columns=[FILE, LINE, REASON])
    return TidyFiles(tuple(readable), rows, frame)


def tidy(file: Path, dialect: Dialect, signs: Signs, copy: Path | None) -> Tidied:
    """Look at each row of a file, and write the copy without what is no row."""
    aside: list[tuple[int, str]] = []
    number, size = -1, 0
    # A blank line keeps the numbers of the lines that the engine rejects.
    gap = b"\n" if len(dialect.header) > 1 else b""
    with open_bytes(file) as opened, _writer(copy, dialect) as out:
        for record in _with_total(_records(opened, dialect, signs), signs):
            number += 1
            text = record.text
            if record.fault and number:
                aside.append((number, record.fault))
                text = gap
            size += len(record.text)
            if out:
                out.write(text)
    same = not aside and not dialect.packed and size == file.stat().st_size
    return Tidied(max(number, 0), tuple(aside), same)


@contextmanager
def _writer(copy: Path | None, dialect: Dialect) -> Iterator[IO[bytes] | None]:
    """Write as the file is written, so that one dialect serves for both."""
    if copy is None:
        yield None
        return
    with (
        copy.open("wb") as plain,
        _packer(plain) if dialect.packed else nullcontext(plain) as out,
    ):
        out.write(b"\n" * dialect.skip)
        yield out


def _packer(plain: IO[bytes]) -> IO[bytes]:
    packer = gzip.GzipFile(fileobj=plain, mode="wb", compresslevel=1)
    return cast("IO[bytes]", packer)


def _with_total(records: Iterator[Record], signs: Signs) -> Iterator[Record]:
    """Take the last record for no row when it adds up the others."""
    held: Record | None = None
    for record in records:
        if held:
            yield held
        held = record
    if held:
        is_total = not held.fault and signs.is_total(held.text)
        yield Record(held.text, TOTAL) if is_total else held


def _records(opened: IO[bytes], dialect: Dialect, signs: Signs) -> Iterator[Record]:
    """List the header and what stands below it."""
    lines = deque[Line]()
    source = _lines(opened, dialect.max_line)
    for _ in range(dialect.skip):
        next(source, None)
    is_header = True
    while lines or _fill(lines, source):
        line = lines.popleft()
        if line == b"\n" and len(dialect.header) > 1:
            continue
        fault = None if is_header else _fault(line, signs)
        text = line or b"\n"
        if not fault and text.count(signs.quote) % 2:
            text, fault = _closed(text, lines, source, dialect)
        yield Record(text, fault)
        is_header = False


def _fill(lines: deque[Line], source: Iterator[Line]) -> bool:
    """Add the next line to those that wait, if there is one."""
    for line in source:
        lines.append(line)
        return True
    return False


def _fault(line: Line, signs: Signs) -> str | None:
    if line is None:
        return TOO_LONG
    if b"\0" in line:
        return NUL
    if signs.is_again(line):
        return AGAIN
    return NOTHING if signs.is_nothing(line) else None


def _closed(
    first: bytes, lines: deque[Line], source: Iterator[Line], dialect: Dialect
) -> tuple[bytes, str | None]:
    """Add the lines up to the one that closes the quote; without one, it is broken."""
    quote, size, taken = dialect.quote.encode(), len(first), 0
    while taken < LONGEST_RECORD and size <= dialect.max_line:
        if taken == len(lines) and not _fill(lines, source):
            break
        line = lines[taken]
        if line is None:
            break
        taken += 1
        size += len(line)
        if line.count(quote) % 2:
            record = [first, *(lines[i] or b"" for i in range(taken))]
            if not _is_one_row(record, dialect):
                break
            for _ in range(taken):
                lines.popleft()
            return b"".join(record), None
    return first, OPEN_QUOTE


def _is_one_row(lines: list[bytes], dialect: Dialect) -> bool:
    """Tell whether lines are one row, none of which looks like a row of its own."""
    texts = [line.decode("latin-1") for line in lines]
    cuts = len(dialect.header) - 1
    looks = (text.count(dialect.separator) == cuts for text in texts[1:-1])
    if cuts > 1 and any(looks):
        return False
    rows = csv.reader(texts, delimiter=dialect.separator, quotechar=dialect.quote)
    return [len(row) for row in rows] == [cuts + 1]


def _lines(opened: IO[bytes], longest: int) -> Iterator[Line]:
    """Cut a file at any kind of line end, with bounded memory."""
    rest, is_lost = b"", False
    while chunk := opened.read(CHUNK):
        block = rest + chunk
        # A return at the end may be the first half of a line end.
        held = b"\r" if block.endswith(b"\r") else b""
        pieces = block.removesuffix(held).splitlines(keepends=True)
        rest = pieces.pop() if pieces and pieces[-1][-1:] not in b"\r\n" else b""
        for piece in pieces:
            yield None if is_lost or len(piece) > longest else _plain(piece)
            is_lost = False
        rest += held
        if len(rest) > longest:
            rest, is_lost = held, True
    if is_lost:
        yield None
    elif rest:
        yield _plain(rest)


def _plain(line: bytes) -> bytes:
    return line.removeprefix(BOM).rstrip(b"\r\n") + b"\n"
