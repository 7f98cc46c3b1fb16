import pytest

from ccml.reports.verdict import promises, verdict_line


def judged(**changes):
    base = {
        "recommended": "logistic",
        "metrics": {
            "roc_auc": {"value": 0.812, "low": 0.79, "high": 0.834},
            "calibration_slope": {"value": 1.02},
        },
        "baselines": {"rule": {"roc_auc": {"value": 0.74}}},
        "comparison": {"rule": {"roc_auc": {"value": 0.07, "low": 0.05, "high": 0.09}}},
        "findings": [],
        "claim": {"holds": True},
    }
    return base | changes


def test_the_verdict_speaks_of_pairs_and_of_the_rule():
    line = verdict_line(judged())
    assert "Of 100 pairs it ranks 81 (79\u201383) rightly; chance ranks 50." in line
    assert "The simple rule ranks 74." in line
    assert "came as promised" in line
    assert "warning" not in line


def test_a_lead_within_the_noise_is_called_so():
    close = {"rule": {"roc_auc": {"value": 0.01, "low": -0.01, "high": 0.03}}}
    assert "within the noise" in verdict_line(judged(comparison=close))


def test_the_rule_is_not_compared_with_itself():
    line = verdict_line(judged(recommended="rule"))
    assert "Nothing more elaborate was surely better." in line


@pytest.mark.parametrize(("slope", "word"), [(0.5, "extreme"), (1.6, "timid")])
def test_probabilities_that_did_not_come_are_named(slope, word):
    metrics = {"roc_auc": 0.8, "calibration_slope": {"value": slope}}
    assert f"too {word}" in verdict_line(judged(metrics=metrics))


def test_warnings_are_counted_and_notes_are_not():
    findings = [{"severity": "warning"}, {"severity": "note"}]
    assert "1\u00a0warning, see below." in verdict_line(judged(findings=findings))


def test_unknown_figures_are_not_made_up():
    line = verdict_line(judged(metrics={}, baselines={}))
    assert line == "Recommended: logistic regression."


@pytest.mark.parametrize(
    ("claim", "check", "promised"),
    [
        ({"holds": True}, "few_positives", True),
        ({"holds": False}, "few_positives", False),
        ({"holds": True}, "base_rate_shift", False),
        ({}, "few_positives", True),
    ],
)
def test_only_a_claim_that_holds_is_a_promise(claim, check, promised):
    findings = [{"check": check, "severity": "warning"}]
    assert promises(judged(claim=claim, findings=findings)) is promised
