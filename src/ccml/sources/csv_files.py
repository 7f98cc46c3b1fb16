"""CSV files as tables of texts; lines that are no rows are kept in view."""

import uuid
from pathlib import Path

import ibis
import pandas as pd

from ccml.contracts.split import REASON, ROW
from ccml.sources.dialect import Dialect, open_bytes

REJECT_REASONS = {
    "MISSING COLUMNS": "too few fields",
    "TOO MANY COLUMNS": "too many fields",
    "UNQUOTED VALUE": "broken quotes",
    "LINE SIZE OVER MAXIMUM": "line too long",
    "INVALID ENCODING": "broken characters",
}
MAX_REJECTS = 0  # the engine's word for "no limit"


def read_csv(
    backend: ibis.BaseBackend, file: Path, dialect: Dialect
) -> tuple[ibis.Table, str]:
    """Open a CSV file with all columns as texts and `_row_no`, the order in the file.

    Returns:
        The lazy table, and the name of the engine's table of rejected lines.
    """
    mark = uuid.uuid4().hex
    positions = {f"c{i}": "VARCHAR" for i in range(len(dialect.header))}
    rows = backend.read_csv(
        str(file),
        columns=positions,
        auto_detect=False,
        header=True,
        delim=dialect.separator,
        quote=dialect.quote,
        escape=dialect.quote,
        encoding=dialect.encoding,
        compression="gzip" if _is_packed(file) else "none",
        ignore_errors=True,
        store_rejects=True,
        rejects_table=f"rejects_{mark}",
        rejects_scan=f"scans_{mark}",
        rejects_limit=MAX_REJECTS,
    )
    named = {name: rows[f"c{i}"] for i, name in enumerate(dialect.header)}
    named[ROW] = ibis.row_number() + 1
    return rows.select(**named), f"rejects_{mark}"


def rejected_lines(backend: ibis.BaseBackend, rejects: str) -> pd.DataFrame:
    """List the lines that were no rows: number of the row and reason, one per line.

    The number counts from 1 after the header; never the line's own text.
    """
    if rejects not in backend.list_tables():
        return pd.DataFrame({ROW: [], REASON: []}).astype({ROW: "int64", REASON: "str"})
    lines = backend.table(rejects).select("line", "column_idx", "error_type")
    frame = lines.to_pandas().sort_values(["line", "column_idx"])
    frame = frame.drop_duplicates("line")
    reasons = frame.error_type.map(REJECT_REASONS).fillna("unreadable line")
    return pd.DataFrame(
        {ROW: frame.line.astype("int64") - 1, REASON: reasons.astype("str")}
    ).reset_index(drop=True)


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


def _is_packed(file: Path) -> bool:
    with file.open("rb") as handle:
        return handle.read(2) == b"\x1f\x8b"
