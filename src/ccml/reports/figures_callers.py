"""Pictures of repeat callers: concentration against chance, and the segments."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import diagonal, framed, label, share_x, share_y, thinned
from ccml.reports.numbers import percent
from ccml.reports.render import wrapped
from ccml.reports.theme import BLUE, CONTEXT, INK, PAPER, QUIET, VERMILION, WIDTH

ALL = "share of all"
SHARE_TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
LINE = 30  # letters of a name before it is broken
BREAK_LINES = r"split(datum.label, '\n')"
Points = Sequence[Sequence[float]]


def lorenz(
    curve: Sequence[Mapping[str, float]], top: Mapping[str, Any]
) -> alt.LayerChart:
    """Draw which share of the customers makes which share of the calls.

    Args:
        curve: share_of_customers (busiest first), share_of_calls, and by_chance: the
            same if all customers had one rate and only chance differed.
        top: The share of customers that the sentence names: top, share, by_chance.
    """
    seen = _points(curve, "share_of_calls")
    chance = _points(curve, "by_chance")
    lines = [diagonal(), _line(chance, CONTEXT, 2.0), _line(seen, BLUE, 2.5)]
    lines += [
        _marked(top),
        label(0.3, _height_at(seen, 0.3), "as seen", align="right", dx=-8, color=INK),
        label(0.45, _height_at(chance, 0.45), "chance alone", dx=8, dy=12),
        label(0.7, 0.66, "all alike", dx=10, dy=12),
    ]
    return framed(alt.layer(*lines), _lorenz_title(top), height=300)


def _points(curve: Sequence[Mapping[str, float]], column: str) -> list[list[float]]:
    return [[float(row["share_of_customers"]), float(row[column])] for row in curve]


def _line(points: Points, colour: str, width: float) -> alt.Chart:
    kept = thinned(points)
    frame = pd.DataFrame({"x": [p[0] for p in kept], "y": [p[1] for p in kept]})
    mark = alt.Chart(frame).mark_line(color=colour, strokeWidth=width)
    return mark.encode(
        x=share_x("x", "share of customers, busiest first"),
        y=share_y("y", "share of calls"),
    )


def _marked(top: Mapping[str, Any]) -> alt.LayerChart:
    """Mark the named share by a dot and by thin lines to both axes."""
    x, y = float(top["top"]), float(top["share"])
    frame = pd.DataFrame({"x": [x], "y": [y], "zero": [0.0]})
    base = alt.Chart(frame)
    guides = base.mark_rule(color=BLUE, strokeDash=[2, 3])
    dot = base.mark_point(color=BLUE, filled=True, size=90, opacity=1)
    return alt.layer(
        guides.encode(x="x:Q", y="zero:Q", y2="y:Q"),
        guides.encode(x="zero:Q", x2="x:Q", y="y:Q"),
        dot.encode(x="x:Q", y="y:Q"),
    )


def _height_at(points: Points, x: float) -> float:
    return next(float(point[1]) for point in points if point[0] >= x)


def _lorenz_title(top: Mapping[str, Any]) -> str:
    return (
        f"The top {percent(top['top'], 0)} of customers make {percent(top['share'], 0)} "
        f"of the calls; chance alone would give {percent(top.get('by_chance'), 0)}"
    )


def segment_shares(segments: Sequence[dict[str, Any]]) -> alt.LayerChart:
    """Draw per segment its share of the customers and of the calls.

    Args:
        segments: name, share_of_customers, share_of_calls, colour.
    """
    frame = pd.DataFrame(
        [
            {
                "name": str(segment["name"]),
                "label": "\n".join(wrapped(str(segment["name"]), LINE)),
                "customers": float(segment["share_of_customers"]),
                "calls": float(segment["share_of_calls"]),
                "far": max(segment["share_of_customers"], segment["share_of_calls"]),
                "words": _from_to(segment),
                "colour": segment["colour"],
            }
            for segment in segments
        ]
    )
    order = list(frame.sort_values("calls", ascending=False, kind="stable").label)
    y = alt.Y(
        "label:N",
        sort=order,
        title=None,
        axis=alt.Axis(
            labelLimit=220, grid=False, labelColor=INK, labelExpr=BREAK_LINES
        ),
    )
    base = alt.Chart(frame).encode(y=y)
    far = float(frame.far.max())
    x = alt.X(
        "calls:Q",
        scale=alt.Scale(domain=[0, 1.5 * far], nice=False),
        axis=alt.Axis(
            title=ALL,
            format="~%",
            values=[tick for tick in SHARE_TICKS if tick <= max(far, 0.2)],
        ),
    )
    colour = alt.Color("colour:N", scale=None)
    chart = alt.layer(
        base.mark_rule(strokeWidth=3).encode(x=x, x2="customers:Q", color=colour),
        base.mark_point(filled=True, size=70, opacity=1, color=CONTEXT).encode(
            x=alt.X("customers:Q", title=ALL)
        ),
        base.mark_point(filled=True, size=120, opacity=1).encode(x=x, color=colour),
        base.mark_text(align="left", dx=11, color=INK).encode(
            x=alt.X("far:Q", title=ALL), text="words:N"
        ),
    )
    lines = 1 + int(frame.label.str.count("\n").max())
    height = max(90, (18 + 16 * lines) * len(frame))
    return framed(chart, _segments_title(frame), height).properties(width=WIDTH - 160)


def _from_to(segment: Mapping[str, Any]) -> str:
    people, calls = segment["share_of_customers"], segment["share_of_calls"]
    return f"{percent(people, 0)} \u2192 {percent(calls, 0)}"


def _segments_title(frame: pd.DataFrame) -> str:
    top = frame.sort_values("calls", ascending=False, kind="stable").iloc[0]
    return (
        f"{top['name']}: {percent(top.customers, 0)} of the customers (grey dot), "
        f"{percent(top.calls, 0)} of the calls (coloured dot)"
    )


def persistence(rates: pd.DataFrame, threshold: float | None) -> alt.LayerChart:
    """Draw how many customers have which estimated call rate.

    Args:
        rates: low, high (calls per 30 days), customers, persistent; one row per bin.
        threshold: Rate above which a customer counts as persistent.
    """
    base = alt.Chart(rates.assign(zero=0)).encode(
        x=alt.X(
            "low:Q", title="estimated calls per 30 days", axis=alt.Axis(tickCount=6)
        ),
        x2="high:Q",
        y2="zero:Q",
    )
    scale = alt.Scale(type="sqrt", zero=True)
    axis = alt.Axis(title="customers (root scale)", tickCount=4)
    every = base.mark_rect(color=CONTEXT, stroke=PAPER, strokeWidth=1).encode(
        y=alt.Y("customers:Q", scale=scale, axis=axis)
    )
    sure = base.mark_rect(color=BLUE, stroke=PAPER, strokeWidth=1).encode(
        y=alt.Y("persistent:Q", scale=scale, axis=axis)
    )
    layers = [every, sure]
    if threshold is not None:
        rule = alt.Chart(pd.DataFrame({"x": [threshold]}))
        layers.append(rule.mark_rule(color=QUIET, strokeDash=[4, 3]).encode(x="x:Q"))
    found, everybody = int(rates.persistent.sum()), int(rates.customers.sum())
    title = (
        f"{found:,} of {everybody:,} customers (blue) surely call more often than the "
        "threshold (dashed)"
    )
    return framed(alt.layer(*layers), title, height=200)


def call_counts(fit: Sequence[Mapping[str, float]]) -> alt.LayerChart:
    """Draw how many customers made how many calls, and what the fit expects.

    Args:
        fit: calls, observed customers, expected customers.
    """
    frame = pd.DataFrame([dict(row) for row in fit])
    x = alt.X("calls:O", title="calls in the window", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(type="sqrt")
    y = alt.Y(
        "observed:Q",
        title="customers (root scale)",
        scale=scale,
        axis=alt.Axis(tickCount=4),
    )
    base = alt.Chart(frame).encode(x=x)
    bars = base.mark_bar(color=CONTEXT).encode(y=y)
    dots = base.mark_point(color=VERMILION, filled=True, size=60, opacity=1)
    chart = alt.layer(bars, dots.encode(y="expected:Q"))
    silent = float(frame.observed.sum() - frame.observed[frame.calls > 1].sum())
    share = silent / max(float(frame.observed.sum()), 1.0)
    title = (
        f"{percent(share, 0)} of these customers made at most one call; the fitted "
        "spread of rates (orange) expects almost the same"
        if _fits(frame)
        else f"{percent(share, 0)} of these customers made at most one call; the fitted "
        "spread of rates (orange) does not follow the bars everywhere"
    )
    return framed(chart, title, height=200)


def _fits(frame: pd.DataFrame) -> bool:
    """Tell whether no more than a tenth of the customers stand in another bar."""
    moved = (frame.observed - frame.expected).abs().sum() / 2
    return bool(moved <= 0.1 * frame.observed.sum())
