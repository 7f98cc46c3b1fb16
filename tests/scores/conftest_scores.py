"""A small project with features of customers, and a champion that needs no MLflow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ccml.engine.store import Table
from ccml.features.catalogue import Feature, as_frame
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.encode import fit_encoder
from ccml.predictors.models import BoosterModel
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.tracking.package import file_hashes
from ccml.tracking.registry import Champion, ChampionMark

CONFIG = """
version: 1
project: tiny
workspace: work
time_zone: UTC
data_until: "2026-07-01T00:00:00Z"
sources:
  customers: {path: c.csv}
  events:
    attempts: {path: k.csv, id: id, event_at: at}
spines:
  monthly: {every: month}
  contact: {each: attempts, own: [attempt_no]}
predictors:
  churn:
    spine: monthly
    label: {table: attempts, horizon_days: 30}
  sale:
    spine: contact
    label: {table: attempts, horizon_days: 30}
    scoring: {spine: monthly, set: {attempt_no: 1}}
"""
OLD = pd.Timestamp("2026-05-01", tz="UTC")
NEW = pd.Timestamp("2026-06-30 22:00", tz="UTC")

FEATURES = [
    Feature("calls_30d", "calls", "count", window_days=30,
            meaning="calls in the last 30 days", family="calls"),
    Feature("calls_90d", "calls", "count", window_days=90,
            meaning="calls in the last 90 days", family="calls"),
    Feature("calls_wait_s_mean_90d", "calls", "mean", "wait_s", window_days=90,
            unit="seconds", meaning="average wait of calls in the last 90 days",
            family="calls: wait"),
    Feature("tariff", "customers", "attribute", "tariff", unit="value",
            meaning="tariff", family="tariff"),
]  # fmt: skip
OWN = [
    Feature("this_attempt_no", "attempts", "own", "attempt_no", unit="value",
            meaning="attempt no of this contact", family="this attempt no"),
    Feature("cutoff_hour", "cutoff", "calendar", "hour", unit="hour",
            meaning="hour of the moment", family="time of the moment"),
]  # fmt: skip


def feature_frame(rows: int = 200, seed: int = 1) -> pd.DataFrame:
    """Customers' features, one row each."""
    rng = np.random.default_rng(seed)
    calls = rng.poisson(1.5, rows)
    wait = np.where(calls == 0, np.nan, rng.exponential(60, rows))
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:05d}" for i in range(rows)],
            "calls_30d": calls,
            "calls_90d": calls + rng.poisson(2, rows),
            "calls_wait_s_mean_90d": wait,
            "tariff": pd.Series(rng.choice(["flex", "basic"], rows), dtype="string"),
        }
    )


def fitted(frame: pd.DataFrame, trees: int = 20) -> Scorer:
    """A scorer in which calls and tariff count."""
    rng = np.random.default_rng(2)
    odds = frame["calls_30d"] - 2 + (frame["tariff"] == "flex").to_numpy(dtype=float)
    y = (rng.random(len(frame)) < 1 / (1 + np.exp(-odds.to_numpy(dtype=float)))) * 1.0
    features = frame.drop(columns="customer_id")
    encoder = fit_encoder(features, y, "predictors.churn")
    options = {"objective": "binary", "verbose": -1, "num_leaves": 6, "num_threads": 1}
    data = lgb.Dataset(encoder.transform(features), y)
    text = lgb.train(options, data, trees).model_to_string()
    return Scorer("churn", encoder, BoosterModel.from_text(text), Calibrator())


def arrow(frame: pd.DataFrame) -> pa.Table:
    """The frame as Arrow; instants separately, which pandas deprecates else."""
    instants = [c for c in frame if isinstance(frame[c].dtype, pd.DatetimeTZDtype)]
    table = pa.Table.from_pandas(frame.drop(columns=instants), preserve_index=False)
    for column in instants:
        values = frame[column].dt.tz_convert(None).to_numpy()
        array = pa.array(values).cast(pa.timestamp("us"))
        table = table.append_column(column, array.cast(pa.timestamp("us", "UTC")))
    return table


def store_features(
    project: Project, spine: str, frame: pd.DataFrame, features: list[Feature]
) -> None:
    """Store features and their catalogue as the feature stage does."""
    keys = [c for c in ("event_id", "customer_id", "cutoff_at") if c in frame]
    mark = str(pd.util.hash_pandas_object(frame).sum())
    project.store.write(f"features__{spine}", Table(arrow(frame), keys, "f"), mark)
    catalogue = Table(as_frame(features), ["name"], "c")
    project.store.write(f"catalogue__{spine}", catalogue, mark)


Crown = Callable[[Scorer, str], None]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two months of customers' features, the older ones with other customers too."""
    file = tmp_path / "tiny.yaml"
    file.write_text(CONFIG)
    project = Project.open(file)
    new, old = feature_frame(), feature_frame(250, seed=3)
    frames = [new.assign(cutoff_at=NEW), old.assign(cutoff_at=OLD)]
    store_features(project, "monthly", pd.concat(frames), FEATURES)
    return project


@pytest.fixture
def crown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crown:
    """Make a scorer champion under a version."""

    def make(scorer: Scorer, version: str = "1") -> None:
        folder = tmp_path / f"champion-{version}"
        scorer.save(folder)
        mark = ChampionMark(version, file_hashes(folder))

        def known(*_: Any) -> ChampionMark:
            return mark

        def found(*_: Any) -> Champion:
            return Champion(version, folder)

        monkeypatch.setattr("ccml.scores.score.champion_mark", known)
        monkeypatch.setattr("ccml.scores.score.champion", found)

    return make
