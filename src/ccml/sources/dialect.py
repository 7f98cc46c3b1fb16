"""How a CSV file is written: its separator, its quotes and its header."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ccml.config.files import FileSource
from ccml.errors import DataError
from ccml.sources.headers import shown_names
from ccml.sources.passing import is_packed, open_bytes

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_LINES = 200
SAMPLE_BYTES = 1 << 20
MEGABYTE = 1 << 20
LINE_END = re.compile(r"\r\n|\n|\r")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank"}


@dataclass(frozen=True)
class Dialect:
    """Separator, quote sign (may be none) and column names of one file.

    `skip` lines stand before the header; `max_line` is in bytes.
    """

    separator: str
    quote: str
    header: tuple[str, ...]
    encoding: str
    packed: bool = False
    skip: int = 0
    max_line: int = 2 * MEGABYTE

    @property
    def separator_name(self) -> str:
        """The separator in words."""
        return NAMES.get(self.separator, repr(self.separator))


def find_dialect(file: Path, source: FileSource, place: str) -> Dialect:
    """Find out how a CSV file is written, from its first lines.

    Args:
        file: The file, in UTF-8 or Latin letters.
        source: The section of the config.
        place: Where it stands in the config.

    Raises:
        DataError: The file is empty, not text in this encoding, or has no usable header.
    """
    skip = source.header_row - 1
    lines = _first_lines(file, source, place)[skip:]
    filled = [line for line in lines if line.strip()]
    if not filled:
        below = f" from line {source.header_row} on" if skip else ""
        raise DataError(
            f"{place}.path: {file.name} is empty{below}; a header and rows are needed."
        )
    skip += lines.index(filled[0])
    if len(filled[0]) >= SAMPLE_BYTES // 2:
        raise DataError(
            f"{place}.path: the first line is longer than any header in {file.name}; it "
            f"is no CSV file, or its line ends are lost."
        )
    quote = _quote(filled)
    separator = source.separator or _separator(filled, quote)
    header = _split(filled, separator, quote)[0]
    names = [name.strip() or f"column_{i + 1}" for i, name in enumerate(header)]
    _refuse_repeated(names, file, place)
    return Dialect(
        separator,
        quote,
        tuple(names),
        engine_encoding(source.encoding),
        is_packed(file),
        skip,
        int(source.max_line_mb * MEGABYTE),
    )


def engine_encoding(encoding: str) -> str:
    """Name the encoding that the engine reads; of all others it gets copies in UTF-8."""
    return encoding if encoding == "latin-1" else "utf-8"


def _first_lines(file: Path, source: FileSource, place: str) -> list[str]:
    """Read the first lines, however long; the last one may be cut."""
    encoding = engine_encoding(source.encoding)
    decode = codecs.getincrementaldecoder(encoding)().decode
    try:
        with open_bytes(file) as raw:
            head = raw.read(SAMPLE_BYTES)
        text = decode(head, len(head) < SAMPLE_BYTES)
    except (UnicodeError, EOFError, OSError) as error:
        raise not_text(file, source.encoding, place) from error
    lines = LINE_END.split(text.removeprefix("\ufeff"))
    return lines[: SAMPLE_LINES + source.header_row]


def not_text(file: Path, encoding: str, place: str) -> DataError:
    """Build the error for a file in another encoding, or none."""
    return DataError(
        f"{place}.path: {file.name} cannot be read as {encoding} text; set "
        f"{place}.encoding to utf-8, latin-1, windows-1252 or utf-16, or send the file "
        f"again."
    )


def _quote(lines: Sequence[str]) -> str:
    """Use the double quote unless only single quotes stand at the fields' edges."""
    text = "\n".join(lines)
    if '"' in text:
        return '"'
    edges = sum(text.count(f"{s}'") + text.count(f"'{s}") for s in SEPARATORS)
    return "'" if edges > len(lines) and lines[0].startswith("'") else '"'


def _separator(lines: Sequence[str], quote: str) -> str:
    """Choose the separator that cuts most lines into as many fields as the header."""

    def score(separator: str) -> tuple[float, int]:
        widths = [len(row) for row in _split(lines, separator, quote)]
        fields = widths[0]
        alike = Counter(widths)[fields] / len(widths)
        return (alike if fields > 1 else 0.0, fields)

    best = max(SEPARATORS, key=lambda s: (round(score(s)[0], 1), score(s)[1]))
    return best if score(best)[1] > 1 else ","


def _split(lines: Sequence[str], separator: str, quote: str) -> list[list[str]]:
    csv.field_size_limit(max(csv.field_size_limit(), 2 * SAMPLE_BYTES))
    ended = (f"{line}\n" for line in lines)
    rows = csv.reader(ended, delimiter=separator, quotechar=quote)
    return [row for row in rows if row]


def _refuse_repeated(names: Sequence[str], file: Path, place: str) -> None:
    small = Counter(name.lower() for name in names)
    repeated = sorted(name for name in names if small[name.lower()] > 1)
    if repeated:
        raise DataError(
            f"{place}.path: the header of {file.name} names {shown_names(repeated)}, "
            f"which are one name when capitals do not count; give every column its own "
            f"name."
        )
