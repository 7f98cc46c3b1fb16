"""The stage that proposes what to do about each segment."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.engine.json_folder import SUMMARY_FILE, json_folder, read_json
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Store, Table
from ccml.project import Project
from ccml.segments.section import segments_section
from ccml.segments.strategies.channel import best_channel
from ccml.segments.strategies.channel_use import channel_use
from ccml.segments.strategies.concerned import concerned_calls, own_figures
from ccml.segments.strategies.material import (
    Material,
    inbound_contacts,
    preferred_channels,
    read_material,
)
from ccml.segments.strategies.playbook import fits, segment_rows
from ccml.segments.strategies.rank import Playbook, proposals, together
from ccml.segments.strategies.savings import Resampled, segment_calls
from ccml.segments.strategies.told import Advice, strategy_table, summary

STRATEGIES = "strategies"
SUMMARY = "strategies_summary"
NO_ACTIONS = (
    "The config names no actions. Add them under segments.strategies.actions, or include "
    "a playbook: include: playbooks/contact_centre.yaml."
)
NO_WORK = (
    "Neither handle time nor talk time is reported, so no hours and no money can be "
    "counted, and no action is proposed."
)


def build_strategies(project: Project) -> bool:
    """Make strategies and strategies_summary; tell whether it ran.

    Raises:
        ConfigError: The config has no section `segments`, or a condition of an action
            names what does not exist.
    """
    config = segments_section(project)
    stage = Stage(
        name="strategies",
        outputs=(STRATEGIES, SUMMARY),
        inputs=(
            "calls",
            "identity_map",
            "customers",
            "contacts",
            "segments",
            "segment_profiles",
            "segment_figures",
            "repeat_callers",
        ),
        settings={
            "strategies": config.strategies,
            "families": config.reason_families,
            "window_days": config.repeat_callers.window_days,
            "repeat_days": project.config.kpis.main_window_days,
            "cost": project.config.kpis.cost_per_agent_hour_eur,
            "seed": config.seed,
            "time_zone": project.config.time_zone,
        },
        code=("segments", "kpis", "identity", "features"),
    )
    return project.stages.run(stage, lambda: _build(project, config))


def read_strategies(store: Store) -> dict[str, Any]:
    """Read the stored summary."""
    found: dict[str, Any] = read_json(store, SUMMARY)
    return found


def _build(project: Project, config: SegmentsConfig) -> dict[str, Output]:
    material = read_material(project, config)
    store, names = project.store, _names(project.store)
    rows = segment_rows(
        store.frame("segment_profiles"),
        _optional(store, "segment_figures"),
        own_figures(material.calls, material.callers),
    )
    actions = config.strategies.actions
    book = Playbook(
        actions,
        fits(rows, actions),
        config.strategies.most_per_segment,
        project.config.kpis.cost_per_agent_hour_eur,
        config.seed,
    )
    resampled = _resampled(material, book) if _has_work(material) else {}
    advice = _advice(project, config, material, book, resampled)
    totals = {
        segment: together(
            resampled[segment],
            book,
            [one.proposal for one in own if one.proposal.rank is not None],
        )
        for segment, own in advice.items()
    }
    head = _head(material, actions, resampled)
    told = summary(advice, names, totals, book, head)
    every = [one for own in advice.values() for one in own]
    table = strategy_table(every, book, str(head["period"]))
    return _outputs(table, told)


def _names(store: Store) -> dict[str, str]:
    profiles = store.frame("segment_profiles")
    rows = profiles.drop_duplicates("segment_id")
    return dict(zip(rows["segment_id"], rows["name"], strict=True))


def _optional(store: Store, name: str) -> pd.DataFrame | None:
    return store.frame(name) if store.manifest(name) else None


def _has_work(material: Material) -> bool:
    return bool(material.calls.work_s.notnull().any().execute())


def _resampled(material: Material, book: Playbook) -> dict[str, Resampled]:
    """Count the calls of each action, each customer's as expected in the next period."""
    callers = material.callers
    rows = concerned_calls(
        material.calls,
        callers.select("row_id", "exposure_days", "expected_calls_30d"),
        book.actions,
        book.found,
    )
    sizes = callers.group_by("segment_id").agg(n=callers.count()).to_pandas()
    customers = dict(zip(sizes["segment_id"], sizes["n"].astype(int), strict=True))
    with_calls = material.calls.select("segment_id").distinct().to_pandas()
    names = sorted(with_calls["segment_id"])
    return segment_calls(rows, names, customers, book.seed)


def _advice(
    project: Project,
    config: SegmentsConfig,
    material: Material,
    book: Playbook,
    resampled: Mapping[str, Resampled],
) -> dict[str, list[Advice]]:
    if not any(fit.segments for fit in book.found.values()) or not resampled:
        return {}
    rules = config.strategies
    use = channel_use(
        material.people.select("customer_id", "segment_id"),
        inbound_contacts(project.store, material),
        preferred_channels(project.store, material, rules.preferred_channel),
        material.period.cutoff,
        material.period.repeat_days,
    )
    found = {}
    for segment in sorted(resampled):
        judged = proposals(resampled[segment], book)
        found[segment] = [
            Advice(
                one,
                best_channel(
                    use,
                    segment,
                    book.actions[one.action].channels,
                    rules.channel_names,
                    config.seed,
                ),
            )
            for one in judged
        ]
    return {segment: own for segment, own in found.items() if own}


def _head(
    material: Material, actions: Mapping[str, Any], resampled: Mapping[str, Resampled]
) -> dict[str, Any]:
    period = material.period
    local = period.cutoff.astimezone(period.zone)
    notes = [] if actions else [NO_ACTIONS]
    if not resampled:
        notes.append(NO_WORK)
    return {
        "cutoff_at": period.cutoff.isoformat(),
        "window_days": round(period.days),
        "period": f"the {period.days:.0f} days before {local:%Y-%m-%d}",
        "actions": len(actions),
        "notes": notes,
    }


def _outputs(table: pd.DataFrame, told: Mapping[str, Any]) -> dict[str, Output]:
    about = "one row per segment and action proposed for it"
    return {
        STRATEGIES: Table(table, ["segment_id", "rank"], about),
        SUMMARY: json_folder(
            "what to do about each segment, and what is not worth it",
            {SUMMARY_FILE: told},
        ),
    }
