from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ccml.config.predictors import PredictorConfig
from ccml.errors import ConfigError, DataError
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.folds import rolling_folds, shuffled_folds
from ccml.predictors.split import Split, split_name, split_rows
from ccml.predictors.touch import name_of_test

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


def events(days: list[int], *, embargo: int = 20) -> TrainingSet:
    """A row per day number, of alternating outcome."""
    start = pd.Timestamp("2025-01-01", tz="UTC")
    rows = len(days)
    return TrainingSet(
        keys=pd.DataFrame(
            {
                "customer_id": range(rows),
                "cutoff_at": start + pd.to_timedelta(sorted(days), unit="D"),
            }
        ),
        features=pd.DataFrame({"x": range(rows)}),
        label=pd.Series(np.arange(rows) % 2),
        slices=pd.DataFrame(index=range(rows)),
        embargo=timedelta(days=embargo),
    )


def test_bursts_of_events_make_folds_of_equal_time_that_learn_new_rows() -> None:
    bursts = [begin + day for begin in (0, 90, 180, 270) for day in range(20)]
    data = events(np.repeat(bursts, 10).tolist())
    made = rolling_folds(data, np.arange(len(data)), 3)
    assert [len(fold.valid) for fold in made] == [200, 200, 200]
    # By number of days with events, two folds would learn from the same rows.
    first, second, third = [len(fold.train) for fold in made]
    assert first >= 190
    assert second >= first + 150
    assert third >= second + 150


def test_bursts_that_stand_badly_in_equal_periods_still_make_all_folds() -> None:
    campaigns = [*range(40, 75), *range(125, 160), *range(197, 228), *range(293, 297)]
    data = events(np.repeat(campaigns, 20).tolist(), embargo=33)
    made = rolling_folds(data, np.arange(len(data)), 3)
    assert [len(fold.valid) for fold in made] == [700, 620, 80]
    sizes = np.array([len(fold.train) for fold in made])
    assert (sizes[1:] >= 1.05 * sizes[:-1]).all()


def test_a_period_that_brings_no_new_rows_joins_the_one_before() -> None:
    days = [*range(60), *range(200, 212)]
    data = events(np.repeat(days, 10).tolist())
    made = rolling_folds(data, np.arange(len(data)), 10)
    sizes = np.array([len(fold.train) for fold in made])
    assert (sizes[1:] >= 1.05 * sizes[:-1]).all()
    assert made[-1].valid.max() == len(data) - 1
    # All rows after the first fold's start are judged, each once.
    judged = np.sort(np.concatenate([fold.valid for fold in made]))
    assert (np.diff(judged) == 1).all()


def test_ordered_rows_keep_an_embargo(flat_config: Config, flat_set: Maker) -> None:
    config = flat_config(split={"kind": "ordered", "embargo_rows": 50})
    split = split_rows(config, prepare(config, flat_set(), "p"), "p")
    assert split.test.min() - split.train.max() == 51
    assert [fold.valid.min() - fold.train.max() for fold in split.folds] == [51] * 3
    assert split.dropped == 50
    assert split_name(split) == "rolling origin, 3 folds, embargo 50 rows"


@pytest.mark.parametrize("kind", ["random", "ordered"])
def test_groups_of_a_flat_table_never_stand_on_both_sides(
    flat_config: Config, flat_set: Maker, kind: str
) -> None:
    data = flat_set()
    household = pd.Series(np.arange(len(data)) % 200).astype(str)
    household[:7] = None
    features = data.features.assign(household=household)
    config = flat_config(split={"kind": kind, "group": "household"})
    ready = prepare(config, replace(data, features=features), "p")
    assert "household" not in ready.features
    split = split_rows(config, ready, "p")
    group = ready.clusters
    # A row without a group is one of its own.
    assert len(np.unique(group)) == 200 + 7
    for train, later in [(split.train, split.test), *sides(split)]:
        assert len(later)
        assert not set(group[train]) & set(group[later])
    assert len(split.folds) == 3
    assert "grouped" in split_name(split)
    assert split.dropped + len(split.train) + len(split.test) == len(data)


def sides(split: Split) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(fold.train, fold.valid) for fold in split.folds]


def test_a_grouped_spine_is_judged_on_later_rows_of_unseen_customers(
    spine_config: Config, spine_set: Maker
) -> None:
    config = spine_config(split={"group": "customer_id"})
    data = prepare(config, spine_set(customers=200), "p")
    split = split_rows(config, data, "p")
    cutoffs, group = data.keys["cutoff_at"], data.clusters
    assert len(split.folds) == 3
    for train, later in [(split.train, split.test), *sides(split)]:
        assert not set(group[train]) & set(group[later])
        reach = cutoffs.iloc[train].max() + data.embargo
        assert reach <= cutoffs.iloc[later].min()
    assert len(np.unique(group[split.test])) == pytest.approx(40, abs=5)
    assert split_name(split).endswith("embargo 28 days, grouped by customer_id")


def test_an_unknown_group_is_refused(flat_config: Config, flat_set: Maker) -> None:
    config = flat_config(split={"kind": "random", "group": "tarif"})
    with pytest.raises(ConfigError, match="tariff"):
        prepare(config, flat_set(), "p")
    with pytest.raises(ValidationError, match="embargo_rows needs kind 'ordered'"):
        flat_config(split={"kind": "random", "embargo_rows": 5})


def test_a_fold_with_too_few_positives_is_left_out_as_asked(
    flat_config: Config, flat_set: Maker
) -> None:
    for fewest, folds in ((10, 3), (150, 1), (1000, 0)):
        split = {"kind": "ordered", "min_fold_positives": fewest}
        config = flat_config(split=split)
        made = split_rows(config, prepare(config, flat_set(), "p"), "p")
        assert len(made.folds) <= folds
        positives = [flat_set().y[fold.train].sum() for fold in made.folds]
        assert all(count >= fewest for count in positives)


def test_a_test_keeps_its_name_until_its_rows_or_its_label_change(
    spine_config: Config, spine_set: Maker
) -> None:
    data = prepare(spine_config(), spine_set(), "p")

    def name(config: PredictorConfig, rows: TrainingSet) -> str:
        return name_of_test(rows, split_rows(config, rows, "p"))

    first = name(spine_config(), data)
    tuned = spine_config(model={"n_estimators": 7}, tune={"trials": 9})
    assert name(tuned, data) == first
    assert name(spine_config(split={"test_from": "2025-05-12"}), data) != first
    assert name(spine_config(), replace(data, label_rule="something else")) != first
