"""What a model must beat: the prior, one rule, logistic regression."""

import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from ccml.predictors.dataset import Floats
from ccml.predictors.encode import Encoder
from ccml.predictors.metrics import log_odds, roc_auc
from ccml.predictors.models import LogisticModel, PriorModel, RuleModel

RULE_BINS = 50
RULE_ROWS = 50_000
STEP = 1e-3
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
    X: pd.DataFrame, y: Floats, feature: str | None, encoder: Encoder
) -> RuleModel:
    """Learn one feature's curve: rates per bin, made monotone, then strictly so.

    Args:
        X: Encoded features.
        y: Outcomes.
        feature: The rule's feature; None picks the number that ranks `X` best.
        encoder: Tells which features are numbers.
    """
    chosen = feature or _best_number(X, y, encoder)
    values = X[chosen].to_numpy()
    known = ~np.isnan(values)
    prior = y.mean()
    missing = _smoothed(y[~known].sum(), int((~known).sum()), prior)
    # A fold may have no value at all of a rule that the config names.
    flat = ((0.0,), (missing,))
    knots, odds = _curve(values[known], y[known]) if known.any() else flat
    model = RuleModel(chosen, knots, odds, missing, bias=0.0)
    return RuleModel(chosen, knots, odds, missing, bias=float(model.raw(X).mean()))


def _best_number(X: pd.DataFrame, y: Floats, encoder: Encoder) -> str:
    numbers = [code.name for code in encoder.codes if code.kind != "category"]
    strength = (feature_aucs(X[numbers or encoder.names], y) - 0.5).abs().fillna(0.0)
    return str(strength.idxmax())


def _curve(values: Floats, y: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return knots and log-odds, strictly monotone so that the ranking is kept."""
    sign = 1.0 if (roc_auc(y, values) >= 0.5 or not 0 < y.mean() < 1) else -1.0
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


def fit_logistic(X: pd.DataFrame, y: Floats) -> LogisticModel:
    """Learn a linear model of robustly scaled features and missing flags."""
    scaling = _scaling(X)
    scaled, flags = scaling.design(X)
    design = np.column_stack([scaled, flags])
    # Finer steps than this change no figure that is reported, but take most of the time.
    learner = LogisticRegression(C=1.0, max_iter=300, tol=1e-3)
    with warnings.catch_warnings():
        # An early stop only makes this baseline a little weaker.
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(design, y)
    weights, width = learner.coef_[0], X.shape[1]
    return LogisticModel(
        names=scaling.names,
        fill=scaling.fill,
        centre=scaling.centre,
        scale=scaling.scale,
        weights=_plain(weights[:width]),
        flags=_plain(weights[width:]),
        intercept=float(learner.intercept_[0]),
        means=_plain(scaled.mean(axis=0)),
        flag_means=_plain(flags.mean(axis=0)),
    )


def _scaling(X: pd.DataFrame) -> LogisticModel:
    centre = X.median().fillna(0.0)
    spread = (X.quantile(0.75) - X.quantile(0.25)).fillna(0.0)
    spread = spread.where(spread > 0, X.std(ddof=0)).fillna(0.0)
    scale = spread.where(spread > 0, 1.0)
    middle = _plain(centre.to_numpy())
    return LogisticModel(tuple(X.columns), middle, middle, _plain(scale.to_numpy()))


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
