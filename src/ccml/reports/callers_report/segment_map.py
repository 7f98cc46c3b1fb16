"""The map of segments: how many customers, how often they call, what they cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.numbers import count, money, percent
from ccml.reports.render import wrapped
from ccml.reports.theme import CONTEXT, FONT_SIZE, INK, QUIET

MAP_WIDTH, MAP_HEIGHT = 820, 340
LETTER = 6.9  # pixels of a letter of this size, on the generous side
LINE = 17
LABEL_LETTERS = 26
SMALLEST, LARGEST = 60, 2_600
DAYS = 30
NEARER = 500.0
Box = tuple[float, float, float, float]
Place = tuple[float, float, float]
"""A bubble: its middle and its radius, in pixels."""


@dataclass(frozen=True, order=True)
class Label:
    """Where a label stands, from the middle of its bubble, in pixels."""

    dx: float
    dy: float
    align: str


def segment_map(
    segments: Sequence[Mapping[str, Any]], window_days: float
) -> alt.LayerChart:
    """Draw segments as bubbles with their names beside them.

    Args:
        segments: name, customers, calls, cost_per_30d_eur, colour.
        window_days: Days in which the calls were made.
    """
    frame = pd.DataFrame(
        {
            "name": [str(one["name"]) for one in segments],
            "customers": [float(one["customers"]) for one in segments],
            "rate": [
                float(one["calls"]) / float(one["customers"]) * DAYS / window_days
                for one in segments
            ],
            "cost": [float(one.get("cost_per_30d_eur") or 0) for one in segments],
            "hours": [float(one.get("handle_hours_per_30d") or 0) for one in segments],
            "colour": [str(one["colour"]) for one in segments],
            "share": [float(one["share_of_calls"]) for one in segments],
        }
    )
    weight = next(
        (name for name in ("cost", "hours", "share") if frame[name].sum() > 0), "share"
    )
    frame["size"] = SMALLEST + (LARGEST - SMALLEST) * frame[weight] / max(
        float(frame[weight].max()), 1e-9
    )
    x_top, y_top = 1.15 * frame["customers"].max(), 1.25 * frame["rate"].max()
    x = alt.X(
        "customers:Q",
        title="customers",
        scale=alt.Scale(domain=[0, x_top], nice=False),
        axis=alt.Axis(tickCount=6, format=",d"),
    )
    y = alt.Y(
        "rate:Q",
        title="calls per customer in 30 days",
        scale=alt.Scale(domain=[0, y_top], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    bubbles = (
        alt.Chart(frame)
        .mark_point(filled=True, opacity=0.75)
        .encode(
            x=x,
            y=y,
            color=alt.Color("colour:N", scale=None),
            size=alt.Size("size:Q", scale=None, legend=None),
        )
    )
    found = _labels(frame, x_top, y_top)
    texts = [_text(frame.iloc[n], one, weight) for n, (one, _) in enumerate(found)]
    leads = _leaders(frame, [box for _, box in found], (x_top, y_top))
    chart = alt.layer(leads, bubbles, *texts)
    return chart.properties(
        title=_title(frame, weight), width=MAP_WIDTH, height=MAP_HEIGHT
    )


def _labels(frame: pd.DataFrame, x_top: float, y_top: float) -> list[tuple[Label, Box]]:
    """Place every label where it covers neither a bubble nor another label."""
    columns = (frame["customers"], frame["rate"], frame["size"])
    places = [
        (
            float(people) / x_top * MAP_WIDTH,
            MAP_HEIGHT * (1 - float(rate) / y_top),
            (float(size) / 3.1416) ** 0.5,
        )
        for people, rate, size in zip(*columns, strict=True)
    ]
    taken = [(x - r, y - r, x + r, y + r) for x, y, r in places]
    found: dict[int, tuple[Label, Box]] = {}
    order = sorted(range(len(places)), key=lambda n: (-frame["size"].iloc[n], n))
    for n in order:
        lines = _lines(str(frame["name"].iloc[n]))
        others = [box for m, box in enumerate(taken) if m != n]
        label, box = _free(n, places, lines, others)
        found[n] = (label, box)
        taken.append(box)
    return [found[n] for n in range(len(places))]


def _leaders(
    frame: pd.DataFrame, boxes: Sequence[Box], tops: tuple[float, float]
) -> alt.Chart:
    """Join every bubble to its label by a thin line."""
    pixels = [
        (x / tops[0] * MAP_WIDTH, MAP_HEIGHT * (1 - y / tops[1]))
        for x, y in zip(frame["customers"], frame["rate"], strict=True)
    ]
    near = [
        (min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3]))
        for (x, y), box in zip(pixels, boxes, strict=True)
    ]
    rows = frame.assign(
        x=[x / MAP_WIDTH * tops[0] for x, _ in near],
        y=[(1 - y / MAP_HEIGHT) * tops[1] for _, y in near],
    )
    ends = rows[["customers", "rate", "x", "y"]]
    mark = alt.Chart(ends).mark_rule(color=CONTEXT, strokeWidth=1, opacity=0.6)
    return mark.encode(x="customers:Q", y="rate:Q", x2="x:Q", y2="y:Q")


def _lines(name: str) -> list[str]:
    return [*wrapped(name, LABEL_LETTERS), "0,000 EUR a month"]


def _free(
    own: int, places: Sequence[Place], lines: Sequence[str], taken: Sequence[Box]
) -> tuple[Label, Box]:
    """Try places around the bubble; take the one that covers least."""
    wide, high = LETTER * max(len(line) for line in lines), LINE * len(lines)
    tried = []
    for number, label in enumerate(_candidates(places[own][2], high)):
        box = _box(places[own], label, wide, high)
        bad = sum(_overlap(box, other) for other in taken) + _outside(box)
        bad += NEARER * _is_nearer_to_others(box, own, places) + number
        tried.append((bad, number, label, box))
    return min(tried)[2:]


def _candidates(radius: float, high: float) -> list[Label]:
    """List places for a label, the best first."""
    beside = [
        Label(side * (radius + 6), down, "left" if side > 0 else "right")
        for down in (0.0, -24.0, 24.0, -48.0, 48.0, -72.0, 72.0)
        for side in (1, -1)
    ]
    away = radius + 6 + high / 2
    over = [
        Label(0.0, way * (away + more), "center") for more in (0, 24) for way in (-1, 1)
    ]
    return [*beside[:2], *over[:2], *beside[2:], *over[2:]]


def _box(place: Place, label: Label, wide: float, high: float) -> Box:
    x, y, _ = place
    shift = {"left": 0.0, "right": -wide, "center": -wide / 2}[label.align]
    left, top = x + label.dx + shift, y + label.dy - high / 2
    return (left, top, left + wide, top + high)


def _is_nearer_to_others(box: Box, own: int, places: Sequence[Place]) -> bool:
    """Tell whether a reader would take the label for that of another bubble."""
    gaps = [_gap(box, place) for place in places]
    return any(gap < gaps[own] + 8 for n, gap in enumerate(gaps) if n != own)


def _gap(box: Box, place: Place) -> float:
    x, y, radius = place
    across = max(box[0] - x, x - box[2], 0.0)
    down = max(box[1] - y, y - box[3], 0.0)
    return float((across**2 + down**2) ** 0.5) - radius


def _overlap(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def _outside(box: Box) -> float:
    over = max(-box[0], 0) + max(box[2] - MAP_WIDTH - 40, 0)
    return 1e3 * (over + max(-box[1] - 8, 0) + max(box[3] - MAP_HEIGHT, 0))


def _text(row: Any, place: Label, weight: str) -> alt.LayerChart:
    """Write a name and its size, line by line."""
    lines = wrapped(str(row["name"]), LABEL_LETTERS)
    if weight == "cost":
        words = f"{money(row['cost'])} a month"
    elif weight == "hours":
        words = f"{count(row['hours'])} hours a month"
    else:
        words = f"{percent(row['share'])} of the calls"
    marks = []
    top = place.dy - LINE * len(lines) / 2
    for number, text in enumerate([*lines, words]):
        data = pd.DataFrame(
            {"customers": [row["customers"]], "rate": [row["rate"]], "words": [text]}
        )
        mark = alt.Chart(data).mark_text(
            align=place.align,
            dx=place.dx,
            dy=top + LINE * number,
            color=INK if number < len(lines) else QUIET,
            fontSize=FONT_SIZE,
        )
        marks.append(mark.encode(x="customers:Q", y="rate:Q", text="words:N"))
    return alt.layer(*marks)


def _title(frame: pd.DataFrame, weight: str) -> str:
    order = frame.sort_values([weight, "name"], ascending=[False, True])
    top = order.iloc[0]
    if weight == "cost":
        share = float(top["cost"]) / float(frame["cost"].sum())
        return (
            f"{top['name']} cost most: {percent(share, 0)} of what all segments of "
            "callers cost (size of the bubbles)"
        )
    what = "take most of the agents' time" if weight == "hours" else "make most calls"
    return f"{top['name']} {what} (size of the bubbles)"
