"""Key figures as expressions, and the tidy table that they make."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

COLUMNS = (
    "kpi",
    "variant",
    "value",
    "numerator",
    "denominator",
    "n",
    "unit",
)
PARTS = ("value", "numerator", "denominator", "n")


@dataclass(frozen=True)
class Figure:
    """One key figure of a set of calls.

    A rate has a numerator and a denominator, and its value is their quotient, null when
    the denominator is 0; a quantile has a value only. Numerators and denominators of
    parts add up to those of the whole.

    Args:
        kpi: Short name of the figure.
        variant: How exactly it is counted, in words.
        unit: `share`, `s`, `calls`, ...
        n: How many calls could be used.
        numerator: Sum above the line.
        denominator: Sum below the line.
        value: The value itself where it is no quotient.
    """

    kpi: str
    variant: str
    unit: str
    n: ibis.Value
    numerator: ibis.Value | None = None
    denominator: ibis.Value | None = None
    value: ibis.Value | None = None


def count_true(flag: ibis.Value) -> ibis.Value:
    """Count rows where a flag is true; null when it is null everywhere."""
    return flag.cast("int64").sum()


def rate(
    kpi: str,
    variant: str,
    hits: ibis.Value,
    among: ibis.Value,
    unit: str = "share",
) -> Figure:
    """Build the share of hits among the rows of a base.

    Args:
        kpi: Short name.
        variant: How it is counted, in words.
        hits: Flag of each row; rows where it is null are left out of the base.
        among: Flag of the rows of the base.
        unit: Unit of the value.
    """
    base = count_rows(among & hits.notnull())
    return Figure(
        kpi, variant, unit, base, count_true(ibis.ifelse(among, hits, None)), base
    )


def mean(
    kpi: str, variant: str, unit: str, amount: ibis.Value, among: ibis.Value
) -> Figure:
    """Build the mean of an amount over the rows of a base where it is known."""
    kept = ibis.ifelse(among, amount, None)
    base = kept.count()
    return Figure(kpi, variant, unit, base, kept.sum(), base)


def quantile(
    kpi: str,
    variant: str,
    unit: str,
    amount: ibis.Value,
    among: ibis.Value,
    level: float,
) -> Figure:
    """Build a quantile of an amount over the rows of a base where it is known."""
    kept = ibis.ifelse(among, amount, None)
    return Figure(kpi, variant, unit, kept.count(), value=kept.quantile(level))


def count_rows(flag: ibis.Value) -> ibis.Value:
    """Count rows where a flag is true; null counts as not true."""
    return flag.fill_null(False).cast("int64").sum()


def measure(
    rows: ibis.Table, figures: Sequence[Figure], by: Sequence[str] = ()
) -> pd.DataFrame:
    """Work figures out, for all rows or for each group of them.

    Returns:
        One row per group and figure: the group's columns, kpi, variant, value,
        numerator, denominator, n, unit.
    """
    wanted = {
        f"{part}_{position}": expression
        for position, figure in enumerate(figures)
        for part, expression in _parts(figure)
    }
    made = rows.group_by(list(by)).agg(**wanted) if by else rows.agg(**wanted)
    wide = made.to_pandas()
    pieces = [
        _tidy(wide, list(by), figure, position)
        for position, figure in enumerate(figures)
    ]
    return pd.concat(pieces, ignore_index=True)


def _parts(figure: Figure) -> Iterable[tuple[str, ibis.Value]]:
    yield "n", figure.n
    if figure.numerator is not None:
        yield "numerator", figure.numerator
    if figure.denominator is not None:
        yield "denominator", figure.denominator
    if figure.value is not None:
        yield "value", figure.value


def _tidy(
    wide: pd.DataFrame, by: list[str], figure: Figure, position: int
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
    tidy = wide[by].assign(
        kpi=figure.kpi, variant=figure.variant, unit=figure.unit, **numbers
    )
    tidy["n"] = tidy["n"].fillna(0).astype("int64")
    return tidy[[*by, *COLUMNS]]


def _quotient(above: "pd.Series[float]", below: "pd.Series[float]") -> pd.Series:
    """Divide; nothing below the line gives null, not 0."""
    return above / below.where(below > 0)
