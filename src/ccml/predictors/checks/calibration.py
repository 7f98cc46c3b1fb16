"""Checks of the probabilities: whether what was said came as often as said."""

from ccml.predictors.checks.facts import Facts, Found
from ccml.predictors.resampling import Measure

GOOD_SLOPE = (0.8, 1.25)
GOOD_MEAN = (0.8, 1.25)
GOOD_ECE_SHARE = 0.25
"""ECE over the rarer outcome's share: what a mean at the edge of `GOOD_MEAN` gives."""


def base_rate_shift(facts: Facts) -> Found | None:
    """Find a test period with another share of positives than the past."""
    if not facts.claim.rate_shifted:
        return None
    sentence = (
        f"Positives are {facts.claim.test_rate:.1%} of the test and "
        f"{facts.claim.train_rate:.1%} of the training rows: probabilities learnt on "
        "the past are off."
    )
    return "warning", sentence


def calibration_note(facts: Facts) -> Found | None:
    """Find a calibration that did not go as asked."""
    return ("warning", facts.notes) if facts.notes else None


def miscalibrated(facts: Facts) -> Found | None:
    """Find probabilities that are too bold, too timid, too high or too low.

    Where the calibration error is no larger than chance alone gives to true
    probabilities, it is only a note.
    """
    if facts.recommended == "prior":
        return None
    slope = facts.metrics["calibration_slope"]["value"]
    predicted = facts.metrics["mean_probability"]["value"]
    observed = facts.metrics["base_rate"]["value"]
    if slope is None or not predicted or not observed:
        return None
    ratio = predicted / observed
    fits = _inside(slope, GOOD_SLOPE) and _inside(ratio, GOOD_MEAN)
    if fits and not _far_off(facts, observed):
        return None
    chance = _within_chance(facts)
    advice = (
        "this may be chance, more test rows would tell"
        if chance
        else "use the ranking rather than the probabilities"
    )
    sentence = (
        f"In the test the calibration slope is {slope:.2f} (good: {GOOD_SLOPE[0]} to "
        f"{GOOD_SLOPE[1]}) and the mean probability {predicted:.1%} against "
        f"{observed:.1%} observed{_error_words(facts)}: {advice}."
    )
    return ("note" if chance else "warning"), sentence


def _inside(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _ece(facts: Facts) -> float | None:
    found: Measure = facts.metrics.get("ece", {})
    return found.get("value")


def _within_chance(facts: Facts) -> bool:
    ece = _ece(facts)
    return ece is not None and facts.ece_noise is not None and ece <= facts.ece_noise


def _far_off(facts: Facts, observed: float) -> bool:
    """Tell whether the error is large and beyond chance, whatever slope and mean say."""
    ece = _ece(facts)
    if ece is None or facts.ece_noise is None:
        return False
    return ece > max(facts.ece_noise, GOOD_ECE_SHARE * min(observed, 1 - observed))


def _error_words(facts: Facts) -> str:
    ece = _ece(facts)
    if ece is None or facts.ece_noise is None:
        return ""
    return (
        f"; the calibration error is {ece:.3f}, where chance alone gives up to "
        f"{facts.ece_noise:.3f}"
    )
