"""Cells of the workbook: typed, formatted by unit, and never a formula or a link."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ccml.reports.numbers import SHARES, TIMES, is_known
from ccml.reports.theme import QUIET
from ccml.targets.export.cells import escape
from ccml.targets.export.xlsx import MAX_TEXT

TEXT, LABEL, DAY, COUNT = "text", "label", "day", "calls"
WHOLE = {COUNT, "count", "customers", "rows", "d", "days"}
NUMBER_FORMATS = {
    TEXT: "@",
    LABEL: "@",
    DAY: "yyyy-mm-dd",
    "share": "0.0%",
    "s": '#,##0.0" s"',
    "EUR": '#,##0.00" EUR"',
    "points": "0.00",
}
TONES = {"good": "#d9f0e4", "watch": "#fff0cc", "bad": "#fbdcd0", "note": "#e3edf7"}
LINE_POINTS = 13
A4 = 9


@dataclass(frozen=True)
class Column:
    """A column: its header, the unit of its values, and how they are counted."""

    label: str
    unit: str = TEXT
    how: str = ""
    width: int = 14


@dataclass(frozen=True)
class Cell:
    """A value with a unit or tone of its own, where these differ from row to row."""

    value: Any
    unit: str
    tone: str = ""


@dataclass(frozen=True)
class Block:
    """A table at its place: charts point at it."""

    sheet: str
    head: int
    rows: int
    columns: tuple[Column, ...]

    @property
    def last(self) -> int:
        """Row number of the last row; that of the header when there is none."""
        return self.head + self.rows

    def cells(self, place: int, most: int | None = None) -> list[Any]:
        """Give the range of a column, or of its first rows."""
        last = self.last if most is None else min(self.last, self.head + most)
        return [self.sheet, self.head + 1, place, last, place]

    def name(self, place: int) -> list[Any]:
        """Give the cell of a header."""
        return [self.sheet, self.head, place]

    def place(self, label: str) -> int | None:
        """Find a column by its label."""
        labels = [column.label for column in self.columns]
        return labels.index(label) if label in labels else None


@dataclass
class Book:
    """A workbook that is being written, with each format made once."""

    book: Any
    title: str
    formats: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def style(self, **properties: Any) -> Any:
        """Find a format, or make it."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(properties)
        return self.formats[key]

    def sheet(self, name: str, title: str, about: str) -> Any:
        """Add a sheet with two lines of words on top, ready to print."""
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, title, self.style(bold=True, font_size=14))
        sheet.write_string(1, 0, about, self.style(font_color=QUIET))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        safe = self.title.replace("&", "&&")[:100]
        sheet.set_footer(f"&L{safe}&C&A&R&P / &N")
        return sheet

    def block(
        self,
        sheet: Any,
        top: int,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Any]],
    ) -> Block:
        """Write a table: a line on how each column is counted, a header, the rows."""
        how = self.style(font_color=QUIET, italic=True, text_wrap=True, valign="bottom")
        head = self.style(bold=True, bottom=1, text_wrap=True, valign="bottom")
        for place, column in enumerate(columns):
            if column.how:
                sheet.write_string(top, place, escape(column.how)[:MAX_TEXT], how)
            sheet.write_string(top + 1, place, column.label, head)
            sheet.set_column(place, place, column.width)
        lines = max(-(-len(column.how) // column.width) for column in columns)
        if lines:
            sheet.set_row(top, LINE_POINTS * (lines + 1))
        for number, row in enumerate(rows, start=top + 2):
            for place, (value, column) in enumerate(zip(row, columns, strict=True)):
                self.put(sheet, number, place, value, column.unit)
        return Block(sheet.get_name(), top + 1, len(rows), tuple(columns))

    def put(
        self, sheet: Any, row: int, place: int, value: Any, unit: str = TEXT
    ) -> None:
        """Write one value by its type; what is not known stays empty."""
        tone = ""
        if isinstance(value, Cell):
            value, unit, tone = value.value, value.unit, value.tone
        style = self._style(unit, tone)
        if isinstance(value, str):
            sheet.write_string(row, place, escape(value)[:MAX_TEXT], style)
        elif isinstance(value, bool):
            sheet.write_string(row, place, "yes" if value else "no", style)
        elif isinstance(value, date) and str(value) != "NaT":
            sheet.write_datetime(row, place, value, self._style(DAY, tone))
        elif is_known(value):
            sheet.write_number(row, place, float(value), style)
        elif tone or unit != TEXT:
            sheet.write_blank(row, place, None, style)

    def _style(self, unit: str, tone: str) -> Any:
        colour = {"bg_color": TONES[tone]} if tone in TONES else {}
        layout = {"text_wrap": True, "valign": "top"} if unit == TEXT else {}
        return self.style(num_format=number_format(unit), **layout, **colour)


def number_format(unit: str) -> str:
    """Give the number format of a unit."""
    name = unit.strip()
    if name.lower() in SHARES:
        return NUMBER_FORMATS["share"]
    if name.lower() in TIMES:
        return NUMBER_FORMATS["s"]
    if name in WHOLE:
        return "#,##0"
    return NUMBER_FORMATS.get(name, "#,##0.00")


def freeze(sheet: Any, block: Block, columns: int = 1) -> None:
    """Keep the header in sight on screen and on every printed page."""
    sheet.freeze_panes(block.head + 1, columns)
    sheet.repeat_rows(block.head, block.head)
