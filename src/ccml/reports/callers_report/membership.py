"""Membership over months: who stays on top, and who leaves by chance alone."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ccml.kpis.intervals import wilson
from ccml.reports.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    each_row,
    figure,
    table,
)
from ccml.reports.callers_report.figures import staying
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.small_numbers import LEAST, cell
from ccml.reports.callers_report.windows import cutoff_words, last_day, local
from ccml.reports.numbers import DASH, count, is_known, percent, percent_with

TOP, PERSISTENT = "top_14", "persistent"


def membership_section(data: CallersData) -> Section:
    """Build the section."""
    title = "Does who calls most stay the same?"
    rows = data.frame("membership")
    months = top_months(data)
    sentences = _words(data)
    if months.empty and not sentences:
        why = "there is no second month to compare with"
        words = data.missing("membership", "Membership over months", why)
        return Section("membership", title, "", missing=words)
    parts: dict[str, Any] = {"sentences": sentences, "figures": [], "tables": []}
    if len(months):
        parts["figures"] = [_figure(months)]
    if len(rows) and (rows["group"] == PERSISTENT).any():
        parts["tables"] = [_persistent_table(data)]
    return Section("membership", title, "", parts)


def top_months(data: CallersData) -> pd.DataFrame:
    """Give which share of a month's top callers were so the month after.

    Returns:
        month (of the later one), former, stayed, low, high, by_chance.
    """
    rows = data.frame("membership")
    columns = ["month", "former", "stayed", "low", "high", "by_chance"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    own = rows[rows["group"] == TOP].sort_values("cutoff_at")
    made = []
    for row in each_row(own):
        if not (is_known(row.stayed) and is_known(row.left)):
            continue
        former = int(row.stayed) + int(row.left)
        if former < LEAST:
            continue
        low, high = wilson([int(row.stayed)], [former])
        chance = row.left_by_chance
        made.append(
            {
                "month": f"{last_day(local(row.cutoff_at, data.zone)):%b %y}",
                "former": former,
                "stayed": int(row.stayed) / former,
                "low": float(low[0]),
                "high": float(high[0]),
                "by_chance": 1 - chance / former if is_known(chance) else None,
            }
        )
    frame = pd.DataFrame(made, columns=columns)
    return frame.astype({"by_chance": "float64"})


def _figure(months: pd.DataFrame) -> FigureBlock:
    rows = [
        (
            str(row.month),
            (count(row.former), row.former),
            (percent_with(row.stayed, row.low, row.high), row.stayed),
            (percent(row.by_chance), row.by_chance),
        )
        for row in each_row(months)
    ]
    block = table(
        "Of the 14 % of callers with most calls in the month before, how many were among "
        "them in this month, too; with 95 % intervals",
        ("month", "top callers of the month before", "still so", "if no rate changed"),
        rows,
    )
    return figure("staying", staying(months, _title(months)), block)


def _title(months: pd.DataFrame) -> str:
    said = (
        f"{_range(months['stayed'])} of a month's top 14 % of callers are in the top of "
        "the next month, too"
    )
    chance = months["by_chance"].dropna()
    if chance.empty:
        return said
    return f"{said}; if nobody's call rate changed it would be {_range(chance)}"


def _range(shares: "pd.Series[float]") -> str:
    low, high = percent(shares.min(), 0), percent(shares.max(), 0)
    return low if low == high else f"{low[:-2]}{DASH}{high}"


def _words(data: CallersData) -> list[str]:
    """Take the stored words, the regression to the mean first."""
    history = data.summary("history_summary")
    regression: Mapping[str, Any] = data.callers.get("regression") or {}
    top = (history.get("top_14") or {}).get("words")
    found = [
        regression.get("words"),
        (history.get("persistent") or {}).get("words"),
        # The rest of it is the title of the figure.
        top and f"{str(top).split('. ')[0].rstrip('.')}.",
    ]
    return [str(text) for text in dict.fromkeys(found) if text]


def _persistent_table(data: CallersData) -> TableBlock:
    rows = data.frame("membership")
    own = rows[rows["group"] == PERSISTENT].sort_values("cutoff_at", ascending=False)
    made = [
        (
            (cutoff_words(row.cutoff_at, data.zone), str(row.cutoff_at)),
            cell(row.customers),
            (percent(row.share_of_calls), row.share_of_calls),
            cell(row.stayed),
            cell(row.entered),
            cell(row.left),
            _chance(row),
        )
        for row in each_row(own)
    ]
    columns = (
        "on", "persistent callers", "share of calls", "stayed", "new", "left",
        "left by chance alone",
    )  # fmt: skip
    return table(
        "Persistent callers from cutoff to cutoff, newest first", columns, made
    )


def _chance(row: Any) -> tuple[str, float | None]:
    if not is_known(row.left_by_chance):
        return "", None
    said = count(row.left_by_chance)
    if is_known(row.left_by_chance_low):
        low, high = count(row.left_by_chance_low), count(row.left_by_chance_high)
        said += f" ({low}{DASH}{high})"
    return said, float(row.left_by_chance)
