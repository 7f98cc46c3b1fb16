"""The reasons of many rows as JSON, written once per feature and value, not per row."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ccml.predictors.dataset import Floats, Rows
from ccml.scores.values import is_missing

NONE = -1
EFFECT_UNITS = 10_000  # effects have four digits
Speak = Callable[[int, Any], tuple[Any, str]]
"""From a column and a value to what is usual, as plain value, and the sentence."""
_encode = json.JSONEncoder(ensure_ascii=False).encode
COMMA = ", "
NUMBERS = (int, float)


@dataclass(frozen=True)
class Place:
    """The first, second or further reason of every row, up or down.

    Attributes:
        direction: up or down.
        columns: Position of the feature that is told; NONE where there is no reason.
        effects: Part of its family, in log-odds.
    """

    direction: str
    columns: Rows
    effects: Floats


def plain(value: Any) -> Any:
    """Turn a value of a frame into one of JSON: null, bool, number or text."""
    if value is None or value is pd.NA or is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


def reason_texts(
    frame: pd.DataFrame, features: Sequence[str], places: Sequence[Place], speak: Speak
) -> list[str]:
    """Write the reasons of every row as a JSON list, in the order of the places."""
    pieces, taken = _pieces(frame, features, places, speak)
    if not pieces:
        return ["[]"] * len(frame)
    heads = pa.array([head for head, _ in pieces], type=pa.large_string())
    tails = pa.array([tail for _, tail in pieces], type=pa.large_string())
    reasons = [
        _joined(
            heads.take(numbers), place.direction, _effects(place), tails.take(numbers)
        )
        for place, numbers in zip(places, taken, strict=True)
    ]
    listed = pc.binary_join_element_wise(*reasons, _text(""))
    listed = pc.utf8_slice_codeunits(listed, len(COMMA))
    whole = pc.binary_join_element_wise(_text("["), listed, _text("]"), _text(""))
    written: list[str] = whole.to_pylist()
    return written


def _text(words: str) -> pa.Scalar:
    return pa.scalar(words, type=pa.large_string())


def _joined(heads: Any, direction: str, effects: Any, tails: Any) -> Any:
    middle = _text(f'"direction": "{direction}", "effect": ')
    parts = (_text(COMMA), heads, middle, effects, tails)
    # A row without a reason is empty here: joined nulls would shorten the column.
    return pc.fill_null(pc.binary_join_element_wise(*parts, _text("")), _text(""))


def _effects(place: Place) -> Any:
    units = np.rint(place.effects * EFFECT_UNITS).astype(np.int64)
    found, codes = np.unique(units, return_inverse=True)
    texts = [repr(unit / EFFECT_UNITS) for unit in found.tolist()]
    return pa.array(texts, type=pa.large_string()).take(pa.array(codes))


def _pieces(
    frame: pd.DataFrame, features: Sequence[str], places: Sequence[Place], speak: Speak
) -> tuple[list[tuple[str, str]], list[pa.Array]]:
    """Write what stands before and after the effect; number it for every place."""
    pieces: list[tuple[str, str]] = []
    taken = [np.full(len(frame), NONE, dtype=np.int64) for _ in places]
    told = {column for place in places for column in np.unique(place.columns).tolist()}
    for column in sorted(told - {NONE}):
        where = [np.flatnonzero(place.columns == column) for place in places]
        name = features[column]
        codes, values = _factorised(frame[name].iloc[np.concatenate(where)])
        ends = np.cumsum([len(rows) for rows in where])[:-1]
        for numbers, rows, own in zip(taken, where, np.split(codes, ends), strict=True):
            numbers[rows] = own + len(pieces)
        pieces += [_piece(name, value, *speak(column, value)) for value in values]
    return pieces, [pa.array(numbers, mask=numbers == NONE) for numbers in taken]


def _factorised(values: pd.Series) -> tuple[Rows, list[Any]]:
    codes, known = pd.factorize(values)
    plain_values = [plain(value) for value in known.tolist()]
    codes = np.where(codes < 0, len(plain_values), codes).astype(np.int64)
    return codes, [*plain_values, None]


def _piece(name: str, value: Any, usual: Any, said: str) -> tuple[str, str]:
    head = (
        f'{{"feature": {_encode(name)}, "value": {_json(value)}, '
        f'"usual": {_json(usual)}, '
    )
    return head, f', "sentence": {_encode(said)}}}'


def _json(value: Any) -> str:
    # Most values are numbers, for which the encoder is slow; truths are none of them.
    return repr(value) if type(value) in NUMBERS else _encode(value)
