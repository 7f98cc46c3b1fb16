"""ccml itself: the training behind `ccml run train`, in the environment of this project.

Its settings name more than those of the peers: `data` (the folder of the set) and
`config` (the predictor's section); the split is made anew from them, and must give the
same test rows.
"""

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from predicting import Asked, Fitted, run

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.train import train

MODEL_STANDS = ("checking the calibrator", "measuring", "judging")
"""Steps after the model stands: they judge it, which no peer does."""


def fit(asked: Asked) -> Fitted:
    """Train, and remember when the model stood and what was claimed before the test."""
    began, stood = time.perf_counter(), list[float]()

    def progress(text: str) -> None:
        if text.startswith(MODEL_STANDS):
            stood.append(time.perf_counter() - began)

    config = PredictorConfig.model_validate(asked.settings["config"])
    data = training_set(Path(asked.settings["data"]))
    name = asked.settings["predictor"]
    made = train(config, data, name=name, study_storage=None, progress=progress)
    seconds = time.perf_counter() - began

    def predict(X: pd.DataFrame) -> Any:
        return made.scorer.predict(X).rename(columns={"raw_score": "score"})

    about = {
        "model": made.evaluation["recommended"],
        "test_rows": made.evaluation["split"]["test_rows"],
        "with_judging_s": round(seconds, 2),
        "tuning": made.evaluation["tuning"],
        "calibration": made.evaluation["calibration"],
        "claim": made.evaluation["claim"],
        "folds": folds(made.evaluation),
        "budget_is": asked.settings["budget_is"],
    }
    fit_s = min(stood, default=seconds)
    return Fitted(predict, made.scorer.save, about, fit_s)


def training_set(folder: Path) -> TrainingSet:
    """Read a training set that `predictor_sets` wrote."""
    parts = {
        part: pd.read_parquet(folder / "all" / f"{part}.parquet")
        for part in ("keys", "features", "slices", "label")
    }
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    return TrainingSet(
        keys=parts["keys"],
        features=parts["features"],
        # Parquet forgets the rows of a frame without columns.
        slices=parts["slices"].reindex(parts["keys"].index),
        label=parts["label"]["label"],
        embargo=timedelta(seconds=about["embargo_s"]),
        label_rule=about["label_rule"],
    )


def folds(evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the recommended candidate reached on the folds of the training part."""
    chosen = evaluation["recommended"]
    return [
        {"base_rate": fold["base_rate"], **fold["metrics"].get(chosen, {})}
        for fold in evaluation["split"]["folds"]
    ]


if __name__ == "__main__":
    run("ccml", fit)
