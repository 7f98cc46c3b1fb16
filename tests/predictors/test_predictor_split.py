from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.config.predictors import PredictorConfig
from ccml.errors import DataError
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.split import rolling_folds, shuffled_folds, split_rows

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]


@settings(deadline=None, max_examples=60)
@given(
    days=st.lists(st.integers(0, 200), min_size=40, max_size=200),
    embargo=st.integers(0, 90),
    folds=st.integers(2, 6),
)
def test_no_fold_learns_from_a_label_that_reaches_into_its_validation(
    days: list[int], embargo: int, folds: int
) -> None:
    start = pd.Timestamp("2025-01-01", tz="UTC")
    cutoffs = pd.Series(start + pd.to_timedelta(sorted(days), unit="D"))
    rows = len(cutoffs)
    data = TrainingSet(
        keys=pd.DataFrame({"customer_id": range(rows), "cutoff_at": cutoffs}),
        features=pd.DataFrame({"x": range(rows)}),
        label=pd.Series(np.arange(rows) % 2),
        slices=pd.DataFrame(index=range(rows)),
        embargo=timedelta(days=embargo),
    )
    made = rolling_folds(data, np.arange(rows), folds)
    assert len(made) <= folds
    for fold in made:
        reach = cutoffs.iloc[fold.train].max() + data.embargo
        assert reach <= cutoffs.iloc[fold.valid].min()
    valid = [row for fold in made for row in fold.valid]
    assert len(valid) == len(set(valid))


def test_the_embargo_drops_the_rows_just_before_the_test(
    spine_config: Config, spine_set: Maker
) -> None:
    config = spine_config(split={"test_from": "2025-05-12", "test_until": "2025-06-09"})
    data = prepare(config, spine_set(), "p")
    split = split_rows(config, data, "p")
    cutoffs = data.keys["cutoff_at"]
    assert cutoffs.iloc[split.train].max() == pd.Timestamp("2025-04-14", tz="UTC")
    assert set(cutoffs.iloc[split.test].dt.strftime("%m-%d")) == {
        "05-12",
        "05-19",
        "05-26",
        "06-02",
    }
    assert len(split.train) + len(split.test) + split.dropped == len(data)
    assert split.dropped > 0
    assert len(split.folds) == 3


def test_without_test_from_the_last_fifth_of_the_cutoffs_judges(
    spine_config: Config, spine_set: Maker
) -> None:
    config = spine_config()
    data = prepare(config, spine_set(weeks=25), "p")
    split = split_rows(config, data, "p")
    assert data.keys["cutoff_at"].iloc[split.test].nunique() == 5


def test_ordered_folds_roll_forward(flat_config: Config, flat_set: Maker) -> None:
    config = flat_config("ordered")
    data = prepare(config, flat_set(), "p")
    split = split_rows(config, data, "p")
    assert split.train.max() < split.test.min()
    assert [fold.train.max() + 1 for fold in split.folds] == [
        fold.valid.min() for fold in split.folds
    ]


def test_random_parts_hold_the_same_share_of_positives(
    flat_config: Config, flat_set: Maker
) -> None:
    config = flat_config()
    data = prepare(config, flat_set(), "p")
    split = split_rows(config, data, "p")
    shares = [data.y[rows].mean() for rows in (split.train, split.test)]
    assert shares[0] == pytest.approx(shares[1], abs=0.01)
    assert not set(split.train) & set(split.test)
    folds = shuffled_folds(data.y, split.train, 4, seed=1)
    assert sorted(np.concatenate([fold.valid for fold in folds])) == list(split.train)


def test_folds_with_too_few_of_an_outcome_are_left_out() -> None:
    y = np.zeros(300)
    y[:5] = 1
    assert shuffled_folds(y, np.arange(300), 3, seed=1) == ()


@pytest.mark.parametrize(
    ("split", "match"),
    [
        pytest.param({"test_from": "2030-01-01"}, "no rows in the test", id="test"),
        pytest.param({"test_from": "2025-01-10"}, "no rows before", id="train"),
    ],
)
def test_an_empty_part_is_refused(
    spine_config: Config, spine_set: Maker, split: dict[str, str], match: str
) -> None:
    config = spine_config(split=split)
    with pytest.raises(DataError, match=match):
        split_rows(config, prepare(config, spine_set(), "p"), "p")


def test_too_few_positives_or_a_one_sided_test_are_refused(
    flat_config: Config, flat_set: Maker
) -> None:
    config = flat_config("ordered")
    for positives, match in ((slice(0, 10), "10 positives"), (slice(0, 300), "same")):
        data = flat_set()
        data.label[:] = 0
        data.label[positives] = 1
        with pytest.raises(DataError, match=match):
            split_rows(config, prepare(config, data, "p"), "p")


def test_a_time_split_needs_cutoffs(spine_config: Config, flat_set: Maker) -> None:
    config = spine_config()
    with pytest.raises(DataError, match="cutoff_at"):
        split_rows(config, prepare(config, flat_set(), "p"), "p")
