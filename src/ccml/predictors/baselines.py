"""What a model must beat: the prior, one rule, logistic regression."""

import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from ccml.predictors.dataset import Floats
from ccml.predictors.encoder import Encoder
from ccml.predictors.linear_model import LogisticModel
from ccml.predictors.metrics import log_odds, roc_auc
from ccml.predictors.models import PriorModel, RuleModel

RULE_BINS = 50
RULE_ROWS = 50_000
STEP = 1e-3
FLAG = " is missing"
_SMOOTHING_ROWS = 5.0


def fit_prior(y: Floats) -> PriorModel:
    """Learn the share of positives."""
    return PriorModel(float(log_odds(np.array([y.mean()]))[0]))


def feature_aucs(X: pd.DataFrame, y: Floats) -> pd.Series:
    """Return the AUC of each feature alone, missing values read as the median.

    A large sample is thinned evenly: the figure only picks or warns.
    """
    every = max(1, len(X) // RULE_ROWS)
    thin, outcome = X.iloc[::every], y[::every]
    filled = thin.fillna(thin.median()).fillna(0.0)
    found = {name: roc_auc(outcome, filled[name].to_numpy()) for name in filled}
    return pd.Series(found, dtype=float)


def fit_rule(
    X: pd.DataFrame,
    y: Floats,
    feature: str | None,
    encoder: Encoder,
    signs: Mapping[str, int] | None = None,
) -> RuleModel:
    """Learn one feature's curve: rates per bin, made monotone, then strictly so.

    Args:
        X: Encoded features.
        y: Outcomes.
        feature: The rule's feature; None picks the number that ranks `X` best.
        encoder: Tells which features are numbers.
        signs: Features whose curve must rise (1) or fall (-1); others go where the
            rows do.
    """
    chosen = feature or _best_number(X, y, encoder)
    values = X[chosen].to_numpy()
    known = ~np.isnan(values)
    prior = y.mean()
    missing = _smoothed(y[~known].sum(), int((~known).sum()), prior)
    # A fold may have no value at all of a rule that the config names.
    flat = ((0.0,), (missing,))
    sign = (signs or {}).get(chosen, 0)
    knots, odds = _curve(values[known], y[known], sign) if known.any() else flat
    model = RuleModel(chosen, knots, odds, missing, bias=0.0)
    return RuleModel(chosen, knots, odds, missing, bias=float(model.raw(X).mean()))


def _best_number(X: pd.DataFrame, y: Floats, encoder: Encoder) -> str:
    numbers = [code.name for code in encoder.codes if code.kind != "category"]
    strength = (feature_aucs(X[numbers or encoder.names], y) - 0.5).abs().fillna(0.0)
    return str(strength.idxmax())


def _curve(
    values: Floats, y: Floats, asked: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return knots and log-odds, strictly monotone so that the ranking is kept."""
    rises = roc_auc(y, values) >= 0.5 or not 0 < y.mean() < 1
    sign = float(asked or (1 if rises else -1))
    edges = np.unique(np.quantile(values, np.linspace(0, 1, RULE_BINS + 1)[1:-1]))
    number = np.searchsorted(edges, values, side="left")
    rows = np.bincount(number).astype(float)
    filled = rows > 0
    centre = np.bincount(number, weights=values)[filled] / rows[filled]
    positives = np.bincount(number, weights=y)[filled]
    rate = (positives + _SMOOTHING_ROWS * y.mean()) / (rows[filled] + _SMOOTHING_ROWS)
    rising = IsotonicRegression(increasing=bool(sign > 0))
    level = rising.fit_transform(centre, rate, sample_weight=rows[filled])
    odds = log_odds(level) + sign * STEP * np.arange(len(centre))
    return _with_ends(values, centre, odds, sign * STEP)


def _with_ends(
    values: Floats, centre: Floats, odds: Floats, step: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Let the curve reach the smallest and the largest value."""
    knots, levels = list(centre), list(odds)
    if values.min() < knots[0]:
        knots, levels = [values.min(), *knots], [levels[0] - step, *levels]
    if values.max() > knots[-1]:
        knots, levels = [*knots, values.max()], [*levels, levels[-1] + step]
    return tuple(map(float, knots)), tuple(map(float, levels))


def _smoothed(positives: float, rows: int, prior: float) -> float:
    rate = (positives + _SMOOTHING_ROWS * prior) / (rows + _SMOOTHING_ROWS)
    return float(log_odds(np.array([rate]))[0])


def fit_logistic(
    X: pd.DataFrame,
    y: Floats,
    levels: Mapping[str, tuple[float, ...]] | None = None,
    signs: Mapping[str, int] | None = None,
) -> LogisticModel:
    """Learn a linear model of robustly scaled features, text levels and missing flags.

    Args:
        X: Encoded features.
        y: Outcomes.
        levels: Features that get a weight per level, with the levels' numbers in X.
        signs: Features that may only raise (1) or lower (-1) the score; one that the
            rows say to go the other way gets no weight.
    """
    frame = _framed(X, levels or {})
    pieces = _pieces(frame, X)
    barred: set[str] = set()
    while True:
        used = {name: part for name, part in pieces.items() if name not in barred}
        fitted, intercept = _fit_linear(used, y)
        wrong = {
            name
            for name, sign in (signs or {}).items()
            if name in fitted and fitted[name][0] * sign < 0
        }
        if not wrong:
            return _with_weights(frame, pieces, fitted, intercept)
        barred |= wrong


def _framed(X: pd.DataFrame, levels: Mapping[str, tuple[float, ...]]) -> LogisticModel:
    scaling = _scaling(X)
    return replace(scaling, levels=tuple(levels.get(name, ()) for name in X.columns))


def _pieces(frame: LogisticModel, X: pd.DataFrame) -> dict[str, Floats]:
    """Return the columns of the design by feature; `FLAG` names the missing flags."""
    scaled, flags = frame.design(X)
    hot = frame.one_hot(X)
    pieces = {
        name: hot.get(i, scaled[:, i : i + 1]) for i, name in enumerate(frame.names)
    }
    missing = {name + FLAG: flags[:, i : i + 1] for i, name in enumerate(frame.names)}
    return pieces | {name: flag for name, flag in missing.items() if flag.any()}


def _fit_linear(
    pieces: Mapping[str, Floats], y: Floats
) -> tuple[dict[str, Floats], float]:
    # Finer steps than this change no figure that is reported, but take most of the time.
    learner = LogisticRegression(C=1.0, max_iter=300, tol=1e-3)
    design = np.column_stack([np.zeros((len(y), 0)), *pieces.values()])
    if not design.shape[1]:
        return {}, float(log_odds(np.array([y.mean()]))[0])
    with warnings.catch_warnings():
        # An early stop only makes this baseline a little weaker.
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(design, y)
    ends = np.cumsum([part.shape[1] for part in pieces.values()])
    weights = np.split(learner.coef_[0], ends[:-1])
    return dict(zip(pieces, weights, strict=True)), float(learner.intercept_[0])


def _with_weights(
    frame: LogisticModel,
    pieces: Mapping[str, Floats],
    fitted: Mapping[str, Floats],
    intercept: float,
) -> LogisticModel:
    means = {name: part.mean(axis=0) for name, part in pieces.items()}
    by_level = [bool(levels) for levels in frame.levels]
    numbers = [
        (0.0, 0.0) if hot else (_first(fitted, name), _first(means, name))
        for name, hot in zip(frame.names, by_level, strict=True)
    ]
    flags = [
        (_first(fitted, name + FLAG), _first(means, name + FLAG))
        for name in frame.names
    ]
    of_levels = [
        name if hot else None for name, hot in zip(frame.names, by_level, strict=True)
    ]
    return replace(
        frame,
        weights=tuple(weight for weight, _ in numbers),
        means=tuple(mean for _, mean in numbers),
        flags=tuple(weight for weight, _ in flags),
        flag_means=tuple(mean for _, mean in flags),
        intercept=intercept,
        level_weights=tuple(_plain(fitted[n]) if n else () for n in of_levels),
        level_means=tuple(_plain(means[n]) if n else () for n in of_levels),
    )


def _first(found: Mapping[str, Floats], name: str) -> float:
    return float(found[name][0]) if name in found else 0.0


def _scaling(X: pd.DataFrame) -> LogisticModel:
    centre = X.median().fillna(0.0)
    spread = (X.quantile(0.75) - X.quantile(0.25)).fillna(0.0)
    spread = spread.where(spread > 0, X.std(ddof=0)).fillna(0.0)
    scale = spread.where(spread > 0, 1.0)
    middle = _plain(centre.to_numpy())
    return LogisticModel(tuple(X.columns), middle, middle, _plain(scale.to_numpy()))


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
