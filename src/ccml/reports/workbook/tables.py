"""Sheets of whole tables: call types, alerts, agents, and every figure."""

from typing import Any

import pandas as pd

from ccml.kpis.cuts import EVERYTHING
from ccml.reports.workbook.cells import Block, Book, Cell, Column, freeze
from ccml.reports.workbook.charts import bar_chart, place_chart
from ccml.reports.workbook.contents import WorkbookData

SHEETS = {
    "call_types": ("Call types", "Call types: what causes repeats, and what could be"),
    "kpi_alerts": ("Alerts", "Alerts: figures beyond their thresholds"),
    "agent_bands": ("Agents", "Agents by pseudonym: ranges, never a ranking"),
}
ALL = (
    ("period", "Period"),
    ("group_kind", "By"),
    ("group", "Group"),
    ("kpi", "Figure"),
    ("variant", "How it is counted"),
    ("value", "Value"),
    ("low", "Lower end"),
    ("high", "Upper end"),
    ("numerator", "Above the line"),
    ("denominator", "Below the line"),
    ("n", "Calls counted"),
    ("unit", "Unit"),
    ("why_null", "Why empty"),
)
VALUES = ("value", "low", "high")
SUMS = ("numerator", "denominator")
WIDTHS = {"variant": 60, "group": 24, "why_null": 30, "kpi": 18}
UNIT_WORDS = {"share": {"share", "rate", "fcr"}, "s": {"s"}, "EUR": {"eur"}}
BAR_PLACES = 3
WIDE = 60


def other_sheets(book: Book, data: WorkbookData) -> None:
    """Write the further tables that the workspace holds, as they are."""
    for name in SHEETS:
        if name in data.figures.others:
            _other(book, data, name)


def _other(book: Book, data: WorkbookData, name: str) -> None:
    sheet_name, title = SHEETS[name]
    table = data.figures.others[name]
    sheet = book.sheet(
        sheet_name, title, f"{table.about[:1].upper()}{table.about[1:]}."
    )
    rows = table.rows
    if "inbound" in rows:
        rows = rows.sort_values("inbound", ascending=False, kind="stable")
    columns = [_column(str(name), rows[name]) for name in rows.columns]
    block = book.block(sheet, 2, columns, _records(rows, data.figures.kpis))
    freeze(sheet, block)
    sheet.autofilter(block.head, 0, max(block.last, block.head), len(columns) - 1)
    if name == "call_types":
        _call_type_charts(book, sheet, block)


def _column(name: str, values: "pd.Series[Any]") -> Column:
    unit = unit_of(name, values)
    longest = max((len(text) for text in values.dropna().map(str)), default=0)
    width = (WIDE if longest > WIDE else 22) if unit == "text" else 12
    return Column(name.replace("_", " "), unit, "", width)


def _records(rows: pd.DataFrame, kpis: pd.DataFrame) -> list[list[Any]]:
    """Lay rows out; values of figures carry the unit of their figure."""
    known = kpis.drop_duplicates("kpi").set_index("kpi")["unit"]
    units = [""] * len(rows)
    if "kpi" in rows:
        units = [str(unit) for unit in rows["kpi"].map(known)]
    return [
        [
            Cell(value, unit) if unit and column in (*VALUES, "threshold") else value
            for column, value in zip(rows.columns, row, strict=True)
        ]
        for unit, row in zip(
            units, rows.itertuples(index=False, name=None), strict=True
        )
    ]


def _call_type_charts(book: Book, sheet: Any, block: Block) -> None:
    shares = [n for n, column in enumerate(block.columns) if column.unit == "share"]
    row = block.last + 2
    for place in shares[:BAR_PLACES] if block.rows else ():
        label = block.columns[place].label
        chart = bar_chart(book, block, f"{label} by call type", place)
        place_chart(sheet, chart, row, 0, f"Bars: {label} of each call type.")
        row += 22


def unit_of(name: str, values: "pd.Series[Any]") -> str:
    """Read a unit out of a column's name; numbers without one are plain."""
    kind = values.dtype
    if pd.api.types.is_datetime64_any_dtype(kind):
        return "day"
    if pd.api.types.is_bool_dtype(kind) or not pd.api.types.is_numeric_dtype(kind):
        return "text"
    for unit, words in UNIT_WORDS.items():
        if words & set(name.split("_")):
            return unit
    return "calls" if pd.api.types.is_integer_dtype(kind) else "number"


def all_figures(book: Book, data: WorkbookData) -> None:
    """Write every figure as a table of the spreadsheet program, with filters."""
    rows, left_out = cut(data.figures.kpis, data.cut)
    words = "Filter by figure, period or group. Shares lie between 0 and 1."
    if left_out:
        words += (
            f" Single months of groups are left out here, {left_out:,} of "
            f"{len(data.figures.kpis):,} rows: all stand in bi/fact_kpis.parquet."
        )
    sheet = book.sheet("All figures", "All figures", words)
    chosen = [(name, label) for name, label in ALL if name in rows]
    for place, (name, _) in enumerate(chosen):
        sheet.set_column(place, place, WIDTHS.get(name, 14))
    _excel_table(book, sheet, rows, chosen)


def _excel_table(
    book: Book, sheet: Any, rows: pd.DataFrame, chosen: list[tuple[str, str]]
) -> None:
    units = [str(unit) for unit in rows["unit"]]
    for place, (name, _) in enumerate(chosen):
        own = units if name in VALUES else None
        unit = "calls" if name == "n" else "number" if name in SUMS else "label"
        for number, value in enumerate(rows[name].tolist()):
            book.put(sheet, 3 + number, place, value, own[number] if own else unit)
    style = {"name": "AllFigures", "style": "Table Style Light 1"}
    headers = [{"header": label} for _, label in chosen]
    last = 2 + max(len(rows), 1)
    sheet.add_table(2, 0, last, len(chosen) - 1, style | {"columns": headers})
    sheet.freeze_panes(3, 0)
    sheet.repeat_rows(2, 2)


def cut(kpis: pd.DataFrame, most: int) -> tuple[pd.DataFrame, int]:
    """Leave the months of groups out where a sheet would be too long; count them."""
    order = ["period", "group_kind", "group", "kpi", "variant"]
    rows = kpis.sort_values(order, ignore_index=True)
    if len(rows) <= most:
        return rows, 0
    summed = (rows.period == EVERYTHING) | (rows.group_kind == EVERYTHING)
    kept = rows[summed].head(most).reset_index(drop=True)
    return kept, len(rows) - len(kept)
