"""Which files a source means, and of which kind each is."""

from pathlib import Path
from typing import Literal, cast, get_args

from ccml.config.files import FileSource
from ccml.errors import ConfigError

FileKind = Literal["csv", "parquet", "json", "excel"]
KINDS: dict[str, FileKind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
}
ARCHIVE = ".zip"
GLOB_SIGNS = frozenset("*?[")


def find_files(folder: Path, source: FileSource, place: str) -> list[Path]:
    """List the files of a source, sorted by name; a database has none.

    Args:
        folder: The project folder, to which the source's path is relative.
        source: The section of the config.
        place: Where it stands in the config, such as `sources.calls`.

    Raises:
        ConfigError: No file is there.
    """
    if source.database:
        return []
    path = folder / source.path
    if path.is_dir():
        found = [file for file in path.rglob("*") if _is_data(file)]
    elif GLOB_SIGNS & set(source.path):
        found = [file for file in _matches(folder, source.path) if file.is_file()]
    else:
        found = [path] if path.is_file() else []
    if not found:
        raise ConfigError(
            f"{place}.path: no file at {source.path!r}; write a file, a folder or a "
            f"pattern such as exports/*.csv, relative to the project folder."
        )
    return sorted(found)


def file_kind(file: Path, source: FileSource, place: str) -> FileKind:
    """Tell how a file is read: by the config, or else by the file's ending.

    Raises:
        ConfigError: The ending is not known.
    """
    if source.reader == "anonymous_bank":
        return "csv"
    for named in get_args(FileKind):
        if source.reader == named:
            return cast("FileKind", named)
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() != ".gz"]
    kind = KINDS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise ConfigError(
            f"{place}.path: the ending of {file.name!r} is not one of {sorted(KINDS)}; "
            f"save the file as CSV, or set {place}.reader to csv, parquet, json or excel "
            f"when it is one of these under another name."
        )
    return kind


def shared_folder(files: list[Path]) -> Path:
    """Find the deepest folder that holds all files."""
    return Path(*_shared_parts([file.parent.parts for file in files]))


def _shared_parts(paths: list[tuple[str, ...]]) -> list[str]:
    shared = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return shared


def _is_data(file: Path) -> bool:
    hidden = file.name.startswith((".", "_"))
    endings = {suffix.lower() for suffix in file.suffixes}
    return file.is_file() and not hidden and bool(endings & {ARCHIVE, *KINDS})


def _matches(folder: Path, pattern: str) -> list[Path]:
    whole = Path(pattern)
    if whole.is_absolute():
        return list(Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))))
    return list(folder.glob(pattern))
