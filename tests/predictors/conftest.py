from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import TrainingSet

SMALL_MODEL = {"n_estimators": 30, "learning_rate": 0.1, "min_child_samples": 10}


@pytest.fixture
def flat_config() -> Callable[..., PredictorConfig]:
    def make(kind: str = "random", **other: Any) -> PredictorConfig:
        values: dict[str, Any] = {
            "table": "customers",
            "label": {"column": "left"},
            "split": {"kind": kind},
            "model": SMALL_MODEL,
            "tune": {"trials": 0},
        }
        return PredictorConfig.model_validate(values | other)

    return make


@pytest.fixture
def spine_config() -> Callable[..., PredictorConfig]:
    def make(**other: Any) -> PredictorConfig:
        values: dict[str, Any] = {
            "spine": "weekly",
            "label": {"table": "contracts", "horizon_days": 28},
            "model": SMALL_MODEL,
            "tune": {"trials": 0},
        }
        return PredictorConfig.model_validate(values | other)

    return make


@pytest.fixture
def flat_set() -> Callable[..., TrainingSet]:
    """Rows whose outcome depends on `strength`, `tariff` and nothing else."""

    def make(rows: int = 1200, *, seed: int = 0) -> TrainingSet:
        rng = np.random.default_rng(seed)
        tariff = rng.choice(["basic", "plus", "pro"], rows)
        strength = rng.normal(size=rows)
        lift = pd.Series(tariff).map({"basic": -1.0, "plus": 0.0, "pro": 1.0})
        chance = 1 / (1 + np.exp(1 - 1.5 * strength - lift))
        features = pd.DataFrame(
            {
                "strength": np.where(rng.random(rows) < 0.05, np.nan, strength),
                "noise": rng.normal(size=rows),
                "is_online": rng.random(rows) < 0.5,
                "tariff": tariff,
            }
        )
        return TrainingSet(
            keys=pd.DataFrame({"row_no": np.arange(rows)}),
            features=features,
            label=pd.Series((rng.random(rows) < chance).astype(int)),
            slices=pd.DataFrame({"online": features["is_online"]}),
            label_rule="left within a year",
        )

    return make


@pytest.fixture
def spine_set() -> Callable[..., TrainingSet]:
    """Weekly cutoffs of the same customers; `calls` drives the label."""

    def make(
        customers: int = 80, weeks: int = 24, *, embargo_days: int = 28, seed: int = 0
    ) -> TrainingSet:
        rng = np.random.default_rng(seed)
        rows = customers * weeks
        cutoffs = pd.date_range("2025-01-06", periods=weeks, freq="7D", tz="UTC")
        calls = rng.poisson(2, rows).astype(float)
        chance = 1 / (1 + np.exp(2 - 0.8 * calls))
        return TrainingSet(
            keys=pd.DataFrame(
                {
                    "customer_id": np.tile(np.arange(customers), weeks).astype(str),
                    "cutoff_at": cutoffs.repeat(customers),
                }
            ),
            features=pd.DataFrame({"calls": calls, "noise": rng.normal(size=rows)}),
            label=pd.Series((rng.random(rows) < chance).astype(int)),
            slices=pd.DataFrame(index=range(rows)),
            embargo=timedelta(days=embargo_days),
        )

    return make
