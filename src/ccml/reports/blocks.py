"""What a page is made of: tables and figures, ready to be set."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import pandas as pd
from markupsafe import Markup

from ccml.reports.render import inline_svg, title_of

MOST_ROWS = 60


@dataclass(frozen=True)
class Cell:
    """One cell: what is read, and what it is sorted by."""

    text: str
    sort: float | str | None = None


@dataclass(frozen=True)
class TableBlock:
    """A table: its sentence, its columns, its rows of cells.

    Args:
        caption: What one row is.
        columns: Headings.
        rows: Cells, as many as columns.
        numeric: Positions of columns that are right-aligned.
        left_out: Rows that are not shown.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    left_out: int = 0


@dataclass(frozen=True)
class FigureBlock:
    """A picture with its sentence and its table."""

    figure_id: str
    title: str
    svg: Markup
    table: TableBlock
    note: str = ""


@dataclass(frozen=True)
class Tile:
    """One key figure: what it is, how much, and how it was counted."""

    label: str
    value: str
    detail: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Section:
    """One section of the page; without a body, what would be needed for it."""

    section_id: str
    title: str
    lead: str
    parts: dict[str, Any] = field(default_factory=dict)
    missing: str = ""


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    text_columns: Iterable[int] = (0,),
) -> TableBlock:
    """Build a table; a value is a text, or a pair of text and sort key."""
    made = [tuple(_cell(value) for value in row) for row in rows]
    texts = set(text_columns)
    return TableBlock(
        caption=caption,
        columns=tuple(columns),
        rows=tuple(made[:MOST_ROWS]),
        numeric=frozenset(i for i in range(len(columns)) if i not in texts),
        left_out=max(0, len(made) - MOST_ROWS),
    )


def _cell(value: Any) -> Cell:
    if isinstance(value, tuple):
        text, key = value
        return Cell(str(text), _key(key))
    return Cell(str(value))


def _key(key: Any) -> float | str | None:
    """Keep what a table can be sorted by; missing values sort last."""
    if key is None or isinstance(key, str):
        return key
    number = float(key)
    return number if number == number else None  # noqa: PLR0124 - NaN


def figure(
    figure_id: str, chart: alt.TopLevelMixin, rows: TableBlock, note: str = ""
) -> FigureBlock:
    """Draw a chart and put its table beside it."""
    # The SVG comes from our own renderer, which escapes every text.
    svg = Markup(inline_svg(chart, figure_id))  # noqa: S704
    return FigureBlock(figure_id, title_of(chart), svg, rows, note)


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Go through a small frame row by row; columns are attributes."""
    yield from frame.itertuples(index=False)


def slug(*names: str) -> str:
    """Make an id for the page out of names."""
    text = "-".join(names).lower()
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in text)
