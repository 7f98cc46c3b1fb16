"""The benchmark's features by hand in NumPy: one sort, running sums, binary search.

No analyst's everyday code, but about the most that can be had from arrays alone: sums
are differences of running sums, extremes come from `maximum.reduceat`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shared

DAY_S = 86_400
SPAN = 1 << 32
"""Seconds since 1970 stay below it: customer and time make one number to search."""


def features(folder: Path, asked: dict[str, Any], file: Path) -> list[str]:
    """Read, describe and write."""
    calls = pq.read_table(folder / "calls.parquet")
    spine = pq.read_table(folder / "spine.parquet")
    customers = pc.unique(spine["customer_id"])
    person = pc.index_in(calls["customer_id"], customers).to_numpy().astype(np.int64)
    at = _seconds(calls["event_at"])
    order = np.argsort(person * SPAN + at)
    key = (person * SPAN + at)[order]
    whose = pc.index_in(spine["customer_id"], customers).to_numpy().astype(np.int64)
    cutoff = _seconds(spine["cutoff_at"])
    top = np.searchsorted(key, whose * SPAN + cutoff)
    first = np.searchsorted(key, whose * SPAN)
    edges = {
        days: np.searchsorted(key, whose * SPAN + cutoff - days * DAY_S)
        for days in asked["windows_days"]
    }
    edges = {days: np.maximum(low, first) for days, low in edges.items()}
    found: dict[str, Any] = {name: spine[name] for name in spine.column_names}
    found[f"{shared.TABLE}_ever"] = (top - first).astype(np.int32)
    has = top > first
    times = at[order]
    for name, place in (("first", first), ("last", top - 1)):
        age = cutoff - times[np.where(has, place, 0)]
        days_since = np.where(has, age / DAY_S, np.nan)
        found[f"{shared.TABLE}_days_since_{name}"] = days_since
    for days, low in edges.items():
        found[shared.count(days)] = (top - low).astype(np.int32)
    for name, flags in _indicators(calls, asked):
        running = np.concatenate([[0], np.cumsum(flags[order], dtype=np.int32)])
        for days, low in edges.items():
            found[shared.true(name, days)] = running[top] - running[low]
    for column in asked["measures"]:
        values = calls[column].to_numpy()[order]
        running = np.concatenate([[0.0], np.cumsum(values)])
        for days, low in edges.items():
            n = top - low
            total = np.where(n > 0, running[top] - running[low], np.nan)
            found[shared.measure(column, "sum", days)] = total
            found[shared.measure(column, "mean", days)] = total / np.maximum(n, 1)
            found[shared.measure(column, "max", days)] = _highest(values, low, top)
    table = pa.table({name: _column(values) for name, values in found.items()})
    pq.write_table(table, file, compression="zstd")
    return [name for name in found if name not in spine.column_names]


def _seconds(column: Any) -> Any:
    return column.cast(pa.timestamp("s", "UTC")).cast(pa.int64()).to_numpy()


def _indicators(calls: Any, asked: dict[str, Any]) -> Any:
    for flag in asked["flags"]:
        yield flag, calls[flag].to_numpy()
    for column, values in asked["values"].items():
        for value in values:
            yield f"{column}_{value}", pc.equal(calls[column], value).to_numpy()


def _highest(values: Any, low: Any, top: Any) -> Any:
    pairs = np.column_stack([low, top]).ravel()
    padded = np.append(values, -np.inf)
    highest = np.maximum.reduceat(padded, pairs)[::2]
    return np.where(top > low, highest, np.nan)


def _column(values: Any) -> Any:
    return (
        pa.array(values, from_pandas=True) if isinstance(values, np.ndarray) else values
    )


if __name__ == "__main__":
    shared.run(features)
