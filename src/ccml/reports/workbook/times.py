"""Sheets over time: hours by weekdays as a heat map, repeat calls by week."""

from typing import Any

import pandas as pd

from ccml.reports.figures_operation import WEEKDAYS
from ccml.reports.workbook.cells import Block, Book, Column, freeze
from ccml.reports.workbook.charts import Series, line_chart, place_chart
from ccml.reports.workbook.contents import WorkbookData

PALE, DEEP = "#ffffff", "#2f8fc4"
GRIDS = (
    ("Inbound calls", "calls", "calls"),
    ("Share of inbound calls that gave up", "share", "abandoned"),
)


def hours_sheet(book: Book, data: WorkbookData) -> None:
    """Colour calls by local hour and weekday, and the share that gave up."""
    sheet = book.sheet(
        "Hours",
        "Calls by hour and weekday",
        f"Local clock, {data.zone}. Sums over the whole period; darker is more.",
    )
    row = 3
    for title, unit, column in GRIDS:
        grid = _grid(data.figures.hours, column)
        if grid is None:
            continue
        sheet.write_string(row, 0, title, book.style(bold=True))
        columns = (Column("Hour", width=12), *(Column(day, unit) for day in WEEKDAYS))
        rows = [(f"{hour:02d}:00", *values) for hour, *values in grid.itertuples()]
        block = book.block(sheet, row, columns, rows)
        if row == 3:
            freeze(sheet, block)
        last = len(WEEKDAYS)
        scale = {"type": "2_color_scale", "min_color": PALE, "max_color": DEEP}
        sheet.conditional_format(block.head + 1, 1, block.last, last, scale)
        row = block.last + 3


def _grid(hours: pd.DataFrame, column: str) -> pd.DataFrame | None:
    """Lay hours down and weekdays across; nothing when nobody reports it."""
    if hours.empty or hours[column].isna().all():
        return None
    grids = {
        name: hours.pivot_table(
            index="hour", columns="weekday", values=name, aggfunc="sum"
        ).reindex(index=range(24), columns=range(7))
        for name in {column, "calls"}
    }
    if column == "calls":
        return grids["calls"].fillna(0)
    return grids[column] / grids["calls"]


def repeats_sheet(book: Book, data: WorkbookData) -> None:
    """Follow the repeat rate by week; weeks with an open window are drawn apart."""
    days = data.window_days
    sheet = book.sheet(
        "Repeat calls",
        f"Repeat calls by week: a further call within {days} d",
        "Weeks from Monday, local. Of the last weeks some windows are still open: "
        "their rate so far can only rise, so it stands in a column of its own.",
    )
    columns = (
        Column("Week from", "day"),
        Column("Calls", "calls"),
        Column("Repeated", "calls"),
        Column("Repeat rate", "share", "repeated / calls", width=18),
        Column("So far, not final", "share", "can only rise", width=18),
    )
    rows = [_week(row) for row in data.figures.trend.to_dict("records")]
    block = book.block(sheet, 2, columns, rows)
    freeze(sheet, block)
    if block.rows:
        title = f"Calls repeated within {days} d, by week"
        lines = [Series(3), Series(4, is_open=True)]
        chart = line_chart(book, block, title, lines)
        chart.set_x_axis(_date_axis(block))
        about = "Lines: repeat rate by week; weeks that are not final are dashed."
        place_chart(sheet, chart, 2, 6, about)


def _week(row: dict[Any, Any]) -> tuple[Any, ...]:
    is_open = bool(row["is_censored"])
    rate = row["rate"]
    final, so_far = (None, rate) if is_open else (rate, None)
    return (
        pd.Timestamp(row["week"]).date(),
        row["base"],
        row["repeated"],
        final,
        so_far,
    )


def _date_axis(block: Block) -> dict[str, Any]:
    return {
        "date_axis": True,
        "num_format": "mmm yyyy" if block.rows > 26 else "d mmm",
        "major_gridlines": {"visible": False},
    }
