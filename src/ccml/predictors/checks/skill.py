"""Checks of how well the outcome is told: against others, over time, part by part."""

from collections.abc import Mapping

from ccml.predictors.checks.facts import Facts, Found
from ccml.predictors.resampling import Measure

OVERFIT_GAP = 0.15
DOMINANT_SHARE = 0.7
MEASURES = {"log_loss": "log loss", "roc_auc": "ranking"}


def worse_than_baseline(facts: Facts) -> Found | None:
    """Find candidates with a clearly lower log loss on the test, or a better ranking.

    It is an error where even the prior ranks better; any other choice was made on the
    folds, and one later period does not overrule it.
    """
    others = dict(facts.comparison)
    if others.get("tuned") == others.get("lightgbm_default"):
        others.pop("tuned", None)
    ahead = {
        measure: [name for name, lead in others.items() if _behind(lead, measure)]
        for measure in MEASURES
    }
    said = [
        f"in {words} behind {', '.join(ahead[measure])}"
        for measure, words in MEASURES.items()
        if ahead[measure]
    ]
    if not said:
        return None
    sentence = (
        f"In the test {facts.recommended}, which the folds had chosen, is clearly "
        f"{' and '.join(said)}."
    )
    return ("error" if "prior" in ahead["roc_auc"] else "warning"), sentence


def _behind(lead: Mapping[str, Measure], measure: str) -> bool:
    """Tell whether the recommended candidate is clearly behind."""
    found: Measure = lead.get(measure, {})
    low, high = found.get("low"), found.get("high")
    if low is None or high is None:
        return False
    return low > 0 if measure == "log_loss" else high < 0


def overfit(facts: Facts) -> Found | None:
    """Find a model that knows its training rows far better than later ones."""
    gap = facts.train_auc - facts.claim.mean
    if not gap > OVERFIT_GAP:
        return None
    sentence = (
        f"AUC {facts.train_auc:.2f} on its own training rows against a mean of "
        f"{facts.claim.mean:.2f} on the folds: the model learns what does not last."
    )
    return "warning", sentence


def unstable(facts: Facts) -> Found | None:
    """Find folds that disagree."""
    if not facts.claim.spread_wide:
        return None
    aucs = facts.claim.fold_aucs
    sentence = (
        f"The AUC ranges from {min(aucs):.2f} to {max(aucs):.2f} over the folds: what "
        "works in one period fails in another."
    )
    return "warning", sentence


def one_feature_dominates(facts: Facts) -> Found | None:
    """Find a model that is one feature in disguise."""
    sizes = [float(row["mean_abs_shap"]) for row in facts.importance]
    total = sum(sizes)
    if facts.recommended == "rule" or len(sizes) < 3 or not total:
        return None
    if sizes[0] / total <= DOMINANT_SHARE:
        return None
    sentence = (
        f"{facts.importance[0]['feature']} makes {sizes[0] / total:.0%} of the "
        "explanation: if it breaks or leaks, so does the predictor."
    )
    return "note", sentence


def weak_slice(facts: Facts) -> Found | None:
    """Find a part of the test where its own share of positives would have told more."""
    worst = facts.worst_slice
    return ("warning", str(worst["sentence"])) if worst and worst["clear"] else None
