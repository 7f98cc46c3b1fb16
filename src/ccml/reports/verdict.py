"""What a predictor can promise, in plain words."""

from collections.abc import Mapping
from typing import Any

from ccml.reports.candidates import candidate_name, interval, metric
from ccml.reports.numbers import DASH, chance, percent, plural, score

Evaluation = Mapping[str, Any]
CALIBRATED = (0.8, 1.25)


def promises(evaluation: Evaluation) -> bool:
    """Tell whether the past carries over, so that figures may be promised at all."""
    claim = evaluation.get("claim") or {}
    shifted = any(
        finding.get("check") in ("base_rate_shift", "claim_not_borne_out")
        and finding.get("severity") in ("warning", "error")
        for finding in evaluation.get("findings") or []
    )
    return bool(claim.get("holds", True)) and not shifted


def claim_sentence(evaluation: Evaluation) -> str:
    """Give the sentence on what may be claimed."""
    return str((evaluation.get("claim") or {}).get("sentence") or "")


def verdict_line(evaluation: Evaluation) -> str:
    """Say in one line how good the recommended candidate is, and against what."""
    sentences = [_pairs(evaluation), _against_rule(evaluation), _sureness(evaluation)]
    warnings = [
        finding
        for finding in evaluation.get("findings") or []
        if finding.get("severity") != "note"
    ]
    if warnings:
        sentences.append(f"{plural(len(warnings), 'warning')}, see below.")
    return " ".join(sentence for sentence in sentences if sentence)


def _pairs(evaluation: Evaluation) -> str:
    metrics = evaluation.get("metrics") or {}
    name = candidate_name(str(evaluation.get("recommended", "")))
    auc, ends = metric(metrics, "roc_auc"), interval(metrics, "roc_auc")
    if auc is None:
        return f"Recommended: {name}."
    between = f" ({100 * ends[0]:.0f}{DASH}{100 * ends[1]:.0f})" if ends else ""
    return (
        f"Recommended: {name}. Of 100 pairs it ranks {100 * auc:.0f}{between} rightly; "
        "chance ranks 50."
    )


def _against_rule(evaluation: Evaluation) -> str:
    if evaluation.get("recommended") == "rule":
        return "Nothing more elaborate was surely better."
    rule = metric((evaluation.get("baselines") or {}).get("rule"), "roc_auc")
    if rule is None:
        return ""
    ends = interval((evaluation.get("comparison") or {}).get("rule"), "roc_auc")
    sure = "" if ends is None or ends[0] * ends[1] > 0 else ", within the noise"
    return f"The simple rule ranks {100 * rule:.0f}{sure}."


def _sureness(evaluation: Evaluation) -> str:
    slope = metric(evaluation.get("metrics"), "calibration_slope")
    if slope is None:
        return ""
    low, high = CALIBRATED
    if low <= slope <= high:
        return "Its probabilities came as promised."
    way = "too extreme" if slope < low else "too timid"
    return f"Its probabilities were {way} (slope {score(slope, 2)})."


def base_rate_words(evaluation: Evaluation) -> str:
    """Say how frequent the outcome was."""
    rate = metric(evaluation.get("metrics"), "base_rate")
    return f"{percent(rate)} of the test cases ({chance(rate)})"
