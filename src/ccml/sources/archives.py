"""Zip archives: their members as passing files, within limits.

An archive is somebody else's file. It may be made to fill the disk when it is unpacked,
or to write beside its folder; each such trick ends in an error before harm is done.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EINVAL
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ccml.errors import ConfigError, DataError, did_you_mean
from ccml.sources.files import ARCHIVE, KINDS
from ccml.sources.passing import CHUNK, PassingFolder

MAX_MEMBERS = 10_000
MAX_DEPTH = 3
MAX_RATIO = 200
"""Bytes that a byte of a member may become; texts of exports become 5 to 30."""
FREE_BYTES = 64 << 20
"""Below this size a member may be packed as tightly as it likes."""
MAX_BYTES = 200 << 30
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
ENCRYPTED = 0x1
NOT_WHOLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)


@dataclass(frozen=True)
class Unpacking:
    """What to take out of an archive, for whom, and where to.

    Args:
        place: Where the source stands in the config.
        member: Path of a member, of one in a nested archive, or a pattern; empty = all
            that are data.
        passing: Folder of the members.
    """

    place: str
    member: str
    passing: PassingFolder


def is_zip(file: Path) -> bool:
    """Tell a zip archive by its first bytes."""
    with file.open("rb") as raw:
        return raw.read(4) in {ZIP, EMPTY_ZIP}


def members_of(archive: Path, how: Unpacking) -> list[Path]:
    """Take members out of an archive, by name.

    Raises:
        ConfigError: There is no such member, or none that is data.
        DataError: The archive is damaged, encrypted, or goes beyond a limit.
    """
    steps = _steps(how.member)
    return list(_unpacked(archive, how, steps, 1))


def _steps(member: str) -> list[str]:
    """Cut `outer.zip/folder/inner.csv` after each archive."""
    steps = [""]
    for part in member.split("/"):
        steps[-1] = f"{steps[-1]}/{part}".lstrip("/")
        if part.lower().endswith(ARCHIVE):
            steps.append("")
    return [step for step in steps if step]


def _unpacked(
    archive: Path, how: Unpacking, steps: list[str], depth: int
) -> Iterator[Path]:
    if depth > MAX_DEPTH:
        raise _refused(archive, how, f"holds archives more than {MAX_DEPTH} deep")
    wanted, later = (steps[0], steps[1:]) if steps else ("", [])
    for name in _chosen(archive, wanted, how):
        target = how.passing.copy_of(archive / PurePosixPath(name))
        _extract(archive, name, target, how)
        if is_zip(target) and target.suffix.lower() == ARCHIVE:
            yield from _unpacked(target, how, later, depth + 1)
        else:
            yield target


def _chosen(archive: Path, wanted: str, how: Unpacking) -> list[str]:
    """Choose members by name, or all that are data."""
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = [info for info in opened.infolist() if not info.is_dir()]
    except NOT_WHOLE:
        raise _refused(archive, how, "is no zip archive, or a damaged one") from None
    if len(infos) > MAX_MEMBERS:
        raise _refused(archive, how, f"has more than {MAX_MEMBERS:,} members")
    names = [info.filename for info in infos]
    if any(map(_leads_out, names)):
        raise _refused(archive, how, "has a member whose path leads out of it")
    if not wanted:
        found = [name for name in names if _is_data(name)]
    else:
        found = [
            name for name in names if wanted in (name, "*") or fnmatchcase(name, wanted)
        ]
    if not found:
        raise _no_member(archive, wanted, names, how)
    for info in infos:
        if info.filename in found:
            _refuse_harmful(archive, info, how)
    return sorted(set(found))


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0]


def _is_data(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    return not hidden and bool(
        {suffix.lower() for suffix in path.suffixes} & {ARCHIVE, *KINDS}
    )


def _no_member(
    archive: Path, wanted: str, names: list[str], how: Unpacking
) -> ConfigError:
    shown = sorted(names)[:40]
    if wanted:
        return ConfigError(
            f"{how.place}.member: {archive.name} has no member {wanted!r}."
            f"{did_you_mean(wanted, names)} Its members: {shown}."
        )
    return ConfigError(
        f"{how.place}.path: no member of {archive.name} has an ending of data such as "
        f".csv; name one in {how.place}.member. Its members: {shown}."
    )


def _refuse_harmful(archive: Path, info: zipfile.ZipInfo, how: Unpacking) -> None:
    if info.flag_bits & ENCRYPTED:
        raise _refused(archive, how, "is encrypted; send it without a password")
    if info.file_size > MAX_BYTES:
        raise _refused(archive, how, f"unpacks to more than {MAX_BYTES >> 30} GiB")


def _extract(archive: Path, name: str, target: Path, how: Unpacking) -> None:
    """Write one member, counting what really comes out."""
    size = 0
    try:
        with zipfile.ZipFile(archive) as opened:
            packed = opened.getinfo(name).compress_size
            most = max(FREE_BYTES, packed * MAX_RATIO)
            with opened.open(name) as member, target.open("wb") as out:
                while chunk := member.read(CHUNK):
                    size += len(chunk)
                    if size > min(most, MAX_BYTES):
                        break
                    out.write(chunk)
    except NOT_WHOLE as error:
        # A full disk is no damaged archive; an offset before its start is one.
        if isinstance(error, OSError) and error.errno not in (None, EINVAL):
            raise
        raise _refused(archive, how, "is damaged or packed in an unknown way") from None
    if size > most:
        target.unlink()
        told = f"has a member that unpacks to more than {MAX_RATIO} times its size"
        raise _refused(archive, how, told)


def _refused(archive: Path, how: Unpacking, why: str) -> DataError:
    return DataError(
        f"{how.place}.path: {archive.name} {why}; nothing of it was read, send the "
        f"archive again or unpack it yourself and name its files."
    )
