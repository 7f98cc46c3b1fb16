"""Files in a form that the engine reads: unpacked, in UTF-8, workbooks as CSV.

What a file is goes by its first bytes as well as by its name: a workbook that is called
.csv ends in a sentence, not in nonsense.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ccml.config.files import FileSource
from ccml.errors import DataError
from ccml.sources.archives import Unpacking, is_zip, members_of
from ccml.sources.dialect import not_text
from ccml.sources.files import ARCHIVE, FileKind, file_kind
from ccml.sources.passing import PassingFolder, copy_as_utf8, open_bytes

UTF8_SIGN = b"\xef\xbb\xbf"
UTF16_SIGNS = (b"\xff\xfe", b"\xfe\xff")
SIGNS: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", "parquet"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "excel"),
    (b"%PDF", "a PDF document", ""),
    (b"SQLite format 3", "an SQLite database", ""),
    (b"BZh", "a bzip2 archive", ""),
    (b"\xfd7zXZ", "an xz archive", ""),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", ""),
    (b"7z\xbc\xaf", "a 7z archive", ""),
    (b"Rar!", "a RAR archive", ""),
)
"""First bytes, what such a file is, and the reader for it."""
WEB_PAGE = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<head")
JSON = (b'{"', b"[{", b'["')
IN_UTF8 = {"encoding": "utf-8"}
AS_CSV = {"encoding": "utf-8", "separator": ",", "header_row": 1}
DAMAGED = (EOFError, OSError, zlib.error)
HEAD = 512


@dataclass(frozen=True)
class Readable:
    """A file that the engine can read, as what, and by which settings."""

    path: Path
    kind: FileKind
    source: FileSource


def readable_files(
    file: Path,
    source: FileSource,
    place: str,
    passing: PassingFolder,
    kind: FileKind | None = None,
) -> Iterator[Readable]:
    """Bring one file of a source into a form that the engine reads.

    Args:
        file: The file, or an archive of files.
        source: The section of the config.
        place: Where it stands in the config.
        passing: Where copies go.
        kind: How it is read, where neither its name nor the config says.

    Raises:
        ConfigError: The file's ending, or a member, is not known.
        DataError: The file is not what its name or the config says.
    """
    if source.member is not None or file.suffix.lower() == ARCHIVE:
        if not is_zip(file):
            raise DataError(
                f"{place}.path: {file.name} is no zip archive, so it has no member; "
                f"take `member` out or send the archive again."
            )
        for member in members_of(file, Unpacking(place, source.member or "", passing)):
            yield _readable(member, source, place, passing, kind)
    else:
        yield _readable(file, source, place, passing, kind)


def _readable(
    file: Path,
    source: FileSource,
    place: str,
    passing: PassingFolder,
    kind: FileKind | None,
) -> Readable:
    wanted = kind or file_kind(file, source, place)
    if wanted == "excel":
        from ccml.sources.excel import workbook_as_csv

        copy = passing.copy_of(file)
        passing.left_out[copy] = workbook_as_csv(file, source, place, copy)
        return Readable(copy, "csv", source.model_copy(update=AS_CSV))
    head = _head(file, place)
    if wanted != "parquet":
        if source.encoding != "utf-16":
            _refuse_other(file, head, wanted, place)
        encoding = _needs_copy(head, source.encoding, wanted)
        if encoding:
            copy = _in_utf8(file, encoding, place, passing)
            return Readable(copy, wanted, source.model_copy(update=IN_UTF8))
    return Readable(file, wanted, source)


def _head(file: Path, place: str) -> bytes:
    try:
        with open_bytes(file) as opened:
            return opened.read(HEAD)
    except DAMAGED:
        raise damaged(file, place) from None


def damaged(file: Path, place: str) -> DataError:
    """Build the error for a packed file that cannot be unpacked whole."""
    return DataError(f"{place}.path: {file.name} is a damaged file; send it again.")


def _refuse_other(file: Path, head: bytes, wanted: FileKind, place: str) -> None:
    """Stop at a file that is something else than its name says."""
    text = head.removeprefix(UTF8_SIGN).lstrip()
    what, reader = "", ""
    for sign, name, known in SIGNS:
        if head.startswith(sign):
            what, reader = name, known
    if is_zip(file):
        what, reader = _packed_as(file)
    if text.lower().startswith(WEB_PAGE):
        what = "a web page, perhaps the sign-in page of the export"
    elif wanted == "csv" and text.startswith(JSON):
        what, reader = "a JSON file", "json"
    first_line = (head.splitlines() or [b""])[0]
    if not what and b"\0" in first_line and not head.startswith(UTF16_SIGNS):
        raise not_text(file, "utf-8", place)
    if what:
        change = f"set {place}.reader to {reader}" if reader else "export it as CSV"
        raise DataError(
            f"{place}.path: {file.name} is read as {wanted} but is {what}; {change}, or "
            f"send the right file."
        )


def _packed_as(file: Path) -> tuple[str, str]:
    """Tell a workbook from any other zip archive."""
    try:
        with zipfile.ZipFile(file) as opened:
            names = opened.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return "a damaged zip archive or workbook", ""
    if any(name.startswith("xl/") or name == "content.xml" for name in names):
        return "an Excel workbook", "excel"
    return "a zip archive, whose name should end in .zip", ""


def _needs_copy(head: bytes, encoding: str, kind: FileKind) -> str:
    """Name the encoding when a copy in UTF-8 is needed; a byte order mark comes first."""
    if head.startswith(UTF16_SIGNS):
        return "utf-16"
    if head.startswith(UTF8_SIGN):
        return "utf-8" if kind == "json" or encoding != "utf-8" else ""
    if encoding == "utf-16":
        return "utf-16-be" if head.startswith(b"\0") else "utf-16-le"
    is_plain = encoding == "utf-8" or (encoding == "latin-1" and kind == "csv")
    return "" if is_plain else encoding


def _in_utf8(file: Path, encoding: str, place: str, passing: PassingFolder) -> Path:
    copy = passing.copy_of(file)
    try:
        copy_as_utf8(file, encoding, copy)
    except UnicodeError:
        raise not_text(file, encoding, place) from None
    except (EOFError, zlib.error):
        raise damaged(file, place) from None
    return copy
