"""Sheets of the main figures: overview, months, queues and reasons."""

from typing import Any

import pandas as pd

from ccml.kpis.thresholds import Judgement, judge
from ccml.reports.numbers import with_unit
from ccml.reports.operation import pick
from ccml.reports.workbook.cells import Block, Book, Cell, Column, freeze
from ccml.reports.workbook.charts import (
    Series,
    bar_chart,
    line_chart,
    place_chart,
)
from ccml.reports.workbook.contents import (
    MainFigure,
    WorkbookData,
    groups,
    months,
)

CHART_ROWS = 18  # rows that a chart covers
FEW_ROWS = 40  # of a longer table the charts stand beside it
BAR_FIGURES = ("calls", "repeat_rate", "aht", "abandonment")
# One chart per unit; FCR is the repeat rate upside down, so it has no line.
LINES = {
    "Calls by month": ("calls",),
    "Shares by month": (
        "repeat_rate",
        "service_level",
        "abandonment",
        "transfer_rate",
    ),
    "Times by month": ("asa", "aht", "hold_time"),
}


def overview(book: Book, data: WorkbookData) -> None:
    """Write the main figures with their bands, and the repeat rate by window."""
    sheet = book.sheet(
        "Overview",
        f"{data.title}: main figures",
        f"Whole period. {data.zone}, data complete up to {data.until:%Y-%m-%d %H:%M}.",
    )
    columns = (
        Column("Figure", width=26),
        Column("Value", "number"),
        Column("Calls counted", "calls"),
        Column("Lower end", "number", width=12),
        Column("Upper end", "number", width=12),
        Column("Band", width=30),
        Column("How it is counted", width=70),
    )
    rows = [_overview_row(data, figure) for figure in data.main]
    block = book.block(sheet, 2, columns, rows)
    freeze(sheet, block)
    _windows(book, sheet, data, block.last + 2)


def _overview_row(data: WorkbookData, figure: MainFigure) -> tuple[Any, ...]:
    row = pick(data.figures.kpis, figure.kpi, figure.variant)
    if row is None:
        return (figure.label, *[None] * 5, figure.variant)
    judged = judge(dict(row), data.benchmarks)
    tone = judged.band if judged else ""
    words = _band_words(judged, figure.unit, data) if judged else ""
    ends = [Cell(row.get(end), figure.unit) for end in ("low", "high")]
    band = Cell(words, "text", tone)
    value = Cell(row.value, figure.unit)
    return (figure.label, value, row.n, *ends, band, figure.variant)


def _band_words(judged: Judgement, unit: str, data: WorkbookData) -> str:
    limit = with_unit(judged.threshold, unit)
    where = f", {judged.side} {limit}" if judged.side else ""
    return f"{judged.band}{where}; {judged.source(data.benchmarks)}"


def _windows(book: Book, sheet: Any, data: WorkbookData, top: int) -> None:
    """Write the repeat rate of every window of days below, with a chart."""
    kpis = data.figures.kpis
    rates = kpis[
        (kpis.period == "all")
        & (kpis.group_kind == "all")
        & (kpis.kpi == "repeat_rate")
    ]
    found = rates.dropna(subset="value")
    days = found.variant.str.extract(r"^within (\d+(?:\.\d+)?) d;")[0].astype(float)
    found = found.assign(days=days).dropna(subset="days")
    found = found.drop_duplicates("days").sort_values("days")
    if found.empty:
        return
    columns = (
        Column("Repeated within", width=26),
        Column("Repeat rate", "share"),
        Column("Calls counted", "calls"),
    )
    rows = [(f"{row.days:g} d", row.value, row.n) for row in found.itertuples()]
    words = str(found.variant.iloc[0]).partition("; ")[2]
    sheet.write_string(top, 0, f"Repeat rate by window: {words}", book.style(bold=True))
    block = _plain_block(book, sheet, top, columns, rows)
    chart = bar_chart(book, block, "Calls that were repeated", 1)
    about = "Bars: share of calls repeated within each window of days."
    place_chart(sheet, chart, top, 4, about)


def _plain_block(
    book: Book, sheet: Any, top: int, columns: tuple[Column, ...], rows: list[Any]
) -> Block:
    """Write a second table of a sheet without changing the columns' widths."""
    head = book.style(bold=True, bottom=1, text_wrap=True, valign="bottom")
    for place, column in enumerate(columns):
        sheet.write_string(top + 1, place, column.label, head)
        for number, row in enumerate(rows, start=top + 2):
            book.put(sheet, number, place, row[place], column.unit)
    return Block(sheet.get_name(), top + 1, len(rows), columns)


def months_sheet(book: Book, data: WorkbookData) -> None:
    """Write the main figures by month, with lines of each unit."""
    sheet = book.sheet(
        "Months",
        "Main figures by month",
        f"Local months, {data.zone}. Months that the data do not hold whole are marked.",
    )
    table = months(data)
    columns = (Column("Month"), *_columns(data), Column("Whole month"))
    block = book.block(sheet, 2, columns, _rows(table))
    freeze(sheet, block)
    row = block.last + 2
    for title, kpis in LINES.items():
        drawn = [figure.label for figure in data.main if figure.kpi in kpis]
        lines = [
            Series(place)
            for place, column in enumerate(columns)
            if column.label in drawn
        ]
        if lines and block.rows:
            chart = line_chart(book, block, title, lines)
            about = f"Lines: {title.lower()}, from the table of this sheet."
            place_chart(sheet, chart, row, 0, about)
            row += CHART_ROWS


def groups_sheet(book: Book, data: WorkbookData, kind: str, name: str) -> None:
    """Write the main figures by queue or reason, with bars of the largest ones."""
    sheet = book.sheet(
        name,
        f"Main figures by {kind}",
        f"Whole period, most inbound calls first. Charts show the largest {kind}s.",
    )
    table = groups(data, kind)
    columns = (Column(kind.capitalize(), width=26), *_columns(data))
    block = book.block(sheet, 2, columns, _rows(table))
    freeze(sheet, block)
    below = block.rows <= FEW_ROWS
    row, left = (block.last + 2, 0) if below else (block.head, len(columns) + 1)
    for figure in data.main:
        place = block.place(figure.label)
        if figure.kpi in BAR_FIGURES and place is not None and block.rows:
            chart = bar_chart(book, block, f"{figure.label} by {kind}", place)
            about = f"Bars: {figure.label} of the {kind}s with most calls."
            place_chart(sheet, chart, row, left, about)
            row += CHART_ROWS + 4


def _columns(data: WorkbookData) -> tuple[Column, ...]:
    return tuple(Column(m.label, m.unit, m.variant) for m in data.main)


def _rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(table.itertuples(name=None))
