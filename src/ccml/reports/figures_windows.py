"""Pictures of time: what a predictor learned from, and what its label looks at."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, time_x, utc_text
from ccml.reports.folds import ends_of
from ccml.reports.numbers import as_day, day
from ccml.reports.theme import BLUE, CONTEXT, GREEN, HATCHED, INK, VERMILION

HISTORY_DAYS_SHOWN = 30
LEAST_BAR = 0.012  # of the whole span, so that a single cutoff is seen


def data_window(evaluation: Mapping[str, Any]) -> alt.LayerChart | None:
    """Draw the cutoffs of training, checks and test over time; nothing without days.

    Behind each bar the time that its labels look at is hatched; it must end before the
    next bar that judges begins.
    """
    rows = window_rows(evaluation)
    if not rows:
        return None
    frame = pd.DataFrame(rows).drop(columns=["first", "last"])
    order = list(frame.row)
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "row:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelColor=INK, grid=False, labelLimit=130),
        )
    )
    labels = base.mark_bar(height={"band": 0.55}, color=HATCHED)
    cutoffs = base.mark_bar(height={"band": 0.55}).encode(
        color=alt.Color("colour:N", scale=None)
    )
    chart = alt.layer(
        labels.encode(x=time_x("shown"), x2="known:T"),
        cutoffs.encode(x=time_x("from"), x2="shown:T"),
    )
    days = evaluation["split"].get("embargo_days") or 0
    title = f"The model was judged on cutoffs from {day(rows[-1]['first'])} on"
    if days:
        title += f"; each label looks {days:g} days ahead (hatched)"
    return framed(chart, title, height=28 * len(order)).properties(width=330)


def window_rows(evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the bars of the data window: training, checks, test.

    Returns:
        row, first and last cutoff, colour; from, shown, known as charts read them:
        first cutoff, end of the solid bar, end of the labels.
    """
    split = evaluation.get("split") or {}
    folds = split.get("folds") or []
    bars = [("training", split.get("train_period"), BLUE)]
    bars += [(f"check {n}", fold, CONTEXT) for n, fold in enumerate(folds, start=1)]
    bars.append(("test", split.get("test_period"), VERMILION))
    known = []
    for name, found, colour in bars:
        first, last = map(as_day, ends_of(found))
        if first is None or last is None:
            return []
        known.append((name, first, last, colour))
    span = max(last for _, _, last, _ in known) - min(first for _, first, _, _ in known)
    ahead = timedelta(days=float(split.get("embargo_days") or 0))
    return [
        {
            "row": name,
            "first": first,
            "last": last,
            "colour": colour,
            "from": utc_text(first),
            "shown": utc_text(max(last, first + span * LEAST_BAR)),
            "known": utc_text(max(last + ahead, first + span * LEAST_BAR)),
        }
        for name, first, last, colour in known
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
