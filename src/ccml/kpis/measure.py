"""From figures as expressions to one tidy table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.operations as ops
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ccml.kpis.figures import Figure
from ccml.kpis.groups import Cut, parts_of_cuts, with_keys
from ccml.kpis.intervals import Floats, around_mean, wilson
from ccml.kpis.sums import Parts, replaced

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
NUMBERS = ("value", "numerator", "denominator", "low", "high", "window_days")
TEXTS = ("kpi", "variant", "unit", "why_null")
PARTS = ("value", "numerator", "denominator", "n", "spread")
ALWAYS = frozenset(
    [
        "call_id", "direction", "started_at", "ended_at", "customer_id", "base_at",
        "next_at", "net_at", "net_next_at", "event_at", "agent_at", "asked_callback",
        "callback_at", "callback_reached",
    ]
)  # fmt: skip
"""Columns that are no reason for a null: always given, or worked out here."""

Figures = Sequence[Figure]


def measure(rows: ibis.Table, figures: Figures) -> pd.DataFrame:
    """Work figures out for all rows.

    Returns:
        One row per figure: kpi, variant, value, numerator, denominator, n, unit, low
        and high (95 %, null where there is no interval), window_days, why_null (null
        where there is a value).
    """
    return tidy(rows.agg(**_wanted(rows, figures)).to_pandas(), (), figures)


def measure_cuts(
    rows: ibis.Table, build: Callable[[ibis.Table], Figures], cuts: Sequence[Cut]
) -> list[pd.DataFrame]:
    """Work figures out for each group of several cuts.

    What adds up is worked out once, on the finest groups; see `ccml.kpis.sums`.

    Args:
        rows: What the figures are made of.
        build: Makes the figures of a table with the columns of rows.
        cuts: Cuts with the same names, one of them by a column; without a column they
            hold all rows, and null is the group "not given".

    Returns:
        For each cut the columns of groups, and those of `measure`.
    """
    keyed = with_keys(rows, cuts)
    figures = tuple(build(keyed))
    wanted = _wanted(keyed, figures)
    parts = Parts.of(wanted.values())
    found = parts_of_cuts(keyed, cuts, parts)
    made = tidy(_finished(wanted, parts, found), list(cuts[0]), figures)
    ends = np.searchsorted(found["cut"], np.arange(len(cuts) + 1)) * len(figures)
    return [
        made.iloc[first:last].reset_index(drop=True)
        for first, last in pairwise(ends.tolist())
    ]


def _finished(
    wanted: Mapping[str, ibis.Value], parts: Parts, frame: pd.DataFrame
) -> pd.DataFrame:
    """Put the parts into the expressions that are made of them."""
    plain = {
        name: parts.names[value.op()]
        for name, value in wanted.items()
        if value.op() in parts.names
    }
    others = {name: value for name, value in wanted.items() if name not in plain}
    keys = frame.drop(columns=list(parts.names.values()))
    done = frame[list(plain.values())].set_axis(list(plain), axis=1)
    return pd.concat([keys, done, _worked_out(others, parts, frame)], axis=1)


def _worked_out(
    wanted: Mapping[str, ibis.Value], parts: Parts, frame: pd.DataFrame
) -> pd.DataFrame:
    if not wanted or frame.empty:
        return pd.DataFrame(index=frame.index)
    whole = {column for node, column in parts.names.items() if node.dtype.is_integer()}
    columns = frame[list(parts.names.values())].assign(place=np.arange(len(frame)))
    table = ibis.memtable(pa.Table.from_pandas(columns, preserve_index=False))
    fields = {
        node: (table[c].cast("int64") if c in whole else table[c]).op()
        for node, c in parts.names.items()
    }
    made = table.select("place", **replaced(wanted, fields)).to_pyarrow().to_pandas()
    ordered = made.sort_values("place", ignore_index=True)
    return pd.DataFrame(ordered.drop(columns="place"))


def absent(kpi: str, variant: str, unit: str, why: str) -> pd.DataFrame:
    """Give the row of a figure that cannot be worked out, with the reason."""
    row = dict.fromkeys(COLUMNS) | {"kpi": kpi, "variant": variant, "unit": unit}
    return known_types(pd.DataFrame([row | {"n": 0, "why_null": why}]))


def known_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a tidy table the types that it always has."""
    kinds: dict[str, Any] = dict.fromkeys(NUMBERS, "float64") | {"n": "int64"}
    return frame.astype(kinds | dict.fromkeys(TEXTS, "str"))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn the rows of a small frame into plain values by column."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def tidy(wide: pd.DataFrame, keys: Sequence[str], figures: Figures) -> pd.DataFrame:
    """Turn one row per group into one row per group and figure.

    Args:
        wide: The groups' columns, `value_0`, `n_0`, ... of each figure, and `told_x`:
            how many calls tell column x.
        keys: The groups' columns.
        figures: What the numbers are.
    """
    numbers = {part: _matrix(wide, part, len(figures)) for part in PARTS}
    with np.errstate(invalid="ignore", divide="ignore"):
        below = np.where(numbers["denominator"] > 0, numbers["denominator"], np.nan)
        quotients = numbers["numerator"] / below
    own = np.array([figure.value is not None for figure in figures])
    value = np.where(own, numbers["value"], quotients)
    low, high = _intervals(figures, numbers | {"value": value})
    groups = {key: np.repeat(wide[key].to_numpy(), len(figures)) for key in keys}
    said = {
        name: np.tile(np.array([getattr(f, name) for f in figures]), len(wide))
        for name in ("kpi", "variant", "unit")
    }
    windows = np.array([f.window_days or np.nan for f in figures], dtype=float)
    columns = said | {
        "value": value.ravel(),
        "numerator": numbers["numerator"].ravel(),
        "denominator": numbers["denominator"].ravel(),
        "n": np.nan_to_num(numbers["n"]).ravel(),
        "low": low.ravel(),
        "high": high.ravel(),
        "window_days": np.tile(windows, len(wide)),
        "why_null": _reasons(wide, figures, value).ravel(),
    }
    made = pd.DataFrame(groups | columns, columns=[*keys, *COLUMNS])
    return known_types(made)


