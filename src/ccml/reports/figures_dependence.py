"""Pictures of how features move the score, and of how typical scores come about."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.numbers import plain, score
from ccml.reports.theme import BLUE, CONTEXT, INK, QUIET, VERMILION

Evaluation = Mapping[str, Any]
MISSING = "missing"
PANEL = 84
ROW_HEIGHT = 22
PLOT = 300
MOVE = "move (log-odds)"
NAMES = {"low": "a low score", "middle": "a middle score", "high": "a high score"}


def dependence_figures(evaluation: Evaluation) -> dict[str, alt.TopLevelMixin]:
    """Draw what is known of moves and typical scores."""
    made: dict[str, alt.TopLevelMixin] = {}
    if evaluation.get("dependence"):
        made["dependence"] = dependence(evaluation)
    if evaluation.get("typical_scores"):
        made["typical_scores"] = typical_scores(evaluation)
    return made


def dependence(evaluation: Evaluation) -> alt.VConcatChart:
    """Draw the move of the score by the value of the strongest features."""
    found = evaluation["dependence"]
    ends = [group[end] for one in found for group in one["groups"] for end in _ENDS]
    scale = alt.Scale(domain=[min(0.0, *ends), max(0.0, *ends)], nice=True)
    panels = [_panel(one, scale) for one in found]
    chart = alt.vconcat(*panels, spacing=14)
    return chart.properties(title=_dependence_title(found[0]))


_ENDS = ("low", "high")


def dependence_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """List every group of every feature drawn, in order."""
    return [
        {"feature": one["feature"], **group, "value": _value(group["value"])}
        for one in evaluation.get("dependence") or []
        for group in one["groups"]
    ]


def _value(value: Any) -> str:
    if value is None:
        return MISSING
    return value if isinstance(value, str) else plain(value)


def _panel(one: Mapping[str, Any], scale: alt.Scale) -> alt.LayerChart:
    frame = pd.DataFrame(one["groups"])
    known = frame[frame.value.notna()]
    y = alt.Y("mean:Q", scale=scale, axis=alt.Axis(title=MOVE, tickCount=3))
    layers = [_zero()]
    if one["is_number"] and len(known):
        known = known.assign(value=known.value.astype(float))
        x = alt.X(
            "value:Q", title=one["feature"], scale=alt.Scale(zero=False, nice=False)
        )
        base = alt.Chart(known).encode(x=x)
        band = base.mark_area(color=BLUE, opacity=0.18)
        layers += [
            band.encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
            base.mark_line(color=BLUE, point={"color": BLUE, "size": 22}).encode(y=y),
        ]
        return alt.layer(*layers).properties(width=PLOT, height=PANEL)
    named = frame.assign(value=[_value(value) for value in frame.value])
    x = alt.X("value:N", title=one["feature"], sort=None, axis=alt.Axis(labelAngle=-20))
    base = alt.Chart(named).encode(x=x)
    span = base.mark_rule(color=INK, strokeWidth=1.5)
    layers += [
        span.encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        base.mark_point(color=BLUE, filled=True, size=70, opacity=1).encode(y=y),
    ]
    return alt.layer(*layers).properties(width=PLOT, height=PANEL)


def _zero() -> alt.Chart:
    mark = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=CONTEXT)
    return mark.encode(y="y:Q")


def _dependence_title(one: Mapping[str, Any]) -> str:
    top = max(one["groups"], key=lambda group: group["mean"])
    return (
        f"{one['feature']} raises the score most where it is {_value(top['value'])}; "
        "bands hold four in five rows"
    )


def typical_scores(evaluation: Evaluation) -> alt.VConcatChart:
    """Draw how a low, a middle and a high score add up from the mean."""
    found = evaluation["typical_scores"]
    charts = [_waterfall(one) for one in found]
    chart = alt.vconcat(*charts, spacing=18)
    return chart.properties(title=_typical_title(found[-1]))


def waterfall_rows(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the bars of a typical score: the mean, its steps, the rest, the score."""
    labels = [
        f"{step['feature']}: {_usual(step['value'])}"
        if _known(step)
        else step["feature"]
        for step in one["steps"]
    ]
    parts = [*(step["part"] for step in one["steps"]), one["rest"]]
    heights = [one["bias"]]
    for part in parts:
        heights.append(heights[-1] + part)
    bars = [
        {"step": label, "start": start, "end": end, "part": end - start}
        for label, (start, end) in zip(
            [*labels, "all others"], pairwise(heights), strict=True
        )
    ]
    whole = {"step": "score", "start": 0.0, "end": one["raw_score"], "part": None}
    mean = {"step": "mean of all", "start": 0.0, "end": one["bias"], "part": None}
    return [mean, *bars, whole]


def _known(step: Mapping[str, Any]) -> bool:
    return step["value"] is not None


def _usual(value: Any) -> str:
    return value if isinstance(value, str) else plain(value)


def _waterfall(one: Mapping[str, Any]) -> alt.LayerChart:
    rows = waterfall_rows(one)
    frame = pd.DataFrame(rows)
    frame["colour"] = [_colour(row["part"]) for row in rows]
    frame["text"] = [
        score(row["end"] if row["part"] is None else row["part"], 2) for row in rows
    ]
    frame["right"] = frame[["start", "end"]].max(axis=1)
    y = alt.Y(
        "step:N",
        sort=list(frame.step),
        title=None,
        axis=alt.Axis(labelLimit=230, labelColor=INK, grid=False),
    )
    base = alt.Chart(frame).encode(y=y)
    bars = base.mark_bar(height={"band": 0.62}).encode(
        x=alt.X("start:Q", title="score (log-odds)", axis=alt.Axis(tickCount=5)),
        x2="end:Q",
        color=alt.Color("colour:N", scale=None),
    )
    numbers = base.mark_text(align="left", dx=5, color=QUIET).encode(
        x="right:Q", text="text:N"
    )
    chart = alt.layer(bars, numbers)
    named = alt.Title(NAMES[one["name"]], anchor="start", fontSize=12)
    return chart.properties(
        width=PLOT - 60, height=ROW_HEIGHT * len(frame), title=named
    )


def _colour(part: float | None) -> str:
    if part is None:
        return CONTEXT
    return VERMILION if part > 0 else BLUE


def _typical_title(one: Mapping[str, Any]) -> str:
    raising = [step for step in one["steps"] if step["part"] > 0]
    if not raising:
        return "How a low, a middle and a high score come about"
    best = max(raising, key=lambda step: step["part"])
    return (
        f"In a high score {best['feature']} adds most; means over rows with like scores"
    )
