"""The pictures of the first page: concentration, trend, and what triggers repeats."""

import pandas as pd

from ccml.reports.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    each_row,
    figure,
    table,
)
from ccml.reports.callers import top_row, tops_table
from ccml.reports.callers_report.figures import follow_on, shown_cells, trigger_map
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.headline import month_name
from ccml.reports.figures_callers import lorenz
from ccml.reports.figures_operation import repeat_trend
from ccml.reports.numbers import GAP, count, day, is_known, money, percent, percent_with

FEWEST_CALLS = 30
MOST_PAIRS, CLEAR_LIFT = 8, 1.2


def picture_section(data: CallersData) -> Section:
    """Build the section."""
    made = (_lorenz(data), _trend(data), _triggers(data), _next(data))
    parts = {
        "figures": [one for one in made if isinstance(one, FigureBlock)],
        "gaps": [one for one in made if isinstance(one, str)],
    }
    return Section("picture", "The picture", "", parts)


def _lorenz(data: CallersData) -> FigureBlock | str:
    curve = data.concentration.get("lorenz")
    top = top_row({"concentration": data.concentration})
    if not curve or top is None:
        return data.missing("callers_summary", "How concentrated calls are")
    rows = tops_table({"concentration": data.concentration})
    return figure("concentration", lorenz(curve, top), rows, _gini(data))


def _gini(data: CallersData) -> str:
    found = data.concentration
    value, chance = found.get("gini"), found.get("gini_by_chance")
    if not (is_known(value) and is_known(chance)):
        return ""
    ends = ""
    if is_known(found.get("gini_low")) and is_known(found.get("gini_high")):
        ends = f" ({found['gini_low']:.2f}\u2013{found['gini_high']:.2f})"
    return (
        f"On a scale where 0 means that all customers call alike and 1 that one makes "
        f"all the calls: {value:.2f}{ends}; chance alone would give {chance:.2f}."
    )


def _trend(data: CallersData) -> FigureBlock | str:
    trend = data.frame("repeat_trend")
    if trend.empty:
        return data.missing("repeat_trend", "The repeat rate by week")
    chart = repeat_trend(trend, data.repeat_days)
    if data.months:
        chart = chart.properties(title=_trend_title(data))
    hatched = bool(trend["is_censored"].any())
    note = (
        f"Hatched: some calls of these weeks had less than {data.repeat_days} days to be "
        "followed by another; their rate is not final and can only rise."
        if hatched
        else ""
    )
    return figure("trend", chart, _trend_table(trend), note)


def _trend_title(data: CallersData) -> str:
    now = data.months[-1]
    first = f"The repeat rate was {percent(now.rate)} in {month_name(now)}"
    if now.change is None:
        return first
    before = month_name(data.months[-2], with_year=False)
    if not now.is_sure:
        return f"{first}, no sure change against {before}"
    way = "less" if now.change < 0 else "more"
    return f"{first}, {100 * abs(now.change):.1f} points {way} than in {before}"


def _trend_table(trend: pd.DataFrame) -> TableBlock:
    newest = trend.sort_values("week", ascending=False)
    rows = [
        (
            (day(row.week), str(row.week)),
            (count(row.base), row.base),
            (count(row.repeated), row.repeated),
            (percent(row.rate), row.rate),
            "not final" if row.is_censored else "",
        )
        for row in each_row(newest)
    ]
    return table(
        "Answered calls by week, and how many were followed by another; newest first",
        ("week from", "calls", "followed", "repeat rate", ""),
        rows,
        (0, 4),
    )


def _triggers(data: CallersData) -> FigureBlock | str:
    matrix = data.frame("repeat_matrix")
    shown = shown_cells(matrix, FEWEST_CALLS)
    if shown.empty:
        why = data.summary("episodes_summary").get("why_empty") or (
            "no reason and queue has enough calls of known customers"
        )
        return data.missing("repeat_matrix", "What triggers repeat calls", str(why))
    chart = trigger_map(shown, _triggers_title(shown))
    note = (
        f"Of the calls in each cell, the share that were followed by another within "
        f"{data.repeat_days}{GAP}days. A frame marks cells that are surely worse than "
        "usual for such callers. Cells with fewer than "
        f"{FEWEST_CALLS} calls are left empty."
    )
    return figure("triggers", chart, trigger_table(matrix), note)


