"""The stage that follows repeat callers and segments over time."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.segments import SegmentsConfig
from ccml.engine.json_folder import SUMMARY_FILE, json_folder, read_json
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Store, Table
from ccml.kpis.concentration import CountTable, top_shares
from ccml.project import Project
from ccml.segments.history.actions import Measured, action_effects
from ccml.segments.history.follow import Followed, first_calls, follow
from ccml.segments.history.membership import (
    Membership,
    membership_table,
    persistent_membership,
    segment_memberships,
)
from ccml.segments.history.migration import Moves, migration, segment_rows
from ccml.segments.history.monthly import follow_months
from ccml.segments.history.snapshot import Pair
from ccml.segments.history.summary import Found, history_summary
from ccml.segments.inbound_calls import build_inbound_calls
from ccml.segments.material import Source, read_source
from ccml.segments.section import periodic_spine, segment_inputs, segments_section
from ccml.sources.watermark import data_until

SUMMARY = "history_summary"
TENTH = 0.1
Ids = NDArray[np.object_]


def build_segment_history(project: Project) -> bool:
    """Make segment_history, segment_migration, membership and action_effects.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = segments_section(project)
    build_inbound_calls(project, config)
    spine = periodic_spine(project, config)
    stage = Stage(
        name="segment history",
        outputs=(
            "segment_history",
            "segment_migration",
            "membership",
            "action_effects",
            SUMMARY,
        ),
        inputs=(
            *segment_inputs(config, spine),
            *("segments", "repeat_callers", "callers_summary", "segment_summary"),
        ),
        settings={
            "segments": config,
            "time_zone": project.config.time_zone,
            "data_until": data_until(project),
            "repeats": project.config.kpis.main_window_days,
        },
        code=("segments", "kpis", "identity", "features"),
    )
    return project.stages.run(stage, lambda: _build(project, config, spine))


def read_history(store: Store) -> dict[str, Any]:
    """Read the stored summary."""
    summary: dict[str, Any] = read_json(store, SUMMARY)
    return summary


def _build(
    project: Project, config: SegmentsConfig, spine: str | None
) -> dict[str, Output]:
    source = read_source(project, config, spine)
    firsts = first_calls(source)
    seen = follow(project, source, firsts.min().to_pydatetime())
    project.progress.step("who stayed, entered and left")
    groups, matrices = _groups(seen, firsts, config.seed)
    tops, callers = follow_months(seen.months, seen.law.clumps, config.seed)
    history = _history(seen)
    effects = action_effects(
        config.history.actions, _measured(project, source, history)
    )
    found = Found(seen, groups, tops, callers, _whole(source), effects)
    summary = history_summary(found, project.zone)
    return _outputs(history, matrices, [*groups, *tops], effects, summary)


def _groups(
    seen: Followed, firsts: "pd.Series[pd.Timestamp]", seed: int
) -> tuple[list[Membership], pd.DataFrame]:
    found, matrices = [], []
    pair, moves = None, None
    for number, shot in enumerate(seen.shots):
        if number:
            pair = Pair.of(seen.shots[number - 1], shot)
            start, end = (
                pd.Timestamp(one.people.cutoff) for one in (pair.before, shot)
            )
            known = (firsts.reindex(shot.ids) < start).to_numpy()
            before, after = seen.ids[number - 1], seen.ids[number]
            moves = Moves(pair, before, after, known, seen.law.clumps)
            matrices.append((start, end, migration(moves)))
        found.append(persistent_membership(shot, pair, seen.law, seed))
        found += segment_memberships(shot, seen.ids[number], moves, seed)
    return found, segment_rows(matrices)


def _history(seen: Followed) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "customer_id": shot.people.customers["customer_id"],
                "cutoff_at": pd.Timestamp(shot.people.cutoff).tz_convert("UTC"),
                "segment_id": pd.Series(own, dtype="str"),
                "is_persistent": shot.is_persistent,
                "calls": shot.recent,
            }
        )
        for shot, own in zip(seen.shots, seen.ids, strict=True)
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows.astype({"cutoff_at": "datetime64[us, UTC]"})


def _measured(project: Project, source: Source, history: pd.DataFrame) -> Measured:
    return Measured(
        source.inbound,
        history,
        source.config.reason_families,
        project.config.kpis.main_window_days,
        data_until(project),
        project.zone,
    )


def _whole(source: Source) -> dict[str, Any]:
    """Tell what share of all calls the top tenth of all callers made."""
    calls = source.inbound
    counted = calls.group_by("customer_id").agg(calls=calls.count()).to_pandas()
    table = CountTable.of(counted["calls"].to_numpy())
    first, last = calls.event_at.min().execute(), calls.event_at.max().execute()
    return {
        "from": pd.Timestamp(first).isoformat(),
        "until": pd.Timestamp(last).isoformat(),
        "callers": len(counted),
        "calls": int(counted["calls"].sum()),
        "top": TENTH,
        "share_of_calls": float(top_shares(table, [TENTH])[0][0]),
    }


def _outputs(
    history: pd.DataFrame,
    matrices: pd.DataFrame,
    groups: list[Membership],
    effects: pd.DataFrame,
    summary: dict[str, Any],
) -> dict[str, Output]:
    cells = ["from_cutoff_at", "to_cutoff_at", "from_segment", "to_segment"]
    return {
        "segment_history": Table(
            history, ["customer_id", "cutoff_at"], "one row per customer and cutoff"
        ),
        "segment_migration": Table(
            matrices, cells, "one row per pair of cutoffs and pair of segments"
        ),
        "membership": Table(
            membership_table(groups),
            ["cutoff_at", "group"],
            "one row per cutoff and group",
        ),
        "action_effects": Table(effects, ["action"], "one row per action"),
        SUMMARY: json_folder(
            "what became of repeat callers and segments over time",
            {SUMMARY_FILE: summary},
        ),
    }
