"""Talkdesk reports as CSV files, with a header or without, and as JSON."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import ibis

from ccml.config.files import FileSource
from ccml.sources.json_cut import keys_of
from ccml.sources.layouts import Layout, plain_name
from ccml.sources.opening import Opening
from ccml.sources.passing import PassingFolder, open_bytes
from ccml.sources.platforms.headerless_csv import Positions, group_positional
from ccml.sources.raw import FileGroup, RawFiles, Records, open_group

HEAD = 1 << 16
ENVELOPE = ("entries",)
"""The field of a report under which its records stand."""


def report_opening(
    layouts: Sequence[Layout], orders: tuple[tuple[str, ...], ...]
) -> Opening:
    """Open the files of a report.

    Args:
        layouts: Known columns of the report.
        orders: The columns of files without a usable header, in order.
    """
    known = tuple(chain.from_iterable(layout.columns for layout in layouts))
    positions = Positions(known, orders)
    return Opening(partial(_group, positions), partial(_open, layouts))


def _group(
    positions: Positions,
    files: list[Path],
    source: FileSource,
    place: str,
    passing: PassingFolder,
) -> list[FileGroup]:
    """Bring CSV files of one header, and JSON files of the same fields, together."""
    records: dict[frozenset[str], list[Path]] = {}
    tables = []
    for file in files:
        if _is_json(file):
            records.setdefault(frozenset(_fields(file)), []).append(file)
        else:
            tables.append(file)
    groups = [FileGroup("json", tuple(paths), passing) for paths in records.values()]
    return [*group_positional(positions, tables, source, place, passing), *groups]


def _open(
    layouts: Sequence[Layout],
    backend: ibis.BaseBackend,
    group: FileGroup,
    place: str,
    tolerant: bool,
) -> RawFiles:
    if group.kind != "json":
        return open_group(backend, group, place, tolerant=tolerant)
    columns = dict.fromkeys(_asked(_fields(group.files[0]), layouts), "VARCHAR")
    records = Records(columns, ENVELOPE)
    return open_group(backend, group, place, tolerant=tolerant, records=records)


def _asked(fields: Sequence[str], layouts: Sequence[Layout]) -> list[str]:
    """Ask for the first record's fields, and those that it may happen to lack."""
    needed = {plain_name(name) for layout in layouts for name in layout.required}
    there = {plain_name(name): name for name in fields}
    for name in chain.from_iterable(layout.columns for layout in layouts):
        if not fields or plain_name(name) not in needed:
            there.setdefault(plain_name(name), name.lower().replace(" ", "_"))
    return list(there.values())


def _is_json(file: Path) -> bool:
    return _head(file)[:1] in {"{", "["}


def _head(file: Path) -> str:
    with open_bytes(file) as opened:
        head = opened.read(HEAD)
    return head.decode("latin-1").removeprefix("\xef\xbb\xbf").lstrip()


def _fields(file: Path) -> list[str]:
    """List the fields of a file's first record; none when it holds no record."""
    head = _head(file)
    if head.startswith("{"):
        pages = [at for name, at in keys_of(head) if name in ENVELOPE]
        head = head[pages[0] :] if pages else head
    record = head.lstrip("[ \t\r\n")
    if not record.startswith("{"):
        return []
    return [name for name, _ in keys_of(record) if name]
