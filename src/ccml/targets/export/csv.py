"""Lists as CSV: UTF-8, comma, CRLF, quotes by RFC 4180."""

import csv
from collections.abc import Sequence
from pathlib import Path

from ccml.engine.atomic import atomic_file
from ccml.targets.export.cells import Cell, Column, escape

PRIVATE = 0o600


def write_csv(
    target: Path, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]
) -> None:
    """Write rows of safe cells, atomically and readable by the owner only."""
    with atomic_file(target, PRIVATE) as temporary:
        temporary.touch(PRIVATE)
        with temporary.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\r\n")
            writer.writerow([escape(column.name) for column in columns])
            writer.writerows(rows)
