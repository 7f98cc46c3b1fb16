"""The advice of the profit section in words."""

from collections.abc import Mapping
from typing import Any

from ccml.predictors.resampling import Measure

Section = Mapping[str, Any]


def advice(section: Section) -> str:
    """Say whom to contact and what it earns, or that nobody should be contacted."""
    if section["nobody"]:
        return f"{_nobody(section)} {_hope(section)}".strip()
    sentences = [_contact(section), _promise(section), _limit(section)]
    return " ".join(sentence for sentence in sentences if sentence)


def _contact(section: Section) -> str:
    made = section["decision"]
    whom = f"{made['contacts']:,} of {made['rows']:,} test rows ({made['share']:.1%})"
    return (
        f"Contacting {whom}, {_from(section)}, would have earned "
        f"{euros_with(made['profit'])}."
    )


def _from(section: Section, whom: str = "those") -> str:
    at = section["threshold"]
    if at["probability"] is not None:
        return f"{whom} with a probability from {at['probability']:.1%} on"
    if at["expected_profit"] < 0.01:
        return f"{whom} expected to earn more than they cost"
    return f"{whom} expected to earn {euros(at['expected_profit'])} or more"


def _promise(section: Section) -> str:
    promised = section["promised"]
    if promised is None:
        return "No earlier period could tell whether that was to be expected."
    return (
        f"That is {euros_with(section['decision']['per_1000'])} per 1,000 rows; the "
        f"period before had promised {euros_with(promised['per_1000'])}."
    )


def _limit(section: Section) -> str:
    rate = section["breaks_even_at"]["success_rate"]
    assumed = section["assumptions"]["success_rate"]
    if rate is None or assumed == 1:
        return ""
    return (
        f"It pays as long as the offer works on at least {rate:.1%} of those rightly "
        f"chosen; {assumed:.1%} is assumed."
    )


def _nobody(section: Section) -> str:
    promised = section["promised"]
    if promised is None or not promised["contacts"]:
        return "Contact nobody: under these assumptions no contact pays."
    if section["threshold"]["expected_profit"] is not None:
        return f"Contact nobody: none of the test rows is {_from(section, 'one')}."
    return (
        f"Contact nobody yet: before the test the best cut earned "
        f"{euros_with(promised['profit'])}, which is not surely more than nothing."
    )


def _hope(section: Section) -> str:
    """Say from which success rate on it would pay, where somebody is worth a thought."""
    rate = section["breaks_even_at"]["success_rate"]
    assumed = section["assumptions"]["success_rate"]
    if rate is None or not section["cut"]["contacts"] or rate <= assumed:
        return ""
    return (
        f"On the test those {section['cut']['contacts']:,} would pay if the offer worked "
        f"on {rate:.1%} of those rightly chosen; {assumed:.1%} is assumed."
    )


def euros(value: float | None) -> str:
    """Write euros; small amounts with cents."""
    if value is None:
        return "an unknown amount"
    small = abs(value) < 10 and value != round(value)
    text = f"{value:,.2f}" if small else f"{value:,.0f}"
    return f"{'0' if text in ('-0', '-0.00') else text} EUR"


def euros_with(measure: Measure) -> str:
    """Write euros with their 95 % interval."""
    low, high = measure["low"], measure["high"]
    if low is None or high is None:
        return euros(measure["value"])
    ends = f"{euros(low)} to {euros(high)}".replace(" EUR", "")
    return f"{euros(measure['value'])} ({ends})"
