"""How good the predictions of several tools are on one test, and by how much they differ.

The measures are those of ccml's own evaluation; differences are paired, with intervals
from resamples of whole customers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from predictor_sets import Payoff

from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.metrics import METRICS, RESAMPLES, Scored, sampled_measures, table
from ccml.predictors.resampling import cluster_weights, compact, with_interval

SHOWN = ("roc_auc", "pr_auc", "log_loss", "brier", "ece", "lift_at_10pct")
COMPARED = ("roc_auc", "log_loss", "brier", "ece", "lift_at_10pct")


def scored(predictions: pd.DataFrame) -> Scored:
    """Read predictions; where there is no score that ranks, the probability does."""
    probability = predictions["probability"].to_numpy(np.float64)
    if not (np.isfinite(probability).all() and (abs(probability - 0.5) <= 0.5).all()):
        raise ValueError("predictions hold values that are no probabilities")
    raw = predictions["score"].to_numpy() if "score" in predictions else probability
    return Scored(np.asarray(raw, dtype=np.float64), probability)


def compare(
    y: Floats, found: Mapping[str, Scored], clusters: Rows, base: str, seed: int
) -> dict[str, dict[str, Any]]:
    """Measure every tool, and how much each is above or below one of them.

    Returns:
        Per tool `metrics`, each with value, low and high; and `minus_BASE` where the
        base is among the tools.
    """
    codes = compact(clusters)
    weights = cluster_weights(int(codes.max()) + 1, RESAMPLES, seed)
    drawn = sampled_measures(y, found, codes, weights)
    told: dict[str, dict[str, Any]] = {}
    for tool, samples in drawn.items():
        every = table(samples)
        told[tool] = {"metrics": {name: every[name] for name in SHOWN}}
        if base in drawn and tool != base:
            gap = samples - drawn[base]
            told[tool][f"minus_{base}"] = {
                name: with_interval(gap[:, METRICS.index(name)]) for name in COMPARED
            }
    return told


def profit(y: Floats, judged: Scored, payoff: Payoff) -> dict[str, float | int]:
    """Count what contacting test rows would have earned, EUR.

    By the tool's own probabilities: whoever is expected to earn more than a contact
    costs is contacted. At the best cut: the cut that turned out best, which nobody
    knows before; the difference is what wrong probabilities cost.
    """
    gain = payoff.value * payoff.success_rate
    earned = gain * y - payoff.cost
    contacted = judged.probability * gain > payoff.cost
    order = np.argsort(-judged.raw, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(judged.raw[order])), len(y) - 1)
    curve = np.append(0.0, np.cumsum(earned[order])[ends])
    best = int(curve.argmax())
    return {
        "earned": round(float(earned[contacted].sum()), 2),
        "contacted": int(contacted.sum()),
        "earned_at_best_cut": round(float(curve[best]), 2),
        "contacted_at_best_cut": int(ends[best - 1]) + 1 if best else 0,
        "earned_by_contacting_all": round(float(earned.sum()), 2),
    }


def claim(about: Mapping[str, Any], realised: Mapping[str, Any]) -> dict[str, Any]:
    """Put what the folds of the training part promised beside what the test showed."""
    said = about["claim"]
    promised = said["promised"]
    return {
        "folds": len(about["folds"]),
        "declined": said["declined"],
        "holds": said["holds"],
        "sentence": said["sentence"],
        "measures": {
            name: {
                "promised": made,
                "realised": realised[name],
                "kept": said["kept"][name],
            }
            for name, made in promised.items()
        },
    }
