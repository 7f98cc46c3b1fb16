"""Scores become probabilities, learnt on the latest rows before the test.

A calibrator never changes the ranking: sigmoid has a positive slope, and the flat
steps of isotonic regression are tilted by the raw score.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from ccml.predictors.dataset import Floats
from ccml.predictors.metrics import fit_line, row_log_loss

Sample = tuple[Floats, Floats]
CalibrationKind = Literal["none", "shift", "sigmoid", "isotonic"]

MIN_ROWS = 1000
MIN_CLASS_ROWS = 100
CHECK_FOLDS = 5
TRUSTED_SLOPE = 0.5
_TILT = 1e-6


@dataclass(frozen=True)
class Calibrator:
    """How a raw score (log-odds) becomes a probability.

    Attributes:
        kind: none, shift (intercept only), sigmoid or isotonic.
        slope: Factor of the raw score (sigmoid).
        intercept: Added to it (shift, sigmoid).
        knots: Raw scores of the steps (isotonic), rising.
        rates: Probabilities at the knots, not falling.
        rows: Rows it was learnt from.
    """

    kind: CalibrationKind = "none"
    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    rows: int = 0

    def apply(self, raw: Floats) -> Floats:
        """Return the probabilities of raw scores."""
        if self.kind != "isotonic":
            return np.asarray(expit(self.slope * raw + self.intercept))
        stepped = np.interp(raw, self.knots, self.rates)
        return np.asarray((1 - _TILT) * stepped + _TILT * expit(raw))

    def to_json(self) -> dict[str, Any]:
        """Return plain values for model.json."""
        return vars(self) | {"knots": list(self.knots), "rates": list(self.rates)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Calibrator":
        """Rebuild a calibrator from `to_json`."""
        knots, rates = tuple(values["knots"]), tuple(values["rates"])
        return cls(**(values | {"knots": knots, "rates": rates}))


def fit_calibrator(
    raw: Floats, y: Floats, kind: str, *, earlier: Sample | None = None, seed: int = 0
) -> tuple[Calibrator, str | None]:
    """Learn a calibrator from out-of-time scores.

    Args:
        raw: Scores of rows that the scoring model has not seen.
        y: Their outcomes.
        kind: auto, sigmoid, isotonic or none.
        earlier: Scores and outcomes of the period before; auto takes isotonic only if,
            learnt there, it beats sigmoid here. Without it rows are dealt at random.
        seed: Seed of that dealing.

    Returns:
        The calibrator, and a sentence where something else than asked was used.
    """
    if kind == "none":
        return Calibrator(), None
    if kind == "sigmoid" or not _enough_for_steps(y):
        sigmoid, note = _sigmoid(raw, y)
        return sigmoid, _refusal(y) if kind == "isotonic" else note
    if kind == "isotonic" or _steps_are_better(raw, y, earlier, seed):
        return _isotonic(raw, y), None
    return _sigmoid(raw, y)


def _enough_for_steps(y: Floats) -> bool:
    return len(y) >= MIN_ROWS and min(y.sum(), len(y) - y.sum()) >= MIN_CLASS_ROWS


def _refusal(y: Floats) -> str:
    return (
        f"Isotonic calibration needs {MIN_ROWS} rows with {MIN_CLASS_ROWS} of each "
        f"outcome; there were {len(y)} with {int(y.sum())} positives, so sigmoid was "
        "used."
    )


def _sigmoid(raw: Floats, y: Floats) -> tuple[Calibrator, str | None]:
    slope, intercept = fit_line(raw, y)
    if slope > 0:
        return Calibrator("sigmoid", slope, intercept, rows=len(y)), None
    note = (
        "On the latest rows before the test higher scores did not mean more positives "
        f"(slope {slope:.2f}), so calibration only shifts the mean."
    )
    return shift(raw, y), note


def shift(raw: Floats, y: Floats) -> Calibrator:
    """Move all scores so that the mean probability is the share of positives."""
    rows, target = len(y), (y.sum() + 0.5) / (len(y) + 1)
    low, high = -50.0, 50.0
    for _ in range(100):
        middle = (low + high) / 2
        if expit(raw + middle).mean() < target:
            low = middle
        else:
            high = middle
    return Calibrator("shift", intercept=(low + high) / 2, rows=rows)


def _isotonic(raw: Floats, y: Floats) -> Calibrator:
    steps = IsotonicRegression(out_of_bounds="clip").fit(raw, y)
    # No step may claim certainty that so few rows cannot show.
    edge = 0.5 / len(y)
    rates = np.clip(steps.y_thresholds_, edge, 1 - edge)
    knots = tuple(float(x) for x in steps.X_thresholds_)
    return Calibrator(
        "isotonic", knots=knots, rates=tuple(float(r) for r in rates), rows=len(y)
    )


def _steps_are_better(
    raw: Floats, y: Floats, earlier: Sample | None, seed: int
) -> bool:
    """Tell whether isotonic has a clearly lower log loss on rows it did not learn."""
    # Where scores hardly rank, the steps would only trace one period's accidents.
    samples = [(raw, y), earlier or (raw, y)]
    if min(fit_line(*sample)[0] for sample in samples) < TRUSTED_SLOPE:
        return False
    if earlier is None:
        fold = np.random.default_rng([seed, 4]).permutation(len(y)) % CHECK_FOLDS
        gains = np.empty(len(y))
        for k in range(CHECK_FOLDS):
            learn, check = fold != k, fold == k
            gains[check] = _gains((raw[learn], y[learn]), (raw[check], y[check]))
    elif not _enough_for_steps(earlier[1]):
        return False
    else:
        gains = _gains(earlier, (raw, y))
    return bool(gains.mean() > 2 * gains.std(ddof=1) / np.sqrt(len(gains)))


def _gains(learn: Sample, check: Sample) -> Floats:
    """Return how much lower the log loss of isotonic is than that of sigmoid."""
    line, steps = _sigmoid(*learn)[0], _isotonic(*learn)
    raw, y = check
    return row_log_loss(y, line.apply(raw)) - row_log_loss(y, steps.apply(raw))
