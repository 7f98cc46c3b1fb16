"""Which rows train, which tune and calibrate, and which judge.

A grouped split deals whole groups, such as customers, so that no group stands on both
sides: each fold is judged on groups of its own, and the test on groups that never train.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.config.split import SplitConfig
from ccml.errors import DataError
from ccml.predictors.dataset import CUTOFF, MIN_CLASS_ROWS, Floats, Rows, TrainingSet
from ccml.predictors.folds import (
    Fold,
    periods,
    places,
    positions,
    rarest,
    rolling_folds,
    shuffled_folds,
    usable,
)

DEFAULT_TEST_SHARE = 0.2
MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Split:
    """Positions of the training part, the test part and the folds inside the former.

    Attributes:
        kind: time, ordered or random.
        train: Rows to learn from.
        test: Rows that judge.
        dropped: How many rows are in neither part.
        folds: Folds inside the training part.
        group: Column whose values never stand on both sides, if any.
        embargo: How far the later part keeps away, in words; empty without an embargo.
    """

    kind: str
    train: Rows
    test: Rows
    dropped: int
    folds: tuple[Fold, ...]
    group: str | None = None
    embargo: str = ""


def split_name(split: Split) -> str:
    """Name a split as a report does, such as "rolling origin, 3 folds"."""
    shuffled = "grouped folds" if split.group else "stratified folds"
    kind = shuffled if split.kind == "random" else "rolling origin"
    group = f"grouped by {split.group}" if split.group else ""
    parts = [kind, f"{len(split.folds)} folds", split.embargo, group]
    return ", ".join(part for part in parts if part)


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
    start = test_start(config.split, cutoffs)
    in_test = cutoffs >= start
    if config.split.test_until is not None:
        in_test &= cutoffs < config.split.test_until
    in_train = cutoffs + data.embargo <= start
    _check_period(in_train, in_test, cutoffs, start, f"{place}.split")
    days = data.embargo.total_seconds() / 86400
    train, fewest = positions(in_train), config.split.min_fold_positives
    return _grouped(
        config,
        data,
        Split(
            kind="time",
            train=train,
            test=positions(in_test),
            dropped=0,
            folds=rolling_folds(data, train, config.split.folds, fewest=fewest),
            embargo=f"embargo {days:g} days" if days else "",
        ),
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


def test_start(config: SplitConfig, cutoffs: pd.Series) -> pd.Timestamp:
    """Return the first cutoff of the test period, as asked or the last fifth."""
    if config.test_from is not None:
        return pd.Timestamp(config.test_from)
    known = periods(cutoffs)
    last = max(1, round(DEFAULT_TEST_SHARE * len(known)))
    return pd.Timestamp(known[-last])


def _in_order(config: PredictorConfig, data: TrainingSet, place: str) -> Split:
    del place
    asked, gap = config.split, config.split.embargo_rows
    cut = int((1 - asked.test_share) * len(data))
    rows = np.arange(len(data), dtype=np.int64)
    train = rows[: max(cut - gap, 0)]
    edges = np.linspace(0, len(train), asked.folds + 2).astype(np.int64)
    made = [
        Fold(train=rows[: max(start - gap, 0)], valid=rows[start:end])
        for start, end in pairwise(edges[1:])
    ]
    folds = usable(made, data.y, asked.min_fold_positives)
    embargo = f"embargo {gap:,} rows" if gap else ""
    split = Split("ordered", train, rows[cut:], 0, folds, embargo=embargo)
    return _grouped(config, data, split)


def _at_random(config: PredictorConfig, data: TrainingSet, place: str) -> Split:
    del place
    asked = config.split
    rng = np.random.default_rng(config.seed)
    in_test = places(data, asked.group, rng) < asked.test_share
    train = positions(~in_test)
    groups = data.clusters[train] if asked.group else None
    return Split(
        kind="random",
        train=train,
        test=positions(in_test),
        dropped=0,
        folds=shuffled_folds(
            data.y,
            train,
            asked.folds,
            config.seed,
            groups=groups,
            fewest=asked.min_fold_positives,
        ),
        group=asked.group,
    )


def _grouped(config: PredictorConfig, data: TrainingSet, split: Split) -> Split:
    """Keep groups apart, if asked: test groups never train, nor a fold's own groups."""
    asked = config.split
    train, test, folds = split.train, split.test, split.folds
    if asked.group:
        rng = np.random.default_rng([config.seed, 5])
        place = places(data, asked.group, rng)
        in_test = place < asked.test_share
        own = (place - asked.test_share) / (1 - asked.test_share) * asked.folds
        train, test = train[~in_test[train]], test[in_test[test]]
        parted = [
            Fold(
                fold.train[~in_test[fold.train] & (own[fold.train] // 1 != number)],
                fold.valid[own[fold.valid] // 1 == number],
            )
            for number, fold in enumerate(folds)
        ]
        folds = usable(parted, data.y, asked.min_fold_positives)
    dropped = len(data) - len(train) - len(test)
    return replace(
        split, train=train, test=test, folds=folds, dropped=dropped, group=asked.group
    )


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
