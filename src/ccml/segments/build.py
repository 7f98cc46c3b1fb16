"""The stage that segments the customers at one cutoff."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Folder, Store, Table
from ccml.errors import ConfigError
from ccml.features.events import event_inputs
from ccml.project import Project
from ccml.segments.groups import Former, Groups, group_customers
from ccml.segments.material import (
    newest_cutoff,
    read_material,
    read_source,
)
from ccml.segments.population import Population
from ccml.segments.profiles.figures import FigureSettings, segment_figures
from ccml.segments.summary import segments_summary
from ccml.sources.watermark import data_until

SUMMARY = "segment_summary"
CALLERS = "callers_summary"
SUMMARY_FILE = "summary.json"
MODEL_FILE = "model.json"


def build_segments(project: Project) -> bool:
    """Make segments, segment_profiles, segment_figures and segment_summary.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = project.config.segments
    if config is None:
        raise ConfigError(
            "segments: the config has no such section; add `segments: {}` to it."
        )
    spine = periodic_spine(project, config)
    stage = Stage(
        name="segments",
        outputs=("segments", "segment_profiles", "segment_figures", SUMMARY),
        inputs=(*segment_inputs(config, spine), CALLERS),
        settings={
            "segments": config,
            "time_zone": project.config.time_zone,
            "data_until": data_until(project),
            "cost": project.config.kpis.cost_per_agent_hour_eur,
            "repeat_days": project.config.kpis.main_window_days,
        },
        code=("segments", "kpis", "identity", "features"),
    )
    return project.stages.run(stage, lambda: _build(project, config, spine))


def segment_inputs(config: SegmentsConfig, spine: str | None) -> tuple[str, ...]:
    """Name the stored tables that customers are described from."""
    features = [f"features__{spine}"] if spine else []
    events = [
        name
        for trigger in config.clusters.triggers.values()
        for name in event_inputs(trigger.table)
    ]
    found = ["calls", "identity_map", "customers", *features, *events]
    return tuple(dict.fromkeys(found))


def periodic_spine(project: Project, config: SegmentsConfig) -> str | None:
    """Name the spine whose customers are segmented, if it has regular cutoffs."""
    if config.spine is None or project.config.spines[config.spine].each:
        return None
    return config.spine


def read_summary(store: Store) -> dict[str, Any]:
    """Read the stored summary."""
    text = (store.folder(SUMMARY) / SUMMARY_FILE).read_text(encoding="utf-8")
    summary: dict[str, Any] = json.loads(text)
    return summary


def read_model(store: Store) -> Former | None:
    """Read the stored clusters; nothing where there are none of this version."""
    if store.manifest(SUMMARY) is None:
        return None
    file = store.folder(SUMMARY) / MODEL_FILE
    return Former.from_dict(json.loads(file.read_text(encoding="utf-8")))


def segments_result(project: Project) -> dict[str, Any]:
    """Give what the command line prints: repeat callers, segments and the verdict."""
    summary = read_summary(project.store)
    callers = summary["repeat_callers"] or {}
    chosen = ("persistent_customers", "share_of_customers", "share_of_calls")
    return {
        "repeat_callers": {key: callers[key] for key in chosen if key in callers},
        "segments": [
            {key: one[key] for key in ("id", "name", "customers", "share_of_calls")}
            for one in summary["segments"]
        ],
        "verdict": summary["verdict"],
    }


def _read_callers(store: Store) -> dict[str, Any]:
    """Read what the stage `callers` found; null where it has not run."""
    found: dict[str, Any] = {}
    if store.manifest(CALLERS) is not None:
        file = store.folder(CALLERS) / SUMMARY_FILE
        found = json.loads(file.read_text(encoding="utf-8"))
    return {part: found.get(part) for part in ("repeat_callers", "concentration")}


def _build(
    project: Project, config: SegmentsConfig, spine: str | None
) -> dict[str, Output]:
    source = read_source(project, config, spine)
    people = source.people(newest_cutoff(project, source))
    material = read_material(source, people)
    project.progress.step("clusters")
    groups = group_customers(material, config, read_model(project.store))
    project.progress.step("figures of segments")
    kpis = project.config.kpis
    settings = FigureSettings(
        project.zone, kpis.main_window_days, kpis.cost_per_agent_hour_eur
    )
    ids = groups.table["segment_id"].tolist()
    figures = segment_figures(people, source.inbound, ids, settings)
    cost = kpis.cost_per_agent_hour_eur
    summary = segments_summary(material, _read_callers(project.store), groups, cost)
    return _outputs(people, groups, figures, summary)


def _outputs(
    people: Population,
    groups: Groups,
    figures: pd.DataFrame,
    summary: Mapping[str, Any],
) -> dict[str, Output]:
    def fill(folder: Path) -> None:
        _write_json(folder / SUMMARY_FILE, summary)
        _write_json(folder / MODEL_FILE, groups.model)

    keys, about = ["customer_id", "cutoff_at"], "one row per customer at the cutoff"
    return {
        "segments": Table(_dated(people, groups.table), keys, about),
        "segment_profiles": Table(
            groups.profile, ["segment_id", "trait"], "one row per segment and trait"
        ),
        "segment_figures": Table(
            figures, ["segment_id", "figure"], "one row per segment and figure"
        ),
        SUMMARY: Folder(fill, "what was found about segments"),
    }


def _dated(people: Population, rows: pd.DataFrame) -> ibis.Table:
    table = people.dated(rows)
    return table.relocate("cutoff_at", after="customer_id")


def _write_json(file: Path, value: Any) -> None:
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
