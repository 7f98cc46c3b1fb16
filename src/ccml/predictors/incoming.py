"""Raw feature frames from outside: what is accepted, converted and refused.

A frame that ccml built has the right columns and types. One from a JSON request, a Spark
worker or a person's notebook may not, and LightGBM would score it without a word. Column
order never matters; see docs/decisions/0019.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from ccml.errors import DataError
from ccml.predictors.dataset import FeatureKind, feature_kind
from ccml.predictors.encoder import FeatureCode
from ccml.predictors.scorer import Scorer

WORDS = {"true": 1.0, "false": 0.0}
MOST_NAMED = 10


@dataclass(frozen=True)
class Incoming:
    """A frame that the scorer takes, and what was noticed on the way.

    Attributes:
        frame: The frame given, with columns converted where that was needed.
        notes: One sentence per kind of notice; names and counts only.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


def incoming_frame(scorer: Scorer, frame: Any, *, strict: bool = False) -> Incoming:
    """Check a frame from outside against the features that a scorer needs.

    Args:
        scorer: The model that is to score it.
        frame: A frame of raw features, or a mapping from names to values.
        strict: Refuse columns that the model does not know, too.

    Raises:
        DataError: It is no frame, columns are missing, doubled or (strict) unknown, or a
            column holds something else than its feature.
    """
    place = scorer.encoder.place
    given = _as_frame(frame, place)
    wanted = scorer.feature_names
    extra = [str(name) for name in given.columns if name not in set(wanted)]
    _refuse_missing(wanted, given, extra, place)
    _refuse_doubled(wanted, given, place)
    if extra and strict:
        raise DataError(
            f"{place}: columns {_named(extra)} are no features of the model; take them "
            f"out, or score without `strict`."
        )
    changed = dict(_converted(scorer, given))
    notes = [f"Columns {_named(extra)} are not used."] if extra else []
    if changed:
        given = given.assign(**changed)
        notes.append(f"Columns {_named(list(changed))} were converted.")
    return Incoming(given, tuple(notes))


def _as_frame(frame: Any, place: str) -> pd.DataFrame:
    if isinstance(frame, pd.DataFrame):
        return frame
    if isinstance(frame, Mapping):
        single = not any(isinstance(v, (list, np.ndarray)) for v in frame.values())
        return pd.DataFrame([frame] if single else dict(frame))
    raise DataError(
        f"{place}: the model needs columns with names, got {type(frame).__name__}; send a "
        f"frame, such as `dataframe_split` or `dataframe_records` of a request."
    )


def _refuse_missing(
    wanted: list[str], given: pd.DataFrame, extra: list[str], place: str
) -> None:
    present = set(given.columns)
    missing = [name for name in wanted if name not in present]
    if not missing:
        return
    near = {name: get_close_matches(name, extra, n=1) for name in missing}
    renamed = [f"{name!r} for {found[0]!r}" for name, found in near.items() if found]
    hint = f" Perhaps the model means {', '.join(renamed)}." if renamed else ""
    raise DataError(
        f"{place}: columns {_named(missing)} are missing; the model needs every feature it "
        f"was trained on; build them or train again.{hint}"
    )


def _refuse_doubled(wanted: list[str], given: pd.DataFrame, place: str) -> None:
    if given.columns.is_unique:
        return
    doubled = set(given.columns[given.columns.duplicated()]) & set(wanted)
    if doubled:
        raise DataError(
            f"{place}: columns {_named(sorted(doubled))} stand more than once; give each "
            f"feature once."
        )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f"{names[:MOST_NAMED]}{more}"


def _converted(scorer: Scorer, given: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Give the columns whose values had to be read; the others are right as they are."""
    for code in scorer.encoder.codes:
        values = given[code.name]
        if _fits(code.kind, values):
            continue
        if code.kind == "category":
            if values.isna().all():
                continue
            if not _are_arrow_texts(values):
                raise _wrong(code, values, "texts", scorer.encoder.place)
            yield code.name, values.astype("string")
            continue
        yield code.name, _as_floats(code, values, scorer.encoder.place)


def _fits(kind: FeatureKind, values: pd.Series) -> bool:
    if kind == "bool":
        return bool(pd.api.types.is_bool_dtype(values.dtype))
    if kind == "number":
        numeric = pd.api.types.is_numeric_dtype(values.dtype)
        return bool(numeric and not pd.api.types.is_complex_dtype(values.dtype))
    if isinstance(values.dtype, pd.StringDtype):
        return True
    if values.dtype != object and not isinstance(values.dtype, pd.CategoricalDtype):
        return False
    try:
        return feature_kind(values, "") == "category"
    except DataError:
        return False


def _are_arrow_texts(values: pd.Series) -> bool:
    kind = values.dtype
    return isinstance(kind, pd.ArrowDtype) and pd.api.types.is_string_dtype(kind)


def _as_floats(code: FeatureCode, values: pd.Series, place: str) -> pd.Series:
    """Read numbers, booleans, their texts and missing values of a column as floats."""
    objects = values.astype("object")
    present = objects.notna()
    read = pd.to_numeric(objects.where(present, None).map(_number), errors="coerce")
    unread = present & read.isna()
    if code.kind == "bool":
        unread |= read.notna() & ~read.isin([0, 1])
    wrong = int(unread.sum())
    if wrong:
        what = "numbers" if code.kind == "number" else "true, false or nothing"
        raise _wrong(code, values, what, place, wrong)
    return read.astype(np.float64)


def _number(value: Any) -> Any:
    if isinstance(value, str):
        return WORDS.get(value.strip().lower(), value)
    if isinstance(value, (pd.Timestamp, np.datetime64, pd.Timedelta)):
        return "a moment is no number"
    return value


def _wrong(
    code: FeatureCode, values: pd.Series, what: str, place: str, rows: int | None = None
) -> DataError:
    count = f" in {rows:,} of {len(values):,} rows" if rows else ""
    return DataError(
        f"{place}: feature {code.name!r} must hold {what}, got something else{count} "
        f"({values.dtype}); send it as it was in training."
    )