def _wanted(rows: ibis.Table, figures: Figures) -> dict[str, ibis.Value]:
    told = sorted(set().union(*(_needs(figure) for figure in figures)))
    wanted = {
        f"{part}_{position}": expression
        for position, figure in enumerate(figures)
        for part, expression in _parts(figure)
    }
    return wanted | {f"told_{column}": rows[column].count() for column in told}


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


def _matrix(wide: pd.DataFrame, part: str, size: int) -> Floats:
    """Lay one part of all figures out: groups down, figures across."""
    names = [f"{part}_{position}" for position in range(size)]
    return wide.reindex(columns=names).astype("float64").to_numpy()


def _intervals(
    figures: Figures, numbers: Mapping[str, Floats]
) -> tuple[Floats, Floats]:
    counted = np.array(
        [f.unit == "share" and f.denominator is not None for f in figures]
    )
    shares = wilson(numbers["numerator"], numbers["denominator"])
    means = around_mean(numbers["value"], numbers["spread"], numbers["n"])
    low, high = (
        np.where(counted, share, mean)
        for share, mean in zip(shares, means, strict=True)
    )
    return low, high


def _reasons(wide: pd.DataFrame, figures: Figures, value: Floats) -> NDArray[Any]:
    """Say why a value is null: a column nobody fills, or no call to be counted."""
    reasons = np.full(value.shape, None, dtype=object)
    told = {
        str(name).removeprefix("told_"): wide[name].to_numpy()
        for name in wide
        if str(name).startswith("told_")
    }
    for position, figure in enumerate(figures):
        empty = np.isnan(value[:, position])
        if empty.any():
            needs = {name: told[name] for name in sorted(_needs(figure))}
            reasons[empty, position] = _reason(figure, needs, len(wide))[empty]
    return reasons


def _reason(
    figure: Figure, told: Mapping[str, NDArray[Any]], size: int
) -> NDArray[Any]:
    never = [name for name, calls in told.items() if calls.sum() == 0]
    if never:
        return np.full(size, "not reported: " + ", ".join(never), dtype=object)
    why = np.full(size, figure.gap, dtype=object)
    for name, calls in told.items():
        why[calls == 0] = f"no call here tells {name}"
    return why
