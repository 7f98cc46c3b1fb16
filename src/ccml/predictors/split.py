"""Which rows train, which tune and calibrate, and which judge."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig, SplitConfig
from ccml.errors import DataError
from ccml.predictors.dataset import (
    CUTOFF,
    MIN_CLASS_ROWS,
    Floats,
    Rows,
    TrainingSet,
)

DEFAULT_TEST_SHARE = 0.2
MANY_PERIODS = 60
MIN_FOLD_CLASS_ROWS = 10
MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Fold:
    """Positions of one fold: learn on `train`, judge on `valid`."""

    train: Rows
    valid: Rows


@dataclass(frozen=True)
class Split:
    """Positions of the training part, the test part and the folds inside the former."""

    kind: str
    train: Rows
    test: Rows
    dropped: int
    folds: tuple[Fold, ...]


def split_rows(config: PredictorConfig, data: TrainingSet, place: str) -> Split:
    """Split prepared rows as the config asks.

    Raises:
        DataError: A part is empty or holds too few rows of either outcome.
    """
    makers = {"time": _by_time, "ordered": _in_order, "random": _at_random}
    split = makers[config.split.kind](config, data, place)
    _check_parts(split, data.y, place)
    return split


def _by_time(config: PredictorConfig, data: TrainingSet, place: str) -> Split:
    if CUTOFF not in data.keys.columns:
        msg = f"{place}.split: kind 'time' needs the key column {CUTOFF!r}."
        raise DataError(msg)
    cutoffs = data.keys[CUTOFF]
    start = _test_start(config.split, cutoffs)
    in_test = cutoffs >= start
    if config.split.test_until is not None:
        in_test &= cutoffs < config.split.test_until
    in_train = cutoffs + data.embargo <= start
    _check_period(in_train, in_test, cutoffs, start, f"{place}.split")
    train = _positions(in_train)
    return Split(
        kind="time",
        train=train,
        test=_positions(in_test),
        dropped=int((~in_train & ~in_test).sum()),
        folds=rolling_folds(data, train, config.split.folds),
    )


def _check_period(
    in_train: pd.Series,
    in_test: pd.Series,
    cutoffs: pd.Series,
    start: pd.Timestamp,
    place: str,
) -> None:
    known = (
        f"the period begins at {start:{MINUTE}} UTC, and the cutoffs with a known label "
        f"go from {cutoffs.min():{MINUTE}} to {cutoffs.max():{MINUTE}} UTC"
    )
    if not in_test.any():
        msg = f"{place}: no rows in the test period: {known}; set test_from earlier."
        raise DataError(msg)
    if not in_train.any():
        msg = (
            f"{place}: no rows before the test period with a label known by then: "
            f"{known}; set test_from later, shorten `horizon_days` or bring more history."
        )
        raise DataError(msg)


def _test_start(config: SplitConfig, cutoffs: pd.Series) -> pd.Timestamp:
    if config.test_from is not None:
        return pd.Timestamp(config.test_from)
    known = _periods(cutoffs)
    last = max(1, round(DEFAULT_TEST_SHARE * len(known)))
    return pd.Timestamp(known[-last])


def _periods(cutoffs: pd.Series) -> pd.DatetimeIndex:
    """Return the distinct cutoffs in order, or their days where there are very many."""
    known = pd.DatetimeIndex(cutoffs.unique())
    if len(known) > MANY_PERIODS:
        known = known.floor("D").unique()
    return known.sort_values()


def rolling_folds(data: TrainingSet, train: Rows, folds: int) -> tuple[Fold, ...]:
    """Cut later and later validation periods, each judged by what was known before it.

    Every fold keeps `max(train cutoff) + embargo <= min(valid cutoff)`. Fewer folds
    come back where the training part is too short or an outcome too rare.
    """
    if not len(train):
        return ()
    cutoffs = data.keys[CUTOFF].iloc[train]
    known = _periods(cutoffs)
    usable = known[known >= cutoffs.min() + data.embargo]
    usable = usable[usable > known[0]]
    count = min(folds, len(usable))
    if not count:
        return ()
    size = max(1, min(len(usable) // count, len(known) // (count + 1)))
    starts = [usable[-size * (count - i)] for i in range(count)]
    ends = [*starts[1:], cutoffs.max() + pd.Timedelta(1, "us")]
    made = [
        Fold(
            train=train[_positions(cutoffs + data.embargo <= start)],
            valid=train[_positions((cutoffs >= start) & (cutoffs < end))],
        )
        for start, end in zip(starts, ends, strict=True)
    ]
    return _usable(made, data.y)


def _in_order(config: PredictorConfig, data: TrainingSet, place: str) -> Split:
    del place
    cut = int((1 - config.split.test_share) * len(data))
    rows = np.arange(len(data), dtype=np.int64)
    edges = np.linspace(0, cut, config.split.folds + 2).astype(np.int64)
    made = [
        Fold(train=rows[:start], valid=rows[start:end])
        for start, end in pairwise(edges[1:])
    ]
    return Split("ordered", rows[:cut], rows[cut:], 0, _usable(made, data.y))


def _at_random(config: PredictorConfig, data: TrainingSet, place: str) -> Split:
    del place
    rng = np.random.default_rng(config.seed)
    share = config.split.test_share
    in_test = _dealt(data.y, rng) < share
    train = _positions(~in_test)
    return Split(
        kind="random",
        train=train,
        test=_positions(in_test),
        dropped=0,
        folds=shuffled_folds(data.y, train, config.split.folds, config.seed),
    )


def shuffled_folds(y: Floats, rows: Rows, folds: int, seed: int) -> tuple[Fold, ...]:
    """Deal rows into random folds with equal shares of positives."""
    dealt = _dealt(y[rows], np.random.default_rng([seed, 1]))
    number = np.minimum((dealt * folds).astype(np.int64), folds - 1)
    made = [
        Fold(train=rows[number != fold], valid=rows[number == fold])
        for fold in range(folds)
    ]
    return _usable(made, y)


def _dealt(y: Floats, rng: np.random.Generator) -> Floats:
    """Give every row a place in [0, 1), evenly spread inside each outcome."""
    place = np.empty(len(y))
    for outcome in (0, 1):
        rows = np.flatnonzero(y == outcome)
        place[rng.permutation(rows)] = (np.arange(len(rows)) + 0.5) / max(len(rows), 1)
    return place


def _usable(folds: list[Fold], y: Floats) -> tuple[Fold, ...]:
    return tuple(
        fold
        for fold in folds
        if rarest(y[fold.train]) >= MIN_FOLD_CLASS_ROWS
        and rarest(y[fold.valid]) >= MIN_FOLD_CLASS_ROWS
    )


def rarest(y: Floats) -> int:
    """Count the rows of the rarer outcome."""
    positives = int(y.sum())
    return min(positives, len(y) - positives)


def _check_parts(split: Split, y: Floats, place: str) -> None:
    if not len(split.test) or not len(split.train):
        msg = (
            f"{place}.split: {len(split.train)} rows train and {len(split.test)} judge; "
            "bring more rows or change test_share."
        )
        raise DataError(msg)
    if rarest(y[split.train]) < MIN_CLASS_ROWS:
        positives = int(y[split.train].sum())
        msg = (
            f"{place}: {positives} positives in {len(split.train)} training rows; at "
            f"least {MIN_CLASS_ROWS} of each outcome are needed; bring more rows, "
            "over time by more history or a wider horizon."
        )
        raise DataError(msg)
    if not rarest(y[split.test]):
        msg = (
            f"{place}.split: all {len(split.test)} test rows have the same outcome; "
            "nothing can be judged; choose a longer test period."
        )
        raise DataError(msg)


def _positions(mask: "pd.Series | np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Rows:
    return np.flatnonzero(np.asarray(mask)).astype(np.int64)
