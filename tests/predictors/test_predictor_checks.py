from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccml.features.audit.alone import aucs_alone, aucs_of_missing
from ccml.predictors.checks import CHECKS, Facts, run_checks
from ccml.predictors.claim import Claim
from ccml.predictors.promise import Promise, Promises, promise
from ccml.predictors.resampling import Measure


def around(value: float) -> Measure:
    return {"value": value, "low": value - 0.02, "high": value + 0.02}


MADE = {
    "roc_auc": Promise(0.72, 0.67, 0.77, 3),
    "log_loss": Promise(0.30, 0.27, 0.33, 2),
    "ece": Promise(0.01, 0.0, 0.03, 2),
}
PROMISES = Promises(MADE, (0.70, 0.72, 0.74), (0.1, 0.1, 0.1), ())
KEPT = {"roc_auc": around(0.73), "log_loss": around(0.31), "ece": around(0.02)}
CLAIM = Claim("time", PROMISES, KEPT, 0.1, 0.11, 0.74)
FACTS = Facts(
    recommended="tuned",
    metrics={
        "calibration_slope": around(1.0),
        "mean_probability": around(0.10),
        "base_rate": around(0.11),
    },
    comparison={"rule": {"roc_auc": around(0.05)}},
    feature_aucs=pd.Series({"a": 0.7, "b": 0.4}),
    train_auc=0.8,
    claim=CLAIM,
    importance=[{"feature": f, "mean_abs_shap": 1.0} for f in "abc"],
    positives=(500, 200),
    folds_asked=3,
    copies=0,
    empty=[],
    notes=None,
)


def test_a_sound_predictor_has_no_finding() -> None:
    assert run_checks(FACTS) == []


ONE_LARGE = [
    {"feature": name, "mean_abs_shap": size}
    for name, size in (("a", 9.0), ("b", 1.0), ("c", 0.0))
]


def metrics(**changed: float) -> dict[str, Any]:
    return {"metrics": {**FACTS.metrics, **{k: around(v) for k, v in changed.items()}}}


def claim(**changed: Any) -> dict[str, Any]:
    return {"claim": replace(CLAIM, **changed)}


def promised(**changed: Any) -> dict[str, Any]:
    return claim(promises=replace(PROMISES, **changed))


def kept(**changed: float) -> dict[str, Any]:
    figures = {name: around(value) for name, value in changed.items()}
    return claim(realised=KEPT | figures)


def lead(other: str, measure: str, value: float) -> dict[str, Any]:
    return {"comparison": {other: {measure: around(value)}}}


def money(profit: float, *, nobody: bool) -> dict[str, Any]:
    made = {"value": profit, "low": profit - 9, "high": profit + 9}
    said = {"nobody": nobody, "sentence": "Nobody.", "decision": {"profit": made}}
    return {"profit": said}


WEAK = {"clear": True, "sentence": "In 'region = south' it is weak."}
PLANTED = [
    (lead("rule", "roc_auc", -0.05), "worse_than_baseline", "warning"),
    (lead("lightgbm_default", "log_loss", 0.05), "worse_than_baseline", "warning"),
    (lead("prior", "log_loss", 0.05), "worse_than_baseline", "warning"),
    (lead("prior", "roc_auc", -0.05), "worse_than_baseline", "error"),
    ({"feature_aucs": pd.Series({"a": 0.03})}, "leak_suspicion", "error"),
    ({"train_auc": 0.95}, "overfit", "warning"),
    (claim(test_rate=0.3), "base_rate_shift", "warning"),
    (claim(test_rate=0.14), "base_rate_shift", "warning"),
    (kept(roc_auc=0.6), "claim_not_borne_out", "warning"),
    (kept(log_loss=0.4), "claim_not_borne_out", "warning"),
    (promised(declined=("the folds fade",)), "claim_declined", "warning"),
    (promised(fold_aucs=(0.6, 0.71, 0.75)), "unstable", "warning"),
    ({"test_uses": 4}, "test_used_often", "warning"),
    (metrics(calibration_slope=0.5), "miscalibrated", "warning"),
    (metrics(mean_probability=0.2), "miscalibrated", "warning"),
    ({"worst_slice": WEAK}, "weak_slice", "warning"),
    ({"positives": (500, 40)}, "few_positives", "warning"),
    ({"importance": ONE_LARGE}, "one_feature_dominates", "note"),
    ({"folds_asked": 5}, "few_folds", "warning"),
    ({"copies": 3}, "duplicate_rows", "warning"),
    ({"empty": ["x"]}, "empty_features", "note"),
    ({"notes": "Only shifted."}, "calibration", "warning"),
    (claim(split_kind="random"), "random_split", "warning"),
    (money(0.0, nobody=True), "contact_nobody", "warning"),
    (money(-50.0, nobody=False), "losing_list", "warning"),
]


@pytest.mark.parametrize(("change", "check", "severity"), PLANTED)
def test_each_fault_is_found_under_its_name(
    change: dict[str, Any], check: str, severity: str
) -> None:
    found = {f["check"]: f["severity"] for f in run_checks(replace(FACTS, **change))}
    assert found[check] == severity


