"""Pictures of repeat callers: concentration against chance, and the segments."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import diagonal, framed, label, share_x, share_y, thinned
from ccml.reports.numbers import percent
from ccml.reports.theme import BLUE, CONTEXT, INK, QUIET, WIDTH, series_colour

Points = Sequence[Sequence[float]]


def lorenz(curve: Points, chance: Points, top: dict[str, Any]) -> alt.LayerChart:
    """Draw which share of the customers makes which share of the calls.

    Args:
        curve: (share of customers, busiest first; share of calls).
        chance: The same, if all customers had one rate and only chance differed.
        top: The share that the sentence names: share, value, chance.
    """
    lines = [diagonal(), _line(chance, CONTEXT, 2.0), _line(curve, BLUE, 2.5)]
    lines.append(_marked(top))
    height_of_chance = _height_at(chance, 0.62)
    if height_of_chance is not None:
        lines.append(label(0.62, height_of_chance, "chance alone", dy=14, dx=2))
    lines.append(label(0.7, 0.66, "all alike", dy=14))
    return framed(alt.layer(*lines), _lorenz_title(top), height=300)


def _line(points: Points, colour: str, width: float) -> alt.Chart:
    kept = thinned(points)
    frame = pd.DataFrame({"x": [p[0] for p in kept], "y": [p[1] for p in kept]})
    mark = alt.Chart(frame).mark_line(color=colour, strokeWidth=width)
    return mark.encode(
        x=share_x("x", "share of customers, busiest first"),
        y=share_y("y", "share of calls"),
    )


def _marked(top: dict[str, Any]) -> alt.LayerChart:
    frame = pd.DataFrame({"x": [top["share"]], "y": [top["value"]]})
    base = alt.Chart(frame).encode(x="x:Q", y="y:Q")
    dot = base.mark_point(color=BLUE, filled=True, size=90, opacity=1)
    text = f"top {percent(top['share'], 0)}: {percent(top['value'], 0)} of calls"
    name = label(
        top["share"], top["value"], text, color=INK, fontWeight="bold", dx=10, dy=10
    )
    return alt.layer(dot, name)


def _height_at(points: Points, x: float) -> float | None:
    right = [point[1] for point in points if point[0] >= x]
    return float(right[0]) if right else None


def _lorenz_title(top: dict[str, Any]) -> str:
    title = (
        f"The top {percent(top['share'], 0)} of customers make "
        f"{percent(top['value'], 0)} of the calls"
    )
    if top.get("chance") is None:
        return title
    return f"{title}; chance alone would give {percent(top['chance'], 0)}"


def segment_shares(segments: Sequence[dict[str, Any]]) -> alt.LayerChart:
    """Draw per segment its share of the customers and of the calls.

    Args:
        segments: name, share_of_customers, share_of_calls; in the order of their ids.
    """
    frame = pd.DataFrame(
        [
            {
                "name": str(segment["name"]),
                "customers": float(segment["share_of_customers"]),
                "calls": float(segment["share_of_calls"]),
                "colour": series_colour(position),
            }
            for position, segment in enumerate(segments)
        ]
    )
    order = list(frame.sort_values("calls", ascending=False, kind="stable").name)
    y = alt.Y(
        "name:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=180, grid=False, labelColor=INK),
    )
    base = alt.Chart(frame).encode(y=y)
    far = float(max(frame.calls.max(), frame.customers.max()))
    x = share_x("calls", "share of all", full=False).scale(domain=[0, far * 1.18])
    rule = base.mark_rule(strokeWidth=3).encode(
        x=x, x2="customers:Q", color=alt.Color("colour:N", scale=None)
    )
    customers = base.mark_point(filled=True, size=70, opacity=1, color=CONTEXT)
    calls = base.mark_point(filled=True, size=120, opacity=1)
    number = base.mark_text(align="left", dx=9, color=INK)
    chart = alt.layer(
        rule,
        customers.encode(x="customers:Q"),
        calls.encode(x=x, color=alt.Color("colour:N", scale=None)),
        number.encode(
            x=alt.X("calls:Q"), text=alt.Text("calls:Q", format=".0%")
        ).transform_filter("datum.calls >= datum.customers"),
        number.encode(
            x=alt.X("customers:Q"), text=alt.Text("calls:Q", format=".0%")
        ).transform_filter("datum.calls < datum.customers"),
    )
    height = max(90, 34 * len(frame))
    return framed(chart, _segments_title(frame), height).properties(width=WIDTH - 120)


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
    bars = alt.Chart(rates).encode(
        x=alt.X(
            "low:Q", title="estimated calls per 30 days", axis=alt.Axis(tickCount=6)
        ),
        x2="high:Q",
    )
    every = bars.mark_bar(color=CONTEXT, binSpacing=1).encode(
        y=alt.Y(
            "customers:Q",
            title="customers (root scale)",
            scale=alt.Scale(type="sqrt"),
            axis=alt.Axis(tickCount=4),
        )
    )
    sure = bars.mark_bar(color=BLUE, binSpacing=1).encode(y="persistent:Q")
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
