"""Batch scoring by the registered model against LightGBM alone.

Run `python benchmarks/scoring.py --json`. A model of numbers and texts is stored and
loaded as MLflow does; then the same rows are scored in turns by
  lightgbm: Booster.predict on numbers that are already encoded, in one array;
  scorer:   Scorer.predict on the raw frame, texts and all, as `ccml run score` does;
  pyfunc:   the MLflow model on the raw frame, checks of columns and types included.
The ratio is rows per second over those of lightgbm, the median over turns of the ratio in
the same turn, so that what else the machine does hits all alike. The scores are compared
first. Prints one JSON object; progress goes to stderr.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from ccml.predictors.calibrate import Calibrator
from ccml.predictors.encode import fit_encoder
from ccml.predictors.models import ALL_THREADS, BoosterModel
from ccml.predictors.scorer import Scorer

TRAIN_ROWS = 20_000
LEVELS = 40


def frame(rows: int, columns: int, texts: int, seed: int) -> pd.DataFrame:
    """Make up raw features: counts, skewed numbers with gaps, and texts."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for i in range(columns - texts):
        values = rng.poisson(2, rows) if i % 3 == 0 else rng.exponential(60, rows)
        gaps = rng.random(rows) < (0.2 if i % 3 == 1 else 0)
        found[f"x{i:02d}"] = np.where(gaps, np.nan, values) if gaps.any() else values
    for i in range(texts):
        codes = rng.zipf(1.5, rows) % LEVELS
        found[f"text{i}"] = pd.Series(codes).map("level {}".format).astype("string")
    return pd.DataFrame(found)


def fitted(columns: int, texts: int, trees: int) -> Scorer:
    """Train a booster on made-up rows."""
    features = frame(TRAIN_ROWS, columns, texts, seed=1)
    numbers = features.select_dtypes("number").fillna(0).to_numpy(dtype=np.float64)
    odds = numbers[:, :10] @ np.linspace(0.02, 0.002, 10) - 4
    y = (np.random.default_rng(2).random(TRAIN_ROWS) < 1 / (1 + np.exp(-odds))) * 1.0
    encoder = fit_encoder(features, y, "benchmark")
    data = lgb.Dataset(encoder.transform(features), y)
    options = {"objective": "binary", "num_leaves": 31, "verbose": -1, "seed": 1}
    text = lgb.train(options, data, trees).model_to_string()
    calibrator = Calibrator("sigmoid", 0.9, -0.1)
    return Scorer("benchmark", encoder, BoosterModel.from_text(text), calibrator)


def as_pyfunc(scorer: Scorer, folder: Path) -> Any:
    """Store the scorer as an MLflow model in a folder, and load that."""
    import mlflow

    from ccml.tracking import scorer_model
    from ccml.tracking.store import quiet_mlflow

    with quiet_mlflow():
        scorer.save(folder / "scorer")
        mlflow.pyfunc.save_model(
            folder / "model",
            python_model=str(Path(scorer_model.__file__)),
            artifacts={"scorer": str(folder / "scorer")},
            pip_requirements=[],
        )
        return mlflow.pyfunc.load_model(str(folder / "model"))


def race(scorer: Scorer, pyfunc: Any, rows: pd.DataFrame, turns: int) -> dict[str, Any]:
    """Time the three ways in turns; refuse if their scores differ."""
    encoded = np.ascontiguousarray(scorer.encoder.transform(rows).to_numpy())
    booster = lgb.Booster(model_str=scorer.model.text)  # type: ignore[attr-defined]
    ways: dict[str, Callable[[], Any]] = {
        "lightgbm": lambda: booster.predict(
            encoded, raw_score=True, num_threads=ALL_THREADS
        ),
        "scorer": lambda: scorer.predict(rows),
        "pyfunc": lambda: pyfunc.predict(rows),
    }
    expected = ways["lightgbm"]()
    for name in ("scorer", "pyfunc"):
        found = ways[name]()["raw_score"].to_numpy()
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12, err_msg=name)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns):
        shift = turn % len(ways)
        for name in [*ways][shift:] + [*ways][:shift]:
            begin = time.perf_counter()
            ways[name]()
            seconds[name].append(time.perf_counter() - begin)
        say(f"turn {turn + 1}: {[round(s[-1], 2) for s in seconds.values()]} s")
    alone = seconds["lightgbm"]
    return {
        name: {
            "seconds": [round(s, 3) for s in took],
            "rows_per_second": round(len(rows) / statistics.median(took)),
            "ratio": round(
                statistics.median(a / s for a, s in zip(alone, took, strict=True)), 3
            ),
        }
        for name, took in seconds.items()
    }


def say(text: str) -> None:
    """Tell progress."""
    print(text, file=sys.stderr)


def main() -> None:
    """Run the race."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="for all the same output")
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--columns", type=int, default=60)
    options.add_argument("--texts", type=int, default=3)
    options.add_argument("--trees", type=int, default=200)
    options.add_argument("--turns", type=int, default=9)
    asked = options.parse_args()
    scorer = fitted(asked.columns, asked.texts, asked.trees)
    rows = frame(asked.rows, asked.columns, asked.texts, seed=3)
    with tempfile.TemporaryDirectory() as folder:
        pyfunc = as_pyfunc(scorer, Path(folder))
        found = race(scorer, pyfunc, rows, asked.turns)
    size = {k: getattr(asked, k) for k in ("rows", "columns", "texts", "trees")}
    print(json.dumps(size | {"cores": os.cpu_count(), "ways": found}, indent=2))


if __name__ == "__main__":
    main()
