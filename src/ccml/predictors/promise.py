"""The claim: what the folds promise of later rows, made before the test is looked at.

For each measure the folds give a 95 % prediction interval: where the test should fall if
the future is as like the past as the folds were like each other. Three folds say little
about their own spread, so it is drawn towards what chance inside a fold would give, with
the weight of four folds (a moderated t interval). Where even the folds speak against a
promise, none is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student_t

from ccml.predictors.dataset import Floats
from ccml.predictors.fold_samples import FoldSamples

FEWEST_FOLDS = 3
PRIOR_FOLDS = 4
WIDE_SPREAD = 0.10
WIDEST = 0.20
RATE_RATIO = 2.0
CLEAR_ERRORS = 3.0
CLAIMED = ("roc_auc", "log_loss", "ece")
CHANCE = 0.5


@dataclass(frozen=True)
class Promise:
    """One measure: the mean of the folds and where later rows should fall."""

    value: float
    low: float
    high: float
    folds: int

    def to_json(self) -> dict[str, float | int]:
        """Return plain values for the evaluation."""
        return vars(self).copy()


@dataclass(frozen=True)
class Promises:
    """What is promised of the chosen candidate before the test.

    Attributes:
        made: Measure -> its promise; empty without folds.
        fold_aucs: AUC of each fold.
        fold_rates: Share of positives of each fold.
        declined: Why nothing may be promised, in words; empty where it may.
    """

    made: Mapping[str, Promise]
    fold_aucs: tuple[float, ...]
    fold_rates: tuple[float, ...]
    declined: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the evaluation."""
        return {name: promise.to_json() for name, promise in self.made.items()}


def promise(
    samples: FoldSamples | None, candidate: str, test_rows: int, *, ordered: bool
) -> Promises:
    """Make the claim of a candidate from the folds alone.

    Args:
        samples: Its measures on the folds; None without folds.
        candidate: The candidate that will be used.
        test_rows: Rows of the test, whose outcomes are not looked at.
        ordered: Whether later folds are later in time.
    """
    if samples is None:
        return Promises({}, (), (), ("no fold could be made",))
    made = {
        metric: _promised(samples, candidate, metric, test_rows) for metric in CLAIMED
    }
    aucs = samples.of(candidate, "roc_auc")
    doubts = [
        _few(len(aucs)),
        _no_better_than_chance(made["roc_auc"]),
        _rates_drift(samples.rates),
        _disagreement(aucs[:, 0]),
        _too_wide(made["roc_auc"]),
        _fading(aucs) if ordered else None,
    ]
    return Promises(
        made=made,
        fold_aucs=tuple(float(auc) for auc in aucs[:, 0]),
        fold_rates=samples.rates,
        declined=tuple(doubt for doubt in doubts if doubt),
    )


def _promised(
    samples: FoldSamples, candidate: str, metric: str, test_rows: int
) -> Promise:
    drawn = samples.of(candidate, metric)
    value = float(drawn[:, 0].mean())
    # How much even a steady process moves from period to period, beyond chance.
    drift = {"roc_auc": 0.01, "log_loss": 0.03 * value, "ece": 0.005}[metric]
    half = prediction_error(drawn, samples.rows_of(metric), test_rows, drift)
    top = np.inf if metric == "log_loss" else 1.0
    low, high = max(value - half, 0.0), min(value + half, top)
    return Promise(value, float(low), float(high), len(drawn))


def prediction_error(
    drawn: Floats, rows: Floats, test_rows: int, drift: float
) -> float:
    """Return half the width of the 95 % prediction interval of one more period.

    Args:
        drawn: Folds x (1 + resamples) of one measure.
        rows: Rows of each fold.
        test_rows: Rows of the period to come.
        drift: Standard deviation between periods that is assumed beforehand.
    """
    folds = len(drawn)
    inside = float(np.nanvar(drawn[:, 1:], axis=1, ddof=1).mean())
    free = PRIOR_FOLDS + folds - 1
    seen = float(drawn[:, 0].var(ddof=1)) * (folds - 1) if folds > 1 else 0.0
    total = (PRIOR_FOLDS * (inside + drift**2) + seen) / free
    between = max(total - inside, drift**2)
    test = inside * float(rows.mean()) / test_rows
    error = np.sqrt(between + test + total / folds)
    return float(student_t.ppf(0.975, free) * error)


def _few(folds: int) -> str | None:
    if folds >= FEWEST_FOLDS:
        return None
    return f"{folds} folds are fewer than the {FEWEST_FOLDS} that a claim needs"


def _no_better_than_chance(auc: Promise) -> str | None:
    if auc.low > CHANCE:
        return None
    return "the folds leave open whether later rows are ranked better than by chance"


def _rates_drift(rates: tuple[float, ...]) -> str | None:
    if max(rates) <= RATE_RATIO * min(rates):
        return None
    return (
        f"the share of positives ranged from {min(rates):.1%} to {max(rates):.1%} over "
        "the folds"
    )


def _disagreement(aucs: Floats) -> str | None:
    if np.ptp(aucs) <= WIDE_SPREAD:
        return None
    return f"the AUC of the folds ranged from {aucs.min():.2f} to {aucs.max():.2f}"


def _too_wide(auc: Promise) -> str | None:
    if auc.high - auc.low <= WIDEST:
        return None
    return f"the folds agree with any AUC from {auc.low:.2f} to {auc.high:.2f}"


def _fading(drawn: Floats) -> str | None:
    """Tell whether each fold was worse than the one before, and the last clearly so."""
    aucs = drawn[:, 0]
    fall = drawn[0] - drawn[-1]
    error = float(np.nanstd(fall[1:], ddof=1))
    if not (np.diff(aucs) < 0).all() or fall[0] <= CLEAR_ERRORS * error:
        return None
    return f"the AUC fell from fold to fold, from {aucs[0]:.2f} to {aucs[-1]:.2f}"
