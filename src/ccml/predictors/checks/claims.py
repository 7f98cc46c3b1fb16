"""Checks of what was promised before the test, and of the test itself."""

from ccml.predictors.checks.facts import Facts, Found

MANY_USES = 4


def claim_not_borne_out(facts: Facts) -> Found | None:
    """Find a test that does not bear out what the folds promised."""
    return ("warning", facts.claim.sentence()) if facts.claim.missed else None


def claim_declined(facts: Facts) -> Found | None:
    """Find a past from which nothing can be promised."""
    return ("warning", facts.claim.sentence()) if facts.claim.declined else None


def test_used_often(facts: Facts) -> Found | None:
    """Find a test that was used again and again while settings were changed."""
    if facts.test_uses is None or facts.test_uses < MANY_USES:
        return None
    sentence = (
        f"This test was used {facts.test_uses} times: what was changed after looking at "
        "it may fit it by luck; judge the next change on later rows."
    )
    return "warning", sentence


def random_split(facts: Facts) -> Found | None:
    """Find a split that knows no time."""
    if facts.claim.split_kind != "random":
        return None
    sentence = (
        "The split is random: figures are optimistic for use on later data; a table "
        "with cutoffs or in time order would show how much."
    )
    return "warning", sentence
