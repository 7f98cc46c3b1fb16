"""The stage that groups calls into episodes and tells what triggers repeats."""

from collections.abc import Mapping
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.config.segments import SegmentsConfig
from ccml.engine.json_folder import SUMMARY_FILE, json_folder
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Table
from ccml.kpis.table import chosen_rule
from ccml.project import Project
from ccml.segments.episodes.chain import chained
from ccml.segments.episodes.describe import (
    EPISODE_CALLS,
    EPISODES,
    episode_call_rows,
    episode_rows,
)
from ccml.segments.episodes.follow_ups import follow_ups
from ccml.segments.episodes.ledger import Ints, Ledger, Rules, ledger, with_optional
from ccml.segments.episodes.matrix import CELL, MATRIX, repeat_matrix
from ccml.segments.episodes.next_issue import NEXT, PAIR, next_issues
from ccml.segments.episodes.summary import Found, episodes_summary, nothing
from ccml.segments.section import segments_section
from ccml.sources.watermark import data_until

SUMMARY = "episodes_summary"
OUTPUTS = ("episodes", "episode_calls", "repeat_matrix", "next_issues", SUMMARY)


def build_episodes(project: Project) -> bool:
    """Make episodes, episode_calls, repeat_matrix, next_issues and episodes_summary.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = segments_section(project)
    stage = Stage(
        name="episodes",
        outputs=OUTPUTS,
        inputs=("calls", "identity_map"),
        settings={
            "episodes": config.episodes,
            "families": config.reason_families,
            "seed": config.seed,
            "kpis": project.config.kpis,
            "time_zone": project.config.time_zone,
            "data_until": _data_end(project),
        },
        code=("segments/episodes", "segments/about", "kpis", "identity"),
    )
    return project.stages.run(stage, lambda: _build(project, config))


def _data_end(project: Project) -> Any:
    stored = project.store.manifest("calls")
    return data_until(project) if stored and stored.rows else None


def _build(project: Project, config: SegmentsConfig) -> dict[str, Output]:
    if _data_end(project) is None or project.store.manifest("identity_map") is None:
        return _empty("no calls with known customers are stored")
    from ccml.identity.link import linked_calls

    calls = with_optional(linked_calls(project.store))
    rules = _rules(project, config, calls)
    project.progress.step("episodes")
    found = ledger(calls, rules)
    chains = chained(found, config.episodes)
    project.progress.step("what triggers repeats")
    after = follow_ups(found, rules)
    made = Found(
        calls=found,
        chains=chains,
        episodes=episode_rows(found, chains, rules),
        matrix=repeat_matrix(found, after, rules),
        issues=next_issues(found, after),
        callbacks=_callbacks(calls, found),
    )
    summary = episodes_summary(made, rules, project.zone, config.seed)
    return _outputs(made, episode_call_rows(found, chains), summary)


def _rules(project: Project, config: SegmentsConfig, calls: ibis.Table) -> Rules:
    kpis = project.config.kpis
    return Rules(
        episodes=config.episodes,
        families=config.reason_families,
        repeats=chosen_rule(kpis, calls, project.zone),
        window_days=kpis.main_window_days,
        data_end=data_until(project),
        cost_per_hour_eur=kpis.cost_per_agent_hour_eur,
    )


def _callbacks(calls: ibis.Table, found: Ledger) -> tuple[Ints, Ints]:
    """Find promised callbacks to customers who called: instants and customers."""
    is_promised = (calls.direction == "callback") | (
        (calls.direction == "outbound") & calls.callback.fill_null(False)
    )
    made = calls.filter(is_promised & calls.started_at.notnull())
    codes = pa.table(
        {"customer_id": found.customer_ids, "code": np.arange(len(found.customer_ids))}
    )
    joined = made.join(ibis.memtable(codes), "customer_id")
    rows = joined.select("code", "started_at").order_by("started_at", "code")
    table = rows.to_pyarrow()
    at = table["started_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return np.asarray(at.to_numpy()), np.asarray(table["code"].to_numpy())


def _empty(why: str) -> dict[str, Output]:
    frames = {
        "matrix": pd.DataFrame(columns=list(MATRIX)).astype(MATRIX),
        "issues": pd.DataFrame(columns=list(NEXT)).astype(NEXT),
    }
    return _tables(
        EPISODES.empty_table(), EPISODE_CALLS.empty_table(), frames, nothing(why)
    )


def _outputs(
    made: Found, episode_calls: pa.Table, summary: Mapping[str, Any]
) -> dict[str, Output]:
    frames = {"matrix": made.matrix, "issues": made.issues}
    return _tables(made.episodes, episode_calls, frames, summary)


def _tables(
    episodes: pa.Table,
    episode_calls: pa.Table,
    frames: Mapping[str, pd.DataFrame],
    summary: Mapping[str, Any],
) -> dict[str, Output]:
    return {
        "episodes": Table(episodes, ["episode_id"], "one row per episode of calls"),
        "episode_calls": Table(
            episode_calls, ["call_id"], "one row per inbound call of a known customer"
        ),
        "repeat_matrix": Table(
            frames["matrix"], CELL, "one row per reason and queue of calls"
        ),
        "next_issues": Table(
            frames["issues"], PAIR, "one row per reason and reason of the next call"
        ),
        SUMMARY: json_folder(
            "what was found about chains of repeat calls", {SUMMARY_FILE: summary}
        ),
    }
