"""Columns that would carry phone numbers or e-mail addresses into stored tables."""

from collections.abc import Sequence

import ibis

from ccml.errors import DataError

EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
PHONE = r"^\+\d{8,15}$"
"""An international number as E.164; bare digits may be any key."""
SIGNS = (("e-mail addresses", "@", EMAIL), ("phone numbers", "+", PHONE))


def refuse_personal(table: ibis.Table, columns: Sequence[str], place: str) -> None:
    """Stop when a column to be stored holds phone numbers or e-mail addresses.

    Columns that the table does not have are passed over.

    Raises:
        DataError: With the column's name and the count, never a value.
    """
    there = [name for name in columns if name in table.columns]
    texts = [name for name in there if table[name].type().is_string()]
    for kind, sign, pattern in SIGNS:
        # A cheap look at every column, a close one where the sign stands.
        marked = _sums(table, {name: table[name].contains(sign) for name in texts})
        found = _sums(
            table,
            {name: table[name].strip().re_search(pattern) for name in marked},
        )
        for name, rows in found.items():
            raise DataError(
                f"{place}: column {name!r} holds {kind} in {rows:,} rows; such values "
                f"are never stored, so take the column out of the config."
            )


def _sums(table: ibis.Table, conditions: dict[str, ibis.Value]) -> dict[str, int]:
    """Count the rows of each condition; those without any are left out."""
    if not conditions:
        return {}
    sums = {name: is_so.sum().fill_null(0) for name, is_so in conditions.items()}
    counts = table.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return {name: int(rows) for name, rows in counts.items() if rows}
