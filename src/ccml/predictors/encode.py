"""Features as numbers: texts become smoothed rates, learnt in the training part only.

A text level becomes the log-odds of its smoothed positive rate. Training rows get rates
learnt from *other* customers (cross-fitting), else a rare level would carry its own
label. Levels with few rows are pooled and never stored: they may name a customer.
Missing stays missing (NaN), booleans become 0 and 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ccml.errors import DataError
from ccml.predictors.dataset import (
    FeatureKind,
    Floats,
    Rows,
    as_numbers,
    feature_kind,
)

SMOOTHING_ROWS = 20.0
MIN_LEVEL_ROWS = 20
CROSS_FOLDS = 5


@dataclass(frozen=True)
class FeatureCode:
    """How one feature becomes a number.

    Attributes:
        name: Column name.
        kind: number, bool or category.
        levels: Text level -> log-odds (categories only).
        rest: Log-odds of levels not stored (categories only).
        typical: Median, or the commonest level, of the training rows.
        unseen_share: Share of training rows whose level was too rare to store.
    """

    name: str
    kind: FeatureKind
    levels: dict[str, float] = field(default_factory=dict)
    rest: float = 0.0
    typical: float | str | None = None
    unseen_share: float = 0.0


@dataclass(frozen=True)
class Encoder:
    """The codes of all features, in the order of the model."""

    codes: tuple[FeatureCode, ...]
    place: str = "predictors"

    @property
    def names(self) -> list[str]:
        """Feature names in the order of the model."""
        return [code.name for code in self.codes]

    def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the features as floats, in the stored order; extra columns are left.

        Raises:
            DataError: Columns are missing, of another kind, or infinite.
        """
        self._require_columns(frame)
        columns = {code.name: self._numbers(code, frame) for code in self.codes}
        return pd.DataFrame(columns, index=frame.index, columns=self.names, dtype=float)

    def unseen_shares(self, frame: pd.DataFrame) -> pd.Series:
        """Return, per text feature, the share of rows with a level not stored."""
        self._require_columns(frame)
        texts = [code for code in self.codes if code.kind == "category"]
        shares = {code.name: _unseen(frame[code.name], code.levels) for code in texts}
        return pd.Series(shares, dtype=float, name="unseen_share")

    def _require_columns(self, frame: pd.DataFrame) -> None:
        missing = sorted(set(self.names) - set(frame.columns))
        if missing:
            msg = (
                f"{self.place}: columns {missing} are missing; the model needs every "
                "feature it was trained on; build them or train again."
            )
            raise DataError(msg)

    def _numbers(self, code: FeatureCode, frame: pd.DataFrame) -> Floats:
        values = frame[code.name]
        if code.kind != "category":
            return as_numbers(values, self.place)
        if values.notna().any() and feature_kind(values, self.place) != "category":
            msg = (
                f"{self.place}: feature {code.name!r} must hold texts, got "
                f"{values.dtype}."
            )
            raise DataError(msg)
        known = values.astype("object").map(code.levels).to_numpy(dtype=np.float64)
        return np.where(
            values.isna(), np.nan, np.where(np.isnan(known), code.rest, known)
        )

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain values for model.json."""
        return [vars(code).copy() for code in self.codes]

    @classmethod
    def from_json(cls, codes: Sequence[dict[str, Any]], place: str) -> "Encoder":
        """Rebuild an encoder from `to_json`."""
        return cls(tuple(FeatureCode(**code) for code in codes), place)


def _unseen(values: pd.Series, levels: dict[str, float]) -> float:
    present = values.dropna().astype("object")
    return float((~present.isin(list(levels))).mean()) if len(present) else 0.0


def fit_encoder(features: pd.DataFrame, y: Floats, place: str) -> Encoder:
    """Learn the codes from the rows of a training part."""
    codes = [_fit_code(features[name], y, place) for name in features.columns]
    return Encoder(tuple(codes), place)


def _fit_code(values: pd.Series, y: Floats, place: str) -> FeatureCode:
    kind = feature_kind(values, place)
    name = str(values.name)
    if kind != "category":
        numbers = as_numbers(values, place)
        known = numbers[~np.isnan(numbers)]
        median = float(np.median(known)) if len(known) else None
        return FeatureCode(name, kind, typical=median)
    codes, names = _factorised(values)
    everyone = codes >= 0
    rows, positives = _counts(codes[everyone], y[everyone], len(names))
    odds = _smoothed_log_odds(positives, rows, y.mean())
    frequent = rows >= MIN_LEVEL_ROWS
    levels = {names[i]: float(odds[i]) for i in np.flatnonzero(frequent)}
    return FeatureCode(
        name=name,
        kind=kind,
        levels=dict(sorted(levels.items())),
        rest=float(_log_odds(y.mean())),
        typical=names[int(rows.argmax())] if frequent.any() else None,
        unseen_share=float(rows[~frequent].sum() / max(rows.sum(), 1)),
    )


def cross_fitted(
    encoder: Encoder, features: pd.DataFrame, y: Floats, clusters: Rows, seed: int
) -> pd.DataFrame:
    """Encode training rows; each text level gets a rate from other customers' rows."""
    encoded = encoder.transform(features)
    texts = [code.name for code in encoder.codes if code.kind == "category"]
    if not texts:
        return encoded
    numbers, owner = np.unique(clusters, return_inverse=True)
    dealt = np.random.default_rng([seed, 2]).permutation(len(numbers)) % CROSS_FOLDS
    for name in texts:
        encoded[name] = _rates_of_others(features[name], y, dealt[owner])
    return encoded


def _rates_of_others(values: pd.Series, y: Floats, fold: Rows) -> Floats:
    codes, names = _factorised(values)
    known = codes >= 0
    # One cell per level and fold; the rate of a row leaves out the cell of its fold.
    cell = codes[known] * CROSS_FOLDS + fold[known]
    rows, positives = _counts(cell, y[known], len(names) * CROSS_FOLDS)
    rows, positives = rows.reshape(-1, CROSS_FOLDS), positives.reshape(-1, CROSS_FOLDS)
    other_rows = rows.sum(axis=1, keepdims=True) - rows
    other_positives = positives.sum(axis=1, keepdims=True) - positives
    odds = _smoothed_log_odds(other_positives, other_rows, y.mean())
    rare = rows.sum(axis=1) < MIN_LEVEL_ROWS
    odds[rare] = _log_odds(y.mean())
    encoded = np.full(len(values), np.nan)
    encoded[known] = odds.reshape(-1)[cell]
    return encoded


def _factorised(values: pd.Series) -> tuple[Rows, list[str]]:
    codes, names = pd.factorize(values.astype("object"), sort=True)
    return codes.astype(np.int64), [str(name) for name in names]


def _counts(codes: Rows, y: Floats, size: int) -> tuple[Floats, Floats]:
    rows = np.bincount(codes, minlength=size).astype(np.float64)
    positives = np.bincount(codes, weights=y, minlength=size).astype(np.float64)
    return rows, positives


def _smoothed_log_odds(positives: Floats, rows: Floats, prior: float) -> Floats:
    rate = (positives + SMOOTHING_ROWS * prior) / (rows + SMOOTHING_ROWS)
    return np.asarray(np.log(rate / (1 - rate)))


def _log_odds(rate: float) -> float:
    return float(np.log(rate / (1 - rate)))
