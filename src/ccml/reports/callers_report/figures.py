"""Pictures of what triggers repeats, and of how sure it is who calls persistently."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import altair as alt
import pandas as pd

from ccml.kpis.intervals import wilson
from ccml.reports.axes import framed, label, share_x, share_y, whiskers
from ccml.reports.numbers import percent
from ccml.reports.theme import BLUE, CONTEXT, INK, PAPER, QUIET, VERMILION

MOST_REASONS, MOST_QUEUES = 8, 6
DEEPEST = 0.55  # a label must stay readable on the darkest cell
NAME_WIDTH = 120
ONE_CELL = 42
HISTOGRAM_HEIGHT = 160
PAIR_HEIGHT, PAIR_WIDTH = 38, 270


def shown_cells(matrix: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Choose the cells that are drawn: the reasons and queues with most repeats.

    Args:
        matrix: reason, queue, calls, repeated, rate, expected_rate.
        fewest: Fewest calls of a cell that is drawn.

    Returns:
        Those cells with `is_worse`: surely above what is usual.
    """
    if matrix.empty:
        return matrix
    rows = matrix[matrix["calls"] >= fewest]
    kept = rows[
        rows["reason"].isin(_most(rows, "reason", MOST_REASONS))
        & rows["queue"].isin(_most(rows, "queue", MOST_QUEUES))
    ]
    # With many cells, some rates are high by chance: the level is shared among them.
    quantile = NormalDist().inv_cdf(1 - 0.025 / len(matrix))
    sure, _ = wilson(kept["repeated"], kept["calls"], quantile)
    return kept.assign(is_worse=sure > kept["expected_rate"].to_numpy())


def _most(rows: pd.DataFrame, column: str, most: int) -> list[str]:
    sums = rows.groupby(column)["repeated"].sum().reset_index()
    order = sums.sort_values(["repeated", column], ascending=[False, True])
    return [str(name) for name in order[column].head(most)]


def trigger_map(cells: pd.DataFrame, title: str) -> alt.LayerChart:
    """Colour reasons by queues by their repeat rate; frames mark what is surely worse.

    Args:
        cells: Rows of `shown_cells`.
        title: The sentence.
    """
    reasons = _most(cells, "reason", MOST_REASONS)
    queues = _most(cells, "queue", MOST_QUEUES)
    frame = cells.assign(words=[percent(rate, 0) for rate in cells["rate"]])
    frame = frame[["reason", "queue", "rate", "words", "is_worse"]]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "queue:N",
            sort=queues,
            title="queue",
            axis=_names(-30 if len(queues) > 3 else 0, "top"),
            scale=alt.Scale(paddingInner=0.05),
        ),
        y=alt.Y(
            "reason:N",
            sort=reasons,
            title=None,
            axis=_names(0, "left"),
            scale=alt.Scale(paddingInner=0.05),
        ),
    )
    shade = alt.Opacity(
        "rate:Q",
        legend=None,
        scale=alt.Scale(domain=_ends(frame["rate"]), range=[0.08, DEEPEST]),
    )
    cell = base.mark_rect(color=BLUE).encode(opacity=shade)
    worse = base.mark_rect(filled=False, stroke=INK, strokeWidth=2, color=INK)
    words = base.mark_text(color=INK).encode(text="words:N")
    flagged = worse.transform_filter("datum.is_worse")
    return framed(alt.layer(cell, flagged, words), title, ONE_CELL * len(reasons))


def _names(angle: int, orient: str) -> alt.Axis:
    return alt.Axis(
        labelAngle=angle,
        orient=orient,
        labelLimit=NAME_WIDTH,
        labelColor=INK,
        domain=False,
        ticks=False,
        grid=False,
        titleAnchor="start",
    )


def _ends(rates: "pd.Series[float]") -> list[float]:
    low, high = float(rates.min()), float(rates.max())
    return [low, high] if high > low else [0.0, max(high, 0.01)]


def follow_on(pairs: pd.DataFrame, title: str) -> alt.LayerChart:
    """Draw what the next call is about: as seen, and by chance.

    Args:
        pairs: pair (name), share, share_by_chance; the most frequent first.
        title: The sentence.
    """
    frame = pairs.assign(words=[percent(share, 0) for share in pairs["share"]])
    y = alt.Y(
        "pair:N",
        sort=list(frame["pair"]),
        title=None,
        axis=alt.Axis(labelLimit=230, labelColor=INK, grid=False),
    )
    base = alt.Chart(frame).encode(y=y)
    x = share_x("share", "of the calls that follow (grey: by chance)")
    rule = base.mark_rule(color=BLUE, strokeWidth=2).encode(x=x, x2="share_by_chance:Q")
    chance = base.mark_point(filled=True, size=70, opacity=1, color=CONTEXT)
    seen = base.mark_point(filled=True, size=110, opacity=1, color=BLUE)
    words = base.mark_text(align="left", dx=10, color=INK)
    chart = alt.layer(
        rule,
        chance.encode(x="share_by_chance:Q"),
        seen.encode(x=x),
        words.encode(x="share:Q", text="words:N"),
    )
    made = framed(chart, title, PAIR_HEIGHT * len(frame))
    return made.properties(width=PAIR_WIDTH)


