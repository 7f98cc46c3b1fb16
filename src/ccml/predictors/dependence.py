"""How the strongest features move the score, and how typical scores come about.

Every figure is taken over at least 20 rows, so that nothing of one customer is stored.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.explain import ShapSample, importance
from ccml.predictors.scorer import BIAS

FEATURES = 5
MOST_GROUPS = 12
FEWEST_ROWS = 20
TYPICAL = {"low": 0.1, "middle": 0.5, "high": 0.95}
TYPICAL_SHARE = 0.05
STEPS = 6
BAND = (10, 90)  # percentiles of the moves within a group


def with_pictured(evaluation: dict[str, Any], sample: ShapSample) -> None:
    """Put what the pictures of moves and typical scores need into an evaluation."""
    evaluation["dependence"] = dependence(sample)
    evaluation["typical_scores"] = typical_scores(sample)


def dependence(sample: ShapSample) -> list[dict[str, Any]]:
    """Return, for the strongest features, the move of the score by their value.

    Returns:
        feature, is_number and groups: value (median, or the level; None where missing),
        rows, mean, low and high (10th and 90th percentile) of the move in log-odds.
    """
    ranked = [row for row in importance(sample) if row["mean_abs_shap"]]
    names = [str(row["feature"]) for row in ranked[:FEATURES]]
    found = []
    for name in names:
        values, moves = sample.features[name], sample.values[name].to_numpy(float)
        is_number = _is_number(values)
        groups = _groups(values, is_number=is_number)
        told = [_group(value, moves[rows]) for value, rows in groups]
        if told:
            found.append({"feature": name, "is_number": is_number, "groups": told})
    return found


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(
        values.dtype
    ) and not pd.api.types.is_bool_dtype(values.dtype)


def _group(value: float | str | None, moves: Floats) -> dict[str, Any]:
    low, high = np.percentile(moves, BAND)
    return {
        "value": value,
        "rows": len(moves),
        "mean": float(moves.mean()),
        "low": float(low),
        "high": float(high),
    }


def _groups(
    values: pd.Series, *, is_number: bool
) -> list[tuple[float | str | None, Rows]]:
    """Group rows of equal or neighbouring values; groups that are too small are left."""
    known = np.flatnonzero(values.notna().to_numpy())
    missing = np.flatnonzero(values.isna().to_numpy())
    groups: list[tuple[float | str | None, Rows]] = []
    if is_number:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        groups += [(float(np.median(numbers[r])), r) for r in _runs(numbers, known)]
    else:
        levels = values.iloc[known].astype(str).to_numpy(dtype=object)
        groups += [(str(v), known[levels == v]) for v in sorted(set(levels))]
        groups = sorted(groups, key=lambda group: -len(group[1]))[:MOST_GROUPS]
    groups.append((None, missing))
    return [(value, rows) for value, rows in groups if len(rows) >= FEWEST_ROWS]


def _runs(numbers: Floats, known: Rows) -> list[Rows]:
    """Cut rows in the order of their values into runs; equal values stay together."""
    if not len(known):
        return []
    size = max(FEWEST_ROWS, len(known) // MOST_GROUPS)
    order = known[np.argsort(numbers[known], kind="stable")]
    ends = np.flatnonzero(np.diff(numbers[order], append=np.inf)) + 1
    cuts, begin = [], 0
    for end in ends.tolist():
        if end - begin >= size:
            cuts.append(end)
            begin = end
    # What is left over at the end is too small for a run of its own.
    cuts = [*cuts[:-1], len(order)] if cuts else [len(order)]
    return np.split(order, cuts[:-1])


def typical_scores(sample: ShapSample) -> list[dict[str, Any]]:
    """Return how a low, a middle and a high score come about: means over like rows.

    Returns:
        name, rows, bias, raw_score and steps: feature, value (median, or the commonest
        level; None where there is none) and part; then `rest`, the sum of all others.
    """
    parts = sample.values.drop(columns=BIAS)
    raw = sample.values.sum(axis=1).to_numpy(float)
    size = max(FEWEST_ROWS, round(len(raw) * TYPICAL_SHARE))
    if len(raw) < len(TYPICAL) * size:
        return []
    order = np.argsort(raw, kind="stable")
    found = []
    for name, share in TYPICAL.items():
        first = int(np.clip(round(share * len(raw)) - size // 2, 0, len(raw) - size))
        rows = np.sort(order[first : first + size])
        found.append(_typical(name, rows, parts, sample))
    return found


def _typical(
    name: str, rows: Rows, parts: pd.DataFrame, sample: ShapSample
) -> dict[str, Any]:
    means = parts.iloc[rows].mean()
    strongest = means.abs().sort_values(ascending=False, kind="stable").index[:STEPS]
    steps: list[Mapping[str, Any]] = [
        {
            "feature": str(feature),
            "value": _usual(sample.features[feature].iloc[rows]),
            "part": float(means[feature]),
        }
        for feature in strongest
        if means[feature]
    ]
    bias = float(sample.values[BIAS].iloc[rows].mean())
    told = sum(step["part"] for step in steps)
    return {
        "name": name,
        "rows": len(rows),
        "bias": bias,
        "raw_score": bias + float(means.sum()),
        "steps": steps,
        "rest": float(means.sum()) - told,
    }


def _usual(values: pd.Series) -> float | str | None:
    known = values.dropna()
    if len(known) < FEWEST_ROWS:
        return None
    if _is_number(values):
        return float(np.median(known.to_numpy(dtype=np.float64)))
    counts = known.astype(str).value_counts()
    return str(counts.index[0]) if counts.iloc[0] >= FEWEST_ROWS else None
