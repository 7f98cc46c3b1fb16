"""Which candidate to use, chosen on the folds and never on the test.

Log loss decides, with probabilities calibrated by the folds before and shifted to the
fold's own share of positives: a share that moves must not decide. The simplest candidate
wins that is not clearly behind the best one, in log loss or in AUC. Clearly: the 95 %
interval of the paired bootstrap difference (by customer) excludes 0, and the mean
difference exceeds its fold-to-fold standard error.

Two candidates must earn their place first:

- the prior ranks nobody, so it is chosen where no other candidate ranks clearly better
  than chance in any fold or on average, and only there;
- a rule is one only if every fold and the final fit read the same feature the same way.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccml.predictors.candidates import OutOfTime, RuleReading
from ccml.predictors.dataset import Floats
from ccml.predictors.fold_samples import FoldSamples
from ccml.predictors.resampling import with_interval

CHANCE_ERRORS = 3.0

WORDS = {
    "prior": "the prior",
    "rule": "the one rule",
    "logistic": "logistic regression",
    "lightgbm_default": "LightGBM with default settings",
    "tuned": "tuned LightGBM",
    "ensemble": "the ensemble",
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
    seen: OutOfTime,
    samples: FoldSamples | None,
    final_rule: RuleReading,
    *,
    kept_default: bool,
) -> Recommendation:
    """Choose among prior, rule, logistic, the better LightGBM and what builds on it.

    Args:
        seen: Scores of the folds.
        samples: Measures of the candidates on the folds; None without folds.
        final_rule: How the rule reads its feature in the final fit.
        kept_default: Whether the search kept the default settings.
    """
    if samples is None:
        sentence = (
            "There is no fold to compare candidates on, so the one rule is used; bring "
            "more history."
        )
        return Recommendation("rule", sentence, {})
    barred = _barred(seen, final_rule, samples)
    left_out = {*barred, *_replaced(samples, kept_default=kept_default)}
    eligible = [n for n in WORDS if n in samples.drawn and n not in left_out]
    loss = {n: float(samples.levelled[n][:, 0].mean()) for n in eligible}
    best = min(eligible, key=lambda name: loss[name])
    if "prior" in eligible:
        best = "prior"
    differences = {
        name: _difference(samples, best, name) for name in eligible if name != best
    }
    close = [n for n in eligible if n == best or differences[n]["within_noise"]]
    sentence = _sentence(close[0], best, loss, barred)
    if close[0] != "prior" and not _ranks_on_average(samples.of(close[0], "roc_auc")):
        sentence += " On average over the folds it does not rank above chance."
    return Recommendation(close[0], sentence, differences)


def _replaced(samples: FoldSamples, *, kept_default: bool) -> set[str]:
    """Return the LightGBM models that another one replaced on later folds before."""
    if "ensemble" in samples.drawn:
        return {"lightgbm_default", "tuned"}
    return {"tuned" if kept_default else "lightgbm_default"}


def _barred(
    seen: OutOfTime, final_rule: RuleReading, samples: FoldSamples
) -> dict[str, str]:
    barred = {}
    if len({*seen.rules, final_rule}) > 1:
        barred["rule"] = (
            "the one rule is left out because the folds read different features or "
            "directions"
        )
    if any(_beats_chance(samples.of(n, "roc_auc")) for n in seen.raw if n != "prior"):
        barred["prior"] = "the prior is left out because others rank above chance"
    return barred


def _beats_chance(auc: Floats) -> bool:
    error = np.nanstd(auc[:, 1:], axis=1, ddof=1)
    in_one = (auc[:, 0] - 0.5 > CHANCE_ERRORS * error).any()
    return bool(in_one or _ranks_on_average(auc))


def _ranks_on_average(auc: Floats) -> bool:
    mean = auc.mean(axis=0)
    return bool(mean[0] - 0.5 > CHANCE_ERRORS * np.nanstd(mean[1:], ddof=1))


def _difference(samples: FoldSamples, best: str, other: str) -> dict[str, Any]:
    auc = samples.of(best, "roc_auc") - samples.of(other, "roc_auc")
    loss = samples.levelled[other] - samples.levelled[best]
    return {
        "roc_auc_gain_of_best": with_interval(auc.mean(axis=0)),
        "log_loss_gain_of_best": with_interval(loss.mean(axis=0)),
        "within_noise": not (_is_clear(auc) or _is_clear(loss)),
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
    chosen: str, best: str, losses: dict[str, float], barred: dict[str, str]
) -> str:
    loss = losses[chosen]
    if chosen == best == "prior":
        said = "no candidate ranks the folds better than chance, so the prior is used"
    elif chosen == best:
        said = f"{WORDS[best]} is best on the folds (mean log loss {loss:.4f})"
        simpler = list(WORDS)[: list(WORDS).index(best)]
        if any(name in losses for name in simpler):
            said += " and nothing simpler comes within noise of it"
    else:
        said = (
            f"{WORDS[chosen]} (mean log loss on the folds {loss:.4f}) is the simplest "
            f"candidate within noise of {WORDS[best]} ({losses[best]:.4f})"
        )
    reasons = "; ".join([said, *barred.values()])
    return f"{reasons[0].upper()}{reasons[1:]}."
