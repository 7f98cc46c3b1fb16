"""Files of an API: its JSON as it came, or the same fields as CSV."""

from functools import partial
from pathlib import Path

import ibis

from ccml.config.files import FileSource
from ccml.sources.files import FileKind
from ccml.sources.opening import Opening
from ccml.sources.passing import PassingFolder, open_bytes
from ccml.sources.raw import FileGroup, RawFiles, Records, group_files, open_group

BEGINNINGS = (b"{", b"[")
HEAD = 1024


def records_or_csv(records: Records) -> Opening:
    """Open each file by its first sign: a brace or a bracket begins JSON."""
    return Opening(_group, partial(_open, records))


def _open(
    records: Records,
    backend: ibis.BaseBackend,
    group: FileGroup,
    place: str,
    tolerant: bool,
) -> RawFiles:
    shape = records if group.kind == "json" else None
    return open_group(backend, group, place, tolerant=tolerant, records=shape)


def _group(
    files: list[Path], source: FileSource, place: str, passing: PassingFolder
) -> list[FileGroup]:
    by_kind: dict[FileKind, list[Path]] = {}
    for file in files:
        by_kind.setdefault(_kind(file), []).append(file)
    return [
        group
        for kind, some in by_kind.items()
        for group in group_files(some, source, place, passing, kind)
    ]


def _kind(file: Path) -> FileKind:
    with open_bytes(file) as raw:
        head = raw.read(HEAD)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "json" if text.startswith(BEGINNINGS) else "csv"
