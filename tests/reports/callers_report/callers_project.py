"""A workspace with the tables of the service manager's report."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from callers_calls import calls_and_links, unknown_share
from callers_tables import FOLDERS, FRAMES
from report_tables import repeat_trend

from ccml.engine.store import Folder, Table
from ccml.project import Project

CONFIG = {
    "version": 1,
    "project": "demo",
    "title": "Demo telecom",
    "workspace": "data/demo",
    "time_zone": "Europe/Warsaw",
    "data_until": "2026-07-01T00:00:00+02:00",
    "notes": ["These data are made up."],
    "sources": {"calls": {"path": "calls.csv"}, "customers": {"path": "customers.csv"}},
    "segments": {},
}


def open_callers(folder: Path, **changes: object) -> Project:
    """Write a config and open it."""
    file = folder / "configs" / "demo.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(CONFIG | changes), encoding="utf-8")
    return Project.open(file)


def store_frame(project: Project, name: str, frame: pd.DataFrame, keys: Any) -> None:
    about = f"rows of {name}; by the scores of repeat_call"
    project.store.write(name, Table(frame, keys, about), f"f-{name}")


def store_summary(project: Project, name: str, summary: dict[str, object]) -> None:
    def fill(folder: Path) -> None:
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")

    project.store.write(name, Folder(fill, name), f"f-{name}")


def store_calls(project: Project) -> None:
    calls, links = calls_and_links()
    store_frame(project, "calls", calls, ["call_id"])
    store_frame(project, "identity_map", links, ["call_id"])


def store_all(project: Project) -> None:
    """Store everything that the report can tell."""
    store_calls(project)
    for name, (make, keys) in FRAMES.items():
        store_frame(project, name, make(), keys)
    for name, make in FOLDERS.items():
        store_summary(project, name, make())
    trend = repeat_trend().assign(
        week=pd.date_range("2025-09-29", periods=40, freq="7D").date
    )
    store_frame(project, "repeat_trend", trend, ["week"])
    kpi_keys = ["period", "group_kind", "group", "kpi", "variant"]
    store_frame(project, "kpis", unknown_share(0.124), kpi_keys)
