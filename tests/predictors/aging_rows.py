"""Monthly rows whose outcome follows features that may turn round with time."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.predictors import PredictorConfig
from ccml.predictors.candidates import OutOfTime, score_folds
from ccml.predictors.dataset import Floats, TrainingSet, prepare
from ccml.predictors.fit import fold_data
from ccml.predictors.split import Split, split_rows
from ccml.predictors.tune import Tuning

STRENGTH = 2.0
LEVEL = -1.0


def config(**other: object) -> PredictorConfig:
    values = {
        "spine": "monthly",
        "label": {"table": "contracts", "horizon_days": 28},
        "model": {
            "n_estimators": 20,
            "num_leaves": 6,
            "learning_rate": 0.2,
            "min_child_samples": 20,
        },
        "tune": {"trials": 0},
        "ensemble": False,
    }
    return PredictorConfig.model_validate(values | other)


def features(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(rng.normal(size=(rows, 3)), columns=["a", "b", "noise"])


def direction(month: NDArray[np.floating[Any]], speed: float) -> Floats:
    """Return the weights of a and b in each month: they turn at a steady speed."""
    angle = speed * month
    return STRENGTH * np.column_stack([np.cos(angle), np.sin(angle)])


def rows(
    speed: float = 0.0, *, customers: int = 300, months: int = 12, seed: int = 0
) -> TrainingSet:
    rng = np.random.default_rng(seed)
    month = np.repeat(np.arange(months), customers)
    X = features(len(month), rng)
    turned = direction(month.astype(float), speed)
    odds = (X[["a", "b"]].to_numpy() * turned).sum(axis=1) + LEVEL
    label = rng.random(len(month)) < 1 / (1 + np.exp(-odds))
    cutoffs = pd.date_range("2024-01-01", periods=months, freq="MS", tz="UTC")
    owner = np.tile(np.arange(customers), months).astype(str)
    return TrainingSet(
        keys=pd.DataFrame({"customer_id": owner, "cutoff_at": cutoffs[month]}),
        features=X,
        label=pd.Series(label.astype(int)),
        slices=pd.DataFrame(index=range(len(month))),
        embargo=timedelta(days=28),
    )


def seen(
    data: TrainingSet, settings: PredictorConfig
) -> tuple[TrainingSet, Split, OutOfTime]:
    """Prepare, split and score the folds as training does."""
    ready = prepare(settings, data, "p")
    split = split_rows(settings, ready, "p")
    folds = tuple(fold_data(ready, f, 1, "p", settings) for f in split.folds)
    tuning = Tuning(settings.model)
    return ready, split, score_folds(folds, settings, tuning, lambda _: None)
