"""Checks of what becomes of a predictor in use: age, moved features, groups."""

from ccml.predictors.checks.facts import Facts, Found
from ccml.predictors.judgement.drift import FAR
from ccml.predictors.judgement.fairness import FOUR_FIFTHS

FAR_AUC = 0.75
NAMED = 5


def stale(facts: Facts) -> Found | None:
    """Find a model that loses what it knows within the time that was seen."""
    found = facts.further.get("staleness")
    if not found or not found["decays"]:
        return None
    return "note", str(found["sentence"])


def drifted(facts: Facts) -> Found | None:
    """Find features that have moved since the rows learnt from."""
    found = facts.further.get("drift")
    if not found:
        return None
    moved, low = found["moved"], found["auc"]["low"] or 0.0
    if not moved and low <= FAR_AUC:
        return None
    more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    what = (
        f"{moved[:NAMED]}{more}, which count in the model, moved far (PSI of {FAR} or more)"
        if moved
        else "no feature that counts in the model moved far by itself"
    )
    sentence = (
        f"Training and test rows can be told apart with an AUC of "
        f"{found['auc']['value']:.2f}; {what}: check their sources, and train again if "
        "the change is real."
    )
    return "warning", sentence


def unfair_slice(facts: Facts) -> Found | None:
    """Find a group that stands on the list clearly less often than another."""
    found = facts.further.get("fairness")
    if not found or not found["unfair"]:
        return None
    lowest = found["unfair"][0]
    most = found["columns"][lowest["column"]]["most"]
    others = len(found["unfair"]) - 1
    more = f" {others} more groups are below {FOUR_FIFTHS:g}." if others else ""
    sentence = (
        f"With {found['share']:.0%} of the rows on the list, {lowest['column']} "
        f"{lowest['name']!r} is chosen {lowest['ratio']['value']:.2f} times as often as "
        f"{most!r} (four-fifths rule: at least {FOUR_FIFTHS:g}): look for features that "
        f"stand for {lowest['column']}, and decide whether that is wanted.{more}"
    )
    return "warning", sentence
