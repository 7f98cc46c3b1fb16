"""Colours, sizes and type of every figure, in one place.

A chart is drawn in the light colours. On the page each of them becomes a CSS variable of
the same name (`--fig-blue`), so that one picture serves light, dark and print. The hues
are those of Okabe and Ito, darkened where a mark would fall below 3:1 on white.
"""

from typing import Any, Final

INK: Final = "#1b2027"
QUIET: Final = "#5b6470"
GRID: Final = "#dfe3e8"
CONTEXT: Final = "#8b939e"
PAPER: Final = "#fefefe"
HATCHED: Final = "#0a0b0c"
BLUE: Final = "#0072b2"
VERMILION: Final = "#d55e00"
GREEN: Final = "#008562"
PURPLE: Final = "#a8568a"
SKY: Final = "#2f8fc4"

VARIABLES: Final = {
    INK: "--fig-ink",
    QUIET: "--fig-quiet",
    GRID: "--fig-grid",
    CONTEXT: "--fig-context",
    PAPER: "--fig-paper",
    BLUE: "--fig-blue",
    VERMILION: "--fig-vermilion",
    GREEN: "--fig-green",
    PURPLE: "--fig-purple",
    SKY: "--fig-sky",
}
SERIES: Final = (BLUE, VERMILION, GREEN, PURPLE, SKY)

WIDTH: Final = 400
"""Width of the plotting area in pixels; with axes a figure is about 480 wide."""

FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
FONT_SIZE: Final = 13

CONFIG: Final[dict[str, Any]] = {
    "background": "transparent",
    "font": FONT,
    "padding": {"left": 4, "right": 8, "top": 8, "bottom": 4},
    "view": {"stroke": None},
    "title": {
        "color": INK,
        "fontSize": 15,
        "fontWeight": "bold",
        "anchor": "start",
        "frame": "group",
        "lineHeight": 19,
        "offset": 12,
    },
    "axis": {
        "labelColor": QUIET,
        "labelFontSize": FONT_SIZE,
        "titleColor": QUIET,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "gridColor": GRID,
        "domainColor": CONTEXT,
        "tickColor": CONTEXT,
        "labelLimit": 190,
    },
    "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
    "axisX": {"grid": False},
    "legend": {
        "labelColor": INK,
        "titleColor": QUIET,
        "labelFontSize": FONT_SIZE,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
        "orient": "top",
        "labelLimit": 260,
    },
    "text": {"color": INK, "fontSize": FONT_SIZE},
    "line": {"strokeWidth": 2.5, "strokeCap": "round"},
    "range": {"category": list(SERIES)},
}


def series_colour(position: int) -> str:
    """Give the colour of the n-th series or segment; from the sixth on all are grey."""
    return SERIES[position] if position < len(SERIES) else CONTEXT
