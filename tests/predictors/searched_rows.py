"""A small search, also run as a process of its own that halts during trial 7."""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.fit import FoldData, fold_data
from ccml.predictors.split import split_rows
from ccml.predictors.study import StudyPlace
from ccml.predictors.tune import tune

TRIALS = 20
HALTED = 7


def config(**tune_for: float) -> PredictorConfig:
    values = {
        "table": "rows",
        "label": {"column": "label"},
        "split": {"kind": "ordered"},
        "model": {"n_estimators": 5, "num_leaves": 4},
        "tune": {"trials": TRIALS, "max_trees": 20, "time_budget_minutes": 30}
        | tune_for,
    }
    return PredictorConfig.model_validate(values)


def rows(count: int = 400) -> TrainingSet:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(count, 3))
    label = rng.random(count) < 1 / (1 + np.exp(-X[:, 0]))
    return TrainingSet(
        keys=pd.DataFrame({"row_no": np.arange(count)}),
        features=pd.DataFrame(X, columns=list("abc")),
        label=pd.Series(label.astype(int)),
        slices=pd.DataFrame(index=range(count)),
    )


def folds(count: int = 400) -> tuple[FoldData, ...]:
    ready = prepare(config(), rows(count), "p")
    split = split_rows(config(), ready, "p")
    return tuple(fold_data(ready, fold, 1, "p") for fold in split.folds)


def halt(text: str) -> None:
    if text == f"tuning: trial {HALTED} of {TRIALS}":
        sys.stdout.write("halted\n")
        sys.stdout.flush()
        time.sleep(300)


if __name__ == "__main__":
    tune(config(), folds(), StudyPlace(Path(sys.argv[1]), "churn"), halt)
