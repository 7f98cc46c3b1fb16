import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
import searched_rows

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.deadline import SearchTime
from ccml.predictors.fit import FoldData, fold_data
from ccml.predictors.growing import best_trees, calibrated_losses, drawn_rows
from ccml.predictors.split import split_rows
from ccml.predictors.study import StudyPlace, study_name
from ccml.predictors.tune import Tuning, tune
from ccml.predictors.verdict import Gains, Tried, is_clear, judge_search

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]
MEMORY = StudyPlace(None, "churn")
TINY = {"n_estimators": 5, "num_leaves": 4}


def quiet(text: str) -> None:
    del text


@pytest.fixture
def folds(flat_config: Config, flat_set: Maker) -> tuple[FoldData, ...]:
    config = flat_config()
    data = prepare(config, flat_set(400), "p")
    split = split_rows(config, data, "p")
    return tuple(fold_data(data, fold, 1, "p") for fold in split.folds)


def run(
    config: PredictorConfig, folds: tuple[FoldData, ...], place: StudyPlace = MEMORY
) -> Tuning:
    return tune(config, folds, place, quiet)


def test_the_same_seed_and_trials_give_the_same_settings(
    flat_config: Config, folds: tuple[FoldData, ...]
) -> None:
    config = flat_config(model=TINY, tune={"trials": 6})
    first, second = run(config, folds), run(config, folds)
    assert first.settings == second.settings
    assert first.trials == 6
    assert first.best_loss == second.best_loss


def test_a_poor_default_is_replaced(
    flat_config: Config, folds: tuple[FoldData, ...]
) -> None:
    poor = flat_config(model=TINY | {"learning_rate": 1e-4}, tune={"trials": 4})
    found = run(poor, folds)
    assert not found.kept_default
    assert found.settings.learning_rate > 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_the_default_stays_unless_tuning_would_have_paid_by_more_than_noise(
    flat_config: Config, folds: tuple[FoldData, ...], seed: int
) -> None:
    config = flat_config(tune={"trials": 3}, seed=seed)
    found = run(config, folds)
    gain = found.default_loss - found.best_loss  # type: ignore[operator]
    if not found.kept_default:
        assert gain > 1.64 * found.gain_error  # type: ignore[operator]
    assert found.kept_default == (found.settings == config.model)
    assert len(found.by_fold) == len(folds)
    assert found.by_fold[0] == config.model


def test_nothing_is_tried_without_trials_or_folds(
    flat_config: Config, folds: tuple[FoldData, ...]
) -> None:
    assert run(flat_config(tune={"trials": 1}), folds).trials == 0
    assert run(flat_config(tune={"trials": 5}), folds[:1]).trials == 0


def test_the_time_budget_stops_the_search(
    flat_config: Config, folds: tuple[FoldData, ...]
) -> None:
    budget = {"trials": 500, "time_budget_minutes": 0.002}
    found = run(flat_config(model=TINY, tune=budget), folds)
    assert found.stopped_by_time
    assert 0 < found.trials < 500


@contextmanager
def stored(place: StudyPlace) -> Iterator[optuna.Study]:
    storage = optuna.storages.RDBStorage(f"sqlite:///{place.storage}")
    yield optuna.load_study(study_name=place.name, storage=storage)
    storage.remove_session()
    storage.engine.dispose()


