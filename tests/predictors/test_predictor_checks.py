from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from ccml.predictors.checks import Facts, run_checks
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


BEHIND = {"comparison": {"rule": {"roc_auc": around(-0.05)}}}
BELOW_CHANCE = {"comparison": {"prior": {"roc_auc": around(-0.05)}}}


@pytest.mark.parametrize(
    ("change", "check", "severity"),
    [
        (BEHIND, "worse_than_baseline", "warning"),
        (BELOW_CHANCE, "worse_than_baseline", "error"),
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
        ({"positives": (500, 40)}, "few_positives", "warning"),
        ({"importance": ONE_LARGE}, "one_feature_dominates", "note"),
        ({"folds_asked": 5}, "few_folds", "warning"),
        ({"copies": 3}, "duplicate_rows", "warning"),
        ({"empty": ["x"]}, "empty_features", "note"),
        ({"notes": "Only shifted."}, "calibration", "warning"),
        (claim(split_kind="random"), "random_split", "warning"),
    ],
)
def test_each_fault_is_found_under_its_name(
    change: dict[str, Any], check: str, severity: str
) -> None:
    found = {f["check"]: f["severity"] for f in run_checks(replace(FACTS, **change))}
    assert found[check] == severity


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
