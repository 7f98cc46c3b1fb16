import csv
import stat
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape as unescape_control

from ccml.errors import DataError
from ccml.targets.export.cells import (
    TRIGGERS,
    Column,
    cells,
    escape,
    frame_columns,
    unescape,
)
from ccml.targets.export.csv import write_csv
from ccml.targets.export.xlsx import write_xlsx

MADE_AT = datetime(2026, 7, 1, tzinfo=UTC)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.builds(
        str.__add__,
        st.sampled_from(
            ["=", "+", "-", "@", "\t", "\r", "\n", "'", " =", "\0", "\uff1d", "''"]
        ),
        st.text("1aZ+\"',;\r\n|!()_x0041 ", max_size=12),
    ),
)
NASTY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@given(TEXTS)
def test_escape_is_reversible_and_leaves_no_trigger(text: str) -> None:
    safe = escape(text)
    assert unescape(safe) == text
    assert safe[:1] not in TRIGGERS or safe == ""
    assert safe.lstrip(" ")[:1] not in TRIGGERS or safe.strip(" ") == ""


@NASTY
@given(st.lists(TEXTS, min_size=1, max_size=5), st.integers(-10, 10))
@example(['=HYPERLINK("x")', "+44123", "@SUM(1)", "-1", "\t=1", "a\r\nb"], -3)
def test_csv_gives_every_text_back(
    tmp_path: Path, texts: list[str], number: int
) -> None:
    frame = pd.DataFrame({"name": pd.Series(texts, dtype="string"), "n": number})
    columns = frame_columns(frame, {})
    file = tmp_path / "list.csv"
    write_csv(file, columns, cells(frame, columns))
    with file.open(encoding="utf-8", newline="") as handle:
        head, *rows = csv.reader(handle)
    assert head == ["name", "n"]
    assert [unescape(name) for name, _ in rows] == texts
    assert all(name[:1] not in TRIGGERS or not name for name, _ in rows)
    assert {n for _, n in rows} == {str(number)}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@NASTY
@given(st.lists(TEXTS, min_size=1, max_size=5), st.floats(-1e6, 1e6))
@example(['=HYPERLINK("x")', "http://x", "0123", "_x0041_", "\x01"], -3.5)
def test_xlsx_gives_every_text_back_as_text(
    tmp_path: Path, texts: list[str], number: float
) -> None:
    frame = pd.DataFrame({"name": pd.Series(texts, dtype="string"), "n": number})
    columns = frame_columns(frame, {})
    file = tmp_path / "list.xlsx"
    write_xlsx(file, [("A", "=1")], columns, cells(frame, columns), MADE_AT)
    book = load_workbook(file)
    sheet = book["List"]
    for row, text in enumerate(texts, start=2):
        cell = sheet.cell(row, 1)
        if cell.value is None:
            assert text == ""
            continue
        assert cell.data_type == "s"
        assert cell.value[:1] not in TRIGGERS
        assert read_back(cell.value) == as_xml_reads(text)
        assert sheet.cell(row, 2).data_type == "n"
        assert sheet.cell(row, 2).value == pytest.approx(number)
    assert book["About this list"]["B1"].value == "'=1"


def read_back(value: str) -> str:
    return unescape(unescape_control(value))


def as_xml_reads(text: str) -> str:
    """A text that looks like an escape (`_x0041_`) is unescaped by the test as well."""
    return unescape_control(text)


def test_numbers_stay_numbers_and_are_never_escaped() -> None:
    frame = pd.DataFrame({"whole": [-3.0, np.nan], "money": [-1.005, 2.0]})
    columns = frame_columns(frame, {"money": 2})
    assert cells(frame, columns) == [[-3, -1.0], [None, 2.0]]


def test_infinite_numbers_are_refused() -> None:
    frame = pd.DataFrame({"x": [np.inf]})
    with pytest.raises(DataError, match="column 'x': a number is infinite"):
        cells(frame, frame_columns(frame, {}))


def test_flags_and_instants_are_texts() -> None:
    at = pd.Timestamp("2026-01-01", tz="UTC")
    frame = pd.DataFrame({"flag": [True, False], "at": [at, pd.NaT]})
    made = cells(frame, frame_columns(frame, {}))
    assert made == [["yes", "2026-01-01T00:00:00+00:00"], ["no", None]]


@pytest.mark.parametrize("phone", ["+48501234567", "501234567", None])
def test_phones_are_written_as_they_are(phone: str | None) -> None:
    frame = pd.DataFrame({"phone": [phone]})
    assert cells(frame, [Column("phone", "phone")]) == [[phone]]


@pytest.mark.parametrize("phone", ["=1+1", "+", "12345", "+1 234 567", "١٢٣٤٥٦٧"])
def test_what_is_no_phone_is_refused_without_being_shown(phone: str) -> None:
    frame = pd.DataFrame({"phone": [phone]})
    with pytest.raises(DataError, match="column 'phone': a phone must be") as caught:
        cells(frame, [Column("phone", "phone")])
    assert f" {phone} " not in str(caught.value)


def test_texts_too_long_for_a_cell_are_refused(tmp_path: Path) -> None:
    columns = [Column("note", "text")]
    with pytest.raises(DataError, match=r"column 'note' holds a text of 40,000"):
        write_xlsx(tmp_path / "l.xlsx", [], columns, [["x" * 40_000]], MADE_AT)
    assert list(tmp_path.iterdir()) == []


def test_too_many_rows_for_a_sheet_are_refused(tmp_path: Path) -> None:
    rows = [[1]] * 1_048_576
    with pytest.raises(DataError, match=r"1,048,576 rows do not fit"):
        write_xlsx(tmp_path / "l.xlsx", [], [Column("n", "number")], rows, MADE_AT)


def test_long_numbers_as_texts_keep_every_digit(tmp_path: Path) -> None:
    columns = [Column("id", "text")]
    file = tmp_path / "l.xlsx"
    write_xlsx(file, [], columns, [["00123456789012345678"]], MADE_AT)
    cell = load_workbook(file)["List"]["A2"]
    assert (cell.value, cell.number_format) == ("00123456789012345678", "@")


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "l.csv"
    write_csv(file, [Column("a", "text")], [["old"]])
    with pytest.raises(UnicodeEncodeError, match="surrogates"):
        write_csv(file, [Column("a", "text")], [["\ud800"]])
    assert "old" in file.read_text()
    assert [f.name for f in tmp_path.iterdir()] == ["l.csv"]
