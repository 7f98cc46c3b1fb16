"""The Optuna study of a search: where it is kept, what was finished, what was killed."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.space import VERSION, searched

STARTUP_TRIALS = 6
PRUNE_AFTER_TRIALS = 4
KEPT_PERCENTILE = 30.0
SHAPING = (
    *("model", "split", "label", "seed", "monotone", "interactions", "encoding"),
    "calibration",
)
SPENT = "seconds_spent"


@dataclass(frozen=True)
class StudyPlace:
    """Where a study is kept, so that an interrupted one is resumed."""

    storage: Path | None
    name: str


def study_name(name: str, config: PredictorConfig, data: TrainingSet) -> str:
    """Name a study so that other data, settings or space never resume it."""
    digest = hashlib.sha256(VERSION.encode())
    shaping = {*SHAPING}
    digest.update(config.model_dump_json(include=shaping).encode())
    trial = config.tune.model_dump_json(exclude={"trials", "time_budget_minutes"})
    digest.update(trial.encode())
    for frame in (data.keys, data.features, data.label.to_frame("label")):
        digest.update(",".join(map(str, frame.columns)).encode())
        hashes = pd.util.hash_pandas_object(frame, index=False)
        digest.update(hashes.to_numpy().tobytes())
    return f"{name}-{digest.hexdigest()[:16]}"


@contextmanager
def open_study(config: PredictorConfig, place: StudyPlace) -> Iterator[optuna.Study]:
    """Open a study, new or stored; what a killed run left running has failed.

    The default settings are the first trial of a new one.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = _storage(place.storage)
    try:
        study = optuna.create_study(
            storage=storage, study_name=place.name, load_if_exists=True
        )
        _close_killed_trials(study)
        # A sampler seeded alike after a restart would repeat its first draws.
        seed = np.random.SeedSequence([config.seed, len(study.trials)])
        study.sampler = optuna.samplers.TPESampler(
            seed=int(seed.generate_state(1)[0]), n_startup_trials=STARTUP_TRIALS
        )
        study.pruner = optuna.pruners.PercentilePruner(
            KEPT_PERCENTILE, n_startup_trials=PRUNE_AFTER_TRIALS
        )
        alive = (TrialState.COMPLETE, TrialState.WAITING)
        if default_trial(study, *alive) is None:
            study.enqueue_trial(searched(config.model), user_attrs={"is_default": True})
        yield study
    finally:
        if isinstance(storage, optuna.storages.RDBStorage):
            storage.remove_session()
            storage.engine.dispose()


def _storage(path: Path | None) -> "optuna.storages.BaseStorage":
    if path is None:
        return optuna.storages.InMemoryStorage()
    path.parent.mkdir(parents=True, exist_ok=True)
    return optuna.storages.RDBStorage(f"sqlite:///{path.resolve()}")


def _close_killed_trials(study: optuna.Study) -> None:
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        study.tell(trial.number, state=TrialState.FAIL)


def default_trial(study: optuna.Study, *states: TrialState) -> FrozenTrial | None:
    """Return the trial of the default settings in one of these states, if any."""
    trials = study.get_trials(deepcopy=False, states=states)
    marked = [trial for trial in trials if trial.user_attrs.get("is_default")]
    return marked[0] if marked else None


def finished_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that ended well or were pruned."""
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    found: list[FrozenTrial] = study.get_trials(deepcopy=False, states=states)
    return found


def seconds_spent(study: optuna.Study) -> float:
    """Return the seconds that the trials of all runs took."""
    return float(study.user_attrs.get(SPENT, 0.0))


def add_seconds(study: optuna.Study, seconds: float) -> None:
    """Count time that a trial took."""
    study.set_user_attr(SPENT, seconds_spent(study) + seconds)
