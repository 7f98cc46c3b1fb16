"""The calibrator: plain values that turn a raw score into a probability.

It never changes the ranking: slopes are positive, and flat steps are tilted by the raw
score.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit

from ccml.predictors.dataset import Floats
from ccml.predictors.metrics import log_odds

CalibrationKind = Literal["none", "shift", "sigmoid", "beta", "isotonic", "venn_abers"]

STEPPED = ("isotonic", "venn_abers")
_TILT = 1e-6


@dataclass(frozen=True)
class Calibrator:
    """How a raw score (log-odds) becomes a probability.

    Attributes:
        kind: none, shift (intercept only), sigmoid, beta, isotonic or venn_abers.
        slope: Factor of the raw score (sigmoid) or of ln p (beta).
        intercept: Added to it (shift, sigmoid, beta).
        knots: Raw scores of the steps (isotonic, venn_abers), rising.
        rates: Probabilities at the knots, not falling.
        rows: Rows it was learnt from.
        upper: Factor of -ln(1 - p) (beta).
        offset: Added to the log-odds at last: from the share of positives among the rows
            to that of reality.
    """

    kind: CalibrationKind = "none"
    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    rows: int = 0
    upper: float = 0.0
    offset: float = 0.0

    def apply(self, raw: Floats) -> Floats:
        """Return the probabilities of raw scores."""
        if self.kind in STEPPED:
            stepped = np.interp(raw, self.knots, self.rates)
            return self._moved((1 - _TILT) * stepped + _TILT * expit(raw))
        line = self.slope * raw
        if self.kind == "beta":
            line = self.upper * np.logaddexp(0, raw) - self.slope * np.logaddexp(
                0, -raw
            )
        return np.asarray(expit(line + self.intercept + self.offset))

    def _moved(self, probability: Floats) -> Floats:
        if not self.offset:
            return np.asarray(probability)
        return np.asarray(expit(log_odds(probability) + self.offset))

    def to_json(self) -> dict[str, Any]:
        """Return plain values for model.json."""
        return vars(self) | {"knots": list(self.knots), "rates": list(self.rates)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Calibrator":
        """Rebuild a calibrator from `to_json`."""
        knots, rates = tuple(values["knots"]), tuple(values["rates"])
        return cls(**(values | {"knots": knots, "rates": rates}))
