"""The stage that segments the customers at one cutoff."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.engine.json_folder import SUMMARY_FILE, json_folder, read_json
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Store, Table
from ccml.project import Project
from ccml.segments.groups import Former, Groups, group_customers
from ccml.segments.inbound_calls import build_inbound_calls
from ccml.segments.material import (
    newest_cutoff,
    read_material,
    read_source,
)
from ccml.segments.population import Population
from ccml.segments.profiles.figures import FigureSettings, segment_figures
from ccml.segments.section import periodic_spine, segment_inputs, segments_section
from ccml.segments.summary import segments_summary
from ccml.sources.watermark import data_until

SUMMARY = "segment_summary"
CALLERS = "callers_summary"
MODEL_FILE = "model.json"


def build_segments(project: Project) -> bool:
    """Make segments, segment_profiles, segment_figures and segment_summary.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = segments_section(project)
    build_inbound_calls(project, config)
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


def read_summary(store: Store) -> dict[str, Any]:
    """Read the stored summary."""
    summary: dict[str, Any] = read_json(store, SUMMARY)
    return summary


def read_model(store: Store) -> Former | None:
    """Read the stored clusters; nothing where there are none of this version."""
    if store.manifest(SUMMARY) is None:
        return None
    return Former.from_dict(read_json(store, SUMMARY, MODEL_FILE))


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
        found = read_json(store, CALLERS)
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
    files = {SUMMARY_FILE: summary, MODEL_FILE: groups.model}
    keys, about = ["customer_id", "cutoff_at"], "one row per customer at the cutoff"
    return {
        "segments": Table(people.dated(groups.table), keys, about),
        "segment_profiles": Table(
            groups.profile, ["segment_id", "trait"], "one row per segment and trait"
        ),
        "segment_figures": Table(
            figures, ["segment_id", "figure"], "one row per segment and figure"
        ),
        SUMMARY: json_folder("what was found about segments", files),
    }
