"""CSV exports whose header is missing or says nothing: their columns by position."""

import csv
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ccml.config.files import FileSource
from ccml.sources.dialect import LINE_END, SEPARATORS
from ccml.sources.layouts import plain_name
from ccml.sources.opening import Opening
from ccml.sources.passing import PassingFolder, open_bytes
from ccml.sources.raw import FileGroup, group_by_header
from ccml.sources.readable import UTF8_SIGN, Readable, readable_files

HEAD = 1 << 16
TRAILING = "trailing"
DATA = re.compile(r"\d{4}-\d\d-\d\d|^-?\d+$")
"""A date or a plain number: what stands in rows, and in no header."""


@dataclass(frozen=True)
class Positions:
    """Names of columns that are known, and of the fields of files without a header.

    Args:
        known: Columns one of which a usable header names.
        orders: The fields of each form of file, in order; forms differ in their number.
    """

    known: tuple[str, ...]
    orders: tuple[tuple[str, ...], ...]

    def order(self, fields: Sequence[str]) -> tuple[str, ...] | None:
        """Name the fields of a first line that is no usable header."""
        known = {plain_name(name) for name in self.known}
        if any(plain_name(field) in known for field in fields):
            return None
        # A separator behind the last field makes one more, which is empty.
        extra = (TRAILING,) if fields and not fields[-1].strip() else ()
        sizes = {len(order): order for order in self.orders}
        sizes = {len(o) + len(extra): (*o, *extra) for o in self.orders} | sizes
        return sizes.get(len(fields))


def positional_opening(positions: Positions) -> Opening:
    """Open CSV files, with a header of their own or by the position of their fields."""
    return Opening(partial(group_positional, positions))


def group_positional(
    positions: Positions,
    files: Iterable[Path],
    source: FileSource,
    place: str,
    passing: PassingFolder,
) -> list[FileGroup]:
    """Bring CSV files of one header together; files without one get theirs in a copy."""
    headed = (
        _with_header(readable, positions, passing)
        for file in files
        for readable in readable_files(file, source, place, passing, "csv")
    )
    return group_by_header(headed, place, passing)


def _with_header(
    opened: Readable, positions: Positions, passing: PassingFolder
) -> Readable:
    """Write a copy with a header, unless the file has one that says something."""
    file, source = opened.path, opened.source
    if source.header_row > 1:
        return opened
    with open_bytes(file) as raw:
        head = raw.read(HEAD).removeprefix(UTF8_SIGN)
    line = LINE_END.split(head.decode("latin-1"), maxsplit=1)[0]
    for separator in (source.separator,) if source.separator else SEPARATORS:
        fields = next(csv.reader([line], delimiter=separator), [])
        order = positions.order(fields)
        if order:
            is_row = any(DATA.search(field.strip()) for field in fields)
            copy = passing.copy_of(file)
            header = separator.join(order)
            _write_copy(file, copy, header, 0 if is_row else len(line))
            return replace(opened, path=copy)
    return opened


def _write_copy(file: Path, copy: Path, header: str, passed_over: int) -> None:
    """Copy a file behind a header, which takes the place of a line without use."""
    with open_bytes(file) as raw, copy.open("wb") as out:
        out.write(header.encode("ascii") + (b"" if passed_over else b"\n"))
        if raw.read(len(UTF8_SIGN)) != UTF8_SIGN:
            raw.seek(0)
        raw.read(passed_over)
        shutil.copyfileobj(raw, out)
