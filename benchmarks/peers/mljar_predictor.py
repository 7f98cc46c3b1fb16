"""mljar-supervised in the mode `Perform`, which it names for real use."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from predicting import Asked, Fitted, run
from supervised import AutoML

METRICS = {"log_loss": "logloss", "roc_auc": "auc"}


def fit(asked: Asked) -> Fitted:
    """Let it fit its models until the budget ends."""
    results = asked.folder / "mljar"
    automl = AutoML(
        results_path=str(results),
        mode=asked.settings.get("mode", "Perform"),
        ml_task="binary_classification",
        eval_metric=METRICS[asked.metric],
        total_time_limit=int(asked.budget_s),
        n_jobs=asked.threads,
        random_state=asked.seed,
        explain_level=0,
        verbose=0,
    )
    automl.fit(_plain(asked.X), asked.y)

    def predict(X: pd.DataFrame) -> Any:
        return automl.predict_proba(_plain(X))[:, 1]

    def save(folder: Path) -> None:
        shutil.copytree(results, folder / "results")

    return Fitted(predict, save, {"model": automl._best_model.get_name()})


def _plain(X: pd.DataFrame) -> pd.DataFrame:
    """Turn texts into plain objects, as a CSV file would give them."""
    texts = [c for c in X if not pd.api.types.is_numeric_dtype(X[c])]
    return X.astype(dict.fromkeys(texts, object))


if __name__ == "__main__":
    run("mljar-supervised", fit)
