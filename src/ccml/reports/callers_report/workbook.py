"""The workbook of the service manager's report: the tables behind the pictures."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.headline import headline
from ccml.reports.callers_report.method import definitions
from ccml.reports.callers_report.sheets import Sheet, sheets
from ccml.reports.callers_report.windows import window
from ccml.reports.workbook.cells import Block, Book, Column, freeze
from ccml.reports.workbook.charts import Series, line_chart, place_chart
from ccml.reports.workbook.write import PLAIN

NO_DATA = pd.Timestamp("2000-01-01")  # the date of a workbook about no data
WIDE = 110
READING = (
    ("Empty cells", "not reported, or nothing to count; 0 means that zero was counted"),
    ("<5", "fewer than 5 customers; such small numbers are not told"),
    ("People", "no customer, number or agent is in this file"),
    (
        "Single quotes",
        "a text that begins with a single quote has it so that no program runs it as a "
        "formula",
    ),
)
TRENDS = "Repeat rate"


def write_callers_workbook(file: Path, data: CallersData) -> None:
    """Write the workbook into a folder that is put in place as a whole.

    Its date is the end of the data, not the moment of writing.
    """
    import xlsxwriter

    until = NO_DATA if data.until is None else data.until
    made, missing = sheets(data)
    with xlsxwriter.Workbook(str(file), PLAIN) as workbook:
        title = f"{data.title}: repeat callers"
        created = until.to_pydatetime()
        workbook.set_properties({"title": title, "created": created})
        book = Book(workbook, data.title)
        _cover(book, data, made, missing)
        for sheet in made:
            _sheet(book, sheet)


def _sheet(book: Book, sheet: Sheet) -> None:
    page = book.sheet(sheet.name, sheet.title, sheet.about)
    block = book.block(page, 2, sheet.columns, sheet.rows)
    freeze(page, block)
    page.autofilter(block.head, 0, max(block.last, block.head), len(sheet.columns) - 1)
    if sheet.name == TRENDS:
        _trend_chart(book, page, block)


def _trend_chart(book: Book, page: Any, block: Block) -> None:
    chart = line_chart(
        book, block, "Repeat rate by week", [Series(3), Series(4, is_open=True)]
    )
    about = "Lines: repeat rate by week; weeks that are not final are dashed."
    place_chart(page, chart, 2, len(block.columns) + 1, about)


def _cover(
    book: Book, data: CallersData, made: Sequence[Sheet], missing: Sequence[str]
) -> None:
    """Write the cover: the answer, the period, and what every column means."""
    page = book.sheet("Read me", data.title, "Repeat callers: the tables of the report")
    row = 3
    for what, words in _lines(data, missing):
        page.write_string(row, 0, what, book.style(bold=True, valign="top"))
        page.merge_range(row, 1, row, 3, "", book.style(text_wrap=True, valign="top"))
        book.put(page, row, 1, words)
        if len(words) > WIDE:
            page.set_row(row, 15 * -(-len(words) // WIDE))
        row += 1
    columns = (
        Column("Sheet", width=20),
        Column("Column", width=26),
        Column("What it means", width=64),
        Column("Unit", width=16),
    )
    rows = [
        (sheet.name, column.label, column.how or sheet.about, _unit(column.unit))
        for sheet in made
        for column in sheet.columns
    ]
    page.write_string(row + 1, 0, "Every column", book.style(bold=True))
    block = book.block(page, row + 2, columns, rows)
    page.repeat_rows(block.head, block.head)


def _unit(unit: str) -> str:
    return {"text": "", "label": "", "share": "%", "day": "date"}.get(unit, unit)


def _lines(data: CallersData, missing: Sequence[str]) -> Iterator[tuple[str, str]]:
    told = headline(data)
    for text in told.sentences:
        yield "In short", text.replace("`", "")
    for text in (*told.warnings, *told.notes):
        yield "Take care", text
    if data.calls_period:
        first, last = data.calls_period
        yield "Calls from", f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    if data.until is not None:
        yield "Data complete up to", f"{data.until:%Y-%m-%d %H:%M}, {data.zone}"
    judged = window(data)
    if judged:
        yield (
            "Customers judged by",
            f"their calls from {judged[0]:%Y-%m-%d} to {judged[1]:%Y-%m-%d}",
        )
    yield from definitions(data)
    yield from READING
    for text in missing:
        yield "Not in this file", text.replace("`", "")
