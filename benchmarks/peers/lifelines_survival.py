"""Cox's proportional hazards by lifelines: scaled numbers, medians for missing ones.

Called with one JSON file: train and test (Parquet: features, and in train `days`,
`happened` and `customer`), horizons, penalties and folder. Writes survival.parquet
(one column per horizon) and result.json.
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

DAYS, HAPPENED, CUSTOMER = "days", "happened", "customer"
MOST_SPREADS = 5.0
LEAST_SPREAD = 1e-6
SHARE_TO_CHOOSE_ON = 0.25


def main() -> None:
    """Fit, foretell the test, and write what was found."""
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    train, test = pd.read_parquet(asked["train"]), pd.read_parquet(asked["test"])
    began = time.perf_counter()
    scaled, of_test = _scaled(train.drop(columns=[DAYS, HAPPENED, CUSTOMER]), test)
    # Whole days, rounded up, make lifelines fast; "before day 30" is then "by day 30".
    days = np.ceil(train[DAYS])
    rows = scaled.assign(**{DAYS: days, HAPPENED: train[HAPPENED]})
    away = _away(train[CUSTOMER], asked["seed"])
    is_seen = rows[DAYS] > 0
    rows, away = rows[is_seen], away[is_seen]
    penalty = _best(rows, away, asked["penalties"])
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


def _away(customers: pd.Series, seed: int) -> pd.Series:
    """Mark the rows of a quarter of the customers, to choose the penalty on."""
    codes, names = pd.factorize(customers)
    chosen = np.random.default_rng(seed).random(len(names)) < SHARE_TO_CHOOSE_ON
    return pd.Series(chosen[codes], index=customers.index)


def _best(rows: pd.DataFrame, away: pd.Series, penalties: list[float]) -> float:
    """Choose the penalty by the partial likelihood of other customers."""
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
