"""Features that tell one story: those that are strongly correlated, and their families.

A model may give the effect of one thing to any of several features that go together. So
their parts are only worth telling as a sum.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from ccml.predictors.dataset import Floats

MOST_ROWS = 20_000
FEWEST_COMMON_ROWS = 100
NO_SPREAD = 1e-9


def correlated_families(X: pd.DataFrame, above: float, seed: int) -> dict[str, str]:
    """Group features whose rank correlation, up or down, is on average above a limit.

    Args:
        X: Encoded features of training rows.
        above: From 0 to 1; at 1 nothing is grouped.
        seed: For the rows that are drawn from many.

    Returns:
        Feature -> name of its group, which is its first feature; groups of two or more.
    """
    names = [str(name) for name in X.columns]
    if above >= 1 or len(names) < 2:
        return {}
    distances = 1 - np.abs(rank_correlations(_drawn(X, seed)))
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), method="average")
    numbers = fcluster(tree, 1 - above, criterion="distance").tolist()
    members: dict[int, list[str]] = {}
    for name, number in zip(names, numbers, strict=True):
        members.setdefault(number, []).append(name)
    groups = [group for group in members.values() if len(group) > 1]
    return {name: group[0] for group in groups for name in group}


def _drawn(X: pd.DataFrame, seed: int) -> pd.DataFrame:
    if len(X) <= MOST_ROWS:
        return X
    rows = np.random.default_rng([seed, 6]).choice(len(X), MOST_ROWS, replace=False)
    return X.iloc[np.sort(rows)]


def rank_correlations(X: pd.DataFrame) -> Floats:
    """Correlate the ranks of every two features over the rows that have both.

    Ranks are taken within each feature, which is Spearman's where nothing is missing.
    With under 100 common rows the correlation is taken as nought.
    """
    ranks = X.rank().to_numpy(dtype=np.float64)
    known = (~np.isnan(ranks)).astype(np.float64)
    # Ranks from -1 to 1, so that their squares stay small.
    centred = np.where(known > 0, 2 * ranks / np.maximum(known.sum(axis=0), 1) - 1, 0)
    common = known.T @ known
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (centred.T @ known) / common
        squares = (centred**2).T @ known / common - means**2
        covariance = (centred.T @ centred) / common - means * means.T
        found = covariance / np.sqrt(squares * squares.T)
        moving = np.minimum(squares, squares.T) > NO_SPREAD
    usable = (common >= FEWEST_COMMON_ROWS) & moving
    return np.clip(np.where(usable, found, 0.0), -1, 1)


def joined_families(
    families: Mapping[str, str], groups: Mapping[str, str]
) -> dict[str, str]:
    """Join families of which features stand in one group.

    Args:
        families: Feature -> its family in the feature catalogue.
        groups: What `correlated_families` gave, of any features.

    Returns:
        Feature -> its family; of joined ones the name of the first.
    """
    first: dict[str, str] = {}
    for group in dict.fromkeys(groups.values()):
        inside = (
            families[f] for f, g in groups.items() if g == group and f in families
        )
        _join(first, inside)
    return {feature: _first(first, family) for feature, family in families.items()}


def _join(first: dict[str, str], families: Iterable[str]) -> None:
    roots = list(dict.fromkeys(_first(first, family) for family in families))
    for root in roots[1:]:
        first[root] = roots[0]


def _first(first: Mapping[str, str], family: str) -> str:
    while family in first:
        family = first[family]
    return family
