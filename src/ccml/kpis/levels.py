"""Quantiles of groups: exact, from a count of the values where they are few."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.operations as ops
import pandas as pd

from ccml.kpis.sums import Parts

MOST_VALUES = 5_000
"""Up to so many values, such as whole seconds, they are counted first."""
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


def levels_of_groups(
    rows: ibis.Table, groups: Sequence[Names], parts: Parts, fine: Sequence[str]
) -> list[list[pd.DataFrame]]:
    """Work quantiles out for several ways of grouping.

    Args:
        rows: What is grouped.
        groups: Ways of grouping.
        parts: Their quantiles are worked out.
        fine: Columns so fine that all groups are made of them; none where those would
            be too many.

    Returns:
        For each way of grouping a frame per amount: its names, and the quantiles.
    """
    amounts: dict[ops.Value, Amount] = {}
    for node, name in parts.quantiles.items():
        amount = amounts.setdefault(node.arg, Amount(node.arg, {}))
        amount.levels[name] = float(node.quantile.value)
    made: list[list[pd.DataFrame]] = [[] for _ in groups]
    for amount in amounts.values():
        counted = _counted(rows, amount, fine)
        for frames, names in zip(made, groups, strict=True):
            found = (
                _from_rows(rows, names, amount)
                if counted is None
                else _from_counts(counted, names, amount)
            )
            frames.append(pd.DataFrame(found.to_pandas()))
    return made


def _counted(
    rows: ibis.Table, amount: Amount, fine: Sequence[str]
) -> ibis.Table | None:
    value = amount.value.to_expr()
    if not fine or int(value.approx_nunique().execute()) > MOST_VALUES:
        return None
    known = rows.select(*fine, value=value.cast("float64"))
    known = known.filter(known["value"].notnull())
    return known.group_by(*fine, "value").agg(size=known.count()).cache()


def _from_rows(rows: ibis.Table, names: Names, amount: Amount) -> ibis.Table:
    levels = list(amount.levels.values())
    found = amount.value.to_expr().quantile(levels)
    keys = [rows[column].name(name) for name, column in names.items()]
    made = rows.aggregate(by=keys, levels=found)
    each = {
        name: made["levels"][place].cast("float64")
        for place, name in enumerate(amount.levels)
    }
    return made.select(*names, **each)


def _from_counts(counted: ibis.Table, names: Names, amount: Amount) -> ibis.Table:
    """Interpolate between the two values beside each place, as on the rows."""
    keys = {name: counted[column] for name, column in names.items()}
    by_value = counted.group_by(**keys, value=counted["value"])
    sizes = by_value.agg(size=counted["size"].sum())
    ahead = ibis.cumulative_window(group_by=list(names), order_by="value")
    placed = sizes.mutate(
        upto=sizes["size"].sum().over(ahead),
        among=sizes["size"].sum().over(ibis.window(group_by=list(names))),
    )
    wanted = {}
    for name, level in amount.levels.items():
        place = (placed["among"] - 1) * ibis.literal(level, "float64")
        below = placed["value"].min(where=placed["upto"] > place.floor())
        above = placed["value"].min(where=placed["upto"] > place.ceil())
        part = (place - place.floor()).max()
        wanted[name] = below + (above - below) * part
    return placed.aggregate(by=list(names), **wanted)
