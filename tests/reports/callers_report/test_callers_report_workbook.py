"""The workbook, read back: real numbers, no formula, no customer."""

import zipfile
from pathlib import Path

import pytest
from callers_cast import FORMULA
from callers_episodes import repeat_matrix
from callers_strategies import strategies
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from ccml.reports.callers_report.build import BOOK
from ccml.reports.callers_report.cards import DEGREES
from ccml.reports.callers_report.sheets import PLANS


@pytest.fixture(scope="module")
def book(callers_page) -> Path:
    return callers_page.with_name(BOOK)


@pytest.fixture(scope="module")
def read(book) -> dict[str, list[list[object]]]:
    found = CalamineWorkbook.from_path(str(book))
    return {
        name: found.get_sheet_by_name(name).to_python() for name in found.sheet_names
    }


def rows(read, name: str) -> list[dict[str, object]]:
    """Give the rows under the header, which stands in the fourth line."""
    head, *body = read[name][3:]
    return [dict(zip(head, row, strict=True)) for row in body]


def test_all_sheets_are_there_behind_the_cover(read):
    assert list(read) == ["Read me", *(plan.name for plan in PLANS)]


def test_values_equal_the_tables(read):
    matrix = repeat_matrix().set_index(["reason", "queue"])
    for row in rows(read, "What triggers"):
        stored = matrix.loc[(row["Reason"], row["Queue"])]
        assert row["Calls"] == stored["calls"]
        assert row["Repeat rate"] == pytest.approx(stored["rate"])
        assert row["EUR"] == pytest.approx(stored["repeat_cost_eur"])
    first = rows(read, "What to do")[0]
    stored = strategies().iloc[0]
    assert first["Calls spared"] == stored["spared"]
    assert first["EUR: high"] == stored["eur_high"]
    tops = rows(read, "Top callers")
    assert [row["Busiest share of customers"] for row in tops] == [0.01, 0.14, 0.2]


def test_standing_out_is_told_in_the_words_of_the_page(read):
    about = read["What stands out"][1][0]
    for least, word in DEGREES[:-1]:
        assert f"from {least:g} {word}" in about
    assert rows(read, "What stands out")[0]["Stands out by"] == 1.9
    cover = {(row[0], row[1]): row[3] for row in read["Read me"]}
    assert cover["What stands out", "Stands out by"] == "standard deviations"


def test_money_falls_down_the_list(read):
    costs = [row["EUR"] for row in rows(read, "What triggers")]
    assert costs == sorted(costs, reverse=True)


def test_small_numbers_are_hidden(read):
    moves = rows(read, "Moves")
    assert {row["Customers"] for row in moves if "handful" in str(row["From"])} == {
        "<5"
    }
    assert "A handful" not in {row["Segment"] for row in rows(read, "Segment figures")}
    outlook = {row["Segment"]: row for row in rows(read, "Outlook")}
    assert outlook["Fault callers"]["Customers"] == "<5"
    assert outlook["Fault callers"]["Expected"] == ""
    assert outlook["Billing callers, often transferred"]["n"] == 1700


def test_every_column_has_its_meaning_on_the_cover(read):
    cover = {(row[0], row[1]): row[2] for row in read["Read me"]}
    for plan in PLANS:
        for column in plan.columns:
            assert cover[plan.name, column.label]
    lines = {row[0] for row in read["Read me"]}
    assert {"In short", "Calls from", "Customers judged by", "Repeat call"} <= lines


def test_shares_and_money_are_numbers_with_formats(book):
    sheet = load_workbook(book)["What triggers"]
    head = [cell.value for cell in sheet[4]]
    formats = {name: sheet.cell(5, n + 1).number_format for n, name in enumerate(head)}
    kinds = {name: sheet.cell(5, n + 1).data_type for n, name in enumerate(head)}
    assert formats["Repeat rate"] == "0.0%"
    assert formats["EUR"] == '#,##0.00" EUR"'
    assert kinds["Repeat rate"] == kinds["EUR"] == kinds["Calls"] == "n"


def test_nothing_is_a_formula_or_a_link(book):
    workbook = load_workbook(book)
    for sheet in workbook:
        for line in sheet.iter_rows():
            assert not [cell for cell in line if cell.data_type == "f"]
            assert not [cell for cell in line if cell.hyperlink]
    titles = [row["Action"] for row in rows_of(workbook, "What to do")]
    assert f"'{FORMULA}" in titles
    with zipfile.ZipFile(book) as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name]


def rows_of(workbook, name: str) -> list[dict[str, object]]:
    lines = list(workbook[name].iter_rows(min_row=4, values_only=True))
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_unusual_callers_are_not_in_the_workbook(read):
    assert {row["What"] for row in rows(read, "Unusual")} == {"region", "reason"}
