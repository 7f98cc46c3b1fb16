"""Measures of a scored sample, with intervals from a bootstrap over customers.

Measures that are sums over rows are resampled as weighted sums, and those that need
the ranking are read from arrays sorted once, so that a resample costs no sort.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.resampling import (
    Draws,
    Measure,
    cluster_weights,
    compact,
    with_interval,
)

METRICS = (
    "roc_auc",
    "pr_auc",
    "log_loss",
    "brier",
    "ece",
    "calibration_slope",
    "calibration_intercept",
    "lift_at_1pct",
    "lift_at_5pct",
    "lift_at_10pct",
    "alift",
    "gain_at_10pct",
    "gain_at_50pct",
    "base_rate",
    "mean_probability",
)
LIFT_SHARES = (0.01, 0.05, 0.10)
GAIN_SHARES = (0.10, 0.50)
ECE_BINS = 10
RESAMPLES = 200
_TINY = 1e-12
_LINE_PRIOR = 0.01


@dataclass(frozen=True)
class Scored:
    """A scored sample: log-odds that rank it, probabilities that are judged."""

    raw: Floats
    probability: Floats


def log_odds(probability: Floats) -> Floats:
    """Return log-odds, kept finite."""
    p = np.clip(probability, _TINY, 1 - _TINY)
    return np.asarray(np.log(p / (1 - p)))


def row_log_loss(y: Floats, probability: Floats) -> Floats:
    """Return the log loss of every row."""
    p = np.clip(probability, _TINY, 1 - _TINY)
    return np.asarray(-np.log(np.where(y > 0, p, 1 - p)))


def fit_line(
    x: Floats, y: Floats, importance: Floats | None = None
) -> tuple[float, float]:
    """Fit P(y) = expit(slope * x + intercept) by maximum likelihood.

    A faint prior at slope 1 keeps separable or constant x finite.
    """
    w = np.ones(len(x)) if importance is None else importance
    design = np.column_stack([x, np.ones(len(x))])
    line = np.array([1.0, 0.0])
    prior = np.array([_LINE_PRIOR, 1e-9])
    start = np.array([1.0, 0.0])
    loss = _line_loss(design, y, w, line)
    for _ in range(100):
        p = expit(design @ line)
        slope = design.T @ (w * (p - y)) + prior * (line - start)
        bend = (design * (w * p * (1 - p))[:, None]).T @ design + np.diag(prior)
        step = np.linalg.solve(bend, slope)
        line, loss, moved = _shortened(design, y, w, line, step, loss)
        if moved < 1e-10:
            break
    return float(line[0]), float(line[1])


def _line_loss(design: Floats, y: Floats, w: Floats, line: Floats) -> float:
    z = design @ line
    fit = float((w * (np.logaddexp(0, z) - y * z)).sum())
    return fit + _LINE_PRIOR / 2 * float((line[0] - 1) ** 2)


def _shortened(
    design: Floats, y: Floats, w: Floats, line: Floats, step: Floats, loss: float
) -> tuple[Floats, float, float]:
    """Take the Newton step, halved until the loss does not rise."""
    for halving in range(30):
        new = line - step / 2**halving
        new_loss = _line_loss(design, y, w, new)
        if new_loss <= loss:
            return new, new_loss, float(np.abs(new - line).max())
    return line, loss, 0.0


@dataclass(frozen=True)
class _Ranking:
    """Rows sorted by falling score.

    Attributes:
        owners: Position of each row's weight.
        y: Outcomes.
        ends: Last row of each group of equal scores.
        importance: Weight of each row itself.
    """

    owners: Rows
    y: Floats
    ends: Rows
    importance: Floats | float = 1.0


def _ranking(
    y: Floats, raw: Floats, owners: Rows, importance: Floats | None = None
) -> _Ranking:
    order = np.argsort(-raw, kind="stable")
    score = raw[order]
    ends = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    own = 1.0 if importance is None else importance[order]
    return _Ranking(owners[order], y[order], ends.astype(np.int64), own)


def roc_auc(y: Floats, raw: Floats) -> float:
    """Return the area under the ROC curve; ties count half; NaN for one outcome."""
    return float(_plain_rank_measures(y, raw)[0])


def pr_auc(y: Floats, raw: Floats) -> float:
    """Return the average precision; NaN without positives."""
    return float(_plain_rank_measures(y, raw)[1])


def _plain_rank_measures(y: Floats, raw: Floats) -> Floats:
    ranking = _ranking(y, raw, np.zeros(len(y), dtype=np.int64))
    return _rank_measures(ranking, np.ones(1))


def _rank_measures(ranking: _Ranking, weights: Floats) -> Floats:
    """Return roc_auc, pr_auc, the lifts, alift and the gains of a weighted sample.

    The gain at a share of rows, best first, is the share of all positives found in it;
    the lift is the gain over that share. ALIFT is the area under the curve of gains, as
    in Moro, Cortez and Rita, "A data-driven approach to predict the success of bank
    telemarketing", 2014: (1 - rate) * roc_auc + rate / 2, so 0.5 by chance and
    1 - rate / 2 at best.
    """
    w = weights[ranking.owners] * ranking.importance
    rows = np.cumsum(w)[ranking.ends]
    positives = np.cumsum(w * ranking.y)[ranking.ends]
    total, hits = rows[-1], positives[-1]
    if hits <= 0 or hits >= total:
        return np.full(3 + len(LIFT_SHARES) + len(GAIN_SHARES), np.nan)
    gained = np.diff(positives, prepend=0.0)
    negatives = rows - positives
    passed = np.diff(negatives, prepend=0.0)
    area = (passed * (positives - gained / 2)).sum() / (hits * (total - hits))
    precision = (gained * positives / np.maximum(rows, _TINY)).sum() / hits
    # Inside a group of equal scores the positives are spread evenly.
    shares = np.array([*LIFT_SHARES, *GAIN_SHARES])
    found = np.interp(shares * total, np.append(0.0, rows), np.append(0.0, positives))
    gains = found / hits
    lifts = (gains / shares)[: len(LIFT_SHARES)]
    alift = (1 - hits / total) * area + hits / total / 2
    return np.array([area, precision, *lifts, alift, *gains[len(LIFT_SHARES) :]])


@dataclass(frozen=True)
class _Sums:
    """Columns whose weighted sums give the other measures, one row per cluster."""

    sums: Floats
    line: Floats

    def measures(self, weights: Floats) -> Floats:
        """Return log_loss ... mean_probability for cluster weights."""
        total = weights @ self.sums
        rows = total[0]
        bend = np.array([[total[7], total[8]], [total[8], total[9]]])
        line = self.line - _solved(bend, total[5:7])
        ece = np.abs(total[10:]).sum()
        return np.concatenate(
            [total[3:5] / rows, [ece / rows], line, total[1:3] / rows]
        )


def _solved(bend: Floats, slope: Floats) -> Floats:
    if np.linalg.det(bend) <= _TINY * max(bend[0, 0] * bend[1, 1], _TINY):
        return np.zeros(2)
    return np.asarray(np.linalg.solve(bend, slope))


def _sums(
    y: Floats, scored: Scored, clusters: Rows, size: int, importance: Floats | None
) -> _Sums:
    p, x = scored.probability, log_odds(scored.probability)
    w = np.ones(len(y)) if importance is None else importance
    slope, intercept = fit_line(x, y, importance)
    # Constant scores have no slope.
    shown = slope if np.ptp(x) > 0 else np.nan
    q = expit(slope * x + intercept)
    spread = q * (1 - q)
    columns = [
        *(np.ones(len(y)), y, p, row_log_loss(y, p), (p - y) ** 2),
        *((q - y) * x, q - y, spread * x * x, spread * x, spread),
    ]
    sums = [
        np.bincount(clusters, weights=w * column, minlength=size) for column in columns
    ]
    number = _equal_bins(p)
    for k in range(ECE_BINS):
        gap = np.where(number == k, w * (p - y), 0.0)
        sums.append(np.bincount(clusters, weights=gap, minlength=size))
    return _Sums(np.column_stack(sums), np.array([shown, intercept]))


def _equal_bins(p: Floats) -> Rows:
    edges = np.quantile(p, np.linspace(0, 1, ECE_BINS + 1)[1:-1])
    return np.searchsorted(edges, p, side="right").astype(np.int64)


def sampled_measures(
    y: Floats,
    scored: Mapping[str, Scored],
    clusters: Rows,
    weights: Draws,
    importance: Floats | None = None,
) -> dict[str, Floats]:
    """Return every measure of every candidate, the sample itself and all resamples.

    All candidates see the same resamples, so differences of rows are paired.

    Args:
        y: Outcomes.
        scored: Candidate -> scores and probabilities.
        clusters: Position of each row's weight.
        weights: Resamples x clusters.
        importance: Weight of each row itself; None counts every row once.

    Returns:
        Per candidate one array (1 + resamples) x len(METRICS); the first row is the
        sample itself.
    """
    size = weights.shape[1]
    rankings = {
        name: _ranking(y, s.raw, clusters, importance) for name, s in scored.items()
    }
    sums = {n: _sums(y, s, clusters, size, importance) for n, s in scored.items()}
    found = {name: np.empty((len(weights) + 1, len(METRICS))) for name in scored}
    for i in range(len(weights) + 1):
        per_cluster = weights[i - 1].astype(np.float64) if i else np.ones(size)
        for name in scored:
            ranked = _rank_measures(rankings[name], per_cluster)
            summed = sums[name].measures(per_cluster)
            found[name][i] = _in_order(ranked, summed)
    return found


def _in_order(ranked: Floats, summed: Floats) -> Floats:
    return np.concatenate([ranked[:2], summed[:5], ranked[2:], summed[5:]])


def table(samples: Floats) -> dict[str, Measure]:
    """Name the columns of `sampled_measures` and give each its interval."""
    return {name: with_interval(samples[:, i]) for i, name in enumerate(METRICS)}


def measure(
    y: Floats, scored: Scored, clusters: Rows, *, seed: int, resamples: int = RESAMPLES
) -> dict[str, Measure]:
    """Measure one scored sample, each figure with its interval."""
    codes = compact(clusters)
    weights = cluster_weights(int(codes.max()) + 1, resamples, seed)
    return table(sampled_measures(y, {"it": scored}, codes, weights)["it"])


def sampled_auc(y: Floats, raw: Floats, clusters: Rows, weights: Draws) -> Floats:
    """Return the ROC AUC of the sample and of every resample."""
    ranking = _ranking(y, raw, clusters)
    ones = np.ones(weights.shape[1])
    drawn = [_rank_measures(ranking, row.astype(np.float64))[0] for row in weights]
    return np.array([_rank_measures(ranking, ones)[0], *drawn])
