"""The predictors' section: claims, findings, and what is known of the training."""

import copy
from dataclasses import replace

import pytest

from ccml.reports.page import render_page
from ccml.reports.predictor import predictors_section
from ccml.reports.stored import PredictorData
from ccml.reports.summary import summarise


def with_claim(evaluation, **claim):
    changed = copy.deepcopy(evaluation)
    changed["claim"] |= claim
    changed["findings"] = []
    return changed


@pytest.mark.parametrize("holds", [True, False])
def test_a_claim_that_does_not_hold_is_said_loudly(empty, evaluation, sample, holds):
    changed = with_claim(evaluation, holds=holds, sentence="What may be said.")
    data = replace(empty, predictors={"churn": PredictorData(changed, sample)})
    page = render_page(data)
    assert ("No accuracy is promised" in page) is not holds
    assert "What may be said." in page


def test_a_shift_of_the_base_rate_is_said_loudly_too(empty, evaluation):
    changed = with_claim(evaluation, holds=True, sentence="What may be said.")
    changed["findings"] = [
        {
            "check": "base_rate_shift",
            "severity": "warning",
            "sentence": "Positives rose.",
        }
    ]
    data = replace(empty, predictors={"churn": PredictorData(changed)})
    (block,) = predictors_section(data).parts["blocks"]
    assert not block.holds
    assert block.findings == (("warning", "base rate shift", "Positives rose."),)


def test_findings_are_sorted_by_weight_and_do_not_repeat_the_claim(empty, evaluation):
    changed = with_claim(evaluation, sentence="The claim.")
    changed["findings"] = [
        {"check": "a_note", "severity": "note", "sentence": "Small."},
        {
            "check": "claim_not_borne_out",
            "severity": "warning",
            "sentence": "The claim.",
        },
        {"check": "leak_suspicion", "severity": "error", "sentence": "Large."},
    ]
    data = replace(empty, predictors={"churn": PredictorData(changed)})
    (block,) = predictors_section(data).parts["blocks"]
    assert [finding[0] for finding in block.findings] == ["error", "note"]


def test_the_label_and_its_window_are_shown(empty, evaluation):
    data = replace(empty, predictors={"churn": PredictorData(evaluation)})
    (block,) = predictors_section(data).parts["blocks"]
    assert dict(block.facts)["What is predicted"] == evaluation["label_rule"]
    assert "predictor-churn-label-window" in {f.figure_id for f in block.figures}


def test_predictors_that_are_not_trained_are_named(empty, evaluation):
    data = replace(empty, predictors={"other": PredictorData(evaluation)})
    assert "Not trained yet: Churn." in predictors_section(data).lead


def test_a_flat_table_has_rows_but_no_days(empty, evaluation):
    changed = copy.deepcopy(evaluation)
    flat = {"from": 1, "until": 900}
    changed["split"] |= {"kind": "ordered", "train_period": flat, "test_period": flat}
    changed["tuning"] |= {"trials": 12, "kept_default": False}
    data = replace(empty, predictors={"other": PredictorData(changed)})
    (block,) = predictors_section(data).parts["blocks"]
    facts = dict(block.facts)
    assert facts["Learned from"] == f"{changed['split']['train_rows']:,} rows"
    assert facts["Split"].startswith("by row order")
    assert facts["Search"] == "12 settings tried; a better one was taken"


def test_the_summary_repeats_the_doubts_and_not_the_figures(empty, evaluation):
    changed = with_claim(
        evaluation, holds=False, sentence="The past does not carry over."
    )
    data = replace(empty, predictors={"churn": PredictorData(changed)})
    _, predictors, _ = summarise(data).answers
    assert predictors.lines == (("Churn", "The past does not carry over.", "bad"),)
