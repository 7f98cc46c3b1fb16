"""The kinds of model, as plain values: encoded features in, log-odds out.

Each kind answers `raw(X)` and `contributions(X)`; the latter has one column per column of
X and a last one for the bias, and its rows add up to `raw`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import lightgbm as lgb
import numpy as np
import pandas as pd

from ccml.predictors.dataset import Floats
from ccml.predictors.linear_model import LogisticModel

ALL_THREADS = 0
"""LightGBM takes as many as the process may use; OMP_NUM_THREADS says otherwise."""
ONE_THREAD_ROWS = 20_000
CHUNK_ROWS = 50_000


class Model(Protocol):
    """What a scorer needs of a model."""

    @property
    def kind(self) -> str:
        """Return prior, rule, logistic, lightgbm or ensemble."""

    def raw(self, X: pd.DataFrame) -> Floats:
        """Return the log-odds of every row."""

    def contributions(self, X: pd.DataFrame) -> Floats:
        """Return rows x (features + 1), adding up to `raw`."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values for model.json."""


@dataclass(frozen=True)
class PriorModel:
    """The same log-odds for everybody: what is known without any feature."""

    log_odds: float
    kind: str = "prior"

    def raw(self, X: pd.DataFrame) -> Floats:
        """Return the log-odds of every row."""
        return np.full(len(X), self.log_odds)

    def contributions(self, X: pd.DataFrame) -> Floats:
        """Return nothing but the bias."""
        parts = np.zeros((len(X), X.shape[1] + 1))
        parts[:, -1] = self.log_odds
        return parts

    def to_json(self) -> dict[str, Any]:
        """Return plain values for model.json."""
        return vars(self).copy()


@dataclass(frozen=True)
class RuleModel:
    """One feature, read through a strictly monotone curve.

    Attributes:
        feature: Name of the feature.
        knots: Values of the feature, rising.
        odds: Log-odds at the knots, all rising or all falling.
        missing: Log-odds where the feature is missing.
        bias: Mean log-odds of the training rows.
    """

    feature: str
    knots: tuple[float, ...]
    odds: tuple[float, ...]
    missing: float
    bias: float
    kind: str = "rule"

    def raw(self, X: pd.DataFrame) -> Floats:
        """Return the log-odds of every row."""
        values = X[self.feature].to_numpy()
        read = np.interp(values, self.knots, self.odds)
        return np.where(np.isnan(values), self.missing, read)

    def contributions(self, X: pd.DataFrame) -> Floats:
        """Return the whole difference from the mean as the feature's own."""
        parts = np.zeros((len(X), X.shape[1] + 1))
        parts[:, list(X.columns).index(self.feature)] = self.raw(X) - self.bias
        parts[:, -1] = self.bias
        return parts

    def to_json(self) -> dict[str, Any]:
        """Return plain values for model.json."""
        return vars(self) | {"knots": list(self.knots), "odds": list(self.odds)}


@dataclass(frozen=True)
class EnsembleModel:
    """A weighted sum of models, so its parts are the weighted sum of their parts.

    Attributes:
        members: LightGBM and linear models of the same encoded features.
        weights: Weight of each member, not negative.
        intercept: Constant that is added.
        groups: Which group each member belongs to; see `members`.
    """

    members: tuple[Model, ...]
    weights: tuple[float, ...]
    intercept: float
    groups: tuple[str, ...] = ()
    kind: str = "ensemble"

    def raw(self, X: pd.DataFrame) -> Floats:
        """Return the log-odds of every row."""
        pairs = zip(self.weights, self.members, strict=True)
        total = sum((w * m.raw(X) for w, m in pairs), np.zeros(len(X)))
        return np.asarray(total + self.intercept)

    def contributions(self, X: pd.DataFrame) -> Floats:
        """Return the weighted sum of the members' parts."""
        pairs = zip(self.weights, self.members, strict=True)
        total = np.zeros((len(X), X.shape[1] + 1))
        for weight, member in pairs:
            total += weight * member.contributions(X)
        total[:, -1] += self.intercept
        return total

    def to_json(self) -> dict[str, Any]:
        """Return plain values; the texts of boosters are stored beside model.json."""
        return {
            "kind": self.kind,
            "members": [member.to_json() for member in self.members],
            "weights": list(self.weights),
            "intercept": self.intercept,
            "groups": list(self.groups),
        }


@dataclass(frozen=True)
class BoosterModel:
    """A LightGBM model as its own text, under names LightGBM accepts."""

    text: str
    booster: lgb.Booster = field(compare=False, repr=False)
    kind: str = "lightgbm"

    @classmethod
    def from_text(cls, text: str) -> "BoosterModel":
        """Rebuild the model from its text."""
        return cls(text, lgb.Booster(model_str=text))

    def raw(self, X: pd.DataFrame) -> Floats:
        """Return the log-odds of every row."""
        return self._predict(X, raw_score=True)

    def contributions(self, X: pd.DataFrame) -> Floats:
        """Return the SHAP values, path-dependent, in log-odds."""
        width = X.shape[1] + 1
        if not len(X):
            return np.zeros((0, width))
        starts = range(0, len(X), CHUNK_ROWS)
        chunks = [
            self._predict(X.iloc[i : i + CHUNK_ROWS], pred_contrib=True) for i in starts
        ]
        return np.concatenate(chunks)

    def _predict(self, X: pd.DataFrame, **what: bool) -> Floats:
        if not len(X):
            return np.zeros(0)
        named = X.set_axis(safe_names(list(X.columns)), axis=1)
        # Without the check LightGBM silently scores columns in a wrong order.
        scored = self.booster.predict(
            named, validate_features=True, num_threads=threads(len(X)), **what
        )
        return np.asarray(scored, dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return the kind; the text is stored beside model.json."""
        return {"kind": self.kind}


def threads(rows: int) -> int:
    """Return LightGBM's `num_threads` for so many rows; models do not depend on it.

    Few rows are quicker on one thread, since threads mostly wait for each other.
    """
    return 1 if rows < ONE_THREAD_ROWS else ALL_THREADS


def safe_names(names: list[str]) -> list[str]:
    """Return names without the signs LightGBM refuses, still unique and in order."""
    plain = [
        "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
        for name in names
    ]
    if len(set(plain)) == len(plain):
        return plain
    return [f"{name}_{i}" for i, name in enumerate(plain)]


def booster_texts(model: Model) -> list[str]:
    """Return the texts of the LightGBM models inside a model, in order."""
    if isinstance(model, EnsembleModel):
        return [text for member in model.members for text in booster_texts(member)]
    return [model.text] if isinstance(model, BoosterModel) else []


def model_from_json(values: dict[str, Any], texts: Sequence[str]) -> Model:
    """Rebuild a model from model.json and the texts that `booster_texts` gave."""
    return _rebuilt(values, iter(texts))


def _rebuilt(values: dict[str, Any], texts: Iterator[str]) -> Model:
    kind = str(values["kind"])
    if kind == "lightgbm":
        return BoosterModel.from_text(next(texts))
    if kind == "ensemble":
        members = tuple(_rebuilt(member, texts) for member in values["members"])
        return EnsembleModel(
            members,
            tuple(values["weights"]),
            values["intercept"],
            tuple(values.get("groups", ())),
        )
    kinds: dict[str, Any] = {
        "prior": PriorModel,
        "rule": RuleModel,
        "logistic": LogisticModel,
    }
    model: Model = kinds[kind](**{key: _frozen(value) for key, value in values.items()})
    return model


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