@pytest.mark.slow
def test_a_search_killed_in_trial_7_ends_with_20_and_none_twice(tmp_path: Path) -> None:
    place = StudyPlace(tmp_path / "studies" / "tuning.db", "churn")
    script = Path(searched_rows.__file__)
    child = subprocess.Popen(
        [sys.executable, str(script), str(place.storage)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "halted\n"
        child.send_signal(signal.SIGKILL)
    with stored(place) as study:
        states = [trial.state.name for trial in study.get_trials()]
    assert states[-1] == "RUNNING"
    assert len(states) == searched_rows.HALTED
    config, folds = searched_rows.config(), searched_rows.folds()
    resumed = run(config, folds, place)
    again = run(config, folds, place)
    with stored(place) as study:
        trials = study.get_trials()
    states = [trial.state.name for trial in trials]
    assert states.count("RUNNING") == 0
    assert states.count("FAIL") == 1
    finished = [t for t in trials if t.state.name in {"COMPLETE", "PRUNED"}]
    assert len(finished) == resumed.trials == searched_rows.TRIALS
    assert len({str(t.params) for t in finished}) == searched_rows.TRIALS
    assert again == resumed


def test_a_search_stopped_by_time_is_closed_until_more_is_asked_for(
    tmp_path: Path,
) -> None:
    place = StudyPlace(tmp_path / "tuning.db", "churn")
    folds = searched_rows.folds()
    short = searched_rows.config(time_budget_minutes=0.01)
    first, again = run(short, folds, place), run(short, folds, place)
    assert first.stopped_by_time
    assert again == first
    fewer = searched_rows.config(trials=2, time_budget_minutes=0.01)
    assert run(fewer, folds, place) == first
    longer = searched_rows.config(trials=first.trials + 2)
    assert run(longer, folds, place).trials == first.trials + 2


def test_the_time_of_earlier_runs_counts(tmp_path: Path) -> None:
    place = StudyPlace(tmp_path / "tuning.db", "churn")
    folds = searched_rows.folds()
    first = run(searched_rows.config(trials=3), folds, place)
    allowed = SearchTime(first.seconds / 2)
    spent = tune(searched_rows.config(trials=9), folds, place, quiet, allowed)
    assert spent.trials == 3
    assert spent.stopped_by_time
    assert spent.seconds == first.seconds


def test_settings_for_a_fold_know_nothing_of_it_or_of_later_ones() -> None:
    config, folds = searched_rows.config(), searched_rows.folds(2000)
    better = config.model.model_copy(update={"learning_rate": 0.1})
    poor = config.model.model_copy(update={"learning_rate": 1e-4})
    config = config.model_copy(update={"model": poor})
    default = Tried(config.model, ((0.9,), (0.9,), (0.9,)))
    tried = [Tried(better, ((0.9, 0.8), (0.9, 0.8), (0.9, 0.8)))]
    found = judge_search(config, default, tried, folds, bounded=False)
    turned = (*folds[:2], replace(folds[2], y=1 - folds[2].y))
    other = judge_search(config, default, tried, turned, bounded=False)
    assert found.by_fold == other.by_fold
    assert found.settings.learning_rate == 0.1
    assert other.settings == config.model


def gains(*means: float, customers: int = 500, noise: float = 0.2) -> list[Gains]:
    rng = np.random.default_rng(0)
    tuned = np.full(1000, 0.5)
    owner = np.arange(1000) % customers
    return [Gains(tuned + rng.normal(m, noise, 1000), tuned, owner) for m in means]


def test_a_gain_is_clear_only_beyond_noise_and_in_the_latest_fold() -> None:
    assert is_clear(gains(0.05, 0.05))
    assert not is_clear(gains(0.0, 0.0))
    assert not is_clear(gains(0.2, -0.05))
    assert not is_clear(gains(0.001, 0.3, 0.001))
    assert not is_clear([])


def test_a_gain_of_one_customer_is_not_clear() -> None:
    one = np.zeros(1000)
    one[:100] = 0.5
    base, alone = np.full(1000, 0.5), np.maximum(np.arange(1000) - 99, 0)
    assert is_clear([Gains(base + one, base, np.arange(1000))])
    assert not is_clear([Gains(base + one, base, alone)])


def test_whole_customers_are_drawn_until_the_rows_are_enough() -> None:
    clusters = np.repeat(np.arange(300), 10)
    rows = drawn_rows(clusters, 1000, seed=1)
    assert 900 < len(rows) <= 1000
    assert set(np.bincount(clusters[rows])) == {0, 10}
    assert list(drawn_rows(clusters, 3000, seed=1)) == list(range(3000))


def test_the_number_of_trees_is_that_of_the_mean_curve() -> None:
    assert best_trees([[0.9, 0.7, 0.6, 0.8], [0.9, 0.5]]) == (20, 0.55)
    assert best_trees([[0.5, 0.6]]) == (1, 0.5)


def test_a_line_that_falls_counts_as_no_skill() -> None:
    y = np.array([0.0, 0.0, 1.0, 1.0] * 50)
    assert calibrated_losses(y, -y * 3).mean() == pytest.approx(np.log(2))
    assert calibrated_losses(y, y * 3).mean() < 0.1


def test_other_data_or_settings_get_another_study(
    flat_config: Config, flat_set: Maker
) -> None:
    config, data = flat_config(), prepare(flat_config(), flat_set(200), "p")
    name = study_name("churn", config, data)
    assert name == study_name("churn", config, data)
    other = prepare(config, flat_set(200, seed=1), "p")
    more = flat_config(tune={"trials": 9})
    assert study_name("churn", more, data) == name
    other_rows = flat_config(tune={"search_rows": 5000})
    assert study_name("churn", other_rows, data) != name
    assert len({name, study_name("churn", config, other)}) == 2
    assert study_name("churn", flat_config(seed=2), data) != name
