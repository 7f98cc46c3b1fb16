"""Customers whose time until they leave is known, because it was drawn."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.labels.spells import Followed
from ccml.predictors.survival.material import SurvivalRows
from ccml.predictors.survival.train import Parts, TrainedSurvival, train_survival

START = pd.Timestamp("2025-01-01", tz="UTC")
TEST_FROM = START + timedelta(days=180)
UNTIL = START + timedelta(days=360)
CUTOFFS = range(0, 270, 30)
FEATURES = ("noise", "risk")


def config(**changes: Any) -> PredictorConfig:
    """Give a predictor with a survival model of few, quick trees."""
    values: dict[str, Any] = {
        "spine": "monthly",
        "label": {"table": "contracts", "horizon_days": 60},
        "model": {
            "n_estimators": 40,
            "learning_rate": 0.1,
            "num_leaves": 6,
            "min_child_samples": 60,
        },
        "survival": {},
    }
    return PredictorConfig.model_validate(values | changes)


def rates(risk: Any) -> Any:
    """Give the events per day at a risk: about a quarter leave within 90 days."""
    return np.exp(-5.9 + 0.7 * np.asarray(risk))


def leavers(
    customers: int = 9000, *, seed: int = 4, strength: float = 1.0
) -> SurvivalRows:
    """Draw customers who are asked about once, at one of the cutoffs."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=customers)
    cutoff = START + pd.to_timedelta(rng.choice(list(CUTOFFS), customers), unit="D")
    waited = rng.exponential(1 / rates(strength * risk))
    ids = pd.Series([f"c{i:05d}" for i in range(customers)])
    left = (cutoff + pd.to_timedelta(waited, unit="D")).as_unit("us")
    events = pd.DataFrame(
        {"customer_id": ids, "event_id": ids, "event_at": left, "known_at": left}
    )
    return SurvivalRows(
        pd.DataFrame({"customer_id": ids, "cutoff_at": cutoff.as_unit("us")}),
        pd.DataFrame({"risk": risk, "noise": rng.normal(size=customers)}),
        Followed(events[events["event_at"] < UNTIL], UNTIL.to_pydatetime()),
    )


def trained(rows: SurvivalRows, **changes: Any) -> TrainedSurvival:
    """Train on the rows before the test, judge on those after."""
    asked = config(**changes)
    return train_survival(asked, rows, Parts(TEST_FROM, FEATURES), asked.model, "churn")
