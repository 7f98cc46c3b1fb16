"""FLAML's AutoML with its default learners; the best one is fitted on all rows."""

import pickle
from pathlib import Path
from typing import Any

import pandas as pd
from flaml import AutoML
from predicting import Asked, Fitted, categorical, run


def fit(asked: Asked) -> Fitted:
    """Search until the budget ends."""
    automl = AutoML()
    automl.fit(
        categorical(asked.X, asked.X),
        asked.y.to_numpy(),
        task="classification",
        metric=asked.metric,
        time_budget=asked.budget_s,
        n_jobs=asked.threads,
        seed=asked.seed,
        verbose=0,
    )

    def predict(X: pd.DataFrame) -> Any:
        return automl.predict_proba(categorical(X, asked.X))[:, 1]

    def save(folder: Path) -> None:
        with (folder / "model.pkl").open("wb") as file:
            pickle.dump((automl._transformer, automl.model), file)

    about = {"model": automl.best_estimator, "settings": automl.best_config}
    return Fitted(predict, save, about)


if __name__ == "__main__":
    run("flaml", fit)
