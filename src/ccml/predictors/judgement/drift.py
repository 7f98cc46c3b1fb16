"""How far the test's features have moved from those learnt from; no outcome is looked at.

Two ways: per feature the population stability index (PSI) over the tenths of the training
rows, and for all features together how well a small booster tells training rows from test
rows (AUC, from customers it did not learn from; 0.5 = not at all).

Keys of the result:
    auc: value, low, high.
    rows: Rows looked at, training and test; whole customers, drawn where there are many.
    features: name, psi, chance (what 95 % of unmoved features stay below), share (of the
        explanation), missing_before, missing_now, mean_before, mean_now (null for
        texts); the ten that moved most, those of `moved` first.
    moved: Features that moved far, by more than chance, and count in the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.stats import chi2

from ccml.predictors.dataset import Floats, Rows, TrainingSet, as_numbers, feature_kind
from ccml.predictors.encoder import Encoder
from ccml.predictors.fit import fixed_settings
from ccml.predictors.growing import drawn_rows
from ccml.predictors.metrics import sampled_auc
from ccml.predictors.models import safe_names
from ccml.predictors.resampling import (
    as_json,
    cluster_weights,
    compact,
    with_interval,
)
from ccml.predictors.split import Split

MOST_ROWS = 6_000
FOLDS = 3
TREES = {"num_leaves": 8, "learning_rate": 0.15, "min_child_samples": 50}
ROUNDS = 40
BINS = 10
LEAST_CUSTOMERS = 20
FAR = 0.25
COUNTS = 0.02
SHOWN = 10
RESAMPLES = 200
_TINY = 1e-4


@dataclass(frozen=True)
class Sides:
    """Rows drawn from both parts: features, customers, and which side each stands on."""

    features: pd.DataFrame
    clusters: Rows
    is_test: Floats

    @property
    def customers(self) -> tuple[int, int]:
        """Count the customers on either side."""
        known = [
            len(np.unique(self.clusters[self.is_test == side])) for side in (0.0, 1.0)
        ]
        return known[0], known[1]


def drift(
    data: TrainingSet,
    split: Split,
    encoder: Encoder,
    importance: Sequence[Mapping[str, Any]],
    seed: int,
) -> dict[str, Any] | None:
    """Compare the features of training and test rows.

    Args:
        data: Prepared rows.
        split: Their parts.
        encoder: The codes of the model's features.
        importance: feature and mean_abs_shap of the recommended candidate.
        seed: Seed of everything drawn.

    Returns:
        None for a random split, whose parts are alike by construction.
    """
    if split.kind == "random":
        return None
    sides = _sides(data, split, seed)
    total = sum(float(row["mean_abs_shap"]) for row in importance) or 1.0
    shares = {
        str(row["feature"]): float(row["mean_abs_shap"]) / total for row in importance
    }
    rows = [_moved(sides, name, shares.get(name, 0.0)) for name in encoder.names]
    rows.sort(key=lambda row: (not _is_far(row), -row["psi"], row["name"]))
    return {
        "auc": with_interval(_told_apart(sides, encoder, seed)),
        "rows": [int((1 - sides.is_test).sum()), int(sides.is_test.sum())],
        "features": rows[:SHOWN],
        "moved": [row["name"] for row in rows if _is_far(row)],
    }


def _sides(data: TrainingSet, split: Split, seed: int) -> Sides:
    clusters = data.clusters
    drawn = [
        rows[drawn_rows(clusters[rows], MOST_ROWS, seed)]
        for rows in (split.train, split.test)
    ]
    every = np.concatenate(drawn)
    is_test = np.repeat([0.0, 1.0], [len(rows) for rows in drawn])
    return Sides(data.features.iloc[every], compact(clusters[every]), is_test)


def _is_far(row: Mapping[str, Any]) -> bool:
    far = row["psi"] >= FAR and row["psi"] > row["chance"]
    return bool(far and row["share"] >= COUNTS)


def _moved(sides: Sides, name: str, share: float) -> dict[str, Any]:
    """Measure how far one feature moved."""
    values = sides.features[name]
    before, now = (values[sides.is_test == side] for side in (0.0, 1.0))
    is_text = feature_kind(values, "drift") == "category"
    counts = _levels(sides, values) if is_text else _tenths(before, now)
    found = {
        "name": name,
        "psi": psi(*counts),
        "chance": _by_chance(len(counts[0]), sides.customers),
        "share": share,
        "missing_before": float(before.isna().mean()),
        "missing_now": float(now.isna().mean()),
    }
    means = (None, None) if is_text else (_mean(before), _mean(now))
    return found | dict(zip(("mean_before", "mean_now"), means, strict=True))


def _mean(values: pd.Series) -> float | None:
    numbers = as_numbers(values, "drift")
    known = numbers[~np.isnan(numbers)]
    return as_json(known.mean()) if len(known) else None


def psi(before: Floats, now: Floats) -> float:
    """Return the population stability index of two counts over the same bins."""
    first = np.maximum(before / max(before.sum(), 1), _TINY)
    second = np.maximum(now / max(now.sum(), 1), _TINY)
    return float(((second - first) * np.log(second / first)).sum())


def _by_chance(bins: int, customers: tuple[int, int]) -> float:
    """Return what 95 % of unmoved features stay below, with so many customers."""
    if bins < 2:
        return 0.0
    return float(chi2.ppf(0.95, bins - 1) * sum(1 / count for count in customers))


def _tenths(before: pd.Series, now: pd.Series) -> tuple[Floats, Floats]:
    """Count rows in the tenths of the training rows, and those without a value."""
    old, new = as_numbers(before, "drift"), as_numbers(now, "drift")
    known = old[~np.isnan(old)]
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(known, inner)) if len(known) else np.zeros(1)

    def count(values: Floats) -> Floats:
        filled = values[~np.isnan(values)]
        # A value on an edge belongs below it: many rows share a value such as 0.
        bins = np.searchsorted(edges, filled, side="left")
        counts = np.bincount(bins, minlength=len(edges) + 1)
        return np.append(counts, len(values) - len(filled)).astype(np.float64)

    return count(old), count(new)


def _levels(sides: Sides, values: pd.Series) -> tuple[Floats, Floats]:
    """Count rows by text; texts of few customers are counted together."""
    texts = values.astype(object).where(values.notna(), None)
    codes, known = pd.factorize(texts)
    owners = pd.Series(sides.clusters).groupby(codes).nunique()
    common = {code for code, count in owners.items() if count >= LEAST_CUSTOMERS}
    rest = len(known)
    pooled = np.array([c if c in common or c < 0 else rest for c in codes]) + 1
    found = [
        np.bincount(pooled[sides.is_test == side], minlength=rest + 2)
        for side in (0.0, 1.0)
    ]
    used = (found[0] + found[1]) > 0
    return found[0][used].astype(np.float64), found[1][used].astype(np.float64)


def _told_apart(sides: Sides, encoder: Encoder, seed: int) -> Floats:
    """Return the AUC of "is it a test row?" for rows of other customers."""
    X = encoder.transform(sides.features)
    named = X.set_axis(safe_names(list(X.columns)), axis=1)
    customers = int(sides.clusters.max()) + 1
    dealt = np.random.default_rng([seed, 9]).permutation(customers) % FOLDS
    fold = dealt[sides.clusters]
    raw = np.zeros(len(X))
    asked = fixed_settings(seed, len(X)) | TREES
    for number in range(FOLDS):
        learn, judge = fold != number, fold == number
        rows = lgb.Dataset(named[learn], sides.is_test[learn], params=asked)
        booster = lgb.train(asked, rows, num_boost_round=ROUNDS)
        raw[judge] = booster.predict(named[judge], raw_score=True, num_threads=1)
    weights = cluster_weights(customers, RESAMPLES, seed)
    return sampled_auc(sides.is_test, raw, sides.clusters, weights)
