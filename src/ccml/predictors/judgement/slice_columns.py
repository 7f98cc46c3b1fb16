"""How one feature cuts the test into parts: values of a text, thirds of a number."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.judgement import JudgementConfig
from ccml.errors import unknown_name
from ccml.predictors.dataset import Floats, Rows, TrainingSet, as_numbers, feature_kind
from ccml.predictors.encode import MIN_LEVEL_CUSTOMERS, MIN_LEVEL_ROWS

CONDITION = "condition"
MOST_LEVELS = 12
THIRDS = (1 / 3, 2 / 3)
DIGITS = 2

Inside = NDArray[np.bool_]


def check_slice_by(config: JudgementConfig, known: Iterable[str], place: str) -> None:
    """Check that all names of `slice_by` are features.

    Raises:
        ConfigError: A name is none.
    """
    names = list(known)
    for name in config.slice_by:
        if name not in names:
            raise unknown_name("feature", name, names, f"{place}.judge.slice_by")


def judging_columns(data: TrainingSet) -> pd.DataFrame:
    """Return what may cut the rows: features, and groups that nothing learns from."""
    if not len(data.groups.columns):
        return data.features
    return pd.concat([data.features, data.groups], axis=1)


def slice_columns(
    learnt: TrainingSet, test: TrainingSet, feature: str
) -> dict[str, Inside]:
    """Cut the test rows by one feature; every row is in one part at the most.

    Args:
        learnt: Training rows. Values of fewer than 20 of them, or of fewer than 10
            customers, are not named: they may name a customer.
        test: The rows to cut.
        feature: A feature of both, or one of `judge.groups`.

    Returns:
        Name -> whether a row is inside; parts without a row are left out.
    """
    values, past = judging_columns(test)[feature], judging_columns(learnt)[feature]
    kind = feature_kind(past, "slice_by")
    if kind == "number":
        parts = _by_size(
            feature, as_numbers(values, feature), as_numbers(past, feature)
        )
    elif kind == "bool":
        parts = _flags(feature, as_numbers(values, feature))
    else:
        parts = _by_level(feature, values, past, learnt.clusters)
    parts[f"{feature} is missing"] = values.isna().to_numpy()
    return {name: inside for name, inside in parts.items() if inside.any()}


def _flags(feature: str, values: Floats) -> dict[str, Inside]:
    return {f"{feature} is true": values == 1, f"{feature} is false": values == 0}


def _by_size(feature: str, values: Floats, past: Floats) -> dict[str, Inside]:
    """Cut at the thirds of the training rows, rounded: an edge is nobody's value."""
    known = past[np.isfinite(past)]
    raw = np.quantile(known, THIRDS) if len(known) else np.array([])
    edges = [float(edge) for edge in np.unique([_rounded(edge) for edge in raw])]
    if not edges:
        return {f"{feature} is known": np.isfinite(values)}
    low, high = edges[0], edges[-1]
    parts = {f"{feature} up to {low:,g}": values <= low}
    if high > low:
        parts[f"{feature} above {low:,g} up to {high:,g}"] = (values > low) & (
            values <= high
        )
    parts[f"{feature} above {high:,g}"] = values > high
    return parts


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _by_level(
    feature: str, values: pd.Series, past: pd.Series, clusters: Rows
) -> dict[str, Inside]:
    common = _common_levels(past, clusters)
    texts = values.astype("string")
    parts = {
        f"{feature} = {level}": (texts == level).fillna(False).to_numpy(dtype=bool)
        for level in common
    }
    rest = values.notna().to_numpy() & ~texts.isin(common).to_numpy(dtype=bool)
    return parts | {f"{feature} = another value": rest}


def _common_levels(past: pd.Series, clusters: Rows) -> list[str]:
    """Name the most frequent values that have rows of enough customers."""
    frame = pd.DataFrame(
        {"level": past.astype("string").to_numpy(), "owner": clusters}
    ).dropna()
    by_level = frame.groupby("level")["owner"]
    found = pd.DataFrame({"rows": by_level.size(), "owners": by_level.nunique()})
    enough = (found.rows >= MIN_LEVEL_ROWS) & (found.owners >= MIN_LEVEL_CUSTOMERS)
    kept = (
        found[enough]
        .reset_index()
        .sort_values(["rows", "level"], ascending=[False, True])
    )
    return [str(level) for level in kept["level"].head(MOST_LEVELS)]
