"""How far each segment lies from all customers, with 95 % intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.kpis.intervals import Z
from ccml.segments.clusters.prepare import Preparation

Ids = NDArray[np.object_]


@dataclass(frozen=True)
class Effects:
    """Distances of segments' means from all, in standard deviations of all.

    Args:
        effect: One row per segment, one column per prepared trait.
        margin: Half the width of the 95 % interval of each.
    """

    effect: pd.DataFrame
    margin: pd.DataFrame

    def of(self, segment: str, trait: str) -> tuple[float, float, float]:
        """Give one effect with the ends of its interval; nan where it was not scaled."""
        if segment not in self.effect.index or trait not in self.effect:
            return (float("nan"),) * 3
        middle = float(self.effect[trait].to_dict()[segment])
        half = float(self.margin[trait].to_dict()[segment])
        return middle, middle - half, middle + half


def effects(ids: Ids, preparation: Preparation, values: pd.DataFrame) -> Effects:
    """Measure how far each segment's mean lies from all.

    The interval takes customers as drawn independently. The segment is a part of all,
    so that its distance from all is that from the others, times the others' share.
    """
    names = [column.name for column in preparation.columns]
    frame = pd.DataFrame(preparation.scaled(values), columns=names)
    spread = frame.std(ddof=0).replace(0, np.nan)
    grouped, size = frame.groupby(ids), len(frame)
    number = pd.Series(ids).value_counts().sort_index()
    means, total = grouped.mean(), frame.mean()
    squares = (frame**2).groupby(ids).mean()
    own = (squares - means**2).clip(lower=0)
    others = (size - number).clip(lower=1)
    rest = (-means.mul(number, axis=0) + total * size).div(others, axis=0)
    rest_squares = (-squares.mul(number, axis=0) + (frame**2).mean() * size).div(
        others, axis=0
    )
    apart = (rest_squares - rest**2).clip(lower=0)
    error = own.div(number, axis=0) + apart.div(others, axis=0)
    margin = (Z * (error**0.5) / spread).mul((size - number) / size, axis=0)
    return Effects(((means - total) / spread).fillna(0.0), margin.fillna(0.0))
