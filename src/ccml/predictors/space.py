"""What the search draws settings from."""

from typing import Any

from optuna.trial import Trial

from ccml.config.search import ModelConfig

VERSION = "6"
"""Changed with the space, so that no study is resumed in another one."""


def searched(settings: ModelConfig) -> dict[str, Any]:
    """Return the values that the search would have drawn to come to these settings."""
    values = settings.model_dump(exclude={"n_estimators", "subsample_freq"})
    return values | {"reg_lambda": max(settings.reg_lambda, 1e-3)}


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
        num_leaves=whole("num_leaves", 4, 127),
        min_child_samples=whole("min_child_samples", 5, 200),
        subsample=real("subsample", 0.5, 1.0),
        subsample_freq=default.subsample_freq,
        colsample_bytree=real("colsample_bytree", 0.3, 1.0),
        reg_lambda=real("reg_lambda", 1e-3, 30.0, log=True),
    )
