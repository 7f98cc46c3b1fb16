"""Which calibrator to use, learnt on the latest rows before the test.

The sigmoid stands unless another kind is clearly better on rows that it was not learnt
from: by more than two standard errors of the gain, counted by customer.
"""

from dataclasses import dataclass

import numpy as np

from ccml.config.calibration import CalibrationConfig
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.calibrators import FITS, fit_sigmoid, shift
from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.metrics import fit_line, row_log_loss
from ccml.predictors.resampling import compact, error_of_mean

MIN_ROWS = 1000
MIN_CLASS_ROWS = 100
BETA_ROWS = 500
BETA_CLASS_ROWS = 50
VENN_ABERS_ROWS = (200, 1000)
VENN_ABERS_CLASS_ROWS = 20
CHECK_FOLDS = 5
TRUSTED_SLOPE = 0.5
CLEAR_ERRORS = 2.0


@dataclass(frozen=True)
class Sample:
    """Scores of rows that the scoring model has not seen, outcomes and customers."""

    raw: Floats
    y: Floats
    clusters: Rows

    def __len__(self) -> int:
        return len(self.y)

    @classmethod
    def of(cls, raw: Floats, y: Floats, clusters: Rows | None = None) -> "Sample":
        """Return a sample; without clusters every row is a customer of its own."""
        alone = np.arange(len(y), dtype=np.int64)
        return cls(raw, y, alone if clusters is None else clusters)

    @property
    def rarer(self) -> int:
        """Rows of the rarer outcome."""
        return int(min(self.y.sum(), len(self.y) - self.y.sum()))


def fit_calibrator(
    sample: Sample,
    config: CalibrationConfig,
    *,
    earlier: Sample | None = None,
    seed: int = 0,
) -> tuple[Calibrator, str | None]:
    """Learn a calibrator from out-of-time scores.

    Args:
        sample: Scores of rows that the scoring model has not seen.
        config: The `calibration` section.
        earlier: The same of the period before; auto takes another kind than sigmoid only
            if, learnt there, it is better here. Without it customers are dealt at random.
        seed: Seed of that dealing.

    Returns:
        The calibrator, and a sentence where something else than asked was used.
    """
    kind: str = config.kind
    if kind == "none":
        return Calibrator(), None
    if kind == "isotonic" and not _allowed("isotonic", sample, config):
        return _sigmoid(sample)[0], _refusal(sample, config)
    if kind == "auto":
        kind = _best_kind(sample, earlier, config, seed)
    if kind == "sigmoid":
        return _sigmoid(sample)
    return FITS[kind](sample.raw, sample.y), None


def _allowed(kind: str, sample: Sample, config: CalibrationConfig) -> bool:
    rows, rare = len(sample), sample.rarer
    if kind == "isotonic":
        enough = rows >= config.min_isotonic_rows
        return enough and rare >= config.min_isotonic_positives
    if kind == "venn_abers":
        low, high = VENN_ABERS_ROWS
        return low <= rows < high and rare >= VENN_ABERS_CLASS_ROWS
    return rows >= BETA_ROWS and rare >= BETA_CLASS_ROWS


def _refusal(sample: Sample, config: CalibrationConfig) -> str:
    return (
        f"Isotonic calibration needs {config.min_isotonic_rows} rows with "
        f"{config.min_isotonic_positives} of each outcome; there were {len(sample)} with "
        f"{int(sample.y.sum())} positives, so sigmoid was used."
    )


def _sigmoid(sample: Sample) -> tuple[Calibrator, str | None]:
    made = fit_sigmoid(sample.raw, sample.y)
    if made.slope > 0:
        return made, None
    note = (
        "On the latest rows before the test higher scores did not mean more positives "
        f"(slope {made.slope:.2f}), so calibration only shifts the mean."
    )
    return shift(sample.raw, sample.y), note


def _best_kind(
    sample: Sample, earlier: Sample | None, config: CalibrationConfig, seed: int
) -> str:
    """Choose the kind with the largest gain over the sigmoid that is clear."""
    # Where scores hardly rank, finer curves would only trace one period's accidents.
    known = [sample, earlier or sample]
    if min(fit_line(part.raw, part.y)[0] for part in known) < TRUSTED_SLOPE:
        return "sigmoid"
    best, kind = 0.0, "sigmoid"
    for other in ("beta", "isotonic", "venn_abers"):
        if not all(_allowed(other, part, config) for part in known):
            continue
        gains = _gains(other, sample, earlier, seed)
        mean = float(gains.mean())
        if mean > max(best, CLEAR_ERRORS * error_of_mean(gains, sample.clusters)):
            best, kind = mean, other
    return kind


def _gains(kind: str, sample: Sample, earlier: Sample | None, seed: int) -> Floats:
    """Return, per row, how much lower its log loss is than with the sigmoid."""
    raw, y = sample.raw, sample.y
    if earlier is not None:
        return _gain(kind, earlier.raw, earlier.y, raw, y)
    owner = compact(sample.clusters)
    rng = np.random.default_rng([seed, 4])
    fold = (rng.permutation(int(owner.max()) + 1) % CHECK_FOLDS)[owner]
    gains = np.zeros(len(y))
    for k in range(CHECK_FOLDS):
        learn, check = fold != k, fold == k
        gains[check] = _gain(kind, raw[learn], y[learn], raw[check], y[check])
    return gains


def _gain(kind: str, raw: Floats, y: Floats, later: Floats, outcome: Floats) -> Floats:
    line = _sigmoid(Sample.of(raw, y))[0].apply(later)
    other = FITS[kind](raw, y).apply(later)
    return row_log_loss(outcome, line) - row_log_loss(outcome, other)
