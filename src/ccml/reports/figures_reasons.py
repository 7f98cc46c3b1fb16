"""Pictures of what moves a predictor's scores."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ccml.reports.axes import framed
from ccml.reports.theme import BLUE, CONTEXT, INK, QUIET, VERMILION

SHOWN = 10
POINTS_PER_FEATURE = 150
ROW_HEIGHT = 30
PLOT = 245
LEVELS = {"low value": BLUE, "middle": CONTEXT, "high value": VERMILION}


def importance_rows(evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the features that move the score most, the strongest first."""
    moving = [row for row in evaluation.get("importance") or [] if row["mean_abs_shap"]]
    rows = sorted(
        moving,
        key=lambda row: (-float(row["mean_abs_shap"]), str(row["feature"])),
    )
    return rows[:SHOWN]


def importance(evaluation: Mapping[str, Any]) -> alt.LayerChart:
    """Draw the mean move of the score (log-odds) per feature as bars."""
    rows = importance_rows(evaluation)
    frame = pd.DataFrame(rows)
    far = max(float(frame.mean_abs_shap.max()), 1e-9)
    base = alt.Chart(frame).encode(y=_features(list(frame.feature)))
    bars = base.mark_bar(color=BLUE, height={"band": 0.6}).encode(
        x=alt.X(
            "mean_abs_shap:Q",
            title="mean move of the score (log-odds)",
            scale=alt.Scale(domain=[0, far * 1.15], nice=False),
            axis=alt.Axis(tickCount=4),
        )
    )
    numbers = base.mark_text(align="left", dx=5, color=INK).encode(
        x="mean_abs_shap:Q", text=alt.Text("mean_abs_shap:Q", format=".2f")
    )
    title = f"{frame.feature.iloc[0]} moves the score most"
    chart = framed(alt.layer(bars, numbers), title, ROW_HEIGHT * len(frame))
    return chart.properties(width=PLOT)


def _features(order: list[str]) -> alt.Y:
    return alt.Y(
        "feature:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=215, labelColor=INK, grid=False),
    )


def beeswarm(evaluation: Mapping[str, Any], sample: pd.DataFrame) -> alt.LayerChart:
    """Draw the move of the score for sampled rows, coloured by the feature's value.

    Args:
        evaluation: For the order of the features.
        sample: feature, value_scaled (0 to 1, null = missing or text), shap.
    """
    order = [str(row["feature"]) for row in importance_rows(evaluation)]
    known = set(sample.feature)
    order = [feature for feature in order if feature in known] or sorted(known)[:SHOWN]
    swarm = pd.concat([_swarm(sample, name) for name in order], ignore_index=True)
    colours = alt.Scale(domain=list(LEVELS), range=list(LEVELS.values()))
    base = alt.Chart(swarm).encode(y=_features(order))
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=QUIET)
    dots = base.mark_circle(size=16, opacity=0.9).encode(
        x=alt.X(
            "shap:Q", title="move of the score (log-odds)", axis=alt.Axis(tickCount=5)
        ),
        yOffset=alt.YOffset("offset:Q", scale=alt.Scale(domain=[-1, 1])),
        color=alt.Color("level:N", scale=colours, legend=alt.Legend(title=None)),
    )
    title = _swarm_title(swarm, order[0])
    chart = framed(
        alt.layer(zero.encode(x="x:Q"), dots), title, ROW_HEIGHT * len(order)
    )
    return chart.properties(width=PLOT)


def _swarm(sample: pd.DataFrame, feature: str) -> pd.DataFrame:
    rows = sample[sample.feature == feature].sort_values(
        ["shap", "value_scaled"], kind="stable"
    )
    step = max(1, len(rows) // POINTS_PER_FEATURE)
    rows = rows.iloc[::step].copy()
    rows["offset"] = _offsets(rows.shap.to_numpy(float))
    rows["level"] = _levels(rows.value_scaled.to_numpy(float, na_value=np.nan))
    return rows[["feature", "shap", "offset", "level"]]


def _offsets(shap: np.ndarray) -> np.ndarray:
    """Spread points that would lie upon each other, evenly about the line."""
    low, high = (shap.min(), shap.max()) if len(shap) else (0.0, 0.0)
    bins = np.floor((shap - low) / max(high - low, 1e-12) * 60).astype(int)
    offsets = np.zeros(len(shap))
    most = max(np.bincount(bins).max(), 6) if len(shap) else 6
    for found in np.unique(bins):
        here = np.flatnonzero(bins == found)
        steps = np.arange(len(here))
        side = np.where(steps % 2 == 0, 1, -1)
        offsets[here] = side * ((steps + 1) // 2) / (most / 2) * 0.9
    return offsets


def _levels(value: np.ndarray) -> list[str]:
    names = np.where(value < 1 / 3, "low value", "high value")
    middle = np.isnan(value) | ((value >= 1 / 3) & (value <= 2 / 3))
    return list(np.where(middle, "middle", names))


def _swarm_title(swarm: pd.DataFrame, feature: str) -> str:
    rows = swarm[swarm.feature == feature]
    means = rows.groupby("level").shap.mean()
    if not {"low value", "high value"} <= set(means.index):
        return f"How the values of {feature} and the next features move the score"
    up = means["high value"] > means["low value"]
    return f"High values of {feature} mostly {'raise' if up else 'lower'} the score"