def _triggers_title(shown: pd.DataFrame) -> str:
    worse = shown[shown["is_worse"]]
    by = "repeat_cost_eur" if shown["repeat_cost_eur"].notna().any() else "repeated"
    rows = shown if worse.empty else worse
    row = rows.sort_values([by, "reason", "queue"], ascending=[False, True, True]).iloc[
        0
    ]
    said = (
        f"Calls about {row['reason']} in {row['queue']} trigger repeats most: "
        f"{percent(row['rate'], 0)} are followed by another"
    )
    if worse.empty:
        return f"No cell is surely worse than usual; {said[0].lower()}{said[1:]}"
    return f"{said} (usual for such callers: {percent(row['expected_rate'], 0)})"


def trigger_table(matrix: pd.DataFrame) -> TableBlock:
    """List reasons and queues with what they trigger, the dearest first."""
    by = "repeat_cost_eur" if matrix["repeat_cost_eur"].notna().any() else "repeated"
    order = matrix.sort_values([by, "reason", "queue"], ascending=[False, True, True])
    rows = [
        (
            str(row.reason),
            str(row.queue),
            (count(row.calls), row.calls),
            (percent_with(row.rate, row.low, row.high), row.rate),
            (percent(row.expected_rate), row.expected_rate),
            (count(row.repeat_hours), row.repeat_hours),
            (money(row.repeat_cost_eur), row.repeat_cost_eur),
        )
        for row in each_row(order[order["calls"] >= FEWEST_CALLS])
    ]
    columns = (
        "reason", "queue", "calls", "followed by another", "usual for such callers",
        "hours of the calls that followed", "their cost",
    )  # fmt: skip
    return table(
        "Reasons and queues by what the calls that followed cost, over the whole period, "
        "with 95 % intervals",
        columns,
        rows,
        (0, 1),
    )


def _next(data: CallersData) -> FigureBlock | str:
    issues = data.frame("next_issues")
    pairs = clear_pairs(issues)
    if pairs.empty:
        why = "no reason brings a certain other one clearly more often than chance"
        return data.missing("next_issues", "What the next call is about", why)
    row = pairs.iloc[0]
    again = " again" if row["next_reason"] == row["reason"] else ""
    title = (
        f"After a call about {row['reason']}, {percent(row['share'], 0)} of the calls that "
        f"follow are about {row['next_reason']}{again}; chance would give "
        f"{percent(row['share_by_chance'], 0)}"
    )
    note = (
        f"Calls of the same customer within {data.repeat_days}{GAP}days; those that follow "
        f"most often beyond chance."
    )
    return figure("next-issues", follow_on(pairs, title), _next_table(issues), note)


def clear_pairs(issues: pd.DataFrame) -> pd.DataFrame:
    """Take the pairs of reasons that follow each other clearly beyond chance."""
    if issues.empty:
        return issues
    rows = issues[
        (issues["follow_ups"] >= FEWEST_CALLS) & (issues["lift"] >= CLEAR_LIFT)
    ]
    more = rows["follow_ups"] * (1 - 1 / rows["lift"])
    rows = rows.assign(more=more, pair=rows["reason"] + ", then " + rows["next_reason"])
    order = rows.sort_values(
        ["more", "reason", "next_reason"], ascending=[False, True, True]
    )
    return order.head(MOST_PAIRS)


def _next_table(issues: pd.DataFrame) -> TableBlock:
    order = issues[issues["follow_ups"] >= FEWEST_CALLS].sort_values(
        ["follow_ups", "reason", "next_reason"], ascending=[False, True, True]
    )
    rows = [
        (
            str(row.reason),
            str(row.next_reason),
            (count(row.follow_ups), row.follow_ups),
            (percent(row.share), row.share),
            (percent(row.share_by_chance), row.share_by_chance),
            (f"{row.median_days:.1f}", row.median_days),
        )
        for row in each_row(order)
    ]
    columns = (
        "call about",
        "next about",
        "calls",
        "share",
        "by chance",
        "half within, days",
    )
    return table(
        "What the next call is about, over the whole period", columns, rows, (0, 1)
    )
