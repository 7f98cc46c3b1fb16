"""Charts of the spreadsheet program itself, over ranges of the workbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ccml.reports.theme import CONTEXT, GRID, INK, QUIET, series_colour
from ccml.reports.workbook.cells import Block, Book, number_format

WIDTH, HEIGHT = 760, 330
TOP_BARS = 15
BAR_HEIGHT = 22


@dataclass(frozen=True)
class Series:
    """One line: its column, and whether it is not final yet."""

    place: int
    is_open: bool = False
    colour: str | None = None


def line_chart(
    book: Book, block: Block, title: str, lines: Sequence[Series], x: int = 0
) -> Any:
    """Draw columns of a table as lines; gaps stay gaps."""
    chart = book.book.add_chart({"type": "line"})
    for number, line in enumerate(lines):
        colour = line.colour or series_colour(number)
        stroke: dict[str, Any] = {"color": colour, "width": 2.25}
        marker: dict[str, Any] = {"type": "circle", "size": 4}
        if line.is_open:
            stroke = {"color": CONTEXT, "width": 1.5, "dash_type": "dash"}
            marker |= {"fill": {"color": "#ffffff"}, "border": {"color": CONTEXT}}
        else:
            marker |= {"fill": {"color": colour}, "border": {"color": colour}}
        chart.add_series(
            {
                "name": block.name(line.place),
                "categories": block.cells(x),
                "values": block.cells(line.place),
                "line": stroke,
                "marker": marker,
            }
        )
    unit = block.columns[lines[0].place].unit
    _dress(chart, title, unit, legend=len(lines) > 1)
    chart.show_blanks_as("gap")
    chart.set_x_axis(_axis(block.columns[x].unit, grid=False))
    chart.set_y_axis(_axis(unit, grid=True) | {"min": 0})
    chart.set_size({"width": WIDTH, "height": HEIGHT})
    return chart


def bar_chart(book: Book, block: Block, title: str, place: int, x: int = 0) -> Any:
    """Draw the first rows of a column as bars, the first on top."""
    chart = book.book.add_chart({"type": "bar"})
    colour = series_colour(0)
    chart.add_series(
        {
            "name": block.name(place),
            "categories": block.cells(x, TOP_BARS),
            "values": block.cells(place, TOP_BARS),
            "fill": {"color": colour},
            "border": {"none": True},
            "gap": 40,
        }
    )
    unit = block.columns[place].unit
    _dress(chart, title, unit, legend=False)
    # With the order turned round the values' axis would stand on top.
    chart.set_y_axis(_axis("text", grid=False) | {"reverse": True})
    chart.set_x_axis(_axis(unit, grid=True) | {"min": 0, "label_position": "high"})
    bars = min(block.rows, TOP_BARS)
    chart.set_size({"width": WIDTH, "height": max(HEIGHT // 2, 90 + BAR_HEIGHT * bars)})
    return chart


def _dress(chart: Any, title: str, unit: str, *, legend: bool) -> None:
    words = f"{title}, {unit}" if unit not in ("share", "calls", "text") else title
    font = {"size": 12, "bold": True, "color": INK}
    chart.set_title({"name": words, "name_font": font, "overlay": False})
    chart.set_legend({"position": "top"} if legend else {"none": True})
    chart.set_chartarea({"border": {"none": True}})


def _axis(unit: str, *, grid: bool) -> dict[str, Any]:
    lines = {"visible": grid, "line": {"color": GRID}}
    return {
        "num_font": {"color": QUIET, "size": 9},
        "num_format": _axis_format(unit),
        "line": {"color": CONTEXT},
        "major_gridlines": lines,
    }


def _axis_format(unit: str) -> str:
    if unit == "share":
        return "0%"
    return "#,##0" if unit == "s" else number_format(unit)


def place_chart(sheet: Any, chart: Any, row: int, column: int, about: str) -> None:
    """Put a chart on a sheet, with words for those who do not see it."""
    sheet.insert_chart(row, column, chart, {"description": about, "object_position": 2})
