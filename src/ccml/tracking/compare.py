"""Two models on the same rows: which is better beyond noise, and how their lists differ."""

from dataclasses import dataclass

import numpy as np

from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.metrics import row_log_loss
from ccml.predictors.resampling import (
    Measure,
    cluster_weights,
    compact,
    sampled_mean,
    with_interval,
)

RESAMPLES = 400
BINS = 10
_FLOOR = 1e-4


@dataclass(frozen=True)
class Paired:
    """Rows with a known outcome that neither model has learnt from.

    Attributes:
        y: Outcomes.
        challenger: Probabilities by the new model.
        champion: Probabilities by the present one.
        clusters: A number per customer.
        weight: How many real customers each row stands for; None: one each.
    """

    y: Floats
    challenger: Floats
    champion: Floats
    clusters: Rows
    weight: Floats | None = None


def log_loss_gain(rows: Paired, seed: int) -> Measure:
    """Return how much lower the challenger's log loss is, with its 95 % interval."""
    gains = row_log_loss(rows.y, rows.champion) - row_log_loss(rows.y, rows.challenger)
    return mean_by_cluster(gains, rows.clusters, seed, rows.weight)


def mean_by_cluster(
    values: Floats, clusters: Rows, seed: int, weight: Floats | None = None
) -> Measure:
    """Return the mean of rows with its interval from a bootstrap over customers."""
    owner = compact(clusters)
    draws = cluster_weights(int(owner.max()) + 1, RESAMPLES, seed)
    return with_interval(sampled_mean(values, owner, draws, weight))


@dataclass(frozen=True)
class Shadow:
    """What a change of the model would do to the newest rows.

    Attributes:
        rows: How many were scored by both.
        rank_agreement: Spearman's correlation of the scores; None when one is constant.
        score_psi: Population stability index of the probabilities, old to new; None when
            the old ones are constant, since nothing can agree with them.
        top_overlap: Share of the old list's rows that the new one keeps.
    """

    rows: int
    rank_agreement: float | None
    score_psi: float | None
    top_overlap: float


def shadow(challenger: Floats, champion: Floats, list_size: int) -> Shadow:
    """Compare the probabilities that two models give to the same newest rows."""
    size = min(list_size, len(champion))
    kept = np.intersect1d(_top(challenger, size), _top(champion, size))
    return Shadow(
        rows=len(champion),
        rank_agreement=_spearman(challenger, champion),
        score_psi=psi(champion, challenger) if np.ptp(champion) > 0 else None,
        top_overlap=len(kept) / size,
    )


def _top(scores: Floats, size: int) -> Rows:
    return np.argsort(-scores, kind="stable")[:size].astype(np.int64)


def _spearman(one: Floats, other: Floats) -> float | None:
    from scipy.stats import rankdata

    ranks = [rankdata(one), rankdata(other)]
    if min(np.ptp(r) for r in ranks) == 0:
        return None
    return float(np.corrcoef(*ranks)[0, 1])


def psi(before: Floats, now: Floats) -> float:
    """Return the population stability index, in tenths of the values before."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, BINS + 1)[1:-1]))
    was, is_now = (_shares(values, edges) for values in (before, now))
    return float(((is_now - was) * np.log(is_now / was)).sum())


def _shares(values: Floats, edges: Floats) -> Floats:
    number = np.searchsorted(edges, values, side="right")
    counted = np.bincount(number, minlength=len(edges) + 1) / len(values)
    return np.maximum(counted, _FLOOR)
