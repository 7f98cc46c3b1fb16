"""The catalogue as people read it: one row for all windows of a feature."""

import pandas as pd


def overview(catalogue: pd.DataFrame) -> pd.DataFrame:
    """Gather features that differ by their window only.

    The windows of a feature without one read "ever": all that is known.

    Args:
        catalogue: A stored catalogue, one row per feature.

    Returns:
        source, feature (N for the window), meaning, unit, windows_days, when_empty, cost;
        in the order of the catalogue.
    """
    ordered = catalogue.sort_values("position")
    windows = ordered["window_days"].astype("Int64").astype("string")
    rows = ordered.assign(
        feature=_without_window(ordered["name"], windows, "{}d", "Nd"),
        meaning=_without_window(
            ordered["meaning"], windows, "last {} days", "last N days"
        ),
        windows_days=windows.fillna("ever"),
    )
    keys = ["table", "feature", "meaning", "unit", "null_rule", "cost"]
    grouped = rows.groupby(keys, sort=False, dropna=False).windows_days
    return (
        grouped.agg(", ".join)
        .reset_index()
        .rename(columns={"table": "source", "null_rule": "when_empty"})
        [["source", "feature", "meaning", "unit", "windows_days", "when_empty", "cost"]]
    )  # fmt: skip


def _without_window(
    texts: pd.Series, windows: pd.Series, pattern: str, instead: str
) -> list[str]:
    return [
        text if pd.isna(days) else text.replace(pattern.format(days), instead)
        for text, days in zip(texts, windows, strict=True)
    ]
