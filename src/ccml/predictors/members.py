"""The members of an ensemble: groups of models that err in different ways.

Every group counts as one score, the mean of its members: the chosen LightGBM settings
under several draws, bushier trees, a forest of deep trees (each drawn from other rows and
few features at each split), and logistic regression.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ccml.config.search import ModelConfig
from ccml.predictors.dataset import Floats
from ccml.predictors.fit import Part, fit_booster, fit_forest
from ccml.predictors.models import Model

Fit = Callable[[Part, ModelConfig, int], Model]

BUSHY = {
    "n_estimators": 300,
    "learning_rate": 0.03,
    "num_leaves": 63,
    "colsample_bytree": 0.5,
}
BUSHY_LEAF_ROWS = (5, 40)
ROWS_PER_LEAF_ROW = 500


@dataclass(frozen=True)
class Group:
    """Members that share a weight.

    Attributes:
        fit: Fits one member from a part, the chosen settings and the number of its draw.
        count: How many members there are.
        scale: What each member's raw score is divided by.
    """

    fit: Fit
    count: int = 1
    scale: float = 1.0


def _bushy(part: Part, settings: ModelConfig, draw: int) -> Model:
    fewest, most = BUSHY_LEAF_ROWS
    leaf_rows = int(np.clip(len(part.y) // ROWS_PER_LEAF_ROW, fewest, most))
    changes = BUSHY | {"min_child_samples": leaf_rows}
    return fit_booster(part, settings.model_copy(update=changes), draw)


def _forest(part: Part, settings: ModelConfig, draw: int) -> Model:
    del settings
    return fit_forest(part, FOREST_TREES, draw)


def _linear(part: Part, settings: ModelConfig, draw: int) -> Model:
    del settings, draw
    return part.linear


FOREST_TREES = 100
GROUPS: Mapping[str, Group] = {
    "boosters": Group(fit_booster, count=4),
    "bushy": Group(_bushy, count=2),
    # A forest's raw score is the sum of its trees.
    "forest": Group(_forest, scale=FOREST_TREES),
    "linear": Group(_linear),
}


def fit_group(
    name: str, part: Part, settings: ModelConfig, first_draw: int = 0
) -> tuple[Model, ...]:
    """Fit the members of a group on one part."""
    group = GROUPS[name]
    draws = range(first_draw, first_draw + group.count)
    return tuple(group.fit(part, settings, draw) for draw in draws)


def share(name: str) -> float:
    """Return what a member's raw score is multiplied by, at a group's weight of 1."""
    return 1 / (GROUPS[name].count * GROUPS[name].scale)


def group_scores(part: Part, settings: ModelConfig, X: pd.DataFrame) -> Floats:
    """Fit all groups and return their scores of other rows: rows x groups."""
    columns = [
        share(name) * sum(m.raw(X) for m in fit_group(name, part, settings))
        for name in GROUPS
    ]
    return np.column_stack(columns)
