"""Cox's proportional hazards by lifelines: scaled numbers, medians for missing ones.

Called with one JSON file: train and test (Parquet: features, and in train `days` and
`happened`), horizons, penalties and folder. Writes survival.parquet (one column per
horizon) and result.json.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter

DAYS, HAPPENED = "days", "happened"
MOST_SPREADS = 5.0
LEAST_SPREAD = 1e-6
SHARE_TO_CHOOSE_ON = 0.25


def main() -> None:
    """Fit, foretell the test, and write what was found."""
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    train, test = pd.read_parquet(asked["train"]), pd.read_parquet(asked["test"])
    began = time.perf_counter()
    scaled, of_test = _scaled(train.drop(columns=[DAYS, HAPPENED]), test)
    rows = scaled.assign(**{DAYS: train[DAYS], HAPPENED: train[HAPPENED]})
    rows = rows[rows[DAYS] > 0]
    penalty = _best(rows, asked["penalties"], asked["seed"])
    model = _fit(rows, penalty)
    curves = model.predict_survival_function(of_test, times=asked["horizons"]).T
    seconds = time.perf_counter() - began
    folder = Path(asked["folder"])
    curves.columns = [str(days) for days in asked["horizons"]]
    curves.reset_index(drop=True).to_parquet(folder / "survival.parquet")
    result = {
        "fit_s": round(seconds, 2),
        "penalty": penalty,
        "features": scaled.shape[1],
        "version": version("lifelines"),
    }
    text = json.dumps(result, indent=2)
    (folder / "result.json").write_text(text + "\n", encoding="utf-8")


def _scaled(train: pd.DataFrame, test: pd.DataFrame) -> tuple[Any, Any]:
    """Fill with medians and scale by the training rows; drop what does not vary."""
    medians = train.median()
    filled = [frame.fillna(medians).fillna(0.0) for frame in (train, test)]
    mean, spread = filled[0].mean(), filled[0].std()
    kept = spread.index[spread > LEAST_SPREAD]
    clipped = [
        ((frame[kept] - mean[kept]) / spread[kept]).clip(-MOST_SPREADS, MOST_SPREADS)
        for frame in filled
    ]
    return clipped[0], clipped[1]


def _best(rows: pd.DataFrame, penalties: list[float], seed: int) -> float:
    """Choose the penalty by the partial likelihood of a quarter of the rows."""
    away = np.random.default_rng(seed).random(len(rows)) < SHARE_TO_CHOOSE_ON
    told = {
        penalty: _fit(rows[~away], penalty).score(
            rows[away], scoring_method="log_likelihood"
        )
        for penalty in penalties
    }
    return max(told, key=lambda penalty: told[penalty])


def _fit(rows: pd.DataFrame, penalty: float) -> CoxPHFitter:
    model = CoxPHFitter(penalizer=penalty)
    return model.fit(rows, duration_col=DAYS, event_col=HAPPENED)


if __name__ == "__main__":
    main()
