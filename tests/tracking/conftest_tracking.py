"""A small project, a small trained predictor, and a ready MLflow store to copy."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from ccml.engine.manifest import Manifest, StoredFile
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.encode import fit_encoder
from ccml.predictors.models import BoosterModel, PriorModel
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.tracking.store import create_local_store

CONFIG = """
version: 1
project: tiny
workspace: my work
time_zone: UTC
sources:
  calls: {path: "${env:SECRET_PLACE}/calls.csv"}
spines:
  each_call: {each: calls}
predictors:
  repeat:
    spine: each_call
    label: {table: calls, horizon_days: 7, gap_days: 1}
"""
SECRET = "s3cr3t-canary"  # noqa: S105 - a canary, not a secret


@dataclass(frozen=True)
class Trained:
    """What `log_predictor` needs of a trained predictor."""

    scorer: Scorer
    evaluation: dict[str, Any] = field(default_factory=dict)
    survival: Any = None


def raw_frame(rows: int = 300, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "calls_30d": rng.poisson(2, rows),
            "reason": pd.Series(rng.choice(["bill", "fault"], rows), dtype="string"),
            "wait_s": np.where(
                rng.random(rows) < 0.2, np.nan, rng.exponential(60, rows)
            ),
        }
    )


def small_scorer(seed: int = 1) -> Scorer:
    frame = raw_frame()
    y = (np.random.default_rng(seed).random(300) < 0.1 + 0.1 * frame["calls_30d"]) * 1.0
    encoder = fit_encoder(frame, y.to_numpy(), "predictors.repeat")
    data = lgb.Dataset(encoder.transform(frame), y)
    options = {"objective": "binary", "verbose": -1, "num_leaves": 4, "num_threads": 1}
    text = lgb.train(options, data, 5).model_to_string()
    calibrator = Calibrator("sigmoid", slope=0.9, intercept=0.1)
    return Scorer("repeat", encoder, BoosterModel.from_text(text), calibrator)


def prior_scorer(log_odds: float = -1.0) -> Scorer:
    y = np.zeros(300)
    y[:100] = 1
    encoder = fit_encoder(raw_frame(), y, "predictors.repeat")
    return Scorer("repeat", encoder, PriorModel(log_odds))


def evaluation(severity: str = "warning") -> dict[str, Any]:
    figures = {"value": 0.8, "low": 0.75, "high": 0.85}
    return {
        "name": "repeat",
        "label_rule": "another call within 7 days",
        "split": {
            "train_period": {"from": "2025-01-01", "until": "2025-12-01"},
            "test_period": {"from": "2026-01-01", "until": "2026-03-01"},
        },
        "recommended": "tuned",
        "metrics": {"roc_auc": figures, "brier": {"value": 0.1, "low": None}},
        "baselines": {"prior": {"roc_auc": {"value": 0.5}}},
        "findings": [
            {"check": "leak", "severity": severity, "sentence": "It looks like a leak."}
        ],
    }


def manifest(name: str = "features__each_call", rows: int = 1234) -> Manifest:
    files = [StoredFile(path="x.parquet", bytes=1, sha256="ab" * 32)]
    return Manifest(
        name=name, about="", rows=rows, keys=[], columns={}, fingerprint="", files=files
    )


@pytest.fixture(scope="session")
def ready_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, made once: its migrations take seconds."""
    folder = tmp_path_factory.mktemp("ready")
    create_local_store(folder)
    return folder / "mlflow.db"


@pytest.fixture
def project(
    tmp_path: Path, ready_store: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project whose workspace has a blank in its name and an empty store."""
    monkeypatch.setenv("SECRET_PLACE", SECRET)
    file = tmp_path / "tiny.yaml"
    file.write_text(CONFIG)
    folder = tmp_path / "my work" / "mlflow"
    folder.mkdir(parents=True)
    shutil.copy(ready_store, folder / "mlflow.db")
    return Project.open(file)


LogTrained = Callable[..., Any]
