"""How a skewed trait is straightened: logarithm, power or rank."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ccml.segments.clusters.traits import Kind

Floats = NDArray[np.float64]
Scaling = Literal["log1p", "yeo_johnson", "quantile", "none"]
MOST_ROWS = 20_000  # a power is found on so many values
MOST_STEPS = 200  # quantiles kept
OUTER = 0.005


@dataclass(frozen=True)
class Scale:
    """One way to straighten a trait.

    Args:
        kind: log1p, yeo_johnson, quantile or none.
        typical: Unit that the trait is measured in first.
        power: Of Yeo and Johnson.
        steps: Distinct quantiles.
        levels: Share of customers up to each of them, the middle of ties.
    """

    kind: Scaling
    typical: float = 1.0
    power: float = 1.0
    steps: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()

    def apply(self, raw: Floats) -> Floats:
        """Straighten values; nan stays nan."""
        if self.kind == "none":
            return raw
        if self.kind == "quantile":
            return np.where(np.isnan(raw), np.nan, self._level(raw))
        measured = raw / self.typical
        if self.kind == "log1p":
            return np.log1p(measured)
        return np.asarray(stats.yeojohnson(measured, lmbda=self.power))

    def _level(self, raw: Floats) -> Floats:
        return np.interp(raw, self.steps, self.levels)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Scale":
        """Read plain values back."""
        steps, levels = tuple(stored["steps"]), tuple(stored["levels"])
        return cls(**{**stored, "steps": steps, "levels": levels})


PLAIN = Scale("none")


def find_scale(raw: Floats, kind: Kind, scaling: Scaling) -> Scale:
    """Learn how to straighten a trait.

    Shares and flags stay as they are, but for ranks of shares. Numbers below zero have
    no logarithm and stay, too.

    Args:
        raw: Known values.
        kind: What the trait is.
        scaling: The way chosen by the config.
    """
    if scaling == "none" or kind == "flag":
        return PLAIN
    if scaling == "quantile":
        return _ranks(raw)
    if kind == "share" or not (raw != 0).any():
        return PLAIN
    typical = float(np.median(np.abs(raw[raw != 0])))
    if scaling == "yeo_johnson":
        return Scale("yeo_johnson", typical, _power(raw / typical))
    return PLAIN if raw.min() < 0 else Scale("log1p", typical)


def _ranks(raw: Floats) -> Scale:
    """Place values by the share of customers below; equal ones share their middle."""
    shares = np.linspace(0, 1, MOST_STEPS + 1)
    found = np.quantile(raw, shares)
    steps, where, size = np.unique(found, return_inverse=True, return_counts=True)
    levels = np.bincount(where, weights=shares) / size
    return Scale("quantile", steps=tuple(steps.tolist()), levels=tuple(levels.tolist()))


def _power(measured: Floats) -> float:
    """Find the power that makes most of the values normal; the outermost are cut."""
    every = -(-len(measured) // MOST_ROWS)
    few = np.sort(measured)[::every]
    low = np.quantile(few, OUTER, method="higher")
    high = np.quantile(few, 1 - OUTER, method="lower")
    cut = np.clip(few, low, high)
    if low == high:
        return 1.0
    return float(np.clip(stats.yeojohnson_normmax(cut), -3.0, 5.0))
