"""Coded checks of a trained predictor; each returns a finding or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ccml.predictors.claim import Claim
from ccml.predictors.metrics import Measure

LEAK_AUC = 0.95
OVERFIT_GAP = 0.15
GOOD_SLOPE = (0.8, 1.25)
GOOD_MEAN = (0.8, 1.25)
FEW_POSITIVES = 100
DOMINANT_SHARE = 0.7
MANY_USES = 4

Finding = dict[str, str]


@dataclass(frozen=True)
class Facts:
    """What the checks look at.

    Attributes:
        recommended: Candidate that will be used.
        metrics: Its measures on the test.
        comparison: Other candidate -> measure -> its paired lead over the other.
        feature_aucs: AUC of each feature alone on training rows.
        train_auc: AUC of the recommended candidate on its own training rows.
        claim: What the folds promised and the test kept.
        importance: Features, largest first.
        positives: Rows of the rarer outcome in training and in the test.
        folds_asked: Folds the config asks for.
        copies: Test rows whose features and label also occur in training.
        empty: Features without a value in training.
        notes: Sentences of calibration, if it did not go as asked.
        test_uses: How often this test was used, if anybody counts.
        profit: What it earns; see `profit.section`; None without a payoff.
    """

    recommended: str
    metrics: Mapping[str, Measure]
    comparison: Mapping[str, Mapping[str, Measure]]
    feature_aucs: pd.Series
    train_auc: float
    claim: Claim
    importance: list[dict[str, float | str]]
    positives: tuple[int, int]
    folds_asked: int
    copies: int
    empty: list[str]
    notes: str | None
    test_uses: int | None = None
    profit: Mapping[str, Any] | None = None


def run_checks(facts: Facts) -> list[Finding]:
    """Run every check; errors first, then warnings, then notes."""
    found = [finding for check in CHECKS if (finding := check(facts))]
    severities = ["error", "warning", "note"]
    return sorted(found, key=lambda finding: severities.index(finding["severity"]))


def _finding(check: str, severity: str, sentence: str) -> Finding:
    return {"check": check, "severity": severity, "sentence": sentence}


def worse_than_baseline(facts: Facts) -> Finding | None:
    """Find a simpler candidate that ranks the test clearly better.

    It is an error where even the prior does; any other choice was made on the folds, and
    one later period does not overrule it.
    """
    simpler = [
        name
        for name in ("prior", "rule", "logistic")
        if _high(facts.comparison.get(name, {}).get("roc_auc")) < 0
    ]
    if not simpler:
        return None
    sentence = (
        f"In the test {', '.join(simpler)} ranked clearly better than "
        f"{facts.recommended}, which the folds had chosen."
    )
    severity = "error" if "prior" in simpler else "warning"
    return _finding("worse_than_baseline", severity, sentence)


def _high(measure: Measure | None) -> float:
    high = measure["high"] if measure else None
    return 0.0 if high is None else high


def leak_suspicion(facts: Facts) -> Finding | None:
    """Find features that alone tell the outcome almost perfectly."""
    strength = (facts.feature_aucs - 0.5).abs() + 0.5
    names = [str(name) for name in strength.index[strength > LEAK_AUC]]
    if not names:
        return None
    sentence = (
        f"Features {names} alone reach an AUC above {LEAK_AUC} in training: check that "
        "they are known before the cutoff, or add them to `drop`."
    )
    return _finding("leak_suspicion", "error", sentence)


def overfit(facts: Facts) -> Finding | None:
    """Find a model that knows its training rows far better than later ones."""
    gap = facts.train_auc - facts.claim.mean
    if not gap > OVERFIT_GAP:
        return None
    sentence = (
        f"AUC {facts.train_auc:.2f} on its own training rows against a mean of "
        f"{facts.claim.mean:.2f} on the folds: the model learns what does not last."
    )
    return _finding("overfit", "warning", sentence)


def base_rate_shift(facts: Facts) -> Finding | None:
    """Find a test period with another share of positives than the past."""
    if not facts.claim.rate_shifted:
        return None
    sentence = (
        f"Positives are {facts.claim.test_rate:.1%} of the test and "
        f"{facts.claim.train_rate:.1%} of the training rows: probabilities learnt on "
        "the past are off."
    )
    return _finding("base_rate_shift", "warning", sentence)


def claim_not_borne_out(facts: Facts) -> Finding | None:
    """Find a test that does not bear out what the folds promised."""
    if not facts.claim.missed:
        return None
    return _finding("claim_not_borne_out", "warning", facts.claim.sentence())


def claim_declined(facts: Facts) -> Finding | None:
    """Find a past from which nothing can be promised."""
    if not facts.claim.declined:
        return None
    return _finding("claim_declined", "warning", facts.claim.sentence())


def test_used_often(facts: Facts) -> Finding | None:
    """Find a test that was used again and again while settings were changed."""
    if facts.test_uses is None or facts.test_uses < MANY_USES:
        return None
    sentence = (
        f"This test was used {facts.test_uses} times: what was changed after looking at "
        "it may fit it by luck; judge the next change on later rows."
    )
    return _finding("test_used_often", "warning", sentence)


def miscalibrated(facts: Facts) -> Finding | None:
    """Find probabilities that are too bold, too timid, too high or too low."""
    if facts.recommended == "prior":
        return None
    slope = facts.metrics["calibration_slope"]["value"]
    predicted = facts.metrics["mean_probability"]["value"]
    observed = facts.metrics["base_rate"]["value"]
    if slope is None or not predicted or not observed:
        return None
    ratio = predicted / observed
    if _inside(slope, GOOD_SLOPE) and _inside(ratio, GOOD_MEAN):
        return None
    sentence = (
        f"In the test the calibration slope is {slope:.2f} (good: {GOOD_SLOPE[0]} to "
        f"{GOOD_SLOPE[1]}) and the mean probability {predicted:.1%} against "
        f"{observed:.1%} observed: use the ranking rather than the probabilities."
    )
    return _finding("miscalibrated", "warning", sentence)


def _inside(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def few_positives(facts: Facts) -> Finding | None:
    """Find parts too small for narrow intervals."""
    train, test = facts.positives
    if min(train, test) >= FEW_POSITIVES:
        return None
    sentence = (
        f"The rarer outcome occurs {train} times in training and {test} times in the "
        f"test; below {FEW_POSITIVES} every figure is uncertain."
    )
    return _finding("few_positives", "warning", sentence)


def one_feature_dominates(facts: Facts) -> Finding | None:
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
    return _finding("one_feature_dominates", "note", sentence)


def unstable(facts: Facts) -> Finding | None:
    """Find folds that disagree."""
    if not facts.claim.spread_wide:
        return None
    aucs = facts.claim.fold_aucs
    sentence = (
        f"The AUC ranges from {min(aucs):.2f} to {max(aucs):.2f} over the folds: what "
        "works in one period fails in another."
    )
    return _finding("unstable", "warning", sentence)


def few_folds(facts: Facts) -> Finding | None:
    """Find a training part too short for the folds asked for."""
    made = len(facts.claim.fold_aucs)
    if made >= facts.folds_asked:
        return None
    sentence = (
        f"{made} of {facts.folds_asked} folds could be made: the training part is too "
        "short for the embargo or an outcome too rare."
    )
    return _finding("few_folds", "warning", sentence)


def duplicate_rows(facts: Facts) -> Finding | None:
    """Find test rows that also occur in training."""
    if not facts.copies:
        return None
    sentence = (
        f"{facts.copies} test rows have the same features and label as a training row: "
        "remove duplicates before splitting if they are copies."
    )
    return _finding("duplicate_rows", "warning", sentence)


def empty_features(facts: Facts) -> Finding | None:
    """Find features that no training row has a value for."""
    if not facts.empty:
        return None
    sentence = f"Left out, without any value in training: {facts.empty}."
    return _finding("empty_features", "note", sentence)


def calibration_note(facts: Facts) -> Finding | None:
    """Find a calibration that did not go as asked."""
    if not facts.notes:
        return None
    return _finding("calibration", "warning", facts.notes)


def optimistic_split(facts: Facts) -> Finding | None:
    """Find a split that knows no time."""
    if facts.claim.split_kind != "random":
        return None
    sentence = (
        "The split is random: figures are optimistic for use on later data; a table "
        "with cutoffs or in time order would show how much."
    )
    return _finding("random_split", "warning", sentence)


def nobody_worth_a_contact(facts: Facts) -> Finding | None:
    """Find a payoff under which contacting nobody is best."""
    if facts.profit is None or not facts.profit["nobody"]:
        return None
    return _finding("contact_nobody", "warning", str(facts.profit["sentence"]))


def losing_list(facts: Facts) -> Finding | None:
    """Find a cut that promised a profit and clearly lost money on the test."""
    if facts.profit is None:
        return None
    made = facts.profit["decision"]["profit"]
    if made["high"] is None or made["high"] >= 0:
        return None
    sentence = (
        f"The contacts that the cut advises lost {-made['value']:,.0f} EUR on the test, "
        "though the period before had promised a profit: contact nobody until it is "
        "known what changed."
    )
    return _finding("losing_list", "warning", sentence)


CHECKS: tuple[Callable[[Facts], Finding | None], ...] = (
    worse_than_baseline,
    leak_suspicion,
    overfit,
    base_rate_shift,
    claim_not_borne_out,
    claim_declined,
    test_used_often,
    miscalibrated,
    few_positives,
    one_feature_dominates,
    unstable,
    few_folds,
    duplicate_rows,
    empty_features,
    calibration_note,
    optimistic_split,
    nobody_worth_a_contact,
    losing_list,
)
