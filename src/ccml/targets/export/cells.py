"""Cells that no spreadsheet takes for a formula, decided by the type of the column.

Numbers are checked and never escaped; a negative one stays a number. Phones must look
like one. Every other text that a spreadsheet might take for a formula gets a leading
single quote; one that begins with a quote gets another, so that nothing is lost.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from ccml.errors import DataError

Kind = Literal["number", "text", "phone"]
Cell = str | int | float | None

ESCAPE = "'"
# ASCII triggers, control characters, and the full-width forms that some editors fold.
TRIGGERS = frozenset("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001 - full-width on purpose
PHONE = re.compile(r"\+?[0-9]{6,15}", re.ASCII)


@dataclass(frozen=True)
class Column:
    """A column of a file: its header, its type and how many decimals it shows."""

    name: str
    kind: Kind
    decimals: int | None = None


def escape(text: str) -> str:
    """Make a text safe; `unescape` gives it back."""
    begin = text.lstrip(" \u00a0\u200b\ufeff")[:1]
    risky = text[:1] == ESCAPE or (begin in TRIGGERS and begin != "")
    return f"{ESCAPE}{text}" if risky else text


def unescape(text: str) -> str:
    """Give back the text that `escape` was given."""
    return text.removeprefix(ESCAPE)


def frame_columns(frame: pd.DataFrame, decimals: dict[str, int]) -> list[Column]:
    """Type the columns of a frame: numbers by their dtype, all else is text."""
    return [
        Column(name, _kind(frame[name]), decimals.get(name)) for name in frame.columns
    ]


def _kind(values: pd.Series) -> Kind:
    is_number = pd.api.types.is_numeric_dtype(values.dtype)
    is_flag = pd.api.types.is_bool_dtype(values.dtype)
    return "number" if is_number and not is_flag else "text"


def cells(frame: pd.DataFrame, columns: Sequence[Column]) -> list[list[Cell]]:
    """Turn a frame into rows of safe cells.

    Raises:
        DataError: A number is infinite, or a phone does not look like one.
    """
    made = [_column_cells(frame[column.name], column) for column in columns]
    return [list(row) for row in zip(*made, strict=True)]


def _column_cells(values: pd.Series, column: Column) -> list[Cell]:
    plain = [None if pd.isna(value) else value for value in values.tolist()]
    if column.kind == "number":
        return [_number(value, column) for value in plain]
    if column.kind == "phone":
        return [_phone(value, column) for value in plain]
    return [None if value is None else escape(_text(value)) for value in plain]


def _number(value: Any, column: Column) -> Cell:
    if value is None:
        return None
    number = float(value)
    if not math.isfinite(number):
        raise DataError(
            f"column {column.name!r}: a number is infinite; a list holds finite ones."
        )
    if column.decimals is not None:
        number = round(number, column.decimals)
    return int(number) if number.is_integer() and column.decimals is None else number


def _phone(value: Any, column: Column) -> Cell:
    if value is None:
        return None
    if not PHONE.fullmatch(str(value)):
        raise DataError(
            f"column {column.name!r}: a phone must be 6 to 15 digits, with or without a "
            f"leading +; mend the column or export it as text."
        )
    return str(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return str(value)
