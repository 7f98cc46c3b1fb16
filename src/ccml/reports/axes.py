"""Axes and marks that several figures share."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.numbers import as_day
from ccml.reports.theme import CONTEXT, FONT_SIZE, INK, QUIET, WIDTH

HEIGHT = 250


def framed(chart: Any, title: str, height: int = HEIGHT) -> alt.LayerChart:
    """Give a layered chart its sentence and size."""
    return chart.properties(title=title, width=WIDTH, height=height)


def share_x(field: str, title: str, *, full: bool = True) -> alt.X:
    """Horizontal axis of a share in percent."""
    return alt.X(f"{field}:Q", axis=_percent(title), scale=_unit_scale(full=full))


def share_y(field: str, title: str, *, full: bool = True) -> alt.Y:
    """Vertical axis of a share in percent, from zero."""
    return alt.Y(f"{field}:Q", axis=_percent(title), scale=_unit_scale(full=full))


def _percent(title: str) -> alt.Axis:
    return alt.Axis(title=title, format="~%", tickCount=5)


def _unit_scale(*, full: bool) -> alt.Scale:
    return alt.Scale(domain=[0, 1]) if full else alt.Scale(zero=True, nice=True)


def time_x(field: str, title: str | None = None, domain: Any = None) -> alt.X:
    """Horizontal axis of days, in UTC on every machine."""
    scale = alt.Scale(type="utc", domain=domain) if domain else alt.Scale(type="utc")
    axis = alt.Axis(title=title, format="%b %y", tickCount=5, labelOverlap=True)
    return alt.X(f"{field}:T", scale=scale, axis=axis)


def utc_text(moment: Any) -> str | None:
    """Write a day as charts read it, free of the machine's time zone."""
    found = as_day(moment)
    return f"{found.isoformat()}T00:00:00Z" if found else None


def diagonal(domain: tuple[float, float] = (0, 1)) -> alt.Chart:
    """Dashed grey line from corner to corner: chance, or perfect agreement."""
    frame = pd.DataFrame({"x": list(domain), "y": list(domain)})
    mark = alt.Chart(frame).mark_line(
        color=CONTEXT, strokeDash=[5, 4], strokeWidth=1.5, strokeCap="butt"
    )
    return mark.encode(x="x:Q", y="y:Q")


def label(x: Any, y: Any, text: str, **style: Any) -> alt.Chart:
    """Write a direct label at a place of the data."""
    kind = "T" if isinstance(x, str) else "Q"
    frame = pd.DataFrame({"x": [x], "y": [y], "label": [text]})
    look = {"color": QUIET, "fontSize": FONT_SIZE, "align": "left", "dx": 6} | style
    chart = alt.Chart(frame).mark_text(**look)
    return chart.encode(x=f"x:{kind}", y="y:Q", text="label:N")


def thinned(points: Sequence[Sequence[float]], most: int = 200) -> list[list[float]]:
    """Keep at most so many points of a curve, first and last among them."""
    if len(points) <= most:
        return [list(point) for point in points]
    last = len(points) - 1
    kept = sorted({round(i * last / (most - 1)) for i in range(most)})
    return [list(points[i]) for i in kept]


def whiskers(frame: pd.DataFrame, **channels: Any) -> alt.Chart:
    """Draw intervals as thin lines."""
    return alt.Chart(frame).mark_rule(color=INK, strokeWidth=1.5).encode(**channels)
