"""Writing the workbook: sheets in order, the same bytes for the same figures."""

from datetime import datetime
from pathlib import Path

from ccml.reports.workbook.cells import Book
from ccml.reports.workbook.contents import WorkbookData
from ccml.reports.workbook.cover import cover
from ccml.reports.workbook.figures import groups_sheet, months_sheet, overview
from ccml.reports.workbook.tables import all_figures, other_sheets
from ccml.reports.workbook.times import hours_sheet, repeats_sheet

PLAIN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_workbook(file: Path, data: WorkbookData) -> None:
    """Write a workbook into a folder that is put in place as a whole.

    Its date is the end of the data, not the moment of writing.
    """
    import xlsxwriter

    until: datetime = data.until.to_pydatetime()
    with xlsxwriter.Workbook(str(file), PLAIN) as workbook:
        workbook.set_properties(
            {"title": f"{data.title}: key figures", "created": until}
        )
        book = Book(workbook, data.title)
        cover(book, data)
        overview(book, data)
        months_sheet(book, data)
        groups_sheet(book, data, "queue", "Queues")
        groups_sheet(book, data, "reason", "Reasons")
        hours_sheet(book, data)
        repeats_sheet(book, data)
        other_sheets(book, data)
        all_figures(book, data)
        workbook.get_worksheet_by_name("Overview").activate()