def staying(months: pd.DataFrame, title: str) -> alt.LayerChart:
    """Draw which share of a month's top callers are top callers the month after.

    Args:
        months: month (name), stayed, low, high, by_chance; the oldest first.
        title: The sentence.
    """
    order = list(months["month"])
    base = alt.Chart(months).encode(
        x=alt.X(
            "month:N",
            sort=order,
            title="in the top of the month before, and of",
            axis=alt.Axis(labelAngle=0, labelOverlap=True),
            scale=alt.Scale(type="point", domain=order, padding=0.5),
        )
    )
    y = share_y("stayed", "of the month before's top callers")
    chance = base.mark_line(color=CONTEXT, strokeDash=[5, 4], strokeCap="butt").encode(
        y="by_chance:Q"
    )
    dots = base.mark_point(color=BLUE, filled=True, size=80, opacity=1).encode(y=y)
    line = base.mark_line(color=BLUE).encode(y=y)
    ends = whiskers(months, x="month:N", y="low:Q", y2="high:Q")
    layers = [chance, ends, line, dots]
    told = months[months["by_chance"].notna()]
    if len(told):
        layers.append(_chance_label(told))
    return framed(alt.layer(*layers), title, 220)


def _chance_label(told: pd.DataFrame) -> alt.Chart:
    last = told.tail(1)
    under = bool((last["by_chance"] < last["stayed"]).all())
    mark = alt.Chart(last.assign(words="if nobody's rate changed")).mark_text(
        color=QUIET, align="right", dx=12, dy=18 if under else -14
    )
    return mark.encode(x="month:N", y="by_chance:Q", text="words:N")


def thresholds(rows: Sequence[Mapping[str, Any]], chosen: float) -> alt.LayerChart:
    """Draw what being more careful costs: who is named rightly, and who is found.

    Args:
        rows: probability, expected_precision, expected_recall.
        chosen: The probability from which on a customer is named.
    """
    frame = pd.DataFrame([dict(row) for row in rows]).sort_values("probability")
    x = alt.X(
        "probability:Q",
        title="named from this chance on",
        axis=alt.Axis(format="~%", tickCount=5),
        scale=alt.Scale(zero=False, nice=False),
    )
    base = alt.Chart(frame).encode(x=x)
    rule = alt.Chart(pd.DataFrame({"x": [chosen]})).mark_rule(
        color=QUIET, strokeDash=[4, 3]
    )
    layers = [rule.encode(x="x:Q")]
    for column, colour, words in (
        ("expected_precision", BLUE, "rightly named"),
        ("expected_recall", VERMILION, "found"),
    ):
        line = base.mark_line(color=colour)
        layers.append(line.encode(y=share_y(column, "share of customers")))
        last = frame[frame[column].notna()].tail(1)
        if len(last):
            place = float(last["probability"].iloc[0]), float(last[column].iloc[0])
            layers.append(label(*place, words, align="right", dx=0, dy=-12, color=INK))
    title = (
        "The more careful, the fewer are named wrongly, and the fewer are found; the "
        f"line is the chosen {percent(chosen, 0)}"
    )
    return framed(alt.layer(*layers), title, 200)


def fit_bars(shares: Sequence[float], title: str) -> alt.LayerChart:
    """Draw ten shares that are all alike when the spread of call rates fits.

    Args:
        shares: Share of the customers in each tenth.
        title: The sentence.
    """
    frame = pd.DataFrame(
        {"tenth": range(1, len(shares) + 1), "share": [float(s) for s in shares]}
    )
    top = max(0.2, 1.1 * float(frame["share"].max()))
    base = alt.Chart(frame)
    bars = base.mark_bar(color=CONTEXT, stroke=PAPER, strokeWidth=1).encode(
        x=alt.X(
            "tenth:O",
            title="tenths of what was expected, from few to many calls",
            axis=alt.Axis(labelAngle=0),
        ),
        y=alt.Y(
            "share:Q",
            title="share of customers",
            scale=alt.Scale(domain=[0, top], nice=False),
            axis=alt.Axis(format="~%", tickCount=4),
        ),
    )
    level = alt.Chart(pd.DataFrame({"y": [1 / max(len(shares), 1)]}))
    line = level.mark_rule(color=VERMILION, strokeWidth=2).encode(y="y:Q")
    return framed(alt.layer(bars, line), title, HISTOGRAM_HEIGHT)
