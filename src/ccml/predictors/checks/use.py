"""Checks of what becomes of a predictor in use: age, moved features, groups."""

from ccml.predictors.checks.facts import Facts, Found
from ccml.predictors.judgement.drift import FAR
from ccml.predictors.judgement.fairness import FOUR_FIFTHS

NAMED = 5


def stale(facts: Facts) -> Found | None:
    """Find a model that loses what it knows within the time that was seen."""
    found = facts.further.get("staleness")
    if not found or not found["decays"]:
        return None
    return "note", str(found["sentence"])


def drifted(facts: Facts) -> Found | None:
    """Find features that have moved since the rows learnt from.

    How well the two parts can be told apart is said, and decides nothing: features that
    only count up with the calendar tell them apart, and many models hardly use them.
    """
    found = facts.further.get("drift")
    if not found or not found["moved"]:
        return None
    moved = found["moved"]
    more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    sentence = (
        f"Features {moved[:NAMED]}{more}, which count in the model, moved far from the "
        f"training to the test rows (PSI of {FAR} or more; all features together tell "
        f"the two apart with an AUC of {found['auc']['value']:.2f}): check their "
        "sources, and train again if the change is real."
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
