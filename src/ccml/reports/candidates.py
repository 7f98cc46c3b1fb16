"""What the candidates and measures of a predictor are called for people."""

from typing import Any

from ccml.reports.numbers import is_known, parts

CANDIDATES = {
    "prior": "the same chance for everybody",
    "rule": "one simple rule",
    "logistic": "logistic regression",
    "lightgbm_default": "boosted trees, default settings",
    "tuned": "boosted trees, tuned",
    "ensemble": "boosted trees, several together",
    "lightgbm": "boosted trees",
}
MEASURES = {
    "roc_auc": "pairs ranked rightly (ROC AUC)",
    "pr_auc": "average precision (PR AUC)",
    "log_loss": "log loss (smaller is better)",
    "brier": "Brier score (smaller is better)",
    "ece": "calibration error (ECE)",
    "calibration_slope": "calibration slope (1 is right)",
    "calibration_intercept": "calibration intercept (0 is right)",
    "lift_at_1pct": "lift in the top 1 %",
    "lift_at_5pct": "lift in the top 5 %",
    "lift_at_10pct": "lift in the top 10 %",
    "alift": "area under the gains curve (ALIFT)",
    "gain_at_10pct": "share of positives in the top 10 %",
    "gain_at_50pct": "share of positives in the top 50 %",
    "base_rate": "base rate",
    "mean_probability": "mean probability",
}
COMPARED = ("roc_auc", "pr_auc", "log_loss", "lift_at_10pct", "calibration_slope")


def candidate_name(key: str) -> str:
    """Name a candidate in plain words."""
    return CANDIDATES.get(key, key.replace("_", " "))


def measure_name(key: str) -> str:
    """Name a measure in plain words."""
    return MEASURES.get(key, key.replace("_", " "))


def digits(measure: str) -> int:
    """Tell how many decimals of a measure are worth reading."""
    return 2 if measure.startswith(("lift", "calibration")) else 3


def metric(metrics: Any, name: str) -> float | None:
    """Read a measure's value from metrics, with or without intervals."""
    value = parts((metrics or {}).get(name))[0]
    return float(value) if is_known(value) else None


def interval(metrics: Any, name: str) -> tuple[float, float] | None:
    """Read a measure's interval, or nothing when it has none."""
    _, low, high = parts((metrics or {}).get(name))
    return (float(low), float(high)) if is_known(low) and is_known(high) else None
