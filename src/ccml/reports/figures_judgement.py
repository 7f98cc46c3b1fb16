"""Pictures of how well a predictor ranks, and how true its probabilities are."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import (
    diagonal,
    framed,
    label,
    share_x,
    share_y,
    thinned,
    whiskers,
)
from ccml.reports.candidates import metric
from ccml.reports.numbers import percent
from ccml.reports.theme import BLUE, CONTEXT

Evaluation = Mapping[str, Any]
Curve = Sequence[Sequence[float]]


def roc_curve(evaluation: Evaluation) -> alt.LayerChart:
    """Draw the true positive rate against the false positive rate, on the test."""
    auc = metric(evaluation["metrics"], "roc_auc")
    pairs = "–" if auc is None else f"{100 * auc:.0f} of 100"  # noqa: RUF001
    chart = alt.layer(
        diagonal(),
        _curve(
            evaluation["curves"]["roc"],
            share_x("x", "share of negatives taken in (false positives)"),
            share_y("y", "share of positives found"),
        ),
        label(0.6, 0.56, "chance", dy=14),
    )
    return framed(chart, f"The model ranks {pairs} pairs rightly; chance ranks 50")


def pr_curve(evaluation: Evaluation) -> alt.LayerChart:
    """Draw precision against recall, on the test."""
    base_rate = metric(evaluation["metrics"], "base_rate") or 0.0
    top = 0.1
    precision = metric(evaluation["metrics"], "lift_at_10pct")
    frame = pd.DataFrame({"y": [base_rate]})
    chance = alt.Chart(frame).mark_rule(
        color=CONTEXT, strokeDash=[5, 4], strokeWidth=1.5
    )
    # Before the first hit precision is 0 whatever the model: nothing to draw.
    points = [point for point in evaluation["curves"]["pr"] if point[0] > 0]
    top_y = min(1.0, 1.1 * max([base_rate, *(point[1] for point in points)]))
    chart = alt.layer(
        chance.encode(y="y:Q"),
        _curve(
            points,
            share_x("x", "share of positives found (recall)"),
            share_y("y", "share of hits (precision)").scale(
                domain=[0, top_y], nice=False
            ),
        ),
        label(
            1, base_rate, f"chance: {percent(base_rate)}", dy=12, align="right", dx=0
        ),
    )
    if precision is None:
        return framed(chart, f"Chance alone hits in {percent(base_rate)} of cases")
    hits = percent(min(1.0, precision * base_rate), 0)
    return framed(
        chart,
        f"Of the {percent(top, 0)} ranked highest, {hits} are hits; of all, "
        f"{percent(base_rate)}",
    )


def _curve(points: Curve, x: alt.X, y: alt.Y) -> alt.Chart:
    kept = thinned(points)
    frame = pd.DataFrame({"x": [p[0] for p in kept], "y": [p[1] for p in kept]})
    frame["order"] = range(len(frame))
    return alt.Chart(frame).mark_line(color=BLUE).encode(x=x, y=y, order="order:Q")


def gains_curve(evaluation: Evaluation) -> alt.LayerChart:
    """Draw which share of the positives is found in the highest-ranked share."""
    points = evaluation["curves"]["gains"]
    found = _reached(points, 0.2)
    mark = alt.Chart(pd.DataFrame({"x": [0.2], "y": [found]})).mark_point(
        color=BLUE, filled=True, size=90, opacity=1
    )
    chart = alt.layer(
        diagonal(),
        _curve(
            points,
            share_x("x", "share of customers taken, likeliest first"),
            share_y("y", "share of positives found"),
        ),
        mark.encode(x="x:Q", y="y:Q"),
        label(0.6, 0.56, "at random", dy=14),
    )
    title = f"The likeliest 20 % hold {percent(found, 0)} of all positives"
    return framed(chart, title.replace("20 %", "20\u00a0%"))


def _reached(points: Curve, share: float) -> float:
    """Read a rising curve at a share, between its points."""
    before, after = list(points[0]), list(points[-1])
    for point in points:
        if point[0] <= share:
            before = list(point)
        else:
            after = list(point)
            break
    width = after[0] - before[0]
    if width <= 0:
        return float(before[1])
    part = (share - before[0]) / width
    return float(before[1] + part * (after[1] - before[1]))


def calibration(evaluation: Evaluation) -> alt.LayerChart:
    """Draw promised against observed shares, with intervals."""
    frame = pd.DataFrame(calibration_rows(evaluation))
    top = float(max(frame.promised.max(), frame.high.max(), 0.01)) * 1.05
    scale = alt.Scale(domain=[0, min(1.0, top)], nice=False)
    x = share_x("promised", "promised probability").scale(scale)
    y = share_y("observed", "observed share").scale(scale)
    base = alt.Chart(frame).encode(x=x)
    chart = alt.layer(
        diagonal((0, min(1.0, top))),
        whiskers(frame, x="promised:Q", y="low:Q", y2="high:Q"),
        base.mark_point(color=BLUE, filled=True, size=70, opacity=1).encode(y=y),
        label(min(1.0, top) * 0.62, min(1.0, top) * 0.58, "as promised", dy=16),
    )
    return framed(chart, _calibration_title(evaluation), height=300)


def calibration_rows(evaluation: Evaluation) -> list[dict[str, float]]:
    """Read the bins of the calibration curve."""
    return [
        {
            "promised": float(found["mean_probability"]),
            "observed": float(found["observed"]),
            "low": float(found["low"]),
            "high": float(found["high"]),
            "n": float(found["n"]),
        }
        for found in evaluation["curves"]["calibration"]
    ]


def _calibration_title(evaluation: Evaluation) -> str:
    mean = metric(evaluation["metrics"], "mean_probability")
    rate = metric(evaluation["metrics"], "base_rate")
    if mean is None or rate is None:
        return "What was promised and what came"
    return f"On average {percent(mean)} was promised and {percent(rate)} came"
