"""The linear model: scaled numbers, text levels one by one, flags for missing values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ccml.predictors.dataset import Floats

CLIP = 5.0


@dataclass(frozen=True)
class LogisticModel:
    """A linear model of scaled features, text levels and flags for missing values.

    Attributes:
        names: Features in order.
        fill: Value used where a feature is missing.
        centre: Subtracted from each feature.
        scale: Divides it; the result is clipped, so that one value cannot dominate.
        weights: Weight of each scaled feature.
        flags: Weight of "is missing" of each feature.
        intercept: Constant of the fit.
        means: Mean of each scaled feature over the training rows.
        flag_means: Share of training rows in which each feature is missing.
        levels: Per feature the numbers of the text levels that have a weight each; none
            where the feature is read as a number.
        level_weights: Weight of each of those levels.
        level_means: Share of training rows with each of them.
    """

    names: tuple[str, ...]
    fill: tuple[float, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...] = ()
    flags: tuple[float, ...] = ()
    intercept: float = 0.0
    means: tuple[float, ...] = ()
    flag_means: tuple[float, ...] = ()
    levels: tuple[tuple[float, ...], ...] = ()
    level_weights: tuple[tuple[float, ...], ...] = ()
    level_means: tuple[tuple[float, ...], ...] = ()
    kind: str = "logistic"

    def design(self, X: pd.DataFrame) -> tuple[Floats, Floats]:
        """Return the scaled features and the flags for missing ones."""
        values = X[list(self.names)].to_numpy(dtype=np.float64)
        is_missing = np.isnan(values)
        filled = np.where(is_missing, np.asarray(self.fill), values)
        scaled = (filled - np.asarray(self.centre)) / np.asarray(self.scale)
        return np.clip(scaled, -CLIP, CLIP), is_missing.astype(np.float64)

    def one_hot(self, X: pd.DataFrame) -> dict[int, Floats]:
        """Return, per feature read by level, which level each row has."""
        return {
            i: (X[self.names[i]].to_numpy()[:, None] == levels).astype(np.float64)
            for i, levels in enumerate(self.levels)
            if levels
        }

    def raw(self, X: pd.DataFrame) -> Floats:
        """Return the log-odds of every row."""
        scaled, flags = self.design(X)
        raw = scaled @ np.asarray(self.weights) + flags @ np.asarray(self.flags)
        for i, hot in self.one_hot(X).items():
            raw = raw + hot @ np.asarray(self.level_weights[i])
        return np.asarray(raw + self.intercept)

    def contributions(self, X: pd.DataFrame) -> Floats:
        """Return weight x (value - mean) per feature, its flag and levels with it."""
        scaled, flags = self.design(X)
        w, f = np.asarray(self.weights), np.asarray(self.flags)
        parts = (scaled - self.means) * w + (flags - self.flag_means) * f
        bias = self.intercept + w @ np.asarray(self.means) + f @ self.flag_means
        for i, hot in self.one_hot(X).items():
            weights, means = np.asarray(self.level_weights[i]), self.level_means[i]
            parts[:, i] += (hot - means) @ weights
            bias += weights @ np.asarray(means)
        return np.column_stack([parts, np.full(len(X), bias)])

    def to_json(self) -> dict[str, Any]:
        """Return plain values for model.json."""
        plain = vars(self).items()
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain}
