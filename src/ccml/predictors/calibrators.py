"""How each kind of calibrator is learnt from out-of-time scores and outcomes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from ccml.predictors.calibrator import Calibrator
from ccml.predictors.dataset import Floats
from ccml.predictors.metrics import fit_line

VENN_ABERS_STEPS = 100
_PULL = 0.01
_LEAST = 1e-3


def fit_sigmoid(raw: Floats, y: Floats) -> Calibrator:
    """Fit a line in log-odds; the slope may come out negative."""
    slope, intercept = fit_line(raw, y)
    return Calibrator("sigmoid", slope, intercept, rows=len(y))


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


def fit_isotonic(raw: Floats, y: Floats) -> Calibrator:
    """Fit rising steps."""
    steps = IsotonicRegression(out_of_bounds="clip").fit(raw, y)
    # No step may claim certainty that so few rows cannot show.
    edge = 0.5 / len(y)
    rates = np.clip(steps.y_thresholds_, edge, 1 - edge)
    return _stepped("isotonic", steps.X_thresholds_, rates, len(y))


def fit_beta(raw: Floats, y: Floats) -> Calibrator:
    """Fit log-odds = a ln p - b ln(1 - p) + c (Kull, Silva Filho, Flach 2017).

    p is the uncalibrated probability. With a = b this is the sigmoid; apart, high and
    low scores are stretched differently. a and b stay positive, so the ranking is kept.
    """
    design = np.column_stack(
        [-np.logaddexp(0, -raw), np.logaddexp(0, raw), np.ones(len(raw))]
    )
    line = _fitted(design, y, np.array([True, True, True]))
    if min(line[:2]) < _LEAST:
        # The curve would turn round at one end: leave that end flat.
        line = _fitted(design, y, np.append(line[:2] >= _LEAST, True))
    low, high, level = np.append(np.maximum(line[:2], _LEAST), line[2])
    return Calibrator("beta", float(low), float(level), upper=float(high), rows=len(y))


def _fitted(design: Floats, y: Floats, free: NDArray[np.bool_]) -> Floats:
    """Fit a logistic line by Newton steps with a faint pull; the rest stays at 0."""
    start = np.where(free, [1.0, 1.0, 0.0], 0.0)
    pull = np.array([_PULL, _PULL, 1e-9])
    line, loss = start, _loss(design, y, start, start, pull)
    for _ in range(50):
        p = expit(design @ line)
        slope = design.T @ (p - y) + pull * (line - start)
        bend = (design * (p * (1 - p))[:, None]).T @ design + np.diag(pull)
        step = np.zeros(3)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        for halving in range(30):
            new = line - step / 2**halving
            new_loss = _loss(design, y, new, start, pull)
            if new_loss <= loss:
                break
        moved, line, loss = np.abs(new - line).max(), new, new_loss
        if moved < 1e-8:
            break
    return line


def _loss(
    design: Floats, y: Floats, line: Floats, start: Floats, pull: Floats
) -> float:
    odds = design @ line
    fit = float((np.logaddexp(0, odds) - y * odds).sum())
    return fit + float((pull * (line - start) ** 2).sum()) / 2


def fit_venn_abers(raw: Floats, y: Floats) -> Calibrator:
    """Fit inductive Venn-Abers: isotonic steps that allow for the row that is scored.

    The row joins the steps once as a negative and once as a positive, which gives p0 and
    p1; p = p1 / (1 - p0 + p1) (Vovk, Petej, Fedorova 2015). Few rows thus never claim
    certainty. Scores are first thinned to at most 100 steps of equal size.
    """
    knots, rows, positives = _thinned(raw, y)
    p0 = _with_one_more(rows, positives, outcome=0.0)
    p1 = _with_one_more(rows, positives, outcome=1.0)
    return _stepped("venn_abers", knots, p1 / (1 - p0 + p1), len(y))


def _thinned(raw: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean score, rows and positives of each step, scores rising."""
    known, step = np.unique(raw, return_inverse=True)
    if len(known) > VENN_ABERS_STEPS:
        edges = np.quantile(raw, np.linspace(0, 1, VENN_ABERS_STEPS + 1)[1:-1])
        # Equal edges leave steps without rows: number the others anew.
        step = np.unique(
            np.searchsorted(edges, raw, side="right"), return_inverse=True
        )[1]
        known = np.bincount(step, weights=raw) / np.bincount(step)
    rows = np.bincount(step).astype(np.float64)
    return known, rows, np.bincount(step, weights=y).astype(np.float64)


def _with_one_more(rows: Floats, positives: Floats, *, outcome: float) -> Floats:
    """Return, per step, its isotonic rate after one more row of this outcome joins it.

    The isotonic rate of a step is the largest over its left ends of the smallest over its
    right ends of the mean in between.
    """
    until = np.append(0.0, np.cumsum(rows))
    hits = np.append(0.0, np.cumsum(positives))
    found = np.empty(len(rows))
    for i in range(len(rows)):
        count = until[i + 1 :] - until[: i + 1, None] + 1
        mean = (hits[i + 1 :] - hits[: i + 1, None] + outcome) / count
        found[i] = mean.min(axis=1).max()
    return found


def _stepped(kind: str, knots: Floats, rates: Floats, rows: int) -> Calibrator:
    return Calibrator.from_json(
        {"kind": kind, "knots": knots.tolist(), "rates": rates.tolist(), "rows": rows}
    )


FITS: dict[str, Callable[[Floats, Floats], Calibrator]] = {
    "sigmoid": fit_sigmoid,
    "beta": fit_beta,
    "isotonic": fit_isotonic,
    "venn_abers": fit_venn_abers,
}
