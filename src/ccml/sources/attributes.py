"""Which text columns are numbers, or dates and time stamps, throughout."""

from collections.abc import Sequence

import ibis

from ccml.sources.cast import as_instant

NUMBER = r"^[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?$"
"""No leading zeros: 007 is a code, not a number."""
WHOLE = r"^[+-]?(0|[1-9]\d{0,17})$"
ISO = (
    r"^\d{4}-\d\d-\d\d"
    r"([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?([Zz]|[+-]\d\d(:?\d\d)?))?)?$"
)
"""ISO 8601 dates and time stamps, with or without an offset."""


def numeric_columns(rows: ibis.Table, columns: Sequence[str]) -> dict[str, str]:
    """Map the columns in which every value is a number to their type.

    Returns:
        `int64` where all are whole, else `float64`; columns of texts, and columns
        without any value, are left out.
    """
    if not columns:
        return {}
    sums: dict[str, ibis.Value] = {}
    for i, name in enumerate(columns):
        text = rows[name].cast("string").strip().nullif("")
        number = text.re_search(NUMBER) & text.try_cast("float64").notnull()
        sums |= {
            f"all{i}": text.count(),
            f"numbers{i}": number.sum(),
            f"whole{i}": text.re_search(WHOLE).sum(),
        }
    counts = rows.aggregate(**sums).to_pyarrow().to_pylist()[0]
    kinds = {}
    for i, name in enumerate(columns):
        filled = counts[f"all{i}"]
        if filled and counts[f"numbers{i}"] == filled:
            kinds[name] = "int64" if counts[f"whole{i}"] == filled else "float64"
    return kinds


def instant_columns(rows: ibis.Table, columns: Sequence[str], zone: str) -> list[str]:
    """List the columns of texts in which every value is an ISO date or time stamp.

    Columns without any value are left out.
    """
    if not columns:
        return []
    sums: dict[str, ibis.Value] = {}
    for i, name in enumerate(columns):
        text = rows[name].strip().nullif("")
        is_instant = text.re_search(ISO) & as_instant(text, zone).value.notnull()
        sums |= {f"all{i}": text.count(), f"instants{i}": is_instant.sum()}
    counts = rows.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return [
        name
        for i, name in enumerate(columns)
        if counts[f"all{i}"] and counts[f"instants{i}"] == counts[f"all{i}"]
    ]
