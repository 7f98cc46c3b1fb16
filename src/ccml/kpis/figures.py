"""Key figures as expressions over a set of calls."""

from dataclasses import dataclass

import ibis

NO_SUCH_CALL = "no such call"


@dataclass(frozen=True)
class Figure:
    """One key figure of a set of calls.

    A rate has a numerator and a denominator, and its value is their quotient, null when
    the denominator is 0; a quantile has a value only. Numerators and denominators of
    parts add up to those of the whole.

    Args:
        kpi: Short name of the figure.
        variant: How exactly it is counted, in words.
        unit: `share`, `s`, `calls`, ...; a share is a count of calls over a count.
        n: How many calls could be used.
        numerator: Sum above the line.
        denominator: Sum below the line.
        value: The value itself where it is no quotient.
        spread: Standard deviation of what a mean is made of, for its interval.
        window_days: Days looked ahead, where it does.
        gap: Why it is null although every column is reported.
    """

    kpi: str
    variant: str
    unit: str
    n: ibis.Value
    numerator: ibis.Value | None = None
    denominator: ibis.Value | None = None
    value: ibis.Value | None = None
    spread: ibis.Value | None = None
    window_days: float | None = None
    gap: str = NO_SUCH_CALL


def count_true(flag: ibis.Value) -> ibis.Value:
    """Count rows where a flag is true; null when it is null everywhere."""
    return flag.cast("int64").sum()


def count_rows(flag: ibis.Value) -> ibis.Value:
    """Count rows where a flag is true; null counts as not true."""
    return flag.fill_null(False).cast("int64").sum()


def rate(
    kpi: str,
    variant: str,
    hits: ibis.Value,
    among: ibis.Value,
    *,
    window_days: float | None = None,
) -> Figure:
    """Build the share of hits among the rows of a base.

    Args:
        kpi: Short name.
        variant: How it is counted, in words.
        hits: Flag of each row; rows where it is null are left out of the base.
        among: Flag of the rows of the base.
        window_days: Days looked ahead, where it does.
    """
    base = count_rows(among & hits.notnull())
    above = count_true(ibis.ifelse(among, hits, None))
    return Figure(kpi, variant, "share", base, above, base, window_days=window_days)


def mean(
    kpi: str, variant: str, unit: str, amount: ibis.Value, among: ibis.Value
) -> Figure:
    """Build the mean of an amount over the rows of a base where it is known."""
    kept = ibis.ifelse(among, amount, None)
    base = kept.count()
    return Figure(kpi, variant, unit, base, kept.sum(), base, spread=kept.std())


def quantile(
    name: str, variant: str, unit: str, amount: ibis.Value, among: ibis.Value
) -> Figure:
    """Build a quantile of an amount over the rows of a base where it is known.

    Args:
        name: Short name that ends in the level, such as `wait_p95`.
        variant: How it is counted, in words.
        unit: Unit of the value.
        amount: What is measured.
        among: Flag of the rows of the base.
    """
    level = int(name.rpartition("_p")[2]) / 100
    kept = ibis.ifelse(among, amount, None)
    return Figure(name, variant, unit, kept.count(), value=kept.quantile(level))
