"""The stage that works out the operation's key figures."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import ibis
import pandas as pd

from ccml.config.kpis import KpisConfig
from ccml.engine.conditions import condition
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Store, Table
from ccml.kpis.agents import agent_bands
from ccml.kpis.alerts import kpi_alerts
from ccml.kpis.by_time import calls_by_day, calls_by_hour
from ccml.kpis.call_types import Ahead, call_types
from ccml.kpis.conversion import (
    ATTEMPT_COLUMNS,
    attempts_to_conversion,
    numbered_attempts,
)
from ccml.kpis.cuts import everywhere
from ccml.kpis.prepared import narrow_calls, prepared_calls
from ccml.kpis.repeats import repeat_trend
from ccml.kpis.table import (
    Watermark,
    chosen_rule,
    kpi_table,
    kpis_by_time,
    with_watermark,
)
from ccml.kpis.top_callers import concentration_rows
from ccml.kpis.workforce import (
    attrition_of,
    attrition_rows,
    occupancy_rows,
    stored_table,
)
from ccml.project import Project
from ccml.sources.watermark import data_until

KEYS = ("period", "group_kind", "group", "kpi", "variant")
OUTPUTS = (
    "kpis",
    "kpis_by_time",
    "kpi_alerts",
    "repeat_trend",
    "calls_by_hour",
    "calls_by_day",
    "agent_bands",
    "call_types",
    "attempts_to_conversion",
)


def build_kpis(project: Project) -> bool:
    """Make the tables of key figures; tell whether it ran."""
    config = project.config
    stage = Stage(
        name="key figures",
        outputs=OUTPUTS,
        inputs=(
            "calls",
            "call_legs",
            "identity_map",
            "customers",
            *_named_tables(config.kpis),
        ),
        settings={
            "kpis": config.kpis,
            "time_zone": config.time_zone,
            "data_until": data_until(project),
        },
        code=("kpis", "identity", "config"),
    )
    return project.stages.run(stage, lambda: _build(project))


def _named_tables(config: KpisConfig) -> Iterator[str]:
    sections = (
        config.agent_states,
        config.roster,
        config.conversion,
        config.complaints,
    )
    for section in sections:
        if section is not None:
            yield from (section.table, f"flat__{section.table}")


def _build(project: Project) -> dict[str, Output]:
    from ccml.identity.link import linked_calls

    store, config, zone = project.store, project.config.kpis, project.zone
    end = data_until(project)
    narrow = narrow_calls(linked_calls(store), config, zone)
    rule = chosen_rule(config, narrow, zone)
    mark = Watermark(end, zone, rule)
    conversions = _events(store, config.conversion, "kpis.conversion")
    calls = prepared_calls(narrow, config, rule, conversions)
    del narrow  # it would keep its memory
    base = calls.filter(calls.base_at.notnull())
    attempts = numbered_attempts(calls)
    legs = store.read("call_legs") if store.manifest("call_legs") else None
    figures = pd.concat(
        [
            kpi_table(calls, config, mark, legs),
            with_watermark(_whole_period(store, calls, config, end), mark),
        ],
        ignore_index=True,
    )
    return {
        "kpis": Table(figures, KEYS, "one row per period, group, figure and variant"),
        "kpis_by_time": Table(
            kpis_by_time(calls, attempts, config, mark),
            ("group_kind", "group", "kpi", "variant"),
            "one row per local hour, weekday or attempt, figure and variant",
        ),
        "kpi_alerts": Table(
            kpi_alerts(figures, config, end, zone),
            KEYS,
            "one row per figure that is surely beyond its threshold",
        ),
        **_traffic(calls, base, config, mark),
        **_groups(store, calls, config, mark),
        "attempts_to_conversion": Table(
            _attempts(attempts, config), ["attempt"], "one row per attempt number"
        ),
    }


def _traffic(
    calls: ibis.Table, base: ibis.Table, config: KpisConfig, mark: Watermark
) -> dict[str, Output]:
    days, when = config.main_window_days, (mark.data_end, mark.zone, mark.rule)
    return {
        "repeat_trend": Table(
            repeat_trend(base, days, *when), ["week"], "one row per week"
        ),
        "calls_by_hour": Table(
            calls_by_hour(calls, mark.zone),
            ["weekday", "hour"],
            "one row per local weekday and hour",
        ),
        "calls_by_day": Table(
            calls_by_day(calls, base, days, when), ["day"], "one row per local day"
        ),
    }


def _groups(
    store: Store, calls: ibis.Table, config: KpisConfig, mark: Watermark
) -> dict[str, Output]:
    base = calls.filter(calls.base_at.notnull())
    windows = (config.main_window_days, mark.data_end, mark.rule)
    complaints = _events(store, config.complaints, "kpis.complaints")
    ahead = Ahead(mark.data_end, mark.rule)
    return {
        "agent_bands": Table(
            agent_bands(calls, base, windows, config.agent_min_calls),
            ["agent_id", "reason"],
            "one row per agent and call type; no rank",
        ),
        "call_types": Table(
            call_types(calls, base, complaints, config, ahead),
            ["reason"],
            "one row per reason of inbound calls",
        ),
    }


def _events(store: Store, section: Any, where: str) -> ibis.Table | None:
    """Open the events that a section names, those that fit its condition."""
    if section is None:
        return None
    rows = stored_table(store, section.table, f"{where}.table")
    return rows.filter(condition(rows, section.where, f"{where}.where"))


def _whole_period(
    store: Store, calls: ibis.Table, config: KpisConfig, end: datetime
) -> pd.DataFrame:
    """Work out what is told for all calls of the whole period only."""
    states = config.agent_states
    rows = (
        stored_table(store, states.table, "kpis.agent_states.table") if states else None
    )
    handled = calls.agg(total=calls.handle_s.sum(where=calls.answered)).to_pandas()
    handled_s = float(handled["total"].astype("float64").iloc[0])
    return pd.concat(
        [
            concentration_rows(calls, _customer_count(store)),
            everywhere(occupancy_rows(rows, states, handled_s)),
            everywhere(_attrition(store, calls, config, end)),
        ],
        ignore_index=True,
    )


def _attrition(
    store: Store, calls: ibis.Table, config: KpisConfig, end: datetime
) -> pd.DataFrame:
    if config.roster is None:
        return attrition_rows(None)
    rows = stored_table(store, config.roster.table, "kpis.roster.table")
    start = calls.started_at.min().execute()
    if pd.isna(start):
        return attrition_rows(None)
    return attrition_rows(attrition_of(rows, config.roster, start, end))


def _attempts(attempts: ibis.Table, config: KpisConfig) -> pd.DataFrame:
    if config.conversion is None:
        nothing = pd.DataFrame(columns=list(ATTEMPT_COLUMNS))
        whole = dict.fromkeys(ATTEMPT_COLUMNS[:4], "int64")
        return nothing.astype(dict.fromkeys(ATTEMPT_COLUMNS[4:], "float64") | whole)
    return attempts_to_conversion(attempts, config.conversion.window_days)


def _customer_count(store: Store) -> int | None:
    if store.manifest("customers") is None:
        return None
    return int(store.read("customers").customer_id.nunique().execute())
