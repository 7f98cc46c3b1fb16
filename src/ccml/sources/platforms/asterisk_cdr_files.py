"""Asterisk's CDR files: with the header of a table, or Master.csv without any."""

import csv
from dataclasses import replace
from pathlib import Path

from ccml.config.files import FileSource
from ccml.errors import DataError
from ccml.sources.dialect import engine_encoding
from ccml.sources.opening import Opening
from ccml.sources.passing import CHUNK, PassingFolder, open_bytes
from ccml.sources.raw import FileGroup, group_by_header
from ccml.sources.readable import Readable, readable_files

MASTER = (
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "uniqueid",
    "userfield",
    "extra_1",
    "extra_2",
    "extra_3",
)
"""Columns of Master.csv; the last three stand in different orders: peeraccount,
linkedid, sequence, or linkedid before peeraccount."""
FEWEST = MASTER.index("amaflags") + 1
HEAD_WORDS = {"disposition", "duration"}


def _group(
    files: list[Path], source: FileSource, place: str, passing: PassingFolder
) -> list[FileGroup]:
    headed = (
        _with_header(readable, place, passing)
        for file in files
        for readable in readable_files(file, source, place, passing, "csv")
    )
    return group_by_header(headed, place, passing)


def _with_header(opened: Readable, place: str, passing: PassingFolder) -> Readable:
    """Make a passing copy with a header of a file that has none."""
    file = opened.path
    first = _first_row(file, opened.source)
    small = {field.strip().lower() for field in first}
    if not first or small >= HEAD_WORDS or len(first) == 1:
        return opened
    if not FEWEST <= len(first) <= len(MASTER):
        raise DataError(
            f"{place}.path: {file.name} has no header and {len(first)} columns; "
            f"Master.csv has {FEWEST} to {len(MASTER)}. Export it with a header."
        )
    copy = passing.copy_of(file)
    head = ",".join(MASTER[: len(first)]) + "\n"
    with open_bytes(file) as raw, copy.open("wb") as out:
        out.write(head.encode())
        while piece := raw.read(CHUNK):
            out.write(piece)
    return replace(opened, path=copy)


def _first_row(file: Path, source: FileSource) -> list[str]:
    with open_bytes(file) as raw:
        line = raw.readline(CHUNK).decode(engine_encoding(source.encoding), "replace")
    rows = csv.reader([line.lstrip("\ufeff")], delimiter=source.separator or ",")
    return next(rows, [])


OPENING = Opening(_group)
