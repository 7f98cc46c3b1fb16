"""The workbook, read back: typed cells, native charts, and no formula."""

import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from report_tables import calls_by_hour, kpis, repeat_trend

from ccml.config.benchmarks import BenchmarksConfig
from ccml.reports.exported import Exported, OtherTable
from ccml.reports.workbook.cells import number_format
from ccml.reports.workbook.contents import WorkbookData, main_figures, months
from ccml.reports.workbook.tables import cut, unit_of
from ccml.reports.workbook.write import write_workbook

HOSTILE = '=HYPERLINK("http://x","y")'
SHEETS = [
    "Read me", "Overview", "Months", "Queues", "Reasons", "Hours", "Repeat calls",
    "Call types", "Alerts", "All figures",
]  # fmt: skip


def call_types() -> OtherTable:
    frame = pd.DataFrame(
        {
            "reason": ["fault", HOSTILE],
            "inbound": [10, 20],
            "repeat_share": [0.5, np.nan],
            "handle_p50_s": [12.5, 300.0],
            "cost_eur": [4.0, 5.5],
            "is_new": [True, False],
            "sentence": ["10 calls; " + "many words " * 9, "@20 calls"],
        }
    )
    return OtherTable(frame, ("reason",), "one row per reason")


def alerts() -> OtherTable:
    row = {"kpi": "fcr", "value": 0.5, "threshold": 0.7, "n": 10, "what_to_do": "-look"}
    return OtherTable(pd.DataFrame([row]), ("kpi",), "one row per alert")


def contents(**changes: object) -> WorkbookData:
    """Give the figures of the report's tests, with queues, intervals and a bad name."""
    figures = kpis()
    queues = figures[figures.group_kind == "reason"].assign(group_kind="queue")
    figures = pd.concat([figures, queues], ignore_index=True)
    figures.loc[figures["group"] == "other", "group"] = HOSTILE
    figures["low"], figures["high"] = figures.value * 0.9, figures.value * 1.1
    figures["why_null"] = None
    base = WorkbookData(
        title="=Demo & more",
        zone="Europe/Warsaw",
        until=pd.Timestamp("2025-12-20 00:00"),
        first=pd.Timestamp("2025-01-01"),
        last=pd.Timestamp("2025-12-19"),
        notes=("+Made up.",),
        window_days=7,
        benchmarks=BenchmarksConfig(),
        main=main_figures(figures, 7),
        figures=Exported(
            figures,
            repeat_trend(),
            calls_by_hour(),
            {"call_types": call_types(), "kpi_alerts": alerts()},
        ),
    )
    return replace(base, **changes)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("book") / "kpis.xlsx"
    write_workbook(file, contents())
    return file


@pytest.fixture(scope="module")
def book(file):
    return load_workbook(file)


