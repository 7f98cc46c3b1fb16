"""Pictures of time: what a predictor learned from, and what its label looks at."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, time_x, utc_text
from ccml.reports.folds import ends_of
from ccml.reports.numbers import day, is_known
from ccml.reports.theme import BLUE, CONTEXT, GREEN, HATCHED, INK, VERMILION

HISTORY_DAYS_SHOWN = 30


def data_window(evaluation: Mapping[str, Any]) -> alt.LayerChart | None:
    """Draw training, embargo and test as bars over time; nothing without days."""
    rows = window_rows(evaluation)
    if not rows:
        return None
    split = evaluation["split"]
    frame = pd.DataFrame(rows)
    order = list(dict.fromkeys(frame.row))
    base = alt.Chart(frame).encode(
        x=time_x("from"),
        x2="until:T",
        y=alt.Y(
            "row:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelColor=INK, grid=False, labelLimit=130),
        ),
    )
    bars = base.mark_bar(height={"band": 0.55}).encode(
        color=alt.Color("colour:N", scale=None)
    )
    days = split.get("embargo_days")
    pause = f", after a pause of {days:g} days" if is_known(days) and days else ""
    title = f"The model was judged on cutoffs from {day(rows[-1]['day'])} on{pause}"
    return framed(alt.layer(bars), title, height=28 * len(order)).properties(width=330)


def window_rows(evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the bars of the data window: training, folds, embargo, test."""
    split = evaluation.get("split") or {}
    train, test = ends_of(split.get("train_period")), ends_of(split.get("test_period"))
    bars = [("training", *train, BLUE)]
    for position, fold in enumerate(split.get("folds") or [], start=1):
        bars.append((f"check {position}", fold.get("from"), fold.get("until"), CONTEXT))
    bars += [("pause", train[1], test[0], HATCHED), ("test", *test, VERMILION)]
    if any(utc_text(end) is None for bar in (bars[0], bars[-1]) for end in bar[1:3]):
        return []
    return [
        {
            "row": name,
            "from": utc_text(start),
            "until": utc_text(end),
            "day": start,
            "last": end,
            "colour": colour,
        }
        for name, start, end, colour in bars
        if utc_text(start) and utc_text(end)
    ]


def label_window(
    gap_days: float, horizon_days: float, settle_days: float
) -> alt.LayerChart:
    """Draw what lies before and after a cutoff: past, gap, horizon, settling."""
    frame = pd.DataFrame(label_rows(gap_days, horizon_days, settle_days))
    base = alt.Chart(frame)
    x = alt.X("from:Q", title="days from the cutoff", axis=alt.Axis(tickCount=7))
    bars = base.mark_bar(height=26).encode(
        x=x, x2="until:Q", color=alt.Color("colour:N", scale=None), y=alt.value(46)
    )
    names = base.mark_text(color=INK, align="left").encode(
        x="from:Q",
        text="name:N",
        y=alt.Y("level:Q", axis=None, scale=alt.Scale(domain=[0, 100], nice=False)),
    )
    cut = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=INK, strokeWidth=2)
    title = (
        f"Counted is what happens in the {horizon_days:g} days that start {gap_days:g} "
        "days after the cutoff; only the past before it is known"
    )
    return framed(alt.layer(bars, names, cut.encode(x="x:Q")), title, height=92)


def label_rows(
    gap_days: float, horizon_days: float, settle_days: float
) -> list[dict[str, Any]]:
    """List the parts of the label's window in days from the cutoff."""
    end = gap_days + horizon_days
    shown = max(HISTORY_DAYS_SHOWN, end / 2)
    parts = [
        ("past: features", -shown, 0.0, BLUE, 86),
        ("gap", 0.0, gap_days, CONTEXT, 14),
        ("horizon: label", gap_days, end, GREEN, 86),
        ("settling", end, end + settle_days, HATCHED, 14),
    ]
    return [
        {"name": name, "from": start, "until": until, "colour": colour, "level": level}
        for name, start, until, colour, level in parts
        if until > start
    ]
