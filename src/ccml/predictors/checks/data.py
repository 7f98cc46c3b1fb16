"""Checks of the rows and features that were learnt from."""

from ccml.predictors.checks.facts import Facts, Found

LEAK_AUC = 0.95
FEW_POSITIVES = 100


def leak_suspicion(facts: Facts) -> Found | None:
    """Find features that alone, or by where they are missing, tell the outcome."""
    strength = (facts.feature_aucs - 0.5).abs() + 0.5
    names = [str(name) for name in strength.index[strength > LEAK_AUC]]
    if not names:
        return None
    sentence = (
        f"Features {names} alone reach an AUC above {LEAK_AUC} in training{_by(facts)}: "
        "check that they are known before the cutoff, or add them to `drop`."
    )
    return "error", sentence


def _by(facts: Facts) -> str:
    """Say whose missing values alone give the outcome away."""
    if facts.null_aucs is None:
        return ""
    names = [str(n) for n in facts.null_aucs.index[facts.null_aucs > LEAK_AUC]]
    return f" ({names} merely by where they are missing)" if names else ""


def few_positives(facts: Facts) -> Found | None:
    """Find parts too small for narrow intervals."""
    train, test = facts.positives
    if min(train, test) >= FEW_POSITIVES:
        return None
    sentence = (
        f"The rarer outcome occurs {train} times in training and {test} times in the "
        f"test; below {FEW_POSITIVES} every figure is uncertain."
    )
    return "warning", sentence


def few_folds(facts: Facts) -> Found | None:
    """Find a training part too short for the folds asked for."""
    made = len(facts.claim.fold_aucs)
    if made >= facts.folds_asked:
        return None
    sentence = (
        f"{made} of {facts.folds_asked} folds could be made: the training part is too "
        "short for the embargo or an outcome too rare."
    )
    return "warning", sentence


def duplicate_rows(facts: Facts) -> Found | None:
    """Find test rows that also occur in training."""
    if not facts.copies:
        return None
    sentence = (
        f"{facts.copies} test rows have the same features and label as a training row: "
        "remove duplicates before splitting if they are copies."
    )
    return "warning", sentence


def empty_features(facts: Facts) -> Found | None:
    """Find features that no training row has a value for."""
    if not facts.empty:
        return None
    return "note", f"Left out, without any value in training: {facts.empty}."
