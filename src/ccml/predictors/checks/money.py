"""Checks of what the predictor earns."""

from ccml.predictors.checks.facts import Facts, Found


def contact_nobody(facts: Facts) -> Found | None:
    """Find a payoff under which contacting nobody is best."""
    if facts.profit is None or not facts.profit["nobody"]:
        return None
    return "warning", str(facts.profit["sentence"])


def losing_list(facts: Facts) -> Found | None:
    """Find a cut that promised a profit and clearly lost money on the test."""
    if facts.profit is None:
        return None
    made = facts.profit["decision"]["profit"]
    if made["high"] is None or made["high"] >= 0:
        return None
    sentence = (
        f"The contacts that the cut advises lost {-made['value']:,.0f} EUR on the test, "
        "though the period before had promised a profit: contact nobody until it is "
        "known what changed."
    )
    return "warning", sentence
