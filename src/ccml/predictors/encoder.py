"""How raw features become numbers, once it is learnt: the codes of all features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ccml.errors import DataError
from ccml.predictors.dataset import FeatureKind, Floats, as_numbers, feature_kind

SHARE = " (share)"


@dataclass(frozen=True)
class FeatureCode:
    """How one feature becomes a number.

    Attributes:
        name: Column name.
        kind: number, bool or category.
        levels: Text level -> log-odds, or its place where `ordered` (categories only);
            no two levels have the same number.
        rest: Log-odds of levels not stored (categories only).
        typical: Median, or the commonest level, of the training rows.
        unseen_share: Share of training rows whose level was too rare to store.
        ordered: Whether the config gave the order of the levels.
        shares: Text level -> log of its share of the training rows, where asked for.
        rest_share: The same for levels not stored.
    """

    name: str
    kind: FeatureKind
    levels: dict[str, float] = field(default_factory=dict)
    rest: float = 0.0
    typical: float | str | None = None
    unseen_share: float = 0.0
    ordered: bool = False
    shares: dict[str, float] = field(default_factory=dict)
    rest_share: float = 0.0

    @property
    def is_rate(self) -> bool:
        """Tell whether the feature becomes a rate learnt from the label."""
        return self.kind == "category" and not self.ordered


@dataclass(frozen=True)
class Encoder:
    """The codes of all features, in the order of the model."""

    codes: tuple[FeatureCode, ...]
    place: str = "predictors"

    @property
    def names(self) -> list[str]:
        """Feature names in the order of the model."""
        return [code.name for code in self.codes]

    @property
    def columns(self) -> list[str]:
        """Names of the encoded columns: the features, then the shares of levels."""
        return self.names + [code.name + SHARE for code in self.codes if code.shares]

    @property
    def owners(self) -> tuple[int, ...]:
        """Position of the feature that each encoded column belongs to."""
        doubled = [i for i, code in enumerate(self.codes) if code.shares]
        return (*range(len(self.codes)), *doubled)

    def by_feature(self, parts: Floats) -> Floats:
        """Add up the parts of a score: encoded columns and bias -> features and bias."""
        width = len(self.codes)
        summed = np.column_stack([parts[:, :width], parts[:, -1]])
        for column, owner in enumerate(self.owners[width:], start=width):
            summed[:, owner] += parts[:, column]
        return summed

    def transform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the features as floats, in the stored order; extra columns are left.

        Raises:
            DataError: Columns are missing, of another kind, or infinite.
        """
        self._require_columns(frame)
        columns = {code.name: self._numbers(code, frame) for code in self.codes}
        for code in self.codes:
            if code.shares:
                values = frame[code.name]
                columns[code.name + SHARE] = _read(values, code.shares, code.rest_share)
        return pd.DataFrame(
            columns, index=frame.index, columns=self.columns, dtype=float
        )

    def unseen_shares(self, frame: pd.DataFrame) -> pd.Series:
        """Return, per text feature, the share of rows with a level not stored."""
        self._require_columns(frame)
        texts = [code for code in self.codes if code.kind == "category"]
        shares = {
            code.name: unseen_share(frame[code.name], code.levels) for code in texts
        }
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
        return _read(values, code.levels, np.nan if code.ordered else code.rest)

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain values for model.json."""
        return [vars(code).copy() for code in self.codes]

    @classmethod
    def from_json(cls, codes: Sequence[dict[str, Any]], place: str) -> "Encoder":
        """Rebuild an encoder from `to_json`."""
        return cls(tuple(FeatureCode(**code) for code in codes), place)


def _read(values: pd.Series, numbers: Mapping[str, float], rest: float) -> Floats:
    """Return the number of each level, `rest` for others, NaN for missing ones."""
    codes, levels = pd.factorize(values)
    # Each level is looked up once; a missing value has code -1, the last number.
    read = np.array([*(numbers.get(level, rest) for level in levels), np.nan])
    return np.asarray(read[codes], dtype=np.float64)


def unseen_share(values: pd.Series, levels: dict[str, float]) -> float:
    """Return the share of known values that are none of the levels."""
    present = values.dropna().astype("object")
    return float((~present.isin(list(levels))).mean()) if len(present) else 0.0
