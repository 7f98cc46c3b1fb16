"""AutoGluon tabular with a preset: `medium` unless the settings say another."""

from pathlib import Path
from typing import Any

import pandas as pd
from autogluon.tabular import TabularPredictor
from predicting import LABEL, Asked, Fitted, run


def fit(asked: Asked) -> Fitted:
    """Let it fit its models until the budget ends; the best one predicts."""
    preset = asked.settings.get("preset", "medium")
    predictor = TabularPredictor(
        label=LABEL,
        problem_type="binary",
        eval_metric=asked.metric,
        path=str(asked.folder / "autogluon"),
        verbosity=1,
    )
    predictor.fit(
        asked.X.assign(**{LABEL: asked.y}),
        presets=preset,
        time_limit=asked.budget_s,
        num_cpus=asked.threads,
        num_gpus=0,
    )
    predictor.persist()

    def predict(X: pd.DataFrame) -> Any:
        return predictor.predict_proba(X)[1].to_numpy()

    def save(folder: Path) -> None:
        predictor.clone_for_deployment(str(folder / "deployed"))

    about = {"preset": preset, "model": predictor.model_best}
    return Fitted(predict, save, about)


if __name__ == "__main__":
    run("autogluon.tabular", fit)
