"""What each family of features is worth: the model without it, on later rows.

Every family is made constant in turn, so that the model is fitted as before but for it. Its
worth is the rise of the log loss on the later folds (left after the best line through the
scores, since calibration follows). Intervals hold for all families together: with many one
would else look useful by chance. They grow by what mere chance in fitting moves, seen from
fits with other seeds, and where folds disagree.

Keys of the result:
    candidate, folds, rows: Whose settings; folds that judged; most rows that learnt.
    families: name, features, worth (value, low, high), verdict: useful, not beneficial or
        harmful; most useful first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.candidates import OutOfTime
from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.fit import CANDIDATES, FoldData, fit_booster, fit_model
from ccml.predictors.growing import calibrated_losses, drawn_rows
from ccml.predictors.models import BoosterModel, Model
from ccml.predictors.resampling import Measure, error_of_sum

MOST_ROWS = 20_000
ERROR_SHARE = 0.05
FOLDS_FOR_SPREAD = 3
NOTHING = 0.0
BOOSTERS = ("lightgbm_default", "tuned")
AGAIN = (201, 202, 203)  # numbers of fits that no candidate has
USEFUL, IDLE, HARMFUL = "useful", "not beneficial", "harmful"


@dataclass(frozen=True)
class Worth:
    """How much more every judging row of a fold loses without a family.

    Attributes:
        rows: The difference of every row.
        clusters: Customer of every row.
        by_chance: Variance of its mean between fits with other seeds.
    """

    rows: Floats
    clusters: Rows
    by_chance: float = 0.0


def ablation(
    seen: OutOfTime,
    families: Mapping[str, str],
    candidate: str,
    config: PredictorConfig,
    settings: ModelConfig,
) -> dict[str, Any] | None:
    """Fit the model without each family, on every fold but the first.

    Args:
        seen: The folds. The first judges only where there is no other: it learnt from
            the fewest rows.
        families: Feature -> its family; a feature without one stands for itself.
        candidate: The candidate that will be used; of an ensemble its LightGBM model.
        config: The predictor's section.
        settings: Settings of tuned LightGBM.

    Returns:
        None for the prior, for a single family, and without a fold.
    """
    if candidate == "prior" or not seen.folds:
        return None
    judged = candidate if candidate in CANDIDATES else "tuned"
    later = seen.folds[1:] or seen.folds
    folds = [_limited(fold, config.seed) for fold in later]
    groups = _groups(folds[-1], families)
    if len(groups) < 2:
        return None
    steady = _steady(config, settings)
    worths: dict[str, list[Worth]] = {name: [] for name in groups}
    for fold in folds:
        for name, worth in _without_each(fold, groups, judged, *steady):
            worths[name].append(worth)
    rows = [
        {"name": name, "features": groups[name], **_verdict(found, len(groups))}
        for name, found in worths.items()
    ]
    rows.sort(key=lambda row: (-row["worth"]["value"], row["name"]))
    return {
        "candidate": judged,
        "folds": len(folds),
        "rows": max(len(fold.part.y) for fold in folds),
        "families": rows,
    }


def _steady(
    config: PredictorConfig, settings: ModelConfig
) -> tuple[PredictorConfig, ModelConfig]:
    """Draw no features for a tree: without a family others would be drawn."""
    same = {"colsample_bytree": 1.0}
    model = config.model.model_copy(update=same)
    return config.model_copy(update={"model": model}), settings.model_copy(update=same)


def _groups(fold: FoldData, families: Mapping[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in fold.part.encoder.names:
        groups.setdefault(families.get(name, name), []).append(name)
    return groups


def _limited(fold: FoldData, seed: int) -> FoldData:
    """Leave whole customers out where many rows would learn."""
    part = fold.part
    rows = drawn_rows(part.clusters, MOST_ROWS, seed)
    if len(rows) == len(part.y):
        return fold
    fewer = replace(
        part,
        X=part.X.iloc[rows],
        y=part.y[rows],
        clusters=part.clusters[rows],
        levels=part.levels.iloc[rows],
        fitted={},
    )
    return replace(fold, part=fewer)


def _without_each(
    fold: FoldData,
    groups: Mapping[str, Sequence[str]],
    candidate: str,
    config: PredictorConfig,
    settings: ModelConfig,
) -> Iterator[tuple[str, Worth]]:
    asked = settings if candidate == "tuned" else config.model
    model = fit_model(candidate, fold.part, config, settings)
    losses, unused = [_losses(fold, model)], _unused(fold, model)
    if candidate in BOOSTERS:
        losses += [
            _losses(fold, fit_booster(fold.part, asked, again)) for again in AGAIN
        ]
    whole = np.mean(losses, axis=0)
    means = [loss.mean() for loss in losses]
    moved = float(np.var(means, ddof=1)) if len(means) > 1 else 0.0
    for name, features in groups.items():
        lost = losses[0]
        if not unused.issuperset(_columns(fold, features)):
            less = _without(fold, features)
            lost = _losses(less, fit_model(candidate, less.part, config, settings))
        by_chance = moved * (1 + 1 / len(losses))
        yield name, Worth(lost - whole, fold.clusters, by_chance)


def _losses(fold: FoldData, model: Model) -> Floats:
    return calibrated_losses(fold.y, model.raw(fold.X))


def _unused(fold: FoldData, model: Model) -> set[str]:
    """Return the columns that no tree splits on: without them it would be the same."""
    if not isinstance(model, BoosterModel):
        return set()
    splits = model.booster.feature_importance("split")
    return {str(c) for c, n in zip(fold.part.X.columns, splits, strict=True) if not n}


def _columns(fold: FoldData, features: Sequence[str]) -> list[str]:
    encoder = fold.part.encoder
    return [
        column
        for column, owner in zip(encoder.columns, encoder.owners, strict=True)
        if encoder.names[owner] in features
    ]


def _without(fold: FoldData, features: Sequence[str]) -> FoldData:
    """Make features constant: no model can learn from them, and columns stay."""
    names = _columns(fold, features)
    part = replace(
        fold.part,
        X=_constant(fold.part.X, names),
        levels=_constant(fold.part.levels, names),
        fitted={},
    )
    return replace(fold, part=part, X=_constant(fold.X, names))


def _constant(X: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return X.assign(**{name: NOTHING for name in names if name in X.columns})


def _verdict(worths: Sequence[Worth], families: int) -> dict[str, Any]:
    """Weigh the worth of a family against its error, by customer and by fold."""
    value = float(np.mean([worth.rows.mean() for worth in worths]))
    half = _half_width(worths, families)
    low, high = value - half, value + half
    verdict = USEFUL if low > 0 else HARMFUL if high < 0 else IDLE
    worth: Measure = {"value": value, "low": low, "high": high}
    return {"worth": worth, "verdict": verdict}


def _half_width(worths: Sequence[Worth], families: int) -> float:
    """Return half the interval's width: 95 % for all families together (Bonferroni)."""
    tail = 1 - ERROR_SHARE / (2 * families)
    parts = np.concatenate(
        [(w.rows - w.rows.mean()) / (len(w.rows) * len(worths)) for w in worths]
    )
    error = error_of_sum(parts, np.concatenate([w.clusters for w in worths]))
    fitting = sum(worth.by_chance for worth in worths) / len(worths) ** 2
    half = float(norm.ppf(tail) * np.hypot(error, np.sqrt(fitting)))
    if len(worths) < FOLDS_FOR_SPREAD:
        return half
    means = [worth.rows.mean() for worth in worths]
    spread = float(np.std(means, ddof=1) / np.sqrt(len(means)))
    return max(half, spread * float(t.ppf(1 - ERROR_SHARE / 2, len(means) - 1)))