def column(sheet, label: str) -> list[object]:
    """Read the values below a header."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == label:
                below = range(cell.row + 1, sheet.max_row + 1)
                return [sheet.cell(number, cell.column).value for number in below]
    raise AssertionError(f"no header {label!r}")


def values_of(book, reference: str) -> list[object]:
    """Read the cells that a chart points at."""
    sheet, cells = reference.rsplit("!", 1)
    found = book[sheet.strip("'")][cells.replace("$", "")]
    rows = found if isinstance(found, tuple) else ((found,),)
    return [cell.value for row in rows for cell in row]


def series(sheet) -> list[object]:
    return [line for chart in sheet._charts for line in chart.series]


def test_all_sheets_stand_in_order(book):
    assert book.sheetnames == SHEETS


def test_no_cell_is_a_formula_an_error_or_a_link(file, book):
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type in ("f", "e")]
    assert not [cell for cell in cells if cell.hyperlink]
    texts = [cell.value for cell in cells if cell.data_type == "s" and cell.row > 3]
    assert not [text for text in texts if text[:1] in ("=", "+", "-", "@")]
    assert f"'{HOSTILE}" in texts
    with zipfile.ZipFile(file) as parts:
        sheets = [n for n in parts.namelist() if n.startswith("xl/worksheets/sheet")]
        assert not [name for name in sheets if b"<f>" in parts.read(name)]


def test_the_overview_shows_values_with_intervals_bands_and_variants(book):
    data = contents()
    sheet = book["Overview"]
    labels = column(sheet, "Figure")[: len(data.main)]
    assert labels == [figure.label for figure in data.main]
    place = labels.index("Settled with one call")
    assert column(sheet, "Value")[place] == pytest.approx(0.69)
    assert column(sheet, "Upper end")[place] == pytest.approx(0.69 * 1.1)
    band = column(sheet, "Band")[place]
    assert band.startswith("watch, below 70.0")
    variants = column(sheet, "How it is counted")[: len(labels)]
    assert variants == [figure.variant for figure in data.main]


def test_numbers_carry_their_unit(book):
    sheet = book["Overview"]
    formats = {row[0].value: row[1].number_format for row in sheet.iter_rows(min_row=5)}
    assert formats["Settled with one call"] == "0.0%"
    assert formats["Handle time"] == '#,##0.0" s"'
    assert formats["Inbound calls"] == "#,##0"


@pytest.mark.parametrize("name", ["Overview", "Months", "Queues", "Repeat calls"])
def test_headers_stay_in_sight_on_screen_and_paper(book, name):
    sheet = book[name]
    assert sheet.freeze_panes == "B5"
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.page_setup.orientation == "landscape"
    assert int(sheet.page_setup.paperSize) == 9
    assert sheet.page_setup.fitToHeight == 0


@pytest.mark.parametrize(
    ("name", "kind", "charts"),
    [
        ("Overview", "BarChart", 1),
        ("Months", "LineChart", 3),
        ("Queues", "BarChart", 4),
        ("Reasons", "BarChart", 4),
        ("Repeat calls", "LineChart", 1),
        ("Call types", "BarChart", 1),
    ],
)
def test_charts_are_native_and_point_at_the_table(book, name, kind, charts):
    sheet = book[name]
    assert [type(chart).__name__ for chart in sheet._charts] == [kind] * charts
    for line in series(sheet):
        category = line.cat.strRef or line.cat.numRef
        names = values_of(book, category.f)
        numbers = values_of(book, line.val.numRef.f)
        assert len(names) == len(numbers) > 1
        assert all(names)
        head = values_of(book, line.tx.strRef.f)
        assert isinstance(head[0], str)
        assert numbers == column(sheet, head[0])[: len(numbers)]


def test_months_tell_which_the_data_do_not_hold_whole(book):
    table = months(contents())
    assert column(book["Months"], "Month")[:12] == list(table.index)
    assert table["Whole month"].tolist() == ["yes"] * 11 + ["no"]


def test_groups_stand_most_calls_first(book):
    counts = [n for n in column(book["Reasons"], "Inbound calls") if n is not None]
    assert counts == sorted(counts, reverse=True)
    assert len(counts) == 4


def test_weeks_that_are_not_final_are_a_line_of_their_own(book):
    sheet, trend = book["Repeat calls"], repeat_trend()
    final = column(sheet, "Repeat rate")[: len(trend)]
    so_far = column(sheet, "So far, not final")[: len(trend)]
    assert [value is None for value in final] == trend.is_censored.tolist()
    assert [value is not None for value in so_far] == trend.is_censored.tolist()
    solid, dashed = series(sheet)
    assert solid.graphicalProperties.line.prstDash == "solid"
    assert dashed.graphicalProperties.line.prstDash == "dash"
    assert isinstance(column(sheet, "Week from")[0], datetime)


def test_hours_are_a_heat_map_of_all_hours_and_days(book):
    sheet, hours = book["Hours"], calls_by_hour()
    rules = {
        str(area.sqref): [rule.type for rule in area.rules]
        for area in sheet.conditional_formatting
    }
    assert rules == {"B6:H29": ["colorScale"], "B34:H57": ["colorScale"]}
    total = sum(cell.value for row in sheet["B6:H29"] for cell in row)
    assert total == hours.calls.sum()
    shares = [cell.value for row in sheet["B34:H57"] for cell in row]
    assert set(shares) == {None, 0}


def test_hours_that_nobody_reports_have_no_map(tmp_path):
    hours = calls_by_hour().assign(abandoned=np.nan)
    figures = replace(contents().figures, hours=hours)
    write_workbook(tmp_path / "b.xlsx", contents(figures=figures))
    areas = load_workbook(tmp_path / "b.xlsx")["Hours"].conditional_formatting
    assert [str(area.sqref) for area in areas] == ["B6:H29"]


def test_other_tables_are_written_with_units(book):
    types = book["Call types"]
    assert column(types, "inbound")[:2] == [20, 10]
    assert [cell.number_format for cell in types[5]][2:5] == [
        "0.0%",
        '#,##0.0" s"',
        '#,##0.00" EUR"',
    ]
    assert column(types, "is new")[:2] == ["no", "yes"]
    alert = book["Alerts"]
    assert column(alert, "what to do") == ["'-look"]
    assert alert.cell(5, 3).number_format == "0.0%"


def test_all_figures_are_an_excel_table_with_filters(book):
    sheet = book["All figures"]
    table = sheet.tables["AllFigures"]
    rows = contents().figures.kpis
    assert table.ref == f"A3:M{3 + len(rows)}"
    assert table.autoFilter.ref == table.ref
    assert sum(column(sheet, "Value")) == pytest.approx(rows.value.sum())


def test_the_cover_says_zone_watermark_and_how_each_figure_is_counted(book):
    sheet = book["Read me"]
    lines = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert lines["Data complete up to"] == "2025-12-20 00:00"
    assert lines["Time zone"].startswith("Europe/Warsaw")
    assert lines["Note"] == "'+Made up."
    figures = contents().figures.kpis
    whole = figures[(figures.period == "all") & (figures.group_kind == "all")]
    counted = {(row[0].value, row[1].value) for row in sheet.iter_rows()}
    assert set(zip(whole.kpi, whole.variant, strict=True)) <= counted


def test_the_same_figures_give_the_same_bytes_dated_by_the_data(file, book, tmp_path):
    write_workbook(tmp_path / "again.xlsx", contents())
    assert (tmp_path / "again.xlsx").read_bytes() == file.read_bytes()
    assert book.properties.created == datetime(2025, 12, 20)


def test_an_empty_workspace_gives_a_workbook_without_charts(tmp_path):
    figures = contents().figures.kpis.iloc[:0]
    empty = Exported(
        figures, repeat_trend(0), calls_by_hour().iloc[:0], missing=("kpi_alerts",)
    )
    data = contents(figures=empty, main=main_figures(figures, 7))
    write_workbook(tmp_path / "empty.xlsx", data)
    found = load_workbook(tmp_path / "empty.xlsx")
    assert not [chart for sheet in found for chart in sheet._charts]
    lines = {row[0].value: row[1].value for row in found["Read me"].iter_rows()}
    assert lines["Not in this file"] == "Alerts: not in the workspace"


def test_figures_without_a_value_say_why(tmp_path):
    figures = contents().figures.kpis
    figures.loc[figures.kpi == "csat", ["value", "low", "high"]] = np.nan
    figures.loc[figures.kpi == "csat", "why_null"] = "not reported: csat"
    data = contents(figures=replace(contents().figures, kpis=figures))
    write_workbook(tmp_path / "b.xlsx", data)
    found = load_workbook(tmp_path / "b.xlsx")
    lines = {row[0].value: row[4].value for row in found["Read me"].iter_rows()}
    assert lines["csat"] == "not reported: csat"
    place = column(found["Overview"], "Figure").index("Satisfaction")
    assert column(found["Overview"], "Value")[place] is None


def test_long_tables_leave_out_months_of_groups_and_say_so(tmp_path):
    figures = contents().figures.kpis
    monthly = figures[figures.group_kind == "reason"].assign(period="2025-01")
    figures = pd.concat([figures, monthly], ignore_index=True)
    most = len(figures) - 1
    kept, left_out = cut(figures, most)
    assert left_out == len(monthly)
    assert not ((kept.period != "all") & (kept.group_kind != "all")).any()
    data = contents(figures=replace(contents().figures, kpis=figures), cut=most)
    write_workbook(tmp_path / "b.xlsx", data)
    words = load_workbook(tmp_path / "b.xlsx")["All figures"]["A2"].value
    assert f"{left_out:,} of {len(figures):,} rows" in words


@pytest.mark.parametrize(
    ("name", "values", "unit"),
    [
        ("repeat_share", [0.1], "share"),
        ("handle_p50_s", [1.0], "s"),
        ("cost_eur", [1.0], "EUR"),
        ("n", [1], "calls"),
        ("score", [1.5], "number"),
        ("is_new", [True], "text"),
        ("reason", ["x"], "text"),
        ("seen_at", [pd.Timestamp("2025-01-01")], "day"),
    ],
)
def test_units_are_read_from_names_and_types(name, values, unit):
    assert unit_of(name, pd.Series(values)) == unit


@pytest.mark.parametrize(
    ("unit", "form"),
    [
        ("share", "0.0%"),
        ("seconds", '#,##0.0" s"'),
        ("points", "0.00"),
        ("parrots", "#,##0.00"),
    ],
)
def test_each_unit_has_a_number_format(unit, form):
    assert number_format(unit) == form
