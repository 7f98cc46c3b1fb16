"""From rows that were oversampled to reality: probabilities, and figures by weight."""

from dataclasses import replace

import numpy as np

from ccml.predictors.calibrator import Calibrator
from ccml.predictors.dataset import Floats
from ccml.predictors.metrics import log_odds


def corrected(
    calibrator: Calibrator, rate_in_training: float, rate_in_reality: float | None
) -> Calibrator:
    """Move a calibrator's log-odds to the share of positives in reality.

    Right where rows of either outcome were drawn by chance from all rows of that outcome;
    the ranking stays. Without a rate in reality the calibrator comes back as it was.
    """
    if rate_in_reality is None:
        return calibrator
    real, rows = log_odds(np.array([rate_in_reality, rate_in_training]))
    return replace(calibrator, offset=float(real - rows))


def real_weights(
    y: Floats, rate_in_training: float, rate_in_reality: float | None
) -> Floats | None:
    """Weigh each row as often as its like comes in reality; None: every row is one."""
    if rate_in_reality is None:
        return None
    positive = rate_in_reality / rate_in_training
    negative = (1 - rate_in_reality) / (1 - rate_in_training)
    return np.where(y > 0, positive, negative)
