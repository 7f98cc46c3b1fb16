"""From figures as expressions to one tidy table."""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.operations as ops
import numpy as np
import pandas as pd

from ccml.kpis.figures import Figure
from ccml.kpis.intervals import around_mean, wilson

COLUMNS = (
    "kpi",
    "variant",
    "value",
    "numerator",
    "denominator",
    "n",
    "unit",
    "low",
    "high",
    "window_days",
    "why_null",
)
PARTS = ("value", "numerator", "denominator", "n", "spread")
ALWAYS = frozenset(["call_id", "direction", "started_at", "ended_at", "customer_id"])
"""Columns that are no reason for a null: they are given, or null means nobody."""


def measure(
    rows: ibis.Table, figures: Sequence[Figure], by: Sequence[str] = ()
) -> pd.DataFrame:
    """Work figures out, for all rows or for each group of them, in one pass.

    Returns:
        One row per group and figure: the group's columns, kpi, variant, value,
        numerator, denominator, n, unit, low and high (95 %, null where there is no
        interval), window_days, why_null (null where there is a value).
    """
    needed = [_needs(figure) for figure in figures]
    told = sorted(set().union(*needed))
    wanted = {
        f"{part}_{position}": expression
        for position, figure in enumerate(figures)
        for part, expression in _parts(figure)
    }
    wanted |= {f"told_{column}": rows[column].count() for column in told}
    made = rows.group_by(list(by)).agg(**wanted) if by else rows.agg(**wanted)
    wide = made.to_pandas()
    pieces = [
        _tidy(wide, list(by), figure, position, sorted(needed[position]))
        for position, figure in enumerate(figures)
    ]
    return pd.concat(pieces, ignore_index=True)


def absent(kpi: str, variant: str, unit: str, why: str) -> pd.DataFrame:
    """Give the row of a figure that cannot be worked out, with the reason."""
    row = dict.fromkeys(COLUMNS) | {"kpi": kpi, "variant": variant, "unit": unit}
    return known_types(pd.DataFrame([row | {"n": 0, "why_null": why}]))


def known_types(tidy: pd.DataFrame) -> pd.DataFrame:
    """Give a tidy table the types that it always has."""
    numbers = ["value", "numerator", "denominator", "low", "high", "window_days"]
    typed = tidy.astype(dict.fromkeys(numbers, "float64") | {"n": "int64"})
    return typed.astype(dict.fromkeys(["kpi", "variant", "unit", "why_null"], "object"))


def _parts(figure: Figure) -> Iterable[tuple[str, ibis.Value]]:
    for part in PARTS:
        expression = getattr(figure, part)
        if expression is not None:
            yield part, expression


def _needs(figure: Figure) -> set[str]:
    """Name the columns that a figure reads."""
    fields = [
        field
        for _, expression in _parts(figure)
        for field in expression.op().find(ops.Field, filter=ops.Value)
    ]
    return {field.name for field in fields} - ALWAYS


def _tidy(
    wide: pd.DataFrame, by: list[str], figure: Figure, position: int, needs: list[str]
) -> pd.DataFrame:
    numbers = {
        part: pd.to_numeric(
            wide.get(f"{part}_{position}", pd.Series(pd.NA, wide.index)),
            errors="coerce",
        ).astype("float64")
        for part in PARTS
    }
    if figure.value is None:
        numbers["value"] = _quotient(numbers["numerator"], numbers["denominator"])
    low, high = _interval(figure, numbers)
    tidy = wide[by].assign(
        kpi=figure.kpi,
        variant=figure.variant,
        unit=figure.unit,
        low=low,
        high=high,
        window_days=figure.window_days,
        why_null=_reasons(wide, figure, needs, numbers["value"]),
        **numbers,
    )
    tidy["n"] = tidy["n"].fillna(0)
    return known_types(tidy[[*by, *COLUMNS]])


def _quotient(above: "pd.Series[float]", below: "pd.Series[float]") -> pd.Series:
    """Divide; nothing below the line gives null, not 0."""
    return above / below.where(below > 0)


def _interval(
    figure: Figure, numbers: dict[str, "pd.Series[float]"]
) -> tuple[np.ndarray, np.ndarray]:
    if figure.unit == "share" and figure.denominator is not None:
        return wilson(numbers["numerator"], numbers["denominator"])
    return around_mean(numbers["value"], numbers["spread"], numbers["n"])


def _reasons(
    wide: pd.DataFrame, figure: Figure, needs: list[str], value: "pd.Series[float]"
) -> pd.Series:
    """Say why a value is null: a column nobody fills, or no call to be counted."""
    missing = [(name, wide[f"told_{name}"]) for name in needs]
    never = [name for name, told in missing if told.sum() == 0]
    if never:
        why = pd.Series("not reported: " + ", ".join(never), wide.index, dtype="object")
    else:
        why = pd.Series(figure.gap, wide.index, dtype="object")
        for name, told in missing:
            why = why.mask(told == 0, f"no call here tells {name}")
    return why.where(value.isna(), None)
