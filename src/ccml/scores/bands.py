"""Probabilities in words, by the odds against the average of those scored.

very high: the odds are at least 4 times the average odds; high: at least 2 times;
medium: at least two thirds; low: less. Odds rather than probabilities, so that the same
rule serves rare and frequent outcomes; a model that knows nothing calls all medium.
"""

import ibis

BANDS = ("very high", "high", "medium", "low")
VERY_HIGH_ODDS_RATIO = 4.0
HIGH_ODDS_RATIO = 2.0
MEDIUM_ODDS_RATIO = 2 / 3
SLACK = 1e-9  # the average itself must not fall under a bound by rounding


def band(probability: ibis.Value, mean_probability: float) -> ibis.Value:
    """Say in a word how a probability compares with the average of those scored."""
    average = mean_probability * (1 + SLACK)
    # p / (1 - p) >= ratio * m / (1 - m), multiplied out: safe for 0 and 1.
    left = probability * (1 - average) * (1 + SLACK)
    right = (1 - probability) * average
    return ibis.cases(
        (left >= VERY_HIGH_ODDS_RATIO * right, BANDS[0]),
        (left >= HIGH_ODDS_RATIO * right, BANDS[1]),
        (left >= MEDIUM_ODDS_RATIO * right, BANDS[2]),
        else_=BANDS[3],
    )
