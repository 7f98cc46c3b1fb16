"""How well one feature alone tells a label, by its values or by where it is missing."""

from typing import Any

import numpy as np
import pandas as pd

LEAST_OF_CLASS = 20
MOST_OF_CLASS = 10_000


def aucs_alone(features: pd.DataFrame, answers: Any) -> pd.Series:
    """Give the AUC of each feature alone; a large sample is thinned evenly by class."""
    rows = _thinned(answers)
    thin, outcome = features.iloc[rows], answers[rows]
    found = {str(name): single_auc(thin[name], outcome) for name in thin}
    return pd.Series(found, dtype=float)


def aucs_of_missing(features: pd.DataFrame, answers: Any) -> pd.Series:
    """Give the AUC with which the missing values of each feature tell a label."""
    empty = features.isna()
    some = empty.loc[:, empty.any() & ~empty.all()]
    return aucs_alone(some.astype(float), answers)


def _thinned(answers: Any) -> Any:
    """Choose evenly spread rows of either class: an AUC does not mind their shares."""
    classes = [np.flatnonzero(answers == 1), np.flatnonzero(answers != 1)]
    kept = [rows[:: max(1, -(-len(rows) // MOST_OF_CLASS))] for rows in classes]
    return np.sort(np.concatenate(kept))


def single_auc(values: pd.Series, answers: Any) -> float:
    """Give the AUC with which one feature ranks a label, whichever way round.

    A missing value counts as lowest or as highest, as ranks better. A category is ranked
    by the shares of positives among the other half of the rows, so that a value that
    stands once tells nothing. NaN where a class is too small.
    """
    positives = answers == 1
    if min(positives.sum(), (~positives).sum()) < LEAST_OF_CLASS:
        return float("nan")
    is_number = pd.api.types.is_numeric_dtype(values) or _are_flags(values)
    if not is_number:
        return _either_way(_shares(values, answers), positives)
    numbers = pd.to_numeric(values.astype("float64"))
    ranked = (numbers.rank(na_option=side).to_numpy() for side in ("top", "bottom"))
    return max(_either_way(ranks, positives) for ranks in ranked)


def _are_flags(values: pd.Series) -> bool:
    return bool(values.dropna().isin([True, False]).all())


def _either_way(scores: Any, positives: Any) -> float:
    ranks = pd.Series(scores).rank().to_numpy()
    n, m = int(positives.sum()), int((~positives).sum())
    auc = (ranks[positives].sum() - n * (n + 1) / 2) / (n * m)
    return float(max(auc, 1 - auc))


def _shares(values: pd.Series, answers: Any) -> Any:
    """Give each row its value's share of positives among rows of the other half."""
    codes, _ = pd.factorize(values.astype("string").fillna(""))
    half = np.random.default_rng(0).integers(0, 2, len(codes))
    shares = np.empty(len(codes))
    size = int(codes.max()) + 1
    for part in (0, 1):
        other, own = half != part, half == part
        total = np.bincount(codes[other], minlength=size)
        hits = np.bincount(codes[other], answers[other], minlength=size)
        shares[own] = ((hits + answers.mean()) / (total + 1))[codes[own]]
    return shares
