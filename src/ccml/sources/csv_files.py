"""CSV files as tables of texts; lines that are no rows are kept in view."""

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import ibis
import pandas as pd

from ccml.contracts.split import REASON
from ccml.sources.dialect import Dialect

REJECT_REASONS = {
    "MISSING COLUMNS": "too few fields",
    "TOO MANY COLUMNS": "too many fields",
    "UNQUOTED VALUE": "broken quotes",
    "LINE SIZE OVER MAXIMUM": "line too long",
    "INVALID ENCODING": "broken characters",
}
NO_LIMIT = 0
FILE = "_file"
LINE = "_line"
NO_TEXT_SIGN = "\x01"
"""No JSON text may hold it, so that it cuts no line."""


def read_csv(
    backend: ibis.BaseBackend,
    files: Sequence[Path],
    dialect: Dialect,
    *,
    tolerant: bool,
) -> tuple[ibis.Table, str | None]:
    """Open CSV files of one dialect with all columns as texts, and `_file`.

    Args:
        backend: The engine.
        files: Files, read in this order.
        dialect: How all of them are written.
        tolerant: Keep lines that are no rows apart; without it they are an error of the
            engine, and reading takes half the time.

    Returns:
        The lazy table, and the name of the engine's table of rejected lines.
    """
    mark = uuid.uuid4().hex
    rows = backend.read_csv(
        [str(file) for file in files],
        table_name=f"scratch_csv_{mark}",
        columns={f"c{i}": "VARCHAR" for i in range(len(dialect.header))},
        auto_detect=False,
        header=True,
        skip=dialect.skip,
        delim=dialect.separator,
        quote=dialect.quote,
        escape=dialect.quote,
        encoding=dialect.encoding,
        max_line_size=dialect.max_line,
        compression="gzip" if dialect.packed else "none",
        filename=FILE,
        **(_keep_apart(mark) if tolerant else {}),
    )
    named = {name: rows[f"c{i}"] for i, name in enumerate(dialect.header)}
    selected = rows.select(**named, **{FILE: rows[FILE]})
    return selected, mark if tolerant else None


def read_lines(
    backend: ibis.BaseBackend,
    files: Sequence[Path],
    *,
    packed: bool,
    longest: int,
) -> tuple[ibis.Table, str]:
    """Open files as their lines of text, in a column `_line`, and `_file`.

    Blank lines are left out; lines that are no UTF-8 or too long are rejected.
    """
    mark = uuid.uuid4().hex
    rows = backend.read_csv(
        [str(file) for file in files],
        table_name=f"scratch_lines_{mark}",
        columns={LINE: "VARCHAR"},
        auto_detect=False,
        header=False,
        delim=NO_TEXT_SIGN,
        quote="",
        escape="",
        max_line_size=longest,
        compression="gzip" if packed else "none",
        filename=FILE,
        **_keep_apart(mark),
    )
    return rows.filter(rows[LINE].strip() != ""), mark


def _keep_apart(mark: str) -> dict[str, object]:
    return {
        "ignore_errors": True,
        "store_rejects": True,
        "rejects_table": f"rejects_{mark}",
        "rejects_scan": f"scans_{mark}",
        "rejects_limit": NO_LIMIT,
    }


def add_rejects(backend: ibis.BaseBackend, mark: str, lines: pd.DataFrame) -> None:
    """Put further lines on the list of rejected ones: `_file`, `_line` and reason."""
    typed = lines[[FILE, LINE, REASON]].astype(
        {FILE: "str", LINE: "int64", REASON: "str"}
    )
    backend.create_table(f"rejects_lines_{mark}", ibis.memtable(typed))


def no_lines() -> pd.DataFrame:
    """Make a list of rejected lines without any."""
    return pd.DataFrame({FILE: [], LINE: [], REASON: []})


def rejected_lines(backend: ibis.BaseBackend, mark: str | None) -> pd.DataFrame:
    """List the lines that were no rows: file, number of the line and reason.

    The number counts from 1 after the header; never the line's own text.
    """
    if mark is None:
        return no_lines()
    tables = set(backend.list_tables(like=mark))
    found = []
    if f"rejects_{mark}" in tables:
        found.append(engine_rejects(backend, mark, first=2))
    if f"rejects_lines_{mark}" in tables:
        found.append(backend.table(f"rejects_lines_{mark}").to_pandas())
    both = pd.concat(found) if found else no_lines()
    return both.sort_values([FILE, LINE]).reset_index(drop=True)


def engine_rejects(backend: ibis.BaseBackend, mark: str, first: int) -> pd.DataFrame:
    """List the lines that the engine rejected; `first` is the number of the first row."""
    rejects = backend.table(f"rejects_{mark}")
    scans = backend.table(f"scans_{mark}").select("scan_id", "file_id", "file_path")
    lines = rejects.join(scans, ["scan_id", "file_id"]).select(
        "file_path", "line", "column_idx", "error_type"
    )
    frame = lines.to_pandas().sort_values(["file_path", "line", "column_idx"])
    frame = frame.drop_duplicates(["file_path", "line"])
    reasons = frame.error_type.map(REJECT_REASONS).fillna("unreadable line")
    number = frame.line.astype("int64") - first + 1
    return pd.DataFrame({FILE: frame.file_path, LINE: number, REASON: reasons})


def moved_on(numbers: pd.Series, removed: Iterable[int]) -> pd.Series:
    """Count numbers of what is left on by what was removed before it.

    Args:
        numbers: From 1, among the lines left.
        removed: Numbers of the others among all lines.
    """
    import numpy as np

    gone = np.sort(np.fromiter(removed, dtype="int64"))
    left_before = gone - 1 - np.arange(len(gone))
    return numbers + np.searchsorted(left_before, numbers - 1, side="right")
