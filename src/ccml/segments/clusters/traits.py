"""What a customer's calls are like, as ratios that do not grow with their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Kind = Literal["rate", "share", "mean", "number", "flag"]

# How much of the average customer is mixed in: days for rates, calls for the rest.
PRIOR_WEIGHT: dict[Kind, float] = {
    "rate": 15.0,
    "share": 2.0,
    "mean": 2.0,
    "number": 0,
    "flag": 0,
}


@dataclass(frozen=True)
class Trait:
    """One trait, and how people say that it is high.

    Args:
        name: Short name.
        kind: A rate per exposure, a share of calls, a mean over calls, any number, or a
            flag (0 or 1).
        block: Traits of one block share the weight of one trait.
        meaning: What is measured, in words.
        unit: share, s, calls or nothing.
        head: Name of customers with much of it.
        tail: Words to add to another name.
        is_topic: What the calls are about.
        weight: Weight of the block in distances; 0 = told, but not clustered by.
    """

    name: str
    kind: Kind
    block: str
    meaning: str
    unit: str
    head: str
    tail: str
    is_topic: bool = False
    weight: float = 1.0


@dataclass(frozen=True)
class TraitTable:
    """Traits of customers as numerators over denominators, one row per customer."""

    traits: tuple[Trait, ...]
    above: pd.DataFrame
    below: pd.DataFrame

    def values(self) -> pd.DataFrame:
        """Give each customer's traits, drawn towards the average where little is seen.

        A customer with one transferred call is not taken for "always transferred".
        """
        weights = [PRIOR_WEIGHT[trait.kind] for trait in self.traits]
        made = drawn_in(self.above.to_numpy(), self.below.to_numpy(), weights)
        return pd.DataFrame(made, columns=list(self.above.columns))

    def seen(self) -> pd.DataFrame:
        """Give each customer's traits as they were seen; nan where nothing was."""
        below = self.below.where(self.below > 0)
        return self.above / below

    def of_group(self, inside: Bools) -> Floats:
        """Give the mean over some customers; nan where nothing is known of them."""
        above = self.above.to_numpy(dtype=float)[inside]
        below = self.below.to_numpy(dtype=float)[inside]
        known = (below > 0) & ~np.isnan(above)
        ratio = np.divide(above, below, out=np.zeros_like(above), where=known)
        people = known.sum(axis=0)
        total = ratio.sum(axis=0)
        nothing = np.full(len(self.traits), np.nan)
        return np.asarray(np.divide(total, people, out=nothing, where=people > 0))

    def rows(self, inside: Bools) -> "TraitTable":
        """Take some customers."""
        return TraitTable(
            self.traits,
            self.above[inside].reset_index(drop=True),
            self.below[inside].reset_index(drop=True),
        )


def drawn_in(above: Floats, below: Floats, weights: Sequence[float]) -> Floats:
    """Divide, and draw towards the average customer where little is seen.

    Args:
        above: Numerators (customers x traits).
        below: Denominators.
        weights: How much of the average is mixed in, per trait; 0 = nothing.
    """
    made = np.full(above.shape, np.nan)
    for place, weight in enumerate(weights):
        top, base = above[:, place], below[:, place]
        known = (base > 0) & ~np.isnan(top)
        ratio = top[known] / base[known]
        if weight == 0:
            made[known, place] = ratio
            continue
        average = _average(ratio)
        top, base = np.where(known, top, 0.0), np.where(known, base, 0.0)
        made[:, place] = (top + weight * average) / (base + weight)
    return made


def _average(ratios: Floats) -> float:
    """Average customers alike, the highest cut: no single customer moves it."""
    if not len(ratios):
        return float("nan")
    return float(np.minimum(ratios, np.quantile(ratios, 0.995, method="lower")).mean())
