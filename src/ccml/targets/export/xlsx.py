"""Lists as XLSX: a cover that says what it is, and a sheet with typed cells."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ccml.engine.atomic import atomic_file
from ccml.errors import DataError
from ccml.targets.export.cells import Cell, Column, escape

PRIVATE = 0o600
MAX_ROWS = 1_048_575  # of a sheet, without the header
MAX_TEXT = 32_767  # characters of a cell
WIDEST = 60
NARROWEST = 10
CoverLine = tuple[str, Cell]


def write_xlsx(
    target: Path,
    cover: Sequence[CoverLine],
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    made_at: datetime,
) -> None:
    """Write a workbook, atomically and readable by the owner only.

    Args:
        target: The file.
        cover: Lines of the cover: what, value; a line without a value is a heading.
        columns: Columns of the list.
        rows: Rows of safe cells.
        made_at: Up to when the data go; also the workbook's date, so that the same list
            gives the same bytes.

    Raises:
        DataError: The list does not fit into a sheet.
    """
    _check_size(target, columns, rows)
    with atomic_file(target, PRIVATE) as temporary:
        temporary.touch(PRIVATE)
        _write(temporary, cover, columns, rows, made_at)


def _check_size(
    target: Path, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]
) -> None:
    if len(rows) > MAX_ROWS:
        raise DataError(
            f"{target.name}: {len(rows):,} rows do not fit into a sheet of {MAX_ROWS:,}; "
            f"lower `capacity`, or set `export: [csv]`."
        )
    for place, column in enumerate(columns):
        longest = max((_text_length(row[place]) for row in rows), default=0)
        if longest > MAX_TEXT:
            raise DataError(
                f"{target.name}: column {column.name!r} holds a text of {longest:,} "
                f"characters, a cell takes {MAX_TEXT:,}; take the column out of `columns`."
            )


def _text_length(value: Cell) -> int:
    return len(value) if isinstance(value, str) else 0


def _write(
    file: Path,
    cover: Sequence[CoverLine],
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    made_at: datetime,
) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(file), options | {"strings_to_numbers": False})
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    _write_cover(book, cover)
    _write_list(book, columns, rows)
    book.close()


def _write_cover(book: Any, cover: Sequence[CoverLine]) -> None:
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "align": "left", "valign": "top"})
    sheet = book.add_worksheet("About this list")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 80)
    for row, (what, value) in enumerate(cover):
        sheet.write_string(row, 0, what, bold if value is None else wrapped)
        if value is not None:
            safe = escape(value) if isinstance(value, str) else value
            _write_cell(sheet, row, 1, safe, wrapped)


def _write_list(
    book: Any, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]
) -> None:
    head = book.add_format({"bold": True, "bottom": 1})
    formats = [book.add_format({"num_format": _number_format(c)}) for c in columns]
    sheet = book.add_worksheet("List")
    for place, column in enumerate(columns):
        sheet.write_string(0, place, escape(column.name), head)
        sheet.set_column(place, place, _width(column, [row[place] for row in rows]))
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if value is not None:
                _write_cell(sheet, number, place, value, formats[place])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)


def _write_cell(sheet: Any, row: int, place: int, value: Cell, style: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, place, value, style)
    else:
        sheet.write_number(row, place, value, style)


def _number_format(column: Column) -> str:
    if column.kind != "number":
        return "@"  # text: a long id is never turned into a rounded number
    if column.decimals is None:
        return "General"
    return "0" + ("." + "0" * column.decimals if column.decimals else "")


def _width(column: Column, values: Sequence[Cell]) -> int:
    longest = max((len(str(value)) for value in values[:200]), default=0)
    return min(max(longest, len(column.name), NARROWEST) + 2, WIDEST)
