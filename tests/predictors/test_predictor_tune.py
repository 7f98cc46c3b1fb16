from collections.abc import Callable
from pathlib import Path

import optuna
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.fit import FoldData, fold_data
from ccml.predictors.split import split_rows
from ccml.predictors.tune import StudyPlace, Tuning, study_name, tune

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
def test_the_default_stays_unless_beaten_by_more_than_its_error(
    flat_config: Config, folds: tuple[FoldData, ...], seed: int
) -> None:
    config = flat_config(tune={"trials": 3}, seed=seed)
    found = run(config, folds)
    gain = found.default_loss - found.best_loss  # type: ignore[operator]
    assert found.kept_default == (gain <= found.gain_error)
    assert found.kept_default == (found.settings == config.model)


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


@pytest.mark.slow
def test_an_interrupted_study_is_resumed_without_repeats(
    flat_config: Config, folds: tuple[FoldData, ...], tmp_path: Path
) -> None:
    place = StudyPlace(tmp_path / "studies" / "tuning.db", "churn-1")
    run(flat_config(model=TINY, tune={"trials": 3}), folds, place)
    storage = optuna.storages.RDBStorage(f"sqlite:///{place.storage}")
    study = optuna.load_study(study_name=place.name, storage=storage)
    study.ask()
    resumed = run(flat_config(model=TINY, tune={"trials": 6}), folds, place)
    again = run(flat_config(model=TINY, tune={"trials": 6}), folds, place)
    trials = study.get_trials()
    storage.remove_session()
    storage.engine.dispose()
    states = [trial.state.name for trial in trials]
    assert states.count("FAIL") == 1
    assert states.count("RUNNING") == 0
    assert states.count("COMPLETE") + states.count("PRUNED") == resumed.trials == 6
    drawn = [str(t.params) for t in trials if t.state.name in {"COMPLETE", "PRUNED"}]
    assert len(set(drawn)) == 6
    assert again.settings == resumed.settings


def test_other_data_or_settings_get_another_study(
    flat_config: Config, flat_set: Maker
) -> None:
    config, data = flat_config(), prepare(flat_config(), flat_set(200), "p")
    name = study_name("churn", config, data)
    assert name == study_name("churn", config, data)
    other = prepare(config, flat_set(200, seed=1), "p")
    more = flat_config(tune={"trials": 9})
    assert study_name("churn", more, data) == name
    assert len({name, study_name("churn", config, other)}) == 2
    assert study_name("churn", flat_config(seed=2), data) != name
