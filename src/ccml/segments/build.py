"""The stage that segments the customers at one cutoff."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.segments import SegmentsConfig
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Folder, Store, Table
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.segments.callers.concentration import concentration
from ccml.segments.callers.judge import Callers, judge_callers
from ccml.segments.clusters.traits import TraitTable, call_traits, feature_traits
from ccml.segments.groups import Former, Groups, group_customers
from ccml.segments.population import (
    Population,
    calls_per_customer,
    members,
    population,
    spine_cutoff,
)
from ccml.segments.summary import segments_summary
from ccml.sources.watermark import data_until

SUMMARY = "segment_summary"
SUMMARY_FILE = "summary.json"
MODEL_FILE = "model.json"


def build_segments(project: Project) -> bool:
    """Make repeat_callers, segments, segment_profiles and segment_summary.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = project.config.segments
    if config is None:
        raise ConfigError(
            "segments: the config has no such section; add `segments: {}` to it."
        )
    spine = _periodic_spine(project, config)
    features = [f"features__{spine}"] if spine else []
    stage = Stage(
        name="segments",
        outputs=("repeat_callers", "segments", "segment_profiles", SUMMARY),
        inputs=("calls", "identity_map", "customers", *features),
        settings={
            "segments": config,
            "time_zone": project.config.time_zone,
            "data_until": data_until(project),
            "cost": project.config.kpis.cost_per_agent_hour_eur,
        },
        code=("segments", "kpis", "identity", "features"),
    )
    return project.stages.run(stage, lambda: _build(project, config, spine))


def read_summary(store: Store) -> dict[str, Any]:
    """Read the stored summary."""
    text = (store.folder(SUMMARY) / SUMMARY_FILE).read_text(encoding="utf-8")
    summary: dict[str, Any] = json.loads(text)
    return summary


def segments_result(project: Project) -> dict[str, Any]:
    """Give what the command line prints: repeat callers, segments and the verdict."""
    summary = read_summary(project.store)
    callers = summary["repeat_callers"]
    chosen = ("persistent_customers", "share_of_customers", "share_of_calls")
    return {
        "repeat_callers": {key: callers[key] for key in chosen},
        "segments": [
            {key: one[key] for key in ("id", "name", "customers", "share_of_calls")}
            for one in summary["segments"]
        ],
        "verdict": summary["verdict"],
    }


@dataclass(frozen=True)
class _Material:
    """What all parts of the stage work on."""

    people: Population
    calls: NDArray[np.int64]
    traits: TraitTable
    handle_s: NDArray[np.float64]


def _build(
    project: Project, config: SegmentsConfig, spine: str | None
) -> dict[str, Output]:
    material = _material(project, config, spine)
    people, calls = material.people, material.calls
    project.progress.step("repeat callers")
    callers = judge_callers(people, calls, config)
    spread = concentration(callers.counts, config.seed)
    project.progress.step("clusters")
    groups = group_customers(
        people,
        calls,
        material.traits,
        material.handle_s,
        config,
        _former(project.store),
    )
    cost = project.config.kpis.cost_per_agent_hour_eur
    summary = segments_summary(people, callers, spread, groups, cost)
    return _outputs(people, callers, groups, summary)


def _material(project: Project, config: SegmentsConfig, spine: str | None) -> _Material:
    from ccml.identity.link import linked_calls

    store = project.store
    every = linked_calls(store)
    inbound = every.filter((every.direction == "inbound") & every.customer_id.notnull())
    features = store.read(f"features__{spine}") if spine else None
    cutoff = _cutoff(project, config, features)
    people = population(
        members(store, features, cutoff),
        store.read("customers") if store.manifest("customers") else None,
        inbound,
        cutoff,
        config.repeat_callers.window_days,
    )
    calls = calls_per_customer(people, inbound)
    own = call_traits(people, inbound, project.zone)
    chosen = config.clusters.columns
    traits = own
    if chosen:
        if features is None:
            raise ConfigError(
                "segments.clusters.columns: names features, but segments.spine is no "
                "regular spine; set it, or take the columns out."
            )
        traits = feature_traits(people, features, chosen)
    handled = own.above["handle"].fillna(0).to_numpy()
    return _Material(people, calls, traits, handled)


def _periodic_spine(project: Project, config: SegmentsConfig) -> str | None:
    if config.spine is None or project.config.spines[config.spine].each:
        return None
    return config.spine


def _cutoff(
    project: Project,
    config: SegmentsConfig,
    features: ibis.Table | None,
) -> datetime:
    given = (
        datetime.combine(config.cutoff, time(), project.zone) if config.cutoff else None
    )
    if features is not None:
        return spine_cutoff(features, given)
    return given or data_until(project)


def _former(store: Store) -> Former | None:
    """Read the former centres, so that segments keep their ids."""
    if store.manifest(SUMMARY) is None:
        return None
    file = store.folder(SUMMARY) / MODEL_FILE
    return Former.from_dict(json.loads(file.read_text(encoding="utf-8")))


def _outputs(
    people: Population, callers: Callers, groups: Groups, summary: Mapping[str, Any]
) -> dict[str, Output]:
    def fill(folder: Path) -> None:
        _write_json(folder / SUMMARY_FILE, summary)
        _write_json(folder / MODEL_FILE, groups.model)

    keys, about = ["customer_id", "cutoff_at"], "one row per customer at the cutoff"
    return {
        "repeat_callers": Table(_dated(people, callers.table), keys, about),
        "segments": Table(
            _dated(people, groups.table), keys, "one row per customer at the cutoff"
        ),
        "segment_profiles": Table(
            groups.profile, ["segment_id", "trait"], "one row per segment and trait"
        ),
        SUMMARY: Folder(fill, "what was found about repeat callers and segments"),
    }


def _dated(people: Population, rows: pd.DataFrame) -> ibis.Table:
    table = people.dated(rows)
    return table.relocate("cutoff_at", after="customer_id")


def _write_json(file: Path, value: Any) -> None:
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
