"""How large a calibration error chance alone makes."""

import numpy as np

from ccml.predictors.dataset import Floats
from ccml.predictors.metrics import ECE_BINS

RESAMPLES = 400
QUANTILE = 0.95


def ece_noise(
    probability: Floats,
    seed: int,
    *,
    among_rows: Floats | None = None,
    weights: tuple[float, float] = (1.0, 1.0),
) -> float:
    """Return the calibration error that chance alone gives to true probabilities.

    It is the 95 % quantile of the ECE of outcomes drawn from the probabilities. A smaller
    measured ECE is no sign of bad calibration. Rows count as independent: where customers
    come several times, chance makes rather more.

    Args:
        probability: What was said.
        seed: Seed of the draws.
        among_rows: Probabilities among rows that were oversampled, to draw from.
        weights: How often a negative and a positive row come in reality.
    """
    rng = np.random.default_rng([seed, 5])
    edges = np.quantile(probability, np.linspace(0, 1, ECE_BINS + 1)[1:-1])
    number = np.searchsorted(edges, probability, side="right")
    chance = probability if among_rows is None else among_rows
    found = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        hit = rng.random(len(probability)) < chance
        weight = np.where(hit, weights[1], weights[0])
        gaps = weight * (probability - hit)
        sums = np.bincount(number, weights=gaps, minlength=ECE_BINS)
        found[i] = np.abs(sums).sum() / weight.sum()
    return float(np.quantile(found, QUANTILE))
