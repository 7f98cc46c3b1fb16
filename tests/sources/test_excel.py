"""Workbooks are read as the CSV export of their sheet would be."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
import xlsxwriter
from source_projects import project, reasons

from ccml.config.files import FileSource
from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_flat
from ccml.sources import excel
from ccml.sources.excel import cell_text, workbook_as_csv

PLACE = "sources.flat.things"
FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", timedelta: "[h]:mm:ss"}


def workbook(file, sheets, hidden=()):
    """Write sheets of rows; a text stays a text even when it looks like a number."""
    with xlsxwriter.Workbook(file) as book:
        formats = {
            kind: book.add_format({"num_format": f}) for kind, f in FORMATS.items()
        }
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(i, j, cell)
                    else:
                        sheet.write(i, j, cell, formats.get(type(cell)))
            if name in hidden:
                sheet.hide()


def as_csv(tmp_path, sheets, hidden=(), **settings):
    file, copy = tmp_path / "book.xlsx", tmp_path / "copy.csv"
    workbook(file, sheets, hidden)
    source = FileSource(path="x", **settings)
    faults = workbook_as_csv(file, source, PLACE, copy)
    return copy.read_text().splitlines(), faults


def test_cells_become_the_texts_of_an_export(tmp_path):
    row = [
        48600700100,
        "0048600700100",
        1.5,
        True,
        datetime(2026, 1, 5, 10, 0, 1),
        date(2026, 1, 5),
        timedelta(hours=30, seconds=5),
        "a,b",
    ]
    header = [f"c{i}" for i in range(len(row))]
    lines, faults = as_csv(tmp_path, {"one": [header, row]})
    assert lines[1] == (
        "48600700100,0048600700100,1.5,true,2026-01-05 10:00:01,2026-01-05,30:00:05,"
        '"a,b"'
    )
    assert faults == ()


def test_times_are_rounded_and_clock_times_stay():
    late = datetime(2026, 1, 5, 9, 59, 59, 999_999)
    assert cell_text(late) == "2026-01-05 10:00:00"
    assert cell_text(time(6, 30)) == "06:30:00"
    assert cell_text(2.0**50) == str(2**50)


def test_numbers_that_lost_digits_are_set_aside(shared_backend, tmp_path):
    rows = [["id", "x"], [1, "a"], [1234567890123456, "b"], ["1234567890123456", "c"]]
    workbook(tmp_path / "book.xlsx", {"one": rows})
    extra = "{path: book.xlsx, max_bad_share: 0.5}"
    opened = project(shared_backend, tmp_path, f"flat: {{things: {extra}}}")
    prepare_flat(opened, "things")
    things = opened.store.frame("flat__things")
    assert things.x.tolist() == ["a", "c"]
    assert things.id.tolist() == [1, 1234567890123456]
    assert reasons(opened, "flat__things") == {2: "number of more than 15 digits"}
    source_file = opened.store.frame("quarantine__flat__things").source_file
    assert source_file.tolist() == ["book.xlsx"]


def test_empty_rows_and_lines_above_the_header_are_left_out(tmp_path):
    rows = [["Calls of May"], [], ["id", "x", "", "y"], [], [1, "a"], [""], [2]]
    lines, _ = as_csv(tmp_path, {"one": rows}, header_row=2)
    assert lines == ["id,x,,y", "1,a,,", "2,,,"]


def test_the_only_filled_visible_sheet_is_taken(tmp_path):
    rows = [["id"], [1]]
    sheets = {"about": [], "data": rows, "old": [["id"], [9]]}
    assert as_csv(tmp_path, sheets, hidden=["old"])[0] == ["id", "1"]
    for wanted in ("old", 3):
        assert as_csv(tmp_path, sheets, ["old"], sheet=wanted)[0] == ["id", "9"]


@pytest.mark.parametrize(
    ("sheets", "settings", "message"),
    [
        (
            {"a": [["x"]], "b": [["x"]]},
            {},
            r"has the sheets \['a', 'b'\]; name the one",
        ),
        ({"a": [], "b": []}, {}, "no visible sheet with cells"),
        (
            {"calls": [["x"]]},
            {"sheet": "call"},
            r"no sheet 'call'\. Did you mean 'calls'",
        ),
        ({"calls": [["x"]]}, {"sheet": 2}, r"no sheet 2\..*Its sheets: \['calls'\]"),
    ],
)
def test_a_sheet_in_doubt_is_asked_for(tmp_path, sheets, settings, message):
    with pytest.raises(ConfigError, match=message):
        as_csv(tmp_path, sheets, **settings)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"id,x\n1,2\n"])
def test_what_is_no_workbook_is_a_data_error(tmp_path, content):
    file = tmp_path / "book.xlsx"
    file.write_bytes(content)
    with pytest.raises(DataError, match="is no readable workbook"):
        workbook_as_csv(file, FileSource(path="x"), PLACE, tmp_path / "copy")


def test_a_workbook_that_would_fill_the_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "FREE_BYTES", 1000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("xl/worksheets/sheet1.xml", b" " * 5_000_000)
    file = tmp_path / "book.xlsx"
    file.write_bytes(packed.getvalue())
    with pytest.raises(DataError, match="would unpack to 4 MiB"):
        workbook_as_csv(file, FileSource(path="x"), PLACE, tmp_path / "copy")
