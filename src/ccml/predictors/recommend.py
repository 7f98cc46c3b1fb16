"""Which candidate to use, chosen on the folds and never on the test.

The simplest candidate wins that is not clearly behind the best-ranking one in both AUC
and log loss. Clearly: the 95 % interval of the paired bootstrap difference (by
customer) excludes 0, and the mean difference exceeds its fold-to-fold standard error.

Two candidates must earn their place first:

- the prior ranks nobody, so it is chosen only where no other candidate ranks clearly
  better than chance in any fold;
- a rule is one only if every fold and the final fit read the same feature the same way.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccml.predictors.calibrate import Calibrator
from ccml.predictors.candidates import OutOfTime, RuleReading
from ccml.predictors.dataset import Floats
from ccml.predictors.metrics import (
    METRICS,
    Scored,
    cluster_weights,
    sampled_measures,
    with_interval,
)

RESAMPLES = 200
CHANCE_ERRORS = 3.0
_AUC, _LOSS = METRICS.index("roc_auc"), METRICS.index("log_loss")

WORDS = {
    "prior": "the prior",
    "rule": "the one rule",
    "logistic": "logistic regression",
    "lightgbm_default": "LightGBM with default settings",
    "tuned": "tuned LightGBM",
}


@dataclass(frozen=True)
class Recommendation:
    """The candidate to use, why, and the differences that decided."""

    candidate: str
    sentence: str
    differences: dict[str, dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the evaluation."""
        return {"sentence": self.sentence, "differences": self.differences}


def recommend(
    seen: OutOfTime, final_rule: RuleReading, *, kept_default: bool, seed: int
) -> Recommendation:
    """Choose among prior, rule, logistic and the better LightGBM."""
    booster = "lightgbm_default" if kept_default else "tuned"
    if not seen.folds:
        sentence = (
            "There is no fold to compare candidates on, so the one rule is used; bring "
            "more history."
        )
        return Recommendation("rule", sentence, {})
    drawn = _fold_samples(seen, ["prior", "rule", "logistic", booster], seed)
    barred = _barred(seen, final_rule, drawn)
    eligible = [name for name in drawn if name not in barred]
    mean_auc = {name: drawn[name][:, 0, _AUC].mean() for name in eligible}
    best = max(eligible, key=lambda name: mean_auc[name])
    differences = {
        name: _difference(drawn[best], drawn[name]) for name in eligible if name != best
    }
    close = [n for n in eligible if n == best or differences[n]["within_noise"]]
    sentence = _sentence(close[0], best, mean_auc, barred)
    if close[0] != "prior" and not _ranks_on_average(drawn[close[0]]):
        sentence += " On average over the folds it does not rank above chance."
    return Recommendation(close[0], sentence, differences)


def _fold_samples(seen: OutOfTime, names: list[str], seed: int) -> dict[str, Floats]:
    """Return, per candidate, folds x (1 + resamples) x measures, all paired."""
    every = np.concatenate([fold.clusters for fold in seen.folds])
    known = np.unique(every)
    weights = cluster_weights(len(known), RESAMPLES, seed)
    per_fold = []
    for i, fold in enumerate(seen.folds):
        scored = {
            name: Scored(seen.raw[name][i], Calibrator().apply(seen.raw[name][i]))
            for name in names
        }
        # A customer drawn twice counts twice in every fold.
        codes = np.searchsorted(known, fold.clusters)
        per_fold.append(sampled_measures(fold.y, scored, codes, weights))
    return {name: np.stack([found[name] for found in per_fold]) for name in names}


def _barred(
    seen: OutOfTime, final_rule: RuleReading, drawn: dict[str, Floats]
) -> dict[str, str]:
    barred = {}
    if len({*seen.rules, final_rule}) > 1:
        barred["rule"] = (
            "the one rule is left out because the folds read different features or "
            "directions"
        )
    if any(_beats_chance(v) for n, v in drawn.items() if n != "prior"):
        barred["prior"] = "the prior is left out because others rank above chance"
    return barred


def _beats_chance(drawn: Floats) -> bool:
    auc = drawn[:, :, _AUC]
    error = np.nanstd(auc[:, 1:], axis=1, ddof=1)
    return bool((auc[:, 0] - 0.5 > CHANCE_ERRORS * error).any())


def _ranks_on_average(drawn: Floats) -> bool:
    mean = drawn[:, :, _AUC].mean(axis=0)
    return bool(mean[0] - 0.5 > CHANCE_ERRORS * np.nanstd(mean[1:], ddof=1))


def _difference(best: Floats, other: Floats) -> dict[str, Any]:
    gap = best - other
    auc, loss = gap[:, :, _AUC], -gap[:, :, _LOSS]
    return {
        "roc_auc_gain_of_best": with_interval(auc.mean(axis=0)),
        "log_loss_gain_of_best": with_interval(loss.mean(axis=0)),
        "within_noise": not (_is_clear(auc) and _is_clear(loss)),
    }


def _is_clear(gain: Floats) -> bool:
    """Tell whether a gain (folds x resamples) is more than noise."""
    measured = with_interval(gain.mean(axis=0))
    low, mean = measured["low"], measured["value"]
    if low is None or mean is None:
        return False
    return low > 0 and mean > _standard_error(gain[:, 0])


def _standard_error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _sentence(
    chosen: str, best: str, mean_auc: dict[str, float], barred: dict[str, str]
) -> str:
    auc = mean_auc[chosen]
    if chosen == best == "prior":
        said = "no candidate ranks the folds better than chance, so the prior is used"
    elif chosen == best:
        said = f"{WORDS[best]} ranks best on the folds (mean AUC {auc:.3f})"
        simpler = list(WORDS)[: list(WORDS).index(best)]
        if any(name in mean_auc for name in simpler):
            said += " and nothing simpler comes within noise of it"
    else:
        said = (
            f"{WORDS[chosen]} (mean AUC on the folds {auc:.3f}) is the simplest "
            f"candidate within noise of {WORDS[best]} ({mean_auc[best]:.3f})"
        )
    reasons = "; ".join([said, *barred.values()])
    return f"{reasons[0].upper()}{reasons[1:]}."
