"""Customers with a known law, and models that know it well, badly or wrongly."""

from datetime import timedelta
from functools import cache

import lightgbm as lgb
import numpy as np
import pandas as pd
from conftest_tracking import Trained, raw_frame

from ccml.predictors.calibrator import Calibrator
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.encode import fit_encoder
from ccml.predictors.metrics import Scored, measure
from ccml.predictors.models import BoosterModel, PriorModel
from ccml.predictors.scorer import Scorer
from ccml.tracking.evidence import GateRows

RULE = "another call within 7 days"
ROWS = 3000
TRAINED_UNTIL = "2025-12-01T00:00:00+00:00"


def outcomes(frame: pd.DataFrame, seed: int) -> np.ndarray:
    odds = 0.9 * frame["calls_30d"] - 2.5 + (frame["reason"] == "fault").astype(float)
    chance = 1 / (1 + np.exp(-odds.to_numpy(dtype=float)))
    return (np.random.default_rng(seed).random(len(frame)) < chance) * 1.0


@cache
def model(
    kind: str = "good", seed: int = 1, rows: int = ROWS, trees: int = 40
) -> Scorer:
    """A scorer: good, shuffled (labels), weighted (positives count tenfold), prior."""
    frame = raw_frame(rows, seed)
    y = outcomes(frame, seed)
    if kind == "shuffled":
        y = np.random.default_rng(seed).permutation(y)
    encoder = fit_encoder(frame, y, "predictors.repeat")
    if kind == "prior":
        return Scorer(
            "repeat", encoder, PriorModel(float(np.log(y.mean() / (1 - y.mean()))))
        )
    weights = np.where(y > 0, 10.0, 1.0) if kind == "weighted" else None
    data = lgb.Dataset(encoder.transform(frame), y, weight=weights)
    options = {"objective": "binary", "verbose": -1, "num_leaves": 6, "num_threads": 1,
               "learning_rate": 0.08, "min_data_in_leaf": 30}  # fmt: skip
    text = lgb.train(options, data, trees).model_to_string()
    return Scorer("repeat", encoder, BoosterModel.from_text(text), Calibrator())


def later(
    first: str = "2026-01-01", rows: int = ROWS, seed: int = 77, embargo_days: int = 8
) -> GateRows:
    """Rows after the training of `model`, and newest rows."""
    frame = raw_frame(rows, seed)
    cutoffs = pd.date_range(first, periods=3, freq="MS", tz="UTC")
    keys = pd.DataFrame(
        {
            "customer_id": [f"c{i // 3}" for i in range(rows)],
            "cutoff_at": cutoffs[np.arange(rows) % 3],
        }
    )
    test = TrainingSet(
        keys=keys,
        features=frame,
        label=pd.Series(outcomes(frame, seed).astype(int)),
        slices=pd.DataFrame(index=range(rows)),
        embargo=timedelta(days=embargo_days),
        label_rule=RULE,
    )
    return GateRows(test, raw_frame(rows, seed + 1))


def trained(scorer: Scorer, rows: GateRows, **changes: object) -> Trained:
    """The model with the evaluation that training would give it on these rows."""
    scores = scorer.predict(rows.test.features)
    scored = Scored(scores["raw_score"].to_numpy(), scores["probability"].to_numpy())
    metrics = measure(rows.test.y, scored, rows.test.clusters, seed=1, resamples=50)
    evaluation = {
        "name": "repeat",
        "label_rule": RULE,
        "split": {
            "train_period": {"from": "2025-01-01", "until": TRAINED_UNTIL},
            "test_period": {"from": "2026-01-01", "until": "2026-03-01"},
        },
        "recommended": scorer.kind,
        "metrics": metrics,
        "findings": [],
    }
    return Trained(scorer, evaluation | changes)
