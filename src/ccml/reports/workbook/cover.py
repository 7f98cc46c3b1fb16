"""The first sheet: what this is, from which data, and how each figure is counted."""

from collections.abc import Iterator
from typing import Any

from ccml.kpis.cuts import EVERYTHING
from ccml.reports.numbers import is_known
from ccml.reports.workbook.cells import Book, Column
from ccml.reports.workbook.contents import WorkbookData
from ccml.reports.workbook.tables import SHEETS

READING = (
    (
        "Empty cells",
        "not reported, or nothing to count; 0 means that zero was reported",
    ),
    (
        "Rates",
        "a rate is a sum over a sum: never average the rates of months or groups",
    ),
    (
        "Bands",
        "marks of the trade for a whole centre; none of them is a target for one agent",
    ),
    (
        "People",
        "no caller is in this file; agents are only under pseudonyms, and only if "
        "exports.with_agents says so",
    ),
    (
        "Single quotes",
        "a text that begins with a single quote has it so that no program runs it as a "
        "formula",
    ),
)


def cover(book: Book, data: WorkbookData) -> None:
    """Write the cover."""
    sheet = book.sheet("Read me", data.title, "Key figures of the contact centre")
    row = 3
    for what, words in _lines(data):
        sheet.write_string(row, 0, what, book.style(bold=True, valign="top"))
        sheet.merge_range(row, 1, row, 4, "", book.style(text_wrap=True, valign="top"))
        book.put(sheet, row, 1, words)
        if len(words) > 110:
            sheet.set_row(row, 30)
        row += 1
    _definitions(book, sheet, data, row + 1)


def _lines(data: WorkbookData) -> Iterator[tuple[str, str]]:
    yield "Calls from", f"{data.first:%Y-%m-%d} to {data.last:%Y-%m-%d}"
    yield "Data complete up to", f"{data.until:%Y-%m-%d %H:%M}"
    yield "Time zone", f"{data.zone}: months, weeks and hours are those of the site"
    yield "Main window", f"repeat calls are looked for within {data.window_days} d"
    for note in data.notes:
        yield "Note", note
    yield from READING
    missing = [SHEETS[name][0] for name in data.figures.missing if name in SHEETS]
    if missing:
        yield "Not in this file", f"{', '.join(missing)}: not in the workspace"


def _definitions(book: Book, sheet: Any, data: WorkbookData, top: int) -> None:
    """List every figure over the whole period: variant, unit, calls, why it is empty."""
    kpis = data.figures.kpis
    whole = kpis[(kpis.period == EVERYTHING) & (kpis.group_kind == EVERYTHING)]
    whole = whole.sort_values(["kpi", "variant"])
    columns = (
        Column("Figure", width=24),
        Column("How it is counted", width=70),
        Column("Unit", width=10),
        Column("Calls counted", "calls"),
        Column("Why it is empty", width=34),
    )
    rows = [
        (row["kpi"], row["variant"], row["unit"], row["n"], _why(row))
        for row in whole.to_dict("records")
    ]
    sheet.write_string(top, 0, "Every figure", book.style(bold=True))
    block = book.block(sheet, top + 1, columns, rows)
    sheet.repeat_rows(block.head, block.head)


def _why(row: dict[Any, Any]) -> str | None:
    if is_known(row["value"]):
        return None
    why = row.get("why_null")
    return why if isinstance(why, str) else "not reported, or nothing to count"
