"""Which text columns are numbers throughout."""

from collections.abc import Sequence

import ibis

NUMBER = r"^[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?$"
"""No leading zeros: 007 is a code, not a number."""
WHOLE = r"^[+-]?(0|[1-9]\d{0,17})$"


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
