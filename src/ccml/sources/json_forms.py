"""Which form a JSON file has, by its beginning."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ccml.sources.json_cut import keys_of
from ccml.sources.passing import is_packed, open_bytes

Layout = Literal["newline_delimited", "array", "unstructured", "page"]
MAX_RECORD = 32 << 20
"""Bytes of the longest record, and of a page that is read as one value."""
HEADS = (1 << 16, MAX_RECORD)
LINE_ENDS = ("", "\n")
PACKED_RATIO = 20
"""A packed page may be so many times as large."""


@dataclass(frozen=True)
class Form:
    """How a file holds its records; `key` names the array of a page."""

    layout: Layout
    key: str = ""
    packed: bool = False

    @property
    def options(self) -> dict[str, object]:
        """What the engine must know to read it."""
        return {
            "format": "unstructured" if self.layout == "page" else self.layout,
            "compression": "gzip" if self.packed else "uncompressed",
            "maximum_object_size": MAX_RECORD,
        }


def is_large_page(file: Path, form: Form) -> bool:
    """Tell whether a file is a page that cannot be read as one value."""
    most = MAX_RECORD // PACKED_RATIO if form.packed else MAX_RECORD
    return form.layout == "page" and file.stat().st_size > most


def json_form(file: Path, columns: Iterable[str], envelope: tuple[str, ...]) -> Form:
    """Find out how a file holds its records, from its beginning."""
    packed = is_packed(file)
    form: tuple[Layout, str] | None = None
    for size in HEADS:
        with open_bytes(file) as opened:
            raw = opened.read(size)
        form = _form(raw.decode("latin-1").lstrip(), set(columns), envelope)
        if form or len(raw) < size:
            break
    layout, key = form or ("newline_delimited", "")
    return Form(layout, key, packed)


def _form(
    head: str, columns: set[str], envelope: tuple[str, ...]
) -> tuple[Layout, str] | None:
    """Tell the form by the first object, or nothing when it goes beyond the text."""
    if head[:1] != "{":
        return ("array" if head[:1] == "[" else "newline_delimited"), ""
    names: set[str] = set()
    for name, at in keys_of(head):
        if name in envelope and head[at : at + 1] == "[":
            return "page", name
        if not name:
            return _form_of_whole(head, at, not names & columns, envelope)
        names.add(name)
    return None


def _form_of_whole(
    head: str, end: int, is_foreign: bool, envelope: tuple[str, ...]
) -> tuple[Layout, str]:
    """Tell the form when the first object ends within the text."""
    if envelope and is_foreign:
        return "page", envelope[0]  # a page without any record
    behind = head[end:].lstrip(" \t\r")[:1]
    is_line = "\n" not in head[:end] and behind in LINE_ENDS
    return ("newline_delimited" if is_line else "unstructured"), ""
