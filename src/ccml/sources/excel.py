"""Workbooks: a sheet as a CSV file of texts, so that all that follows is the same.

Excel keeps 15 digits of a number. A longer id or phone number that stands there as a
number has lost its last digits, and its row is set aside; one that stands there as a
text is read as it is.
"""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ccml.config.files import FileSource
from ccml.errors import ConfigError, DataError, did_you_mean

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

LONGEST_NUMBER = 10**15
LOST_DIGITS = "number of more than 15 digits"
MAX_UNPACKED = 4 << 30
MAX_RATIO = 500
"""Sheets of equal cells are packed tightly, but not so tightly."""
FREE_BYTES = 256 << 20
MILLISECOND = 1000

Cell = str | float | bool | datetime | date | time | timedelta
Faults = tuple[tuple[int, str], ...]


def workbook_as_csv(file: Path, source: FileSource, place: str, copy: Path) -> Faults:
    """Write one sheet of a workbook as a CSV file, from the header on.

    Empty rows are left out. So are rows with a fault.

    Returns:
        Number of each row with a fault, from 1 after the header, and what it is.

    Raises:
        ConfigError: There is no such sheet, or several could be meant.
        DataError: The file is no workbook, is protected, or unpacks to too much.
    """
    _refuse_bomb(file, place)
    workbook = _open(file, place)
    name = _sheet_name(workbook, file, source, place)
    try:
        sheet = workbook.get_sheet_by_name(name)
        with copy.open("w", encoding="utf-8", newline="") as out:
            return _write(_rows(sheet, source.header_row - 1), out)
    except BaseException as error:  # noqa: BLE001 - the reader's panics are no Exceptions
        raise _no_workbook(file, place, error) from None


def _write(rows: Iterator[list[Cell]], out: IO[str]) -> Faults:
    writer = csv.writer(out, lineterminator="\n")
    faults = []
    for number, row in enumerate(rows):
        if number and any(map(_has_lost_digits, row)):
            faults.append((number, LOST_DIGITS))
        else:
            writer.writerow([cell_text(cell) for cell in row])
    return tuple(faults)


def _rows(sheet: "CalamineSheet", skip: int) -> Iterator[list[Cell]]:
    """List the rows that are not empty, all of the header's width."""
    width = 0
    for number, row in enumerate(sheet.iter_rows()):
        if number < skip or all(cell == "" for cell in row):
            continue
        filled = max(i for i, cell in enumerate(row) if cell != "") + 1
        width = width or filled
        yield row[: max(width, filled)]


def cell_text(cell: Cell) -> str:
    """Write a cell as a CSV export would: whole numbers without a point, ISO times."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return _rounded(cell).isoformat(sep=" ")
    if isinstance(cell, timedelta):
        return _clock(cell)
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)


def _rounded(instant: datetime) -> datetime:
    """Round to milliseconds: a workbook keeps times as fractions of a day."""
    near = instant + timedelta(microseconds=MILLISECOND // 2)
    return near.replace(microsecond=near.microsecond // MILLISECOND * MILLISECOND)


def _clock(span: timedelta) -> str:
    """Write a duration as H:MM:SS; hours may pass 24."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _has_lost_digits(cell: Cell) -> bool:
    return isinstance(cell, (int, float)) and abs(cell) >= LONGEST_NUMBER


def _open(file: Path, place: str) -> "CalamineWorkbook":
    try:
        from python_calamine import CalamineWorkbook
    except ImportError as error:
        raise ConfigError(
            f"{place}.reader: workbooks need `pip install python-calamine`."
        ) from error
    try:
        return CalamineWorkbook.from_path(file)
    except BaseException as error:  # noqa: BLE001 - the reader's panics are no Exceptions
        raise _no_workbook(file, place, error) from None


def _no_workbook(file: Path, place: str, error: BaseException) -> DataError:
    """Build the error for what is no workbook; the reader's own words may hold values."""
    is_disk = isinstance(error, OSError) and error.errno is not None
    if is_disk or isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
        raise error
    if type(error).__name__ == "PasswordError":
        return DataError(
            f"{place}.path: the workbook {file.name} is protected by a password; send it "
            f"without one."
        )
    return DataError(
        f"{place}.path: {file.name} is no readable workbook; send it again, or save it as "
        f"CSV."
    )


def _sheet_name(
    workbook: "CalamineWorkbook", file: Path, source: FileSource, place: str
) -> str:
    names: list[str] = workbook.sheet_names
    wanted = source.sheet
    if isinstance(wanted, int) and 1 <= wanted <= len(names):
        return names[wanted - 1]
    if wanted is None:
        return _only_sheet(workbook, file, place)
    if wanted in names:
        return str(wanted)
    raise ConfigError(
        f"{place}.sheet: {file.name} has no sheet {wanted!r}."
        f"{did_you_mean(str(wanted), names)} Its sheets: {names}."
    )


def _only_sheet(workbook: "CalamineWorkbook", file: Path, place: str) -> str:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    visible = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible
        and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    filled = visible if len(visible) == 1 else _filled(workbook, visible)
    if len(filled) == 1:
        return filled[0]
    found = "no visible sheet with cells" if not filled else f"the sheets {filled}"
    raise ConfigError(
        f"{place}.sheet: {file.name} has {found}; name the one to read in {place}.sheet."
    )


def _filled(workbook: "CalamineWorkbook", names: Sequence[str]) -> list[str]:
    return [name for name in names if workbook.get_sheet_by_name(name).start]


def _refuse_bomb(file: Path, place: str) -> None:
    """Stop at a workbook that would unpack to more than any real one."""
    try:
        with zipfile.ZipFile(file) as opened:
            size = sum(info.file_size for info in opened.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # not packed, or not readable: the reader will tell
    most = min(max(FREE_BYTES, file.stat().st_size * MAX_RATIO), MAX_UNPACKED)
    if size > most:
        raise DataError(
            f"{place}.path: the workbook {file.name} would unpack to {size >> 20:,} MiB; "
            f"save the sheet as CSV."
        )
