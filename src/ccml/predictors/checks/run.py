"""All checks by name, and how they are run."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ccml.predictors.checks.calibration import (
    base_rate_shift,
    calibration_note,
    miscalibrated,
)
from ccml.predictors.checks.claims import (
    claim_declined,
    claim_not_borne_out,
    random_split,
    test_used_often,
)
from ccml.predictors.checks.data import (
    duplicate_rows,
    empty_features,
    few_folds,
    few_positives,
    leak_suspicion,
)
from ccml.predictors.checks.facts import Facts, Finding, Found
from ccml.predictors.checks.money import contact_nobody, losing_list
from ccml.predictors.checks.skill import (
    one_feature_dominates,
    overfit,
    unstable,
    weak_slice,
    worse_than_baseline,
)
from ccml.predictors.checks.use import drifted, stale, unfair_slice

Check = Callable[[Facts], Found | None]
SEVERITIES = ("error", "warning", "note")
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "worse_than_baseline": worse_than_baseline,
        "leak_suspicion": leak_suspicion,
        "overfit": overfit,
        "base_rate_shift": base_rate_shift,
        "claim_not_borne_out": claim_not_borne_out,
        "claim_declined": claim_declined,
        "test_used_often": test_used_often,
        "miscalibrated": miscalibrated,
        "weak_slice": weak_slice,
        "unfair_slice": unfair_slice,
        "drifted": drifted,
        "stale": stale,
        "few_positives": few_positives,
        "one_feature_dominates": one_feature_dominates,
        "unstable": unstable,
        "few_folds": few_folds,
        "duplicate_rows": duplicate_rows,
        "empty_features": empty_features,
        "calibration": calibration_note,
        "random_split": random_split,
        "contact_nobody": contact_nobody,
        "losing_list": losing_list,
    }
)


def run_checks(facts: Facts) -> list[Finding]:
    """Run every check; errors first, then warnings, then notes."""
    found = [
        {"check": name, "severity": answer[0], "sentence": answer[1]}
        for name, check in CHECKS.items()
        if (answer := check(facts))
    ]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding["severity"]))
