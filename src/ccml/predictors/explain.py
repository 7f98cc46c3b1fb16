"""Why a score is what it is: additive parts in log-odds."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ccml.predictors.models import BoosterModel, safe_names
from ccml.predictors.scorer import BIAS, Scorer

SAMPLE_ROWS = 2000


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
    return pd.DataFrame(parts, index=frame.index, columns=[*scorer.feature_names, BIAS])


def shap_sample(scorer: Scorer, frame: pd.DataFrame, seed: int) -> ShapSample:
    """Explain a random sample of rows, for the global picture."""
    rows = np.arange(len(frame))
    if len(frame) > SAMPLE_ROWS:
        rng = np.random.default_rng([seed, 5])
        rows = np.sort(rng.choice(rows, SAMPLE_ROWS, replace=False))
    chosen = frame.iloc[rows][scorer.feature_names]
    method = "pred_contrib" if scorer.kind == "lightgbm" else "weight x difference"
    return ShapSample(scorer.contributions(chosen), chosen, method)


def importance(sample: ShapSample) -> list[dict[str, float | str]]:
    """Return the mean size of each feature's part, largest first."""
    mean = sample.values.drop(columns=BIAS).abs().mean()
    ranked = mean.sort_values(ascending=False, kind="stable")
    return [
        {"feature": str(name), "mean_abs_shap": float(value)}
        for name, value in ranked.items()
    ]
