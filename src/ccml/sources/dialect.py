"""How a CSV file is written: its separator, its quotes and its header."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ccml.config.sources import FileSource
from ccml.errors import DataError

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_LINES = 200
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank"}


@dataclass(frozen=True)
class Dialect:
    """Separator, quote sign (may be none) and column names of one file."""

    separator: str
    quote: str
    header: tuple[str, ...]
    encoding: str
    packed: bool = False

    @property
    def separator_name(self) -> str:
        """The separator in words."""
        return NAMES.get(self.separator, repr(self.separator))


@contextmanager
def open_bytes(file: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked when it is a gzip file."""
    with file.open("rb") as raw:
        if is_packed(file):
            with gzip.open(raw, "rb") as unpacked:
                yield io.BufferedReader(unpacked)
        else:
            yield raw


def is_packed(file: Path) -> bool:
    """Tell a gzip file by its first bytes."""
    with file.open("rb") as raw:
        return raw.read(2) == b"\x1f\x8b"


def find_dialect(file: Path, source: FileSource, place: str) -> Dialect:
    """Find out how a CSV file is written, from its first lines.

    Raises:
        DataError: The file is empty, not text in this encoding, or has no usable header.
    """
    lines = _first_lines(file, source, place)
    if not lines:
        raise DataError(
            f"{place}.path: {file.name} is empty; a header and rows are needed."
        )
    quote = _quote(lines)
    separator = source.separator or _separator(lines, quote)
    header = _split(lines[:1], separator, quote)[0]
    names = [name.strip() or f"column_{i + 1}" for i, name in enumerate(header)]
    _refuse_repeated(names, file, place)
    packed = is_packed(file)
    return Dialect(separator, quote, tuple(names), source.encoding, packed)


def _first_lines(file: Path, source: FileSource, place: str) -> list[str]:
    encoding = "utf-8-sig" if source.encoding == "utf-8" else source.encoding
    try:
        with open_bytes(file) as raw:
            text = io.TextIOWrapper(raw, encoding=encoding, newline="")
            lines = [line for line, _ in zip(text, range(SAMPLE_LINES), strict=False)]
            text.detach()
    except (UnicodeError, EOFError, OSError) as error:
        raise DataError(
            f"{place}.path: {file.name} cannot be read as {source.encoding} text; set "
            f"{place}.encoding to utf-8, latin-1 or utf-16, or send the file again."
        ) from error
    return [line.rstrip("\r\n") for line in lines if line.strip()]


def _quote(lines: list[str]) -> str:
    """Use the double quote unless only single quotes stand at the fields' edges."""
    text = "\n".join(lines)
    if '"' in text:
        return '"'
    edges = sum(text.count(f"{s}'") + text.count(f"'{s}") for s in SEPARATORS)
    return "'" if edges > len(lines) and lines[0].startswith("'") else '"'


def _separator(lines: list[str], quote: str) -> str:
    """Choose the separator that cuts most lines into as many fields as the header."""

    def score(separator: str) -> tuple[float, int]:
        widths = [len(row) for row in _split(lines, separator, quote)]
        fields = widths[0]
        alike = Counter(widths)[fields] / len(widths)
        return (alike if fields > 1 else 0.0, fields)

    best = max(SEPARATORS, key=lambda s: (round(score(s)[0], 1), score(s)[1]))
    return best if score(best)[1] > 1 else ","


def _split(lines: list[str], separator: str, quote: str) -> list[list[str]]:
    rows = csv.reader(lines, delimiter=separator, quotechar=quote)
    return [row for row in rows if row]


def _refuse_repeated(names: list[str], file: Path, place: str) -> None:
    small = Counter(name.lower() for name in names)
    repeated = sorted(name for name in names if small[name.lower()] > 1)
    if repeated:
        raise DataError(
            f"{place}.path: the header of {file.name} names {repeated}, which are one name "
            f"when capitals do not count; give every column its own name."
        )
