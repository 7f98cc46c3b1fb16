"""Why a score is what it is: additive parts in log-odds."""

import warnings
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import pandas as pd

from ccml.predictors.dataset import Floats
from ccml.predictors.models import BoosterModel, booster_texts, safe_names
from ccml.predictors.scorer import BIAS, Scorer
from ccml.predictors.shap_fast import (
    SlowRouteNeededError,
    fast_contributions,
    fast_name,
)

SAMPLE_ROWS = 2000
FAST_ROWS = 20_000  # below, the fast route's start takes longer than it saves
LINEAR = "weight x difference"


@dataclass(frozen=True)
class Explained:
    """Parts of scores, and how they were found.

    Attributes:
        values: One column per feature and a bias; rows add up to the raw score.
        method: The route, with the version of its library.
        slow_because: Why the fast route was not taken where it should have been.
    """

    values: pd.DataFrame
    method: str
    slow_because: str | None = None


@dataclass(frozen=True)
class ShapSample:
    """Parts of the scores of a sample, with the features they belong to.

    Attributes:
        values: One column per feature and a bias; rows add up to the raw score.
        features: The raw features of the same rows, same columns, for colours.
        method: How the parts were computed.
    """

    values: pd.DataFrame
    features: pd.DataFrame
    method: str


def contributions(
    scorer: Scorer, frame: pd.DataFrame, raw: Floats, *, fast: bool = True
) -> Explained:
    """Split raw scores into parts, the fast way where it pays and can be trusted.

    Args:
        scorer: The scorer.
        frame: Raw features.
        raw: The scorer's raw scores of the same rows.
        fast: Whether the fast route may be taken.
    """
    if not booster_texts(scorer.model):
        return Explained(scorer.contributions(frame), LINEAR)
    slow_because = None
    if fast and len(frame) >= FAST_ROWS:
        try:
            return Explained(_fast_values(scorer, frame, raw), fast_name())
        except SlowRouteNeededError as error:
            slow_because = str(error)
    method = f"pred_contrib of lightgbm {version('lightgbm')}"
    return Explained(scorer.contributions(frame), method, slow_because)


def _fast_values(scorer: Scorer, frame: pd.DataFrame, raw: Floats) -> pd.DataFrame:
    parts = fast_contributions(scorer.model, scorer.encoder.transform(frame), raw)
    columns = [*scorer.feature_names, BIAS]
    values = scorer.encoder.by_feature(parts)
    return pd.DataFrame(values, index=frame.index, columns=columns)


def shap_values(scorer: Scorer, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the parts by shap.TreeExplainer, an independent route to the same values.

    Raises:
        TypeError: The scorer is not LightGBM.
    """
    with warnings.catch_warnings():
        # Its plotting libraries warn of their own future while they are imported.
        warnings.simplefilter("ignore")
        import shap

    if not isinstance(scorer.model, BoosterModel):
        msg = f"TreeExplainer needs a LightGBM scorer, got {scorer.kind!r}"
        raise TypeError(msg)
    X = scorer.encoder.transform(frame)
    named = X.set_axis(safe_names(list(X.columns)), axis=1)
    explainer = shap.TreeExplainer(scorer.model.booster)
    values = explainer(named)
    parts = np.column_stack([values.values, np.ravel(values.base_values)])
    columns = [*scorer.feature_names, BIAS]
    summed = scorer.encoder.by_feature(parts)
    return pd.DataFrame(summed, index=frame.index, columns=columns)


def shap_sample(scorer: Scorer, frame: pd.DataFrame, seed: int) -> ShapSample:
    """Explain a random sample of rows, for the global picture."""
    rows = np.arange(len(frame))
    if len(frame) > SAMPLE_ROWS:
        rng = np.random.default_rng([seed, 5])
        rows = np.sort(rng.choice(rows, SAMPLE_ROWS, replace=False))
    chosen = frame.iloc[rows][scorer.feature_names]
    method = "pred_contrib" if booster_texts(scorer.model) else LINEAR
    return ShapSample(scorer.contributions(chosen), chosen, method)


def importance(sample: ShapSample) -> list[dict[str, float | str]]:
    """Return the mean size of each feature's part, largest first."""
    mean = sample.values.drop(columns=BIAS).abs().mean()
    ranked = mean.sort_values(ascending=False, kind="stable")
    return [
        {"feature": str(name), "mean_abs_shap": float(value)}
        for name, value in ranked.items()
    ]


def long_sample(values: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Put SHAP values and feature values of a sample into the form that is stored.

    Args:
        values: Rows x features, moves of the score in log-odds; a bias is left out.
        features: The same rows and columns, raw values; texts have no order.

    Returns:
        feature, value_scaled (rank from 0 to 1 within the feature), shap.
    """
    pieces = [
        pd.DataFrame(
            {
                "feature": str(name),
                "value_scaled": _ranks(features[name]).to_numpy(),
                "shap": values[name].to_numpy(float),
            }
        )
        for name in features.columns
    ]
    return pd.concat(pieces, ignore_index=True)


def _ranks(column: pd.Series) -> pd.Series:
    if not (
        pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)
    ):
        return pd.Series(np.nan, index=column.index)
    ranks = column.astype("float64").rank()
    spread = ranks.max() - ranks.min()
    return (ranks - ranks.min()) / spread if spread > 0 else ranks * 0 + 0.5
