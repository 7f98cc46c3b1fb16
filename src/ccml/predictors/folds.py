"""Folds inside the training part: later and later periods, or dealt rows or groups."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ccml.predictors.dataset import CUTOFF, Floats, Rows, TrainingSet

REGULAR_GAPS = 1.5
MIN_DAYS = 20
MIN_GROWTH = 1.05
PARTS = 4
MIN_FOLD_CLASS_ROWS = 10


@dataclass(frozen=True)
class Fold:
    """Positions of one fold: learn on `train`, judge on `valid`."""

    train: Rows
    valid: Rows


def periods(cutoffs: pd.Series) -> pd.DatetimeIndex:
    """Return the distinct cutoffs in order, or every day between where they are uneven.

    Cutoffs of events come in bursts: days without any count as time, too.
    """
    known = pd.DatetimeIndex(cutoffs.unique()).sort_values()
    gaps = known[1:] - known[:-1]
    if not len(gaps) or gaps.max() <= REGULAR_GAPS * gaps.min():
        return known
    days = pd.date_range(known[0].floor("D"), known[-1].floor("D"), freq="D")
    return days if len(days) >= MIN_DAYS else known


def rolling_folds(
    data: TrainingSet, train: Rows, folds: int, *, fewest: int = MIN_FOLD_CLASS_ROWS
) -> tuple[Fold, ...]:
    """Cut later and later validation periods, each judged by what was known before it.

    The periods are equally long in time. Every fold keeps `max(train cutoff) + embargo
    <= min(valid cutoff)` and learns from at least 5 % more rows than the one before; a
    period that brings less joins the one before, and where that leaves too few, periods
    are cut finer. Fewer folds come back where the training part is too short or an
    outcome too rare.
    """
    if not len(train):
        return ()
    even = usable(
        _growing(_periods_judged(data, train, folds, parts=1)), data.y, fewest
    )
    if len(even) == folds:
        return even
    # Bursts of events may stand badly in equal periods: cut these finer and join them.
    finer = _growing(_periods_judged(data, train, folds, parts=PARTS))
    joined = usable(_joined(finer, folds), data.y, fewest)
    return joined if len(joined) > len(even) else even


def _periods_judged(
    data: TrainingSet, train: Rows, folds: int, *, parts: int
) -> list[Fold]:
    """Cut equally long later periods, each in so many parts."""
    cutoffs = data.keys[CUTOFF].iloc[train]
    known = periods(cutoffs)
    later = known[known >= cutoffs.min() + data.embargo]
    later = later[later > known[0]]
    count = min(folds, len(later))
    if not count:
        return []
    size = max(1, min(len(later) // count, len(known) // (count + 1)))
    starts = list(later[len(later) - size * count :: max(1, size // parts)])
    ends = [*starts[1:], cutoffs.max() + pd.Timedelta(1, "us")]
    return [
        Fold(
            train=train[positions(cutoffs + data.embargo <= start)],
            valid=train[positions((cutoffs >= start) & (cutoffs < end))],
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _growing(folds: list[Fold]) -> list[Fold]:
    """Join a fold that would learn nothing new to the one before it."""
    kept: list[Fold] = []
    for fold in folds:
        if not len(fold.valid):
            continue
        if kept and len(fold.train) < MIN_GROWTH * len(kept[-1].train):
            kept.append(_both(kept.pop(), fold))
        else:
            kept.append(fold)
    return kept


def _joined(folds: list[Fold], most: int) -> list[Fold]:
    """Join the neighbours with the fewest rows until there are not too many folds."""
    made = list(folds)
    while len(made) > most:
        sizes = [len(a.valid) + len(b.valid) for a, b in pairwise(made)]
        i = sizes.index(min(sizes))
        made[i : i + 2] = [_both(made[i], made[i + 1])]
    return made


def _both(fold: Fold, later: Fold) -> Fold:
    """Judge the rows of both by what was known before the first."""
    return Fold(fold.train, np.concatenate([fold.valid, later.valid]))


def shuffled_folds(
    y: Floats,
    rows: Rows,
    folds: int,
    seed: int,
    *,
    groups: Rows | None = None,
    fewest: int = MIN_FOLD_CLASS_ROWS,
) -> tuple[Fold, ...]:
    """Deal rows, or whole groups, into random folds with equal shares of positives."""
    rng = np.random.default_rng([seed, 1])
    dealt = (
        _dealt(y[rows], rng) if groups is None else _dealt_groups(y[rows], groups, rng)
    )
    number = np.minimum((dealt * folds).astype(np.int64), folds - 1)
    made = [
        Fold(train=rows[number != fold], valid=rows[number == fold])
        for fold in range(folds)
    ]
    return usable(made, y, fewest)


def places(data: TrainingSet, group: str | None, rng: np.random.Generator) -> Floats:
    """Give every row a place in [0, 1); rows of one group share theirs."""
    if group is None:
        return _dealt(data.y, rng)
    return _dealt_groups(data.y, data.clusters, rng)


def _dealt_groups(y: Floats, groups: Rows, rng: np.random.Generator) -> Floats:
    """Deal groups with and without any positive evenly."""
    known, owner = np.unique(groups, return_inverse=True)
    positive = np.bincount(owner, weights=y, minlength=len(known)) > 0
    return _dealt(positive.astype(np.float64), rng)[owner]


def _dealt(y: Floats, rng: np.random.Generator) -> Floats:
    """Give every row a place in [0, 1), evenly spread inside each outcome."""
    place = np.empty(len(y))
    for outcome in (0, 1):
        rows = np.flatnonzero(y == outcome)
        place[rng.permutation(rows)] = (np.arange(len(rows)) + 0.5) / max(len(rows), 1)
    return place


def usable(folds: list[Fold], y: Floats, fewest: int) -> tuple[Fold, ...]:
    """Leave out the folds with too few rows of an outcome on either side."""
    return tuple(
        fold
        for fold in folds
        if rarest(y[fold.train]) >= fewest and rarest(y[fold.valid]) >= fewest
    )


def rarest(y: Floats) -> int:
    """Count the rows of the rarer outcome."""
    positives = int(y.sum())
    return min(positives, len(y) - positives)


def positions(mask: "pd.Series | np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Rows:
    """Return where a mask is true."""
    return np.flatnonzero(np.asarray(mask)).astype(np.int64)
