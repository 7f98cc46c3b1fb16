"""Rows whose values are turned into nonsense, left out, or given many times."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.features.audit.sample import (
    happened_column,
    id_column,
)
from ccml.features.plan import CUSTOMERS

COPIES = 9
FAR = 400 * 86_400_000_000
"""Further times of a row are moved by so many microseconds."""
GONE, CHANGED, TEN = 0, 1, 2
Dice = np.random.Generator


def garbled(
    table: str, rows: pa.Table, dice: Dice, spared: Iterable[str] = ()
) -> pa.Table:
    """Change every value but keys, and when the row happened and was known."""
    fixed = {id_column(table), "customer_id", happened_column(table), "known_at"}
    fixed |= {*spared}
    for place, field in enumerate(rows.schema):
        if field.name not in fixed:
            changed = _nonsense(rows[field.name], dice)
            rows = rows.set_column(place, field, changed)
    return rows


def _nonsense(column: pa.ChunkedArray, dice: Dice) -> pa.Array:
    whole, kind = column.combine_chunks(), column.type
    if pa.types.is_boolean(kind):
        return pc.fill_null(pc.invert(whole), True)
    if pa.types.is_floating(kind):
        return pc.fill_null(pc.add(pc.multiply(whole, -3.0), 1e6), 7e5).cast(kind)
    if pa.types.is_integer(kind):
        return pc.fill_null(pc.subtract(100, whole), 7).cast(kind, safe=False)
    if pa.types.is_timestamp(kind):
        moved = pc.add(
            whole.cast(pa.timestamp("us", kind.tz)), pa.scalar(FAR, pa.duration("us"))
        )
        return moved.cast(kind)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        shuffled = whole.take(pa.array(dice.permutation(len(whole))))
        same = pc.fill_null(pc.equal(shuffled, whole), True)
        return pc.if_else(same, pa.scalar("garbage", kind), shuffled)
    return whole


def with_fates(
    table: str, rows: pa.Table, fates: Any, dice: Dice, spared: Iterable[str] = ()
) -> pa.Table:
    """Give each row its fate: -1 stays, 0 is left out, 1 is changed, 2 comes ten times."""
    stays = rows.filter(pa.array(fates < 0))
    changed = garbled(table, rows.filter(pa.array(fates > GONE)), dice, spared)
    is_many = pa.array(fates[fates > GONE] == TEN)
    return pa.concat_tables([stays, changed, *_copies(table, changed.filter(is_many))])


def _copies(table: str, rows: pa.Table) -> list[pa.Table]:
    return [_copy(table, rows, number) for number in range(1, COPIES + 1)]


def _copy(table: str, rows: pa.Table, number: int) -> pa.Table:
    """Give rows once more under keys of their own."""
    if table == CUSTOMERS:
        hour = pa.scalar(number * 3_600_000_000, pa.duration("us"))
        return replaced(rows, "valid_from", pc.add(rows["valid_from"], hour))
    ids = rows[id_column(table)].to_pylist()
    return replaced(rows, id_column(table), [f"{i} {number}" for i in ids])


def replaced(rows: pa.Table, column: str, values: Any) -> pa.Table:
    """Put other values into a column."""
    place = rows.schema.get_field_index(column)
    field = rows.schema.field(place)
    made = (
        values if isinstance(values, pa.ChunkedArray) else pa.array(values, field.type)
    )
    return rows.set_column(place, field, made.cast(field.type))
