"""Quantiles of groups: exact, from a count of the values where they are few."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import ibis
import ibis.expr.operations as ops
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.kpis.intervals import Floats
from ccml.kpis.sums import Groups, Parts

Whole = NDArray[np.int64]

MOST_COUNTS = 1_000_000
"""Up to so many counts are held in memory."""
FINEST_LEVEL = 1_000_000
"""Levels of quantiles are fractions with at most this below the line."""
Names = Mapping[str, str]
"""Names of the groups' columns, and the column of the rows that each is."""


@dataclass(frozen=True)
class Amount:
    """Something that quantiles are asked of.

    Args:
        value: What is measured.
        levels: Names of the quantiles, with their levels between 0 and 1.
    """

    value: ops.Value
    levels: dict[str, float]


def amounts_of(parts: Parts) -> list[Amount]:
    """Put the quantiles of one amount together."""
    amounts: dict[ops.Value, Amount] = {}
    for node, name in parts.quantiles.items():
        amount = amounts.setdefault(node.arg, Amount(node.arg, {}))
        amount.levels[name] = float(node.quantile.value)
    return list(amounts.values())


def counted_values(
    rows: ibis.Table, cells: pd.DataFrame, keys: Sequence[str], amounts: list[Amount]
) -> pd.DataFrame | None:
    """Count how often each value of some amounts occurs in each of the finest groups.

    Args:
        rows: What is grouped.
        cells: The finest groups, with the columns of their keys.
        keys: These columns.
        amounts: With few values each.

    Returns:
        amount (its place), value, size, cell (the place of the group), by amount and
        value; nothing when there are too many of them.
    """
    if not amounts:
        return None
    counted = ibis.union(
        *(_counts(rows, keys, place, one) for place, one in enumerate(amounts))
    )
    found = counted.limit(MOST_COUNTS + 1).to_pyarrow()
    if len(found) > MOST_COUNTS:
        return None
    numbered = cells[list(keys)].assign(cell=np.arange(len(cells)))
    placed = found.to_pandas().merge(numbered, "left", list(keys))
    placed = placed.sort_values(["amount", "value", "cell"], ignore_index=True)
    return pd.DataFrame(placed[["amount", "value", "size", "cell"]])


def _counts(
    rows: ibis.Table, keys: Sequence[str], place: int, amount: Amount
) -> ibis.Table:
    known = rows.select(*keys, value=amount.value.to_expr().cast("float64"))
    known = known.filter(known["value"].notnull())
    sizes = known.group_by(*keys, "value").agg(size=known.count())
    return sizes.mutate(amount=ibis.literal(place, "int64"))


def levels_of_counts(
    counted: pd.DataFrame, amounts: list[Amount], groups: Groups
) -> dict[str, Floats]:
    """Work quantiles out from how often each value occurs.

    Args:
        counted: Rows of `counted_values`.
        amounts: What was counted.
        groups: The groups that the finest ones make.

    Returns:
        For each quantile its value by group, nan where there is none.
    """
    made = {}
    ends = np.searchsorted(counted["amount"], np.arange(len(amounts) + 1))
    for place, amount in enumerate(amounts):
        mine = counted.iloc[ends[place] : ends[place + 1]]
        owner = groups.places[mine["cell"].to_numpy()]
        order = np.argsort(owner, kind="stable")  # by group, and there by value
        values = mine["value"].to_numpy()[order]
        sizes = mine["size"].to_numpy()[order]
        among = np.bincount(owner, mine["size"], groups.size).astype(np.int64)
        for name, level in amount.levels.items():
            made[name] = _level(values, np.cumsum(sizes), among, level)
    return made


def _level(values: Floats, upto: Whole, among: Whole, level: float) -> Floats:
    """Interpolate between the two values beside each group's place, as on its rows."""
    found = np.full(len(among), np.nan)
    known = among > 0
    before = (np.cumsum(among) - among)[known]
    # In whole numbers, as 0.8 is none of a computer's: the place is exact.
    exact = Fraction(level).limit_denominator(FINEST_LEVEL)
    steps = (among[known] - 1) * exact.numerator
    place, part = steps // exact.denominator, steps % exact.denominator
    low, high = (
        values[np.searchsorted(upto, before + whole, side="right")]
        for whole in (place, place + (part > 0))
    )
    found[known] = low + (high - low) * (part / exact.denominator)
    return found


def levels_of_rows(
    rows: ibis.Table, names: Names, amounts: Sequence[Amount]
) -> pd.DataFrame:
    """Work quantiles of amounts with many values out, in one pass.

    Returns:
        The groups' columns, and a float column for each quantile.
    """
    keys = [rows[column].name(name) for name, column in names.items()]
    found = {
        f"levels_{place}": amount.value.to_expr().quantile(list(amount.levels.values()))
        for place, amount in enumerate(amounts)
    }
    made = rows.aggregate(by=keys, **found)
    each = {
        name: made[f"levels_{place}"][position].cast("float64")
        for place, amount in enumerate(amounts)
        for position, name in enumerate(amount.levels)
    }
    return pd.DataFrame(made.select(*names, **each).to_pandas())