ELSEWHERE = {"drifted", "unfair_slice", "unstable_reasons", "stale"}
"""Checks whose planted cases stand with what they look at."""


def test_every_check_has_a_planted_case() -> None:
    assert {check for _, check, _ in PLANTED} | ELSEWHERE >= set(CHECKS)
    assert {check for _, check, _ in PLANTED} <= set(CHECKS)


def test_all_candidates_that_are_clearly_ahead_are_named_once() -> None:
    default = {"roc_auc": around(-0.05), "log_loss": around(0.05)}
    near = {"roc_auc": around(-0.01), "log_loss": around(0.01)}
    comparison = {
        "prior": near,
        "rule": default,
        "logistic": near,
        "lightgbm_default": default,
        "tuned": default,
    }
    (found,) = run_checks(replace(FACTS, recommended="logistic", comparison=comparison))
    assert found["severity"] == "warning"
    both = "in log loss behind rule, lightgbm_default and in ranking behind rule"
    assert both in found["sentence"]
    assert "tuned" not in found["sentence"]
    better = {**comparison, "tuned": {"log_loss": around(0.06)}}
    (found,) = run_checks(replace(FACTS, comparison=better))
    assert "lightgbm_default, tuned" in found["sentence"]


def test_a_feature_that_is_null_for_all_but_positives_is_a_leak() -> None:
    """Its values say nothing: only their presence does."""
    rng = np.random.default_rng(1)
    y = (rng.random(3000) < 0.1).astype(float)
    X = pd.DataFrame(
        {
            "days_since_cancelling": np.where(
                y == 1, rng.integers(1, 60, 3000), np.nan
            ),
            "calls": np.where(rng.random(3000) < 0.2, np.nan, rng.poisson(2, 3000)),
            "why_left": pd.Series(y).map({1.0: "price"}),
        }
    )
    nulls = aucs_of_missing(X, y)
    assert list(nulls.round(2)) == [1.0, pytest.approx(0.5, abs=0.05), 1.0]
    planted = replace(FACTS, feature_aucs=aucs_alone(X, y), null_aucs=nulls)
    (found,) = run_checks(planted)
    assert (found["check"], found["severity"]) == ("leak_suspicion", "error")
    names = "['days_since_cancelling', 'why_left']"
    assert f"Features {names} alone" in found["sentence"]
    assert f"{names} merely by where they are missing" in found["sentence"]


def test_a_large_sample_is_thinned_by_class_for_the_leak_check() -> None:
    y = np.zeros(60_000)
    y[:30] = 1.0
    X = pd.DataFrame({"leak": y, "order": np.arange(60_000.0)})
    assert aucs_alone(X, y)["leak"] == 1.0
    # So few positives would be lost by thinning all rows alike.
    assert aucs_alone(X, y)["order"] > 0.99


def test_probabilities_are_compared_with_what_chance_does_to_true_ones() -> None:
    bold = {"calibration_slope": around(0.5), "ece": around(0.03)}
    facts = replace(FACTS, metrics={**FACTS.metrics, **bold})
    (beyond,) = run_checks(replace(facts, ece_noise=0.02))
    assert beyond["severity"] == "warning"
    assert "is 0.030, where chance alone gives up to 0.020" in beyond["sentence"]
    (within,) = run_checks(replace(facts, ece_noise=0.04))
    assert within["severity"] == "note"
    assert "may be chance" in within["sentence"]


def test_a_large_error_is_found_though_slope_and_mean_are_right() -> None:
    crooked = replace(FACTS, metrics={**FACTS.metrics, "ece": around(0.05)})
    (found,) = run_checks(replace(crooked, ece_noise=0.02))
    assert (found["check"], found["severity"]) == ("miscalibrated", "warning")
    small = replace(FACTS, metrics={**FACTS.metrics, "ece": around(0.02)})
    assert run_checks(replace(small, ece_noise=0.01)) == []
    assert run_checks(replace(crooked, ece_noise=0.06)) == []


def test_a_slice_that_is_not_clearly_weak_and_a_profit_are_no_findings() -> None:
    facts = replace(FACTS, worst_slice={"clear": False, "sentence": ""})
    assert run_checks(replace(facts, **money(50.0, nobody=False))) == []


def test_errors_come_first_and_the_prior_has_no_slope_to_mend() -> None:
    facts = replace(FACTS, feature_aucs=pd.Series({"a": 0.99}), empty=["x"], copies=1)
    found = [finding["severity"] for finding in run_checks(facts)]
    assert found == ["error", "warning", "note"]
    slope = {"calibration_slope": around(0.1)}
    assert run_checks(replace(FACTS, recommended="prior", metrics=slope)) == []


def test_a_claim_without_folds_or_auc_promises_nothing() -> None:
    nothing: Measure = {"value": None, "low": None, "high": None}
    promises = promise(None, "tuned", 100, ordered=True)
    realised = KEPT | {"roc_auc": nothing}
    claim = replace(CLAIM, promises=promises, realised=realised, shuffled=None)
    assert not claim.holds
    assert not claim.missed
    assert "nothing was claimed" in claim.sentence()
    assert claim.to_json()["claimed"] == nothing
    made = replace(CLAIM, realised=realised)
    assert made.missed
    assert "no AUC that can be measured" in made.sentence()
