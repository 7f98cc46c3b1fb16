"""CSV files as tables of texts; lines that are no rows are kept in view."""

import uuid
from collections.abc import Sequence
from pathlib import Path

import ibis
import pandas as pd

from ccml.contracts.split import REASON
from ccml.sources.dialect import Dialect, open_bytes

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


def read_csv(
    backend: ibis.BaseBackend,
    files: Sequence[Path],
    dialect: Dialect,
    *,
    tolerant: bool,
) -> tuple[ibis.Table, str | None]:
    """Open CSV files of one dialect with all columns as texts, and `filename`.

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
    keep_apart = {
        "ignore_errors": True,
        "store_rejects": True,
        "rejects_table": f"rejects_{mark}",
        "rejects_scan": f"scans_{mark}",
        "rejects_limit": NO_LIMIT,
    }
    rows = backend.read_csv(
        [str(file) for file in files],
        table_name=f"scratch_csv_{mark}",
        columns={f"c{i}": "VARCHAR" for i in range(len(dialect.header))},
        auto_detect=False,
        header=True,
        delim=dialect.separator,
        quote=dialect.quote,
        escape=dialect.quote,
        encoding=dialect.encoding,
        compression="gzip" if dialect.packed else "none",
        filename=FILE,
        **(keep_apart if tolerant else {}),
    )
    named = {name: rows[f"c{i}"] for i, name in enumerate(dialect.header)}
    selected = rows.select(**named, **{FILE: rows[FILE]})
    return selected, mark if tolerant else None


def rejected_lines(backend: ibis.BaseBackend, mark: str | None) -> pd.DataFrame:
    """List the lines that were no rows: file, number of the line and reason.

    The number counts from 1 after the header; never the line's own text.
    """
    if mark is None:
        return pd.DataFrame({FILE: [], LINE: [], REASON: []})
    rejects = backend.table(f"rejects_{mark}")
    scans = backend.table(f"scans_{mark}").select("scan_id", "file_id", "file_path")
    lines = rejects.join(scans, ["scan_id", "file_id"]).select(
        "file_path", "line", "column_idx", "error_type"
    )
    frame = lines.to_pandas().sort_values(["file_path", "line", "column_idx"])
    frame = frame.drop_duplicates(["file_path", "line"])
    reasons = frame.error_type.map(REJECT_REASONS).fillna("unreadable line")
    columns = {FILE: frame.file_path, LINE: frame.line - 1, REASON: reasons}
    return pd.DataFrame(columns).reset_index(drop=True)


def count_lines(file: Path, dialect: Dialect) -> int | None:
    """Count the rows of a file without the engine.

    Returns:
        Nothing when a row may go over several lines: some line has an odd number of
        quotes, or the encoding has no plain line ends.
    """
    if dialect.encoding == "utf-16":
        return None
    quote = dialect.quote.encode()
    rows = -1
    with open_bytes(file) as lines:
        for line in lines:
            if line.count(quote) % 2:
                return None
            rows += not line.isspace()
    return rows
