"""What the runners of predictors share: what is asked for, and telling the time.

A runner is called with one JSON file: train and test (Parquet files), folder (where to
write), budget_s, seed, threads, metric (roc_auc or log_loss). It learns from all of
train, predicts test, and writes predictions.parquet and result.json into the folder.
"""

import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LABEL = "label"
TIMED_ROWS = 20_000
"""Scoring is timed on at least so many rows: small tests come several times."""


@dataclass(frozen=True)
class Asked:
    """What a runner is to do.

    Attributes:
        X: Features to learn from: numbers (empty = NaN) and texts.
        y: 0 or 1.
        categories: Columns of texts.
        folder: Where the runner may write.
        budget_s: Seconds that fitting may take.
        seed: Seed of everything random.
        threads: Threads that may be used.
        metric: What to choose models by: roc_auc or log_loss.
        settings: Everything that the file says.
    """

    X: pd.DataFrame
    y: pd.Series
    categories: list[str]
    folder: Path
    budget_s: float
    seed: int
    threads: int
    metric: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Fitted:
    """A model that stands.

    Attributes:
        predict: Features -> probabilities of 1, and scores that rank where they differ.
        save: Writes what is needed to score into an empty folder.
        about: What else is worth telling, such as the name of the model.
        fit_s: Seconds, where the fit knows better than the clock around it.
    """

    predict: Callable[[pd.DataFrame], Any]
    save: Callable[[Path], None]
    about: dict[str, Any] = field(default_factory=dict)
    fit_s: float | None = None


def run(package: str, fit: Callable[[Asked], Fitted]) -> None:
    """Fit within the budget, predict the test, and write what was found."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    asked, test = _asked(settings), pd.read_parquet(settings["test"])
    began = time.perf_counter()
    fitted = fit(asked)
    seconds = time.perf_counter() - began
    X = test.drop(columns=LABEL)
    found = _as_frame(fitted.predict(X))
    found.to_parquet(asked.folder / "predictions.parquet")
    result = {
        "fit_s": round(fitted.fit_s or seconds, 2),
        "score_rows_per_s": round(_rows_per_second(fitted, X)),
        "model_bytes": _size(fitted, asked.folder / "model"),
        "version": version(package),
        "about": fitted.about,
    }
    text = json.dumps(result, indent=2, default=str)
    (asked.folder / "result.json").write_text(text + "\n", encoding="utf-8")


def _asked(settings: dict[str, Any]) -> Asked:
    train = pd.read_parquet(settings["train"])
    X = train.drop(columns=LABEL)
    return Asked(
        X=X,
        y=train[LABEL],
        categories=[str(c) for c in X if not pd.api.types.is_numeric_dtype(X[c])],
        folder=Path(settings["folder"]),
        budget_s=settings["budget_s"],
        seed=settings["seed"],
        threads=settings["threads"],
        metric=settings["metric"],
        settings=settings,
    )


def _as_frame(found: Any) -> pd.DataFrame:
    if isinstance(found, pd.DataFrame):
        return found.reset_index(drop=True)
    return pd.DataFrame({"probability": np.asarray(found, dtype=np.float64)})


def _rows_per_second(fitted: Fitted, X: pd.DataFrame) -> float:
    copies = max(1, math.ceil(TIMED_ROWS / len(X)))
    many = pd.concat([X] * copies, ignore_index=True)
    began = time.perf_counter()
    fitted.predict(many)
    return len(many) / (time.perf_counter() - began)


def _size(fitted: Fitted, folder: Path) -> int:
    folder.mkdir()
    fitted.save(folder)
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def categorical(X: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Give columns of texts the categories that training rows have."""
    levels = {
        c: pd.CategoricalDtype(sorted(like[c].dropna().unique()))
        for c in like
        if not pd.api.types.is_numeric_dtype(like[c])
    }
    return X.astype(levels)
