"""The search for better LightGBM settings: resumable, closed once it has ended.

Trials are compared on few rows of every fold. The default is the first trial, and it is
kept unless tuning on the earlier folds would have paid on the later ones by more than
noise: settings that won by luck do not carry over.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig, TuneConfig
from ccml.predictors.deadline import SearchTime, search_time
from ccml.predictors.fit import FoldData
from ccml.predictors.growing import SearchFold, best_trees, loss_after, loss_curve
from ccml.predictors.growing import search_fold as limited
from ccml.predictors.space import suggest
from ccml.predictors.study import (
    StudyPlace,
    add_seconds,
    default_trial,
    finished_trials,
    open_study,
    seconds_spent,
)
from ccml.predictors.verdict import Tried, Verdict, judge_search

VERDICT = "verdict"
TOOK = "took_s"


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


def tune(
    config: PredictorConfig,
    folds: Sequence[FoldData],
    place: StudyPlace,
    progress: Callable[[str], None],
    allowed: SearchTime | None = None,
) -> Tuning:
    """Search settings by the mean log loss over the folds.

    A search that has ended is closed: another run takes its verdict, so that it gives
    the same model, until the config asks for more trials or time.

    Args:
        config: The predictor's section.
        folds: Folds of the training part.
        place: Where the study is kept.
        progress: Called with a short text at every step.
        allowed: Time for all runs of this search; default: `tune.time_budget_minutes`.
    """
    if config.tune.trials < 2 or len(folds) < 2:
        return Tuning(config.model)
    with open_study(config, place) as study:
        closed = _closed(study, config)
        if closed:
            progress(f"tuning: {closed.trials} trials, ended before")
            return closed
        budget = allowed or search_time(config, folds, None)
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
    budget: SearchTime,
    progress: Callable[[str], None],
) -> None:
    # The default is always tried: without it there is nothing to compare with.
    if default_trial(study, TrialState.COMPLETE) is None:
        study.optimize(_objective(study, config, folds, progress), n_trials=1)
    left = config.tune.trials - len(finished_trials(study))
    time_left = _time_left(study, budget)
    if left > 0 and time_left > 0:
        study.optimize(
            _objective(study, config, folds, progress),
            n_trials=left,
            timeout=time_left,
            callbacks=[lambda now, _: _stop_in_time(now, budget)],
        )


def _stop_in_time(study: optuna.Study, budget: SearchTime) -> None:
    if _time_left(study, budget) <= 0:
        study.stop()


def _time_left(study: optuna.Study, budget: SearchTime) -> float:
    """Return the seconds for more trials; a slow winner leaves fewer."""
    default = default_trial(study, TrialState.COMPLETE)
    if default is None:
        return 0.0
    ratio = study.best_trial.user_attrs[TOOK] / default.user_attrs[TOOK]
    return budget.before(ratio) - seconds_spent(study)


def _objective(
    study: optuna.Study,
    config: PredictorConfig,
    folds: Sequence[SearchFold],
    progress: Callable[[str], None],
) -> Callable[[Trial], float]:
    """Return the mean loss over the folds; a trial behind most others stops early."""

    def timed(trial: Trial) -> float:
        started = time.monotonic()
        progress(
            f"tuning: trial {len(finished_trials(study)) + 1} of {config.tune.trials}"
        )
        try:
            return _mean_loss(trial, config, folds)
        finally:
            took = time.monotonic() - started
            trial.set_user_attr(TOOK, took)
            add_seconds(study, took)

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


def _judged(
    study: optuna.Study,
    config: PredictorConfig,
    folds: Sequence[FoldData],
    small: Sequence[SearchFold],
) -> Tuning:
    trials = finished_trials(study)
    tried = [_tried(t) for t in trials if not t.user_attrs.get("is_default")]
    default = default_trial(study, TrialState.COMPLETE)
    if default is None:
        return Tuning(config.model, by_fold=(config.model,) * len(folds))
    bounded = any(fold.limited for fold in small)
    verdict = judge_search(config, _tried(default), tried, folds, bounded=bounded)
    return _tuning(verdict, config, len(trials), seconds_spent(study))


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
