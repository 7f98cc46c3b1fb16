"""A plain look at the bytes of a CSV file before the engine reads it.

It counts the rows without the engine, as fast as the disk gives them, and tells files
apart that the engine would refuse as a whole or read wrongly: NUL bytes, mixed line
ends, endless lines, quotes that stay open, headers in the middle.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ccml.sources.dialect import Dialect
from ccml.sources.passing import CHUNK, open_bytes

BOM = b"\xef\xbb\xbf"
ENDS = (b"\n", b"\r\n")
TOTALS = frozenset(
    {
        b"total",
        b"totals",
        b"total:",
        b"totals:",
        b"grand total",
        b"grand total:",
        b"sum",
    }
)


@dataclass(frozen=True)
class Signs:
    """Bytes of a file's own that show faults when they stand after a line's end."""

    separator: bytes
    quote: bytes
    header: bytes
    nothing: bytes

    @property
    def whole_lines(self) -> list[bytes]:
        """Lines that are no rows."""
        return [sign for sign in (self.header, self.nothing) if sign]

    def is_total(self, line: bytes) -> bool:
        """Tell whether a row begins as a sum of all others does."""
        first = line.split(self.separator)[0].strip(b" \t\r\n" + self.quote)
        return first.lower() in TOTALS

    def is_again(self, line: bytes) -> bool:
        """Tell whether a row is the header once more."""
        return bool(self.header) and line.rstrip(b"\r\n") == self.header

    def is_nothing(self, line: bytes) -> bool:
        """Tell whether a row is separators only."""
        return bool(self.nothing) and line.rstrip(b"\r\n") == self.nothing


def signs_of(file: Path, dialect: Dialect) -> Signs:
    """Read the signs of a file of known dialect."""
    separator, quote = dialect.separator.encode(), dialect.quote.encode()
    with open_bytes(file) as opened:
        head = opened.read(dialect.max_line).splitlines()
    header = head[dialect.skip].removeprefix(BOM)
    is_telling = len(dialect.header) > 1 and header.count(quote) % 2 == 0
    nothing = separator * (len(dialect.header) - 1)
    return Signs(separator, quote, header if is_telling else b"", nothing)


def count_rows(file: Path, dialect: Dialect, signs: Signs) -> int | None:
    """Count the rows below the header.

    Returns:
        Nothing when the file must be looked at line by line.
    """
    keeps_blank = len(dialect.header) == 1
    rows, last, tail = -dialect.skip - 1, b"", b""
    ends: set[bytes] = set()
    with open_bytes(file) as opened:
        for block in _blocks(opened, dialect.max_line):
            if block is None or _is_suspicious(block, signs, first=not ends):
                return None
            ends.add(b"\r\n" if b"\r" in block else b"\n")
            rows += block.count(b"\n") - (0 if keeps_blank else _blank(last, block))
            last = block[-2:]
            tail = block
    if len(ends) > 1:
        return None
    return rows if not ends or not _ends_in_total(tail, signs) else None


def _blocks(opened: IO[bytes], longest: int) -> Iterator[bytes | None]:
    """Cut a file into blocks of whole lines; nothing stands for a line too long."""
    rest = b""
    while chunk := opened.read(CHUNK):
        end = chunk.rfind(b"\n") + 1
        if end:
            is_long = len(rest) + chunk.find(b"\n") > longest
            yield None if is_long else rest + chunk[:end]
            rest = chunk[end:]
        else:
            rest += chunk
        if len(rest) > longest:
            yield None
            return
    if rest:
        yield rest + b"\n"


def _is_suspicious(block: bytes, signs: Signs, *, first: bool) -> bool:
    body = block if first else b"\n" + block
    starts = [BOM, *(sign + end for sign in signs.whole_lines for end in ENDS)]
    returns = block.count(b"\r")
    return (
        b"\0" in block
        or (returns > 0 and not returns == block.count(b"\r\n") == block.count(b"\n"))
        or any(b"\n" + start in body for start in starts)
        or _has_open_quote(block, signs.quote)
    )


def _has_open_quote(block: bytes, quote: bytes) -> bool:
    """Tell whether some line of the block has an odd number of quotes."""
    if quote not in block:
        return False
    signs = np.frombuffer(block, dtype=np.uint8)
    quotes = np.flatnonzero(signs == quote[0])
    before = np.searchsorted(quotes, np.flatnonzero(signs == ord(b"\n")))
    return bool((before & 1).any())


def _blank(last: bytes, block: bytes) -> int:
    """Count the lines of a block that hold nothing; `last` ended the block before."""
    joined = last + block
    if b"\n\n" not in joined and b"\n\r\n" not in joined and last:
        return 0
    lines = block.split(b"\n")[:-1]
    return lines.count(b"") + lines.count(b"\r")


def _ends_in_total(block: bytes, signs: Signs) -> bool:
    lines = block.rstrip().rsplit(b"\n", 1)
    return len(lines) > 1 and signs.is_total(lines[-1])
