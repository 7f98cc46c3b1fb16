"""What became of the rows of each source, as a stored table of counts."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

KEPT = "kept"
SET_ASIDE = "set aside"
NOTE = "note"
KEYS = ("source", "kind", "reason")
ABOUT = "one row per source, kind (kept, set aside, note) and reason, with counts"


def summary_frame(
    source: str,
    rows_in: int,
    rows_kept: int,
    reasons: Mapping[str, int],
    notes: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Tell rows in = rows kept + rows set aside, and what was done to kept rows.

    Raises:
        AssertionError: The counts do not add up: a row was lost.
    """
    if rows_in != rows_kept + sum(reasons.values()):
        raise AssertionError(
            f"{source}: {rows_in} rows in, {rows_kept} kept, {dict(reasons)} set aside"
        )
    counted = [(KEPT, "", rows_kept)]
    counted += [(SET_ASIDE, reason, rows) for reason, rows in reasons.items()]
    counted += [(NOTE, text, rows) for text, rows in (notes or {}).items() if rows]
    frame = pd.DataFrame(counted, columns=["kind", "reason", "rows"])
    frame.insert(0, "source", source)
    return frame.assign(rows_in=rows_in, rows_kept=rows_kept)


def summary_counts(frame: pd.DataFrame) -> dict[str, Any]:
    """Read a stored summary back as plain counts."""
    aside = frame[frame["kind"] == SET_ASIDE]
    notes = frame[frame["kind"] == NOTE]
    return {
        "rows_in": int(frame.rows_in.iloc[0]),
        "rows_kept": int(frame.rows_kept.iloc[0]),
        "set_aside": _counts(aside),
        "notes": _counts(notes),
    }


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    rows = [int(n) for n in frame.rows]
    return dict(zip(map(str, frame.reason), rows, strict=True))
