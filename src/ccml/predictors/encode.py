"""Features as numbers: texts become smoothed rates, learnt in the training part only.

A text level becomes the log-odds of its smoothed positive rate. Training rows get rates
learnt from *other* customers (cross-fitting), else a rare level would carry its own
label. Levels with few rows or few customers are pooled and never stored: they may name
a customer. A second column may give the share of rows with the same level. Texts whose
order the config gives become their place in it. Missing stays missing (NaN), booleans
become 0 and 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.errors import DataError
from ccml.predictors.dataset import (
    FeatureKind,
    Floats,
    Rows,
    as_numbers,
    feature_kind,
)
from ccml.predictors.encoder import Encoder, FeatureCode, unseen_share

SMOOTHING_ROWS = 20.0
MIN_LEVEL_ROWS = 20
MIN_LEVEL_CUSTOMERS = 10
CROSS_FOLDS = 5


@dataclass(frozen=True)
class TextCoding:
    """What the config says about texts.

    Attributes:
        shares: Whether a second column gives the share of rows with the same level.
        orders: Feature -> its levels, from first to last.
    """

    shares: bool = False
    orders: Mapping[str, Sequence[str]] = field(default_factory=dict)


def fit_encoder(
    features: pd.DataFrame,
    y: Floats,
    place: str,
    clusters: Rows | None = None,
    texts: TextCoding | None = None,
) -> Encoder:
    """Learn the codes from the rows of a training part.

    Args:
        features: Raw features.
        y: Outcomes.
        place: Named in errors.
        clusters: Customer of each row; without it every row is its own customer.
        texts: What the config says about texts.
    """
    owner = np.arange(len(y), dtype=np.int64) if clusters is None else clusters
    said = texts or TextCoding()
    codes = [_fit_code(features[name], y, place, owner, said) for name in features]
    return Encoder(tuple(codes), place)


def _fit_code(
    values: pd.Series, y: Floats, place: str, clusters: Rows, texts: TextCoding
) -> FeatureCode:
    kind = feature_kind(values, place)
    name = str(values.name)
    if name in texts.orders:
        return _ordered(values, kind, texts.orders[name], place)
    if kind == "category":
        return _fit_levels(values, y, clusters, shares=texts.shares)
    numbers = as_numbers(values, place)
    known = numbers[~np.isnan(numbers)]
    return FeatureCode(
        name, kind, typical=float(np.median(known)) if len(known) else None
    )


def _ordered(
    values: pd.Series, kind: FeatureKind, order: Sequence[str], place: str
) -> FeatureCode:
    if kind != "category":
        msg = (
            f"{place}.orders: feature {values.name!r} holds {values.dtype}; only texts "
            "need an order; take it out."
        )
        raise DataError(msg)
    levels = {level: float(i) for i, level in enumerate(order)}
    rows = values.value_counts().reindex(list(order), fill_value=0)
    return FeatureCode(
        name=str(values.name),
        kind=kind,
        levels=levels,
        typical=str(rows.idxmax()) if rows.any() else None,
        unseen_share=unseen_share(values, levels),
        ordered=True,
    )


def _fit_levels(
    values: pd.Series, y: Floats, clusters: Rows, *, shares: bool
) -> FeatureCode:
    codes, names = _factorised(values)
    present = codes >= 0
    rows, positives = _counts(codes[present], y[present], len(names))
    odds = _smoothed_log_odds(positives, rows, y.mean())
    rest = _log_odds(y.mean())
    stored = np.flatnonzero(_frequent(codes, clusters, len(names)))
    rare = rows.sum() - rows[stored].sum()
    log_share = np.log(rows / max(rows.sum(), 1))
    return FeatureCode(
        name=str(values.name),
        kind="category",
        levels=_all_different({names[i]: float(odds[i]) for i in stored}, rest),
        rest=rest,
        typical=names[stored[rows[stored].argmax()]] if len(stored) else None,
        unseen_share=float(rare / max(rows.sum(), 1)),
        shares={names[i]: float(log_share[i]) for i in stored} if shares else {},
        # A level seen for the first time is as rare as the rarest that is stored.
        rest_share=float(log_share[stored].min()) if shares and len(stored) else 0.0,
    )


def _frequent(codes: Rows, clusters: Rows, size: int) -> "NDArray[np.bool_]":
    """Tell which levels have enough rows of enough customers to be stored."""
    present = codes >= 0
    owner = np.unique(clusters, return_inverse=True)[1]
    pairs = np.unique(codes[present] * (owner.max(initial=0) + 1) + owner[present])
    customers = np.bincount(pairs // (owner.max(initial=0) + 1), minlength=size)
    rows = np.bincount(codes[present], minlength=size)
    found: NDArray[np.bool_] = (rows >= MIN_LEVEL_ROWS) & (
        customers >= MIN_LEVEL_CUSTOMERS
    )
    return found


def _all_different(odds: dict[str, float], rest: float) -> dict[str, float]:
    """Move equal numbers apart by the least that is stored, so that they tell levels."""
    last, moved = -np.inf, {}
    for level in sorted(odds, key=lambda name: (odds[name], name)):
        last = max(odds[level], float(np.nextafter(last, np.inf)))
        last = float(np.nextafter(last, np.inf)) if last == rest else last
        moved[level] = last
    return dict(sorted(moved.items()))


def cross_fitted(
    encoder: Encoder, features: pd.DataFrame, y: Floats, clusters: Rows, seed: int
) -> pd.DataFrame:
    """Encode training rows; each text level gets a rate from other customers' rows."""
    encoded = encoder.transform(features)
    texts = [code.name for code in encoder.codes if code.is_rate]
    if not texts:
        return encoded
    numbers, owner = np.unique(clusters, return_inverse=True)
    dealt = np.random.default_rng([seed, 2]).permutation(len(numbers)) % CROSS_FOLDS
    for name in texts:
        encoded[name] = _rates_of_others(features[name], y, clusters, dealt[owner])
    return encoded


