"""Traits made comparable: straightened where they are skewed, scaled by their spread."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.segments.clusters.scales import Scale, Scaling, find_scale
from ccml.segments.clusters.traits import Trait

Floats = NDArray[np.float64]
EDGE = (
    0.005  # a trait is cut at these outer quantiles, so that no single customer rules
)


@dataclass(frozen=True)
class Column:
    """How one trait is scaled.

    Args:
        name: The trait.
        scale: How it is straightened.
        low: Values below are set to it (once straightened).
        high: Values above are set to it.
        centre: Median.
        spread: Standard deviation between low and high.
        weight: Weight in distances; 0 = not used in them.
    """

    name: str
    scale: Scale
    low: float
    high: float
    centre: float
    spread: float
    weight: float


@dataclass(frozen=True)
class Preparation:
    """How traits become coordinates; nearly constant traits are left out."""

    columns: tuple[Column, ...]

    def scaled(self, values: pd.DataFrame) -> Floats:
        """Scale every trait; a missing one takes its middle."""
        made = [_scaled(values, column) for column in self.columns]
        return np.column_stack(made) if made else np.empty((len(values), 0))

    def points(self, values: pd.DataFrame) -> Floats:
        """Turn the traits with a weight into coordinates."""
        made = [_scaled(values, column) * column.weight for column in self.used()]
        return np.column_stack(made) if made else np.empty((len(values), 0))

    def used(self) -> list[Column]:
        """List the columns with a weight."""
        return [column for column in self.columns if column.weight > 0]

    def as_dict(self) -> list[dict[str, Any]]:
        """Give plain values, to be stored."""
        return [asdict(column) for column in self.columns]

    @classmethod
    def from_dict(cls, columns: Sequence[Mapping[str, Any]]) -> "Preparation":
        """Read plain values back."""
        return cls(
            tuple(
                Column(**{**column, "scale": Scale.from_dict(column["scale"])})
                for column in columns
            )
        )


def prepare(
    values: pd.DataFrame, traits: Sequence[Trait], scaling: Scaling = "log1p"
) -> Preparation:
    """Learn how to scale traits.

    Counts and times are straightened in units of their own typical value, so that
    seconds and minutes give the same; all are cut at their outer 0.5 %.

    Args:
        values: One row per customer, one column per trait.
        traits: The traits, for their kinds and blocks.
        scaling: How skewed traits are straightened.
    """
    made = [(trait, _column(values, trait, scaling)) for trait in traits]
    kept = [(trait, column) for trait, column in made if column]
    sizes = Counter(trait.block for trait, _ in kept)
    return Preparation(
        tuple(
            replace(column, weight=trait.weight / sizes[trait.block] ** 0.5)
            for trait, column in kept
        )
    )


def _scaled(values: pd.DataFrame, column: Column) -> Floats:
    raw = column.scale.apply(values[column.name].to_numpy(dtype=float))
    cut = np.clip(raw, column.low, column.high)
    return np.nan_to_num((cut - column.centre) / column.spread, nan=0.0)


def _column(values: pd.DataFrame, trait: Trait, scaling: Scaling) -> Column | None:
    raw = values[trait.name].to_numpy(dtype=float)
    raw = raw[~np.isnan(raw)]
    if not len(raw):
        return None
    scale = find_scale(raw, trait.kind, scaling)
    straight = scale.apply(raw)
    low = np.quantile(straight, EDGE, method="higher")
    high = np.quantile(straight, 1 - EDGE, method="lower")
    cut = np.clip(straight, low, high)
    spread = float(cut.std())
    if spread <= 1e-9 * max(1.0, abs(float(high))):
        return None
    middle = float(np.median(cut))
    return Column(trait.name, scale, float(low), float(high), middle, spread, 1.0)
