"""The search for better LightGBM settings, resumable, never later than its budget.

The default is the first trial, and it is kept unless the winner beats it by more than
the fold-to-fold standard error: settings that won by luck do not carry over.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial, Trial, TrialState
from scipy.special import expit

from ccml.config.predictors import ModelConfig, PredictorConfig
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.fit import FoldData, fit_booster
from ccml.predictors.metrics import row_log_loss

SPACE = "2"
STARTUP_TRIALS = 6
PRUNE_AFTER_TRIALS = 4


@dataclass(frozen=True)
class Tuning:
    """What the search found.

    Attributes:
        settings: Settings to use; the default ones where nothing clearly beat them.
        trials: Trials finished, the default included.
        kept_default: Whether `settings` are the default ones.
        seconds: Time the search took.
        stopped_by_time: Whether the budget ended before the trials did.
        default_loss: Mean log loss of the default over the folds.
        best_loss: Mean log loss of the best trial over the folds.
        gain_error: Standard error, from fold to fold, of the best trial's gain.
    """

    settings: ModelConfig
    trials: int = 0
    kept_default: bool = True
    seconds: float = 0.0
    stopped_by_time: bool = False
    default_loss: float | None = None
    best_loss: float | None = None
    gain_error: float | None = None


@dataclass(frozen=True)
class StudyPlace:
    """Where a study is kept, so that an interrupted one is resumed."""

    storage: Path | None
    name: str


def study_name(name: str, config: PredictorConfig, data: TrainingSet) -> str:
    """Name a study so that other data, settings or space never resume it."""
    digest = hashlib.sha256(SPACE.encode())
    digest.update(config.model_dump_json(exclude={"tune", "slices"}).encode())
    for frame in (data.keys, data.features, data.label.to_frame("label")):
        digest.update(",".join(map(str, frame.columns)).encode())
        hashes = pd.util.hash_pandas_object(frame, index=False)
        digest.update(hashes.to_numpy().tobytes())
    return f"{name}-{digest.hexdigest()[:16]}"


def tune(
    config: PredictorConfig,
    folds: Sequence[FoldData],
    place: StudyPlace,
    progress: Callable[[str], None],
) -> Tuning:
    """Search settings by the mean log loss over the folds."""
    if config.tune.trials < 2 or len(folds) < 2:
        return Tuning(config.model)
    started = time.monotonic()
    with _study(config, place) as study:
        left = _remaining(study, config)
        if left:
            study.optimize(
                _Objective(config.model, tuple(folds)),
                n_trials=left,
                timeout=config.tune.time_budget_minutes * 60,
                callbacks=[_reporter(config.tune.trials, progress)],
            )
        return _verdict(study, config, time.monotonic() - started)


@contextmanager
def _study(config: PredictorConfig, place: StudyPlace) -> Iterator[optuna.Study]:
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
        study.pruner = optuna.pruners.MedianPruner(PRUNE_AFTER_TRIALS)
        if _default_trial(study) is None:
            study.enqueue_trial(
                _searched(config.model), user_attrs={"is_default": True}
            )
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


def _default_trial(study: optuna.Study) -> FrozenTrial | None:
    alive = (TrialState.COMPLETE, TrialState.WAITING)
    trials = study.get_trials(deepcopy=False, states=alive)
    marked = [trial for trial in trials if trial.user_attrs.get("is_default")]
    return marked[0] if marked else None


def _finished(study: optuna.Study) -> int:
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    return len(study.get_trials(deepcopy=False, states=states))


def _remaining(study: optuna.Study, config: PredictorConfig) -> int:
    return max(0, config.tune.trials - _finished(study))


def _searched(settings: ModelConfig) -> dict[str, Any]:
    values = settings.model_dump(exclude={"subsample_freq"})
    return values | {"reg_lambda": max(settings.reg_lambda, 1e-3)}


@dataclass(frozen=True)
class _Objective:
    """Mean log loss over the folds; a trial behind the median stops early."""

    default: ModelConfig
    folds: tuple[FoldData, ...]

    def __call__(self, trial: Trial) -> float:
        settings = self._settings(trial)
        losses: list[float] = []
        for step, fold in enumerate(self.folds):
            losses.append(fold_loss(fold, settings))
            trial.set_user_attr("losses", losses)
            trial.report(float(np.mean(losses)), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(losses))

    def _settings(self, trial: Trial) -> ModelConfig:
        suggested = suggest(trial, self.default)
        is_default = trial.user_attrs.get("is_default")
        settings = self.default if is_default else suggested
        trial.set_user_attr("settings", settings.model_dump())
        return settings


def fold_loss(fold: FoldData, settings: ModelConfig) -> float:
    """Fit on the fold's training rows and return the log loss on the others."""
    raw = fit_booster(fold.part, settings).raw(fold.X)
    return float(row_log_loss(fold.y, expit(raw)).mean())


def suggest(trial: Trial, default: ModelConfig) -> ModelConfig:
    """Draw settings; every range is stretched so that it holds the default."""

    def whole(name: str, low: int, high: int) -> int:
        base = getattr(default, name)
        drawn = trial.suggest_int(name, min(low, base), max(high, base), log=True)
        return int(drawn)

    def real(name: str, low: float, high: float, *, log: bool = False) -> float:
        base = getattr(default, name)
        start = min(low, base) if base > 0 else low
        return float(trial.suggest_float(name, start, max(high, base), log=log))

    return ModelConfig(
        n_estimators=whole("n_estimators", 100, 400),
        learning_rate=real("learning_rate", 0.01, 0.1, log=True),
        num_leaves=whole("num_leaves", 4, 31),
        min_child_samples=whole("min_child_samples", 10, 200),
        subsample=real("subsample", 0.5, 1.0),
        subsample_freq=default.subsample_freq,
        colsample_bytree=real("colsample_bytree", 0.4, 1.0),
        reg_lambda=real("reg_lambda", 1e-3, 30.0, log=True),
    )


def _reporter(
    trials: int, progress: Callable[[str], None]
) -> Callable[[optuna.Study, FrozenTrial], None]:
    def report(study: optuna.Study, trial: FrozenTrial) -> None:
        del trial
        progress(f"tuning: trial {_finished(study)} of {trials}")

    return report


def _verdict(study: optuna.Study, config: PredictorConfig, seconds: float) -> Tuning:
    default = _default_trial(study)
    finished = _finished(study)
    if default is None or default.state != TrialState.COMPLETE:
        return Tuning(config.model, finished, seconds=seconds, stopped_by_time=True)
    best = study.best_trial
    base, won = _losses(default), _losses(best)
    gains = base - won
    error = float(gains.std(ddof=1) / np.sqrt(len(gains)))
    kept = bool(best.number == default.number or gains.mean() <= error)
    chosen = config.model if kept else ModelConfig(**best.user_attrs["settings"])
    return Tuning(
        settings=chosen,
        trials=finished,
        kept_default=kept,
        seconds=seconds,
        stopped_by_time=finished < config.tune.trials,
        default_loss=float(base.mean()),
        best_loss=float(won.mean()),
        gain_error=error,
    )


def _losses(trial: FrozenTrial) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.asarray(trial.user_attrs["losses"], dtype=np.float64)
