"""Small honest inputs of the report: a workspace as the pipelines leave it."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from report_tables import (
    calls,
    calls_by_hour,
    kpis,
    match_quality,
    repeat_callers,
    repeat_trend,
    segment_summary,
    winback,
)

from ccml.config.predictors import PredictorConfig
from ccml.contracts.summary import summary_frame
from ccml.engine.store import Folder, Table
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.explain import long_sample
from ccml.predictors.train import TrainedPredictor, train
from ccml.project import Project
from ccml.reports.blocks import TableBlock

LABEL = {
    "table": "contracts",
    "where": "event = 'cancelled'",
    "gap_days": 7,
    "horizon_days": 60,
    "settle_days": 3,
}
CHURN = {
    "spine": "monthly",
    "label": LABEL,
    "split": {"test_from": "2025-09-01", "folds": 3},
    "tune": {"trials": 0},
    "model": {"n_estimators": 20},
    "slices": {"few_calls": "calls_30d <= 1", "many_calls": "calls_30d > 1"},
}
CONFIG = {
    "version": 1,
    "project": "demo",
    "title": "Demo telecom",
    "workspace": "data/demo",
    "time_zone": "Europe/Warsaw",
    "notes": ["These data are made up."],
    "sources": {
        "calls": {"path": "calls.csv"},
        "customers": {"path": "customers.csv"},
        "events": {
            "contracts": {
                "path": "contracts.csv",
                "id": "contract_event_id",
                "event_at": "happened_at",
                "categories": ["event"],
            }
        },
    },
    "spines": {"monthly": {"every": "month"}},
    "segments": {},
    "predictors": {"churn": CHURN},
    "lists": {
        "winback": {
            "title": "Win back before they leave",
            "predictor": "churn",
            "capacity": 1000,
            "value_per_success_eur": 200,
            "success_rate": 0.2,
            "cost_per_contact_eur": 4,
        }
    },
}


def open_project(folder: Path, **changes: object) -> Project:
    """Write a config and open it."""
    file = folder / "configs" / "demo.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(CONFIG | changes), encoding="utf-8")
    return Project.open(file)


def training_set(customers: int = 250, seed: int = 5) -> TrainingSet:
    """Make customers at ten monthly cutoffs, some of whom leave."""
    rng = np.random.default_rng(seed)
    cutoffs = pd.date_range("2025-01-01", periods=10, freq="MS", tz="UTC")
    n = customers * len(cutoffs)
    keys = pd.DataFrame(
        {
            "customer_id": np.tile(
                [f"c{i:05d}" for i in range(customers)], len(cutoffs)
            ),
            "cutoff_at": np.repeat(cutoffs, customers),
        }
    )
    calls = rng.poisson(np.tile(rng.gamma(0.6, 2, customers), len(cutoffs)))
    late = rng.exponential(5, n).round(1)
    tariff = rng.choice(["flex", "basic", "plus"], n)
    features = pd.DataFrame(
        {
            "calls_30d": calls.astype(float),
            "payments_days_late_mean_90d": np.where(rng.random(n) < 0.2, np.nan, late),
            "tariff": tariff,
            "days_known": rng.integers(20, 2000, n).astype(float),
        }
    )
    odds = -3.0 + 0.45 * calls + 0.09 * late - 0.0006 * features.days_known
    label = pd.Series((rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int))
    few = features.calls_30d <= 1
    return TrainingSet(
        keys=keys,
        features=features,
        label=label,
        slices=pd.DataFrame({"few_calls": few, "many_calls": ~few}),
        embargo=timedelta(days=70),
        label_rule="A contract event 'cancelled' in days 7 to 67 after the cutoff.",
    )


def trained_churn() -> TrainedPredictor:
    """Train a small predictor on them."""
    config = PredictorConfig.model_validate(CHURN)
    return train(
        config,
        training_set(),
        name="churn",
        study_storage=None,
        progress=lambda _: None,
    )


def store_operation(project: Project) -> None:
    """Store what the prepare pipeline leaves."""
    reasons = {"end before start": 31, "older copy of the same call": 240}
    write = project.store.write
    write("calls", Table(calls(), ["call_id"], "one row per call"), "f1")
    summary = summary_frame("calls", 50_000, 49_729, reasons, {"wait clipped": 12})
    write("ingest_summary__calls", Table(summary, ["kind", "reason"], "counts"), "f2")
    write("match_quality", Table(match_quality(), ["month", "queue"], "quality"), "f3")
    keys = ["period", "group_kind", "group", "kpi", "variant"]
    write("kpis", Table(kpis(), keys, "one row per figure"), "f4")
    write("repeat_trend", Table(repeat_trend(), ["week"], "one row per week"), "f5")
    hours = Table(calls_by_hour(), ["weekday", "hour"], "one row per hour")
    write("calls_by_hour", hours, "f6")


def store_segments(project: Project, summary: dict[str, object]) -> None:
    """Store what the segment pipeline leaves."""

    def fill(folder: Path) -> None:
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        (folder / "model.json").write_text("{}", encoding="utf-8")

    project.store.write("segment_summary", Folder(fill, "summary"), "f7")
    table = Table(
        repeat_callers(), ["customer_id", "cutoff_at"], "one row per customer"
    )
    project.store.write("repeat_callers", table, "f8")


def store_predictor(project: Project, name: str, trained: TrainedPredictor) -> None:
    """Store what training leaves, as the train pipeline does."""

    def fill(folder: Path) -> None:
        text = json.dumps(trained.evaluation)
        (folder / "evaluation.json").write_text(text, encoding="utf-8")
        sample = trained.shap_sample
        long = long_sample(sample.values, sample.features)
        long.to_parquet(folder / "shap_sample.parquet")

    project.store.write(f"model__{name}", Folder(fill, "model"), "f9")


def store_list(project: Project, name: str = "winback") -> None:
    """Store what the target pipeline leaves."""
    for prefix, frame in winback().items():
        table = Table(frame, [frame.columns[1]], "list")
        if prefix == "exclusions__":
            table = Table(frame, ["customer_id"], "exclusions")
        project.store.write(prefix + name, table, "f10")


def store_everything(
    project: Project, trained: TrainedPredictor, segment_name: str | None = None
) -> None:
    """Store a whole cycle."""
    store_operation(project)
    store_segments(
        project, segment_summary(segment_name) if segment_name else segment_summary()
    )
    store_predictor(project, "churn", trained)
    store_list(project)


def texts(block: TableBlock) -> list[list[str]]:
    """Give the texts of a table's cells, row by row."""
    return [[cell.text for cell in row] for row in block.rows]
