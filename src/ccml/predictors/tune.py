"""The search for better LightGBM settings: resumable, closed once it has ended.

Trials are compared on few rows of every fold. The default is the first trial, and it is
kept unless tuning on the earlier folds would have paid on the later ones by more than
noise: settings that won by luck do not carry over.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial, Trial, TrialState

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig, TuneConfig
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.fit import FoldData
from ccml.predictors.growing import SearchFold, best_trees, loss_after, loss_curve
from ccml.predictors.growing import search_fold as limited
from ccml.predictors.verdict import Tried, Verdict, judge_search

SPACE = "4"
STARTUP_TRIALS = 6
PRUNE_AFTER_TRIALS = 4
KEPT_PERCENTILE = 30.0
SHAPING = (
    *("model", "split", "label", "seed", "monotone", "interactions", "encoding"),
    "calibration",
)
VERDICT = "verdict"
SPENT = "seconds_spent"


@dataclass(frozen=True)
class Tuning:
    """What the search found.

    Attributes:
        settings: Settings to use; the default ones where nothing clearly beat them.
        trials: Trials finished, the default included.
        kept_default: Whether `settings` are the default ones.
        seconds: Time the search took, over all runs.
        stopped_by_time: Whether the budget ended before the trials did.
        default_loss: Mean log loss of the default over the later folds.
        best_loss: The same of the settings that had won on the folds before each.
        gain_error: Standard error of that gain, by customer and from fold to fold.
        by_fold: What had been found before each fold began: nothing of that fold.
    """

    settings: ModelConfig
    trials: int = 0
    kept_default: bool = True
    seconds: float = 0.0
    stopped_by_time: bool = False
    default_loss: float | None = None
    best_loss: float | None = None
    gain_error: float | None = None
    by_fold: tuple[ModelConfig, ...] = ()


@dataclass(frozen=True)
class StudyPlace:
    """Where a study is kept, so that an interrupted one is resumed."""

    storage: Path | None
    name: str


def study_name(name: str, config: PredictorConfig, data: TrainingSet) -> str:
    """Name a study so that other data, settings or space never resume it."""
    digest = hashlib.sha256(SPACE.encode())
    shaping = {*SHAPING}
    digest.update(config.model_dump_json(include=shaping).encode())
    trial = config.tune.model_dump_json(exclude={"trials", "time_budget_minutes"})
    digest.update(trial.encode())
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
    seconds: float | None = None,
) -> Tuning:
    """Search settings by the mean log loss over the folds.

    A search that has ended is closed: another run takes its verdict, so that it gives
    the same model, until the config asks for more trials or time.

    Args:
        config: The predictor's section.
        folds: Folds of the training part.
        place: Where the study is kept.
        progress: Called with a short text at every step.
        seconds: Time for all runs of this search; default: `tune.time_budget_minutes`.
    """
    if config.tune.trials < 2 or len(folds) < 2:
        return Tuning(config.model)
    with _study(config, place) as study:
        closed = _closed(study, config)
        if closed:
            progress(f"tuning: {closed.trials} trials, ended before")
            return closed
        budget = config.tune.time_budget_minutes * 60 if seconds is None else seconds
        small = [limited(f, config.tune.search_rows, config.seed) for f in folds]
        _search(study, config, small, budget, progress)
        progress("tuning: weighing the winner")
        found = _judged(study, config, folds, small)
        _close(study, config, found)
        return found


def _search(
    study: optuna.Study,
    config: PredictorConfig,
    folds: Sequence[SearchFold],
    budget: float,
    progress: Callable[[str], None],
) -> None:
    # The default is always tried: without it there is nothing to compare with.
    if _default_trial(study, TrialState.COMPLETE) is None:
        study.optimize(_objective(study, config, folds, progress), n_trials=1)
    left = config.tune.trials - _finished(study)
    time_left = budget - _spent(study)
    if left > 0 and time_left > 0:
        study.optimize(
            _objective(study, config, folds, progress), n_trials=left, timeout=time_left
        )


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
        study.pruner = optuna.pruners.PercentilePruner(
            KEPT_PERCENTILE, n_startup_trials=PRUNE_AFTER_TRIALS
        )
        alive = (TrialState.COMPLETE, TrialState.WAITING)
        if _default_trial(study, *alive) is None:
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


def _default_trial(study: optuna.Study, *states: TrialState) -> FrozenTrial | None:
    trials = study.get_trials(deepcopy=False, states=states)
    marked = [trial for trial in trials if trial.user_attrs.get("is_default")]
    return marked[0] if marked else None


def _finished_trials(study: optuna.Study) -> list[FrozenTrial]:
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    found: list[FrozenTrial] = study.get_trials(deepcopy=False, states=states)
    return found


def _finished(study: optuna.Study) -> int:
    return len(_finished_trials(study))


def _spent(study: optuna.Study) -> float:
    return float(study.user_attrs.get(SPENT, 0.0))


def _searched(settings: ModelConfig) -> dict[str, Any]:
    values = settings.model_dump(exclude={"n_estimators", "subsample_freq"})
    return values | {"reg_lambda": max(settings.reg_lambda, 1e-3)}


def _objective(
    study: optuna.Study,
    config: PredictorConfig,
    folds: Sequence[SearchFold],
    progress: Callable[[str], None],
) -> Callable[[Trial], float]:
    """Return the mean loss over the folds; a trial behind most others stops early."""

    def timed(trial: Trial) -> float:
        started = time.monotonic()
        progress(f"tuning: trial {_finished(study) + 1} of {config.tune.trials}")
        try:
            return _mean_loss(trial, config, folds)
        finally:
            study.set_user_attr(SPENT, _spent(study) + time.monotonic() - started)

    return timed


def _mean_loss(
    trial: Trial, config: PredictorConfig, folds: Sequence[SearchFold]
) -> float:
    is_default = bool(trial.user_attrs.get("is_default"))
    drawn = suggest(trial, config.model)
    settings = config.model if is_default else drawn
    trial.set_user_attr("settings", settings.model_dump())
    curves: list[list[float]] = []
    loss = float("nan")
    for step, fold in enumerate(folds):
        curves.append(_curve(fold, settings, config.tune, is_default=is_default))
        trial.set_user_attr("curves", curves)
        loss = best_trees(curves)[1]
        trial.report(loss, step)
        if step + 1 < len(folds) and not is_default and trial.should_prune():
            raise optuna.TrialPruned
    return loss


def _curve(
    fold: SearchFold, settings: ModelConfig, tune: TuneConfig, *, is_default: bool
) -> list[float]:
    if is_default:
        return [loss_after(fold, settings)]
    return loss_curve(fold, settings, tune)


def suggest(trial: Trial, default: ModelConfig) -> ModelConfig:
    """Draw settings; every range is stretched so that it holds the default.

    The number of trees is not drawn: it is read from the folds' curves.
    """

    def whole(name: str, low: int, high: int) -> int:
        base = getattr(default, name)
        drawn = trial.suggest_int(name, min(low, base), max(high, base), log=True)
        return int(drawn)

    def real(name: str, low: float, high: float, *, log: bool = False) -> float:
        base = getattr(default, name)
        start = min(low, base) if base > 0 else low
        return float(trial.suggest_float(name, start, max(high, base), log=log))

    return ModelConfig(
        n_estimators=default.n_estimators,
        learning_rate=real("learning_rate", 0.02, 0.15, log=True),
        num_leaves=whole("num_leaves", 4, 63),
        min_child_samples=whole("min_child_samples", 10, 200),
        subsample=real("subsample", 0.5, 1.0),
        subsample_freq=default.subsample_freq,
        colsample_bytree=real("colsample_bytree", 0.3, 1.0),
        reg_lambda=real("reg_lambda", 1e-3, 30.0, log=True),
    )


def _judged(
    study: optuna.Study,
    config: PredictorConfig,
    folds: Sequence[FoldData],
    small: Sequence[SearchFold],
) -> Tuning:
    trials = _finished_trials(study)
    tried = [_tried(t) for t in trials if not t.user_attrs.get("is_default")]
    default = _default_trial(study, TrialState.COMPLETE)
    if default is None:
        return Tuning(config.model, by_fold=(config.model,) * len(folds))
    bounded = any(fold.limited for fold in small)
    verdict = judge_search(config, _tried(default), tried, folds, bounded=bounded)
    return _tuning(verdict, config, len(trials), _spent(study))


def _tried(trial: FrozenTrial) -> Tried:
    settings = ModelConfig(**trial.user_attrs["settings"])
    return Tried(settings, tuple(map(tuple, trial.user_attrs["curves"])))


def _tuning(
    verdict: Verdict, config: PredictorConfig, trials: int, seconds: float
) -> Tuning:
    return Tuning(
        settings=verdict.settings,
        trials=trials,
        kept_default=verdict.settings == config.model,
        seconds=seconds,
        stopped_by_time=trials < config.tune.trials,
        default_loss=verdict.default_loss,
        best_loss=verdict.best_loss,
        gain_error=verdict.gain_error,
        by_fold=verdict.by_fold,
    )


def _asked(config: PredictorConfig) -> dict[str, float]:
    whole = config.time_budget_minutes
    minutes = config.tune.time_budget_minutes if whole is None else whole
    return {"trials": float(config.tune.trials), "minutes": minutes}


def _close(study: optuna.Study, config: PredictorConfig, found: Tuning) -> None:
    plain = asdict(replace(found, by_fold=()))
    plain["settings"] = found.settings.model_dump()
    plain["by_fold"] = [settings.model_dump() for settings in found.by_fold]
    study.set_user_attr(VERDICT, {"asked": _asked(config), "found": plain})


def _closed(study: optuna.Study, config: PredictorConfig) -> Tuning | None:
    """Return the verdict of a search that has ended, unless more is asked for now."""
    stored = study.user_attrs.get(VERDICT)
    if stored is None:
        return None
    more = {k for k, value in _asked(config).items() if value > stored["asked"][k]}
    stopped = stored["found"]["stopped_by_time"]
    if "trials" in more or (stopped and "minutes" in more):
        return None
    found = dict(stored["found"])
    found["settings"] = ModelConfig(**found["settings"])
    found["by_fold"] = tuple(ModelConfig(**values) for values in found["by_fold"])
    return Tuning(**found)
