"""Rows of several tables in one, so that all of a customer's come together.

Columns of one type share a place: a row leaves few places empty.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CUSTOMER, TABLE = "customer_id", "_table"


@dataclass(frozen=True)
class Layout:
    """Where each column of each table lies.

    Args:
        tables: Names of the tables; a row tells its own by the place in this list.
        places: Table, column and place.
    """

    tables: tuple[str, ...]
    places: Mapping[str, Mapping[str, str]]

    def taken_apart(self, rows: pa.Table) -> dict[str, pa.Table]:
        """Give the rows of each table, in their order, with its own columns."""
        return {
            name: self._of(name, rows.filter(pc.equal(rows[TABLE], number)))
            for number, name in enumerate(self.tables)
        }

    def _of(self, name: str, rows: pa.Table) -> pa.Table:
        columns = {column: rows[place] for column, place in self.places[name].items()}
        return pa.table({CUSTOMER: rows[CUSTOMER], **columns})


def put_together(tables: Mapping[str, "DataFrame"]) -> tuple["DataFrame", Layout]:
    """Lay the rows of several tables of Spark into one; all have customer_id."""
    from pyspark.sql import functions as spark

    places: dict[str, dict[str, str]] = {}
    kinds: dict[str, str] = {}
    for name, table in tables.items():
        places[name], found = _places(table)
        kinds |= found
    whole: DataFrame | None = None
    for number, (name, table) in enumerate(tables.items()):
        lies_at = {place: column for column, place in places[name].items()}
        columns = [
            spark.col(f"`{lies_at[place]}`").alias(place)
            if place in lies_at
            else spark.lit(None).cast(kind).alias(place)
            for place, kind in kinds.items()
        ]
        number_of = spark.lit(number).cast("tinyint").alias(TABLE)
        part = table.select(CUSTOMER, number_of, *columns)
        whole = part if whole is None else whole.union(part)
    assert whole is not None  # noqa: S101 - there is always a spine
    return whole, Layout(tuple(tables), places)


def _places(table: "DataFrame") -> tuple[dict[str, str], dict[str, str]]:
    """Give each column a place of its type: column to place, and place to type."""
    places, kinds = {}, {}
    taken: Counter[str] = Counter()
    for field in table.schema.fields:
        if field.name != CUSTOMER:
            kind = field.dataType.simpleString()
            place = f"{kind}_{taken[kind]}"
            taken[kind] += 1
            places[field.name] = place
            kinds[place] = kind
    return places, kinds