def _rates_of_others(
    values: pd.Series, y: Floats, clusters: Rows, fold: Rows
) -> Floats:
    codes, names = _factorised(values)
    known = codes >= 0
    # One cell per level and fold; the rate of a row leaves out the cell of its fold.
    cell = codes[known] * CROSS_FOLDS + fold[known]
    rows, positives = _counts(cell, y[known], len(names) * CROSS_FOLDS)
    rows, positives = rows.reshape(-1, CROSS_FOLDS), positives.reshape(-1, CROSS_FOLDS)
    other_rows = rows.sum(axis=1, keepdims=True) - rows
    other_positives = positives.sum(axis=1, keepdims=True) - positives
    odds = _smoothed_log_odds(other_positives, other_rows, y.mean())
    rare = ~_frequent(codes, clusters, len(names))
    odds[rare] = _log_odds(y.mean())
    encoded = np.full(len(values), np.nan)
    encoded[known] = odds.reshape(-1)[cell]
    return encoded


def _factorised(values: pd.Series) -> tuple[Rows, list[str]]:
    codes, names = pd.factorize(values.astype("object"), sort=True)
    return codes.astype(np.int64), [str(name) for name in names]


def _counts(codes: Rows, y: Floats, size: int) -> tuple[Floats, Floats]:
    rows = np.bincount(codes, minlength=size).astype(np.float64)
    positives = np.bincount(codes, weights=y, minlength=size).astype(np.float64)
    return rows, positives


def _smoothed_log_odds(positives: Floats, rows: Floats, prior: float) -> Floats:
    rate = (positives + SMOOTHING_ROWS * prior) / (rows + SMOOTHING_ROWS)
    return np.asarray(np.log(rate / (1 - rate)))


def _log_odds(rate: float) -> float:
    return float(np.log(rate / (1 - rate)))
