"""What the report reads: stored tables and folders, gathered once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from ccml.config.project import ProjectConfig
from ccml.engine.manifest import Manifest
from ccml.engine.store import Store
from ccml.project import Project
from ccml.reports.numbers import is_known
from ccml.segments.build import SUMMARY as SEGMENT_SUMMARY
from ccml.segments.build import read_summary
from ccml.targets.effects.build import NAME as EFFECTS
from ccml.targets.summary import list_summary

MODEL, LIST = "model__", "list__"
LIST_TABLES = (LIST, "exclusions__", "list_summary__")
SUMMARY, FLAT = "ingest_summary__", "flat__"
TABLES = (
    "calls", "kpis", "kpi_alerts", "call_types", "agent_bands", "repeat_trend",
    "calls_by_hour", "calls_by_day", "repeat_callers",
    "match_quality", EFFECTS, SEGMENT_SUMMARY,
)  # fmt: skip
LISTED_ROWS = 10
BIN_WIDTH, MOST_BINS = 0.5, 23


@dataclass(frozen=True)
class PredictorData:
    """How a predictor was judged, and a sample of what moved its scores."""

    evaluation: Mapping[str, Any]
    shap_sample: pd.DataFrame | None = None


@dataclass(frozen=True)
class ListData:
    """A target list without its customers.

    Args:
        summary: As `ccml.targets.summary.list_summary` gives it.
        first: rank, probability and reason_1, ... of the first rows.
        probability: Lowest and highest on the list; nothing for an empty one.
    """

    summary: Mapping[str, Any]
    first: pd.DataFrame
    probability: tuple[float, float] | None


@dataclass(frozen=True)
class ReportData:
    """Everything that the report says, as plain values."""

    config: ProjectConfig
    config_name: str
    fingerprint: str
    versions: Mapping[str, str]
    calls_period: tuple[pd.Timestamp | None, pd.Timestamp | None] = (None, None)
    sources: pd.DataFrame | None = None
    match_quality: pd.DataFrame | None = None
    kpis: pd.DataFrame | None = None
    trend: pd.DataFrame | None = None
    hours: pd.DataFrame | None = None
    days: pd.DataFrame | None = None
    alerts: pd.DataFrame | None = None
    call_types: pd.DataFrame | None = None
    agents: pd.DataFrame | None = None
    segments: Mapping[str, Any] | None = None
    rates: pd.DataFrame | None = None
    predictors: Mapping[str, PredictorData] = field(default_factory=dict)
    lists: Mapping[str, ListData] = field(default_factory=dict)
    effects: pd.DataFrame | None = None
    manifests: Mapping[str, Manifest] = field(default_factory=dict)


def inputs(project: Project) -> list[str]:
    """Name the stored tables and folders that the report depends on."""
    config = project.config
    wanted = {
        *TABLES,
        *(MODEL + name for name in config.predictors),
        *(prefix + name for name in config.lists for prefix in LIST_TABLES),
    }
    stored = project.store.names()
    return [
        name
        for name in stored
        if name in wanted
        or name.startswith((SUMMARY, FLAT))
        or name in config.sources.events
    ]


def read_data(
    project: Project, fingerprint: str, versions: Mapping[str, str]
) -> ReportData:
    """Read all that the report needs from the workspace."""
    store, config = project.store, project.config
    names = inputs(project)
    found = {name: m for name in names if (m := store.manifest(name)) is not None}
    return ReportData(
        config=config,
        config_name=project.file.name,
        fingerprint=fingerprint,
        versions=versions,
        calls_period=_calls_period(store, names),
        sources=_sources(store, names),
        match_quality=_frame(store, names, "match_quality"),
        kpis=_frame(store, names, "kpis"),
        trend=_frame(store, names, "repeat_trend"),
        hours=_frame(store, names, "calls_by_hour"),
        days=_frame(store, names, "calls_by_day"),
        alerts=_frame(store, names, "kpi_alerts"),
        call_types=_frame(store, names, "call_types"),
        agents=_frame(store, names, "agent_bands"),
        segments=read_summary(store) if SEGMENT_SUMMARY in names else None,
        rates=_rates(store, names),
        predictors={
            name: _predictor(store.folder(MODEL + name))
            for name in config.predictors
            if MODEL + name in names
        },
        lists={
            name: _list(project, name) for name in config.lists if LIST + name in names
        },
        effects=_frame(store, names, EFFECTS),
        manifests=found,
    )


def _frame(store: Store, names: list[str], name: str) -> pd.DataFrame | None:
    return store.frame(name) if name in names else None


def _calls_period(
    store: Store, names: list[str]
) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if "calls" not in names:
        return None, None
    calls = store.read("calls")
    ends = calls.agg(first=calls.started_at.min(), last=calls.started_at.max())
    row = ends.to_pandas().iloc[0]
    return _instant(row["first"]), _instant(row["last"])


def _instant(value: Any) -> pd.Timestamp | None:
    return None if pd.isna(value) else pd.Timestamp(value)


def _sources(store: Store, names: list[str]) -> pd.DataFrame | None:
    frames = [store.frame(name) for name in names if name.startswith(SUMMARY)]
    return pd.concat(frames, ignore_index=True) if frames else None


def _rates(store: Store, names: list[str]) -> pd.DataFrame | None:
    """Count customers by estimated rate: low, high, customers, persistent.

    The last bin also holds the few who call even more often.
    """
    if "repeat_callers" not in names:
        return None
    callers = store.read("repeat_callers")
    binned = callers.mutate(
        low=ibis.least(callers.posterior_rate_per_30d / BIN_WIDTH, MOST_BINS).floor()
        * BIN_WIDTH,
        sure=callers.is_persistent.cast("int64"),
    )
    bins = binned.group_by("low").agg(
        customers=binned.count(), persistent=binned.sure.sum()
    )
    frame = bins.order_by("low").to_pandas()
    return pd.DataFrame(frame).assign(high=frame.low + BIN_WIDTH)


def _predictor(folder: Path) -> PredictorData:
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    sample = folder / "shap_sample.parquet"
    return PredictorData(
        evaluation, pd.read_parquet(sample) if sample.is_file() else None
    )


def _list(project: Project, name: str) -> ListData:
    listed = project.store.read(LIST + name)
    ends = listed.agg(low=listed.probability.min(), high=listed.probability.max())
    low, high = ends.to_pandas().iloc[0]
    return ListData(
        summary=list_summary(project, name),
        first=_first_rows(listed),
        probability=(float(low), float(high)) if is_known(low) else None,
    )


def _first_rows(listed: ibis.Table) -> pd.DataFrame:
    """Read rank, probability and reasons of the first rows, and no customer."""
    reasons = [name for name in listed.columns if name.startswith("reason_")]
    chosen = listed.select("rank", "probability", *reasons)
    return pd.DataFrame(chosen.order_by("rank").limit(LISTED_ROWS).to_pandas())
