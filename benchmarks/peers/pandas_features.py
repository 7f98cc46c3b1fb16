"""The benchmark's features by pandas.

Two ways: `rings` groups the calls before a cutoff once, by customer and by the part of
the past between two edges of windows, and adds the parts up, which is the faster one;
`windows` filters and groups for every cutoff and window, which is what is mostly seen.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shared

DAY = pd.Timedelta(days=1)


def features(folder: Path, asked: dict[str, Any], file: Path) -> list[str]:
    """Read, describe and write."""
    calls = pd.read_parquet(folder / "calls.parquet").sort_values("event_at")
    spine = pd.read_parquet(folder / "spine.parquet")
    customers = pd.Index(spine.customer_id.unique())
    calls["customer"] = customers.get_indexer(calls.customer_id)
    calls["n"] = 1.0
    counted = ["n", *shared.indicators(calls, asked)]
    describe = _by_rings if sys.argv[3] == "rings" else _by_windows
    parts = []
    for cutoff, rows in spine.groupby("cutoff_at"):
        # Calls are in order of time: all that was known lies before this place.
        seen = calls.iloc[: calls.event_at.searchsorted(cutoff)]
        seen = seen[seen.known_at < cutoff]
        made = describe(seen, cutoff, counted, asked)
        ends = seen.groupby("customer").event_at.agg(["min", "max"])
        made[f"{shared.TABLE}_days_since_first"] = (cutoff - ends["min"]) / DAY
        made[f"{shared.TABLE}_days_since_last"] = (cutoff - ends["max"]) / DAY
        made = made.reindex(customers.get_indexer(rows.customer_id))
        made.insert(0, "customer_id", rows.customer_id.to_numpy())
        made.insert(1, "cutoff_at", cutoff)
        parts.append(made)
    found = pd.concat(parts, ignore_index=True)
    numbers = [name for name in found if name.removesuffix("_ever") != name]
    numbers += [name for name in found if _is_count(name, asked)]
    found[numbers] = found[numbers].fillna(0)
    found.to_parquet(file)
    return [name for name in found if name not in ("customer_id", "cutoff_at")]


def _is_count(name: str, asked: dict[str, Any]) -> bool:
    told = (f"_{m}_{s}_" for m in asked["measures"] for s in asked["statistics"])
    return name.endswith("d") and not any(text in name for text in told)


def _by_windows(
    seen: pd.DataFrame, cutoff: Any, counted: list[str], asked: dict[str, Any]
) -> pd.DataFrame:
    found = {f"{shared.TABLE}_ever": seen.groupby("customer").n.sum()}
    for days in asked["windows_days"]:
        inside = seen[seen.event_at >= cutoff - days * DAY]
        groups = inside.groupby("customer")
        sums = groups[[*counted, *asked["measures"]]].sum()
        highest = groups[asked["measures"]].max()
        found |= _named(sums, highest, days, counted, asked)
    return pd.DataFrame(found)


def _by_rings(
    seen: pd.DataFrame, cutoff: Any, counted: list[str], asked: dict[str, Any]
) -> pd.DataFrame:
    windows = asked["windows_days"]
    edges = pd.DatetimeIndex([cutoff - days * DAY for days in reversed(windows)])
    ring = len(windows) - edges.searchsorted(seen.event_at, side="right")
    groups = seen.groupby([seen.customer, ring])
    sums = groups[[*counted, *asked["measures"]]].sum()
    highest = groups[asked["measures"]].max()
    customers = sums.index.levels[0]
    total: Any = 0.0
    most: Any = -np.inf
    found = {}
    for place, days in enumerate([*windows, None]):
        inside = sums.index.get_level_values(1) == place
        part = sums[inside].droplevel(1).reindex(customers, fill_value=0.0)
        total = total + part
        if days is None:
            found[f"{shared.TABLE}_ever"] = total["n"]
            break
        most = np.maximum(
            most, highest[inside].droplevel(1).reindex(customers, fill_value=-np.inf)
        )
        found |= _named(total, most.where(total["n"] > 0), days, counted, asked)
    return pd.DataFrame(found)


def _named(
    sums: pd.DataFrame,
    highest: pd.DataFrame,
    days: int,
    counted: list[str],
    asked: dict[str, Any],
) -> dict[str, pd.Series]:
    n = sums["n"].where(sums["n"] > 0)
    found = {shared.count(days): sums["n"]}
    found |= {shared.true(name, days): sums[name] for name in counted[1:]}
    for column in asked["measures"]:
        total = sums[column].where(n.notna())
        found[shared.measure(column, "sum", days)] = total
        found[shared.measure(column, "mean", days)] = total / n
        found[shared.measure(column, "max", days)] = highest[column]
    return found


if __name__ == "__main__":
    shared.run(features)
