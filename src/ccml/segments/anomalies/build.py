"""The stage that finds who or what suddenly calls more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.config.segments import SegmentsConfig
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Table
from ccml.kpis.measure import records
from ccml.project import Project
from ccml.segments.about import about
from ccml.segments.anomalies.callers import judge_callers_now
from ccml.segments.anomalies.causes import explained, marked_calls
from ccml.segments.anomalies.counts import Period, caller_counts, calls_of, day_counts
from ccml.segments.anomalies.days import judge_days
from ccml.segments.anomalies.words import caller_words, cause_words, day_words
from ccml.segments.section import segments_section
from ccml.sources.watermark import data_until

ANOMALIES = pa.schema(
    {
        "kind": pa.string(),
        "value": pa.string(),
        "day": pa.date32(),
        "calls": pa.int64(),
        "expected": pa.float64(),
        "ratio": pa.float64(),
        "p_value": pa.float64(),
        "known_cause": pa.string(),
        "words": pa.string(),
    }
)
"""Columns of the table `anomalies`."""
GROUPS = {"reason": "reason", "queue": "queue", "region": "region"}
CALLERS = {"customer": "customer_id", "phone": "phone_key"}
FOUND = ("value", "day", "calls", "expected", "p_value")


def build_anomalies(project: Project) -> bool:
    """Make the table anomalies; tell whether it ran.

    Raises:
        ConfigError: The config has no section `segments`, or names an unknown table.
    """
    config = segments_section(project)
    stage = Stage(
        name="anomalies",
        outputs=("anomalies",),
        inputs=(
            "calls",
            "identity_map",
            "customers",
            *config.anomalies.known_causes,
        ),
        settings={
            "anomalies": config.anomalies,
            "families": config.reason_families,
            "cutoff": _cutoff(project, config),
            "holidays": project.config.kpis.holidays,
            "time_zone": project.config.time_zone,
        },
        code=(
            "segments/anomalies",
            "segments/about",
            "segments/callers/gamma_poisson",
            "kpis/measure",
            "identity",
        ),
    )
    return project.stages.run(stage, lambda: _build(project, config))


def _cutoff(project: Project, config: SegmentsConfig) -> datetime | None:
    if config.cutoff is not None:
        return datetime.combine(config.cutoff, time(), project.zone)
    stored = project.store.manifest("calls")
    return data_until(project) if stored and stored.rows else None


@dataclass(frozen=True)
class _Look:
    """What is looked at, and how."""

    calls: ibis.Table
    period: Period
    customers: ibis.Table | None
    events: Mapping[str, ibis.Table]
    off: list[date]
    config: SegmentsConfig


def _build(project: Project, config: SegmentsConfig) -> dict[str, Output]:
    look = _look(project, config)
    if look is None:
        project.progress.note("anomalies: no calls before the cutoff to learn from")
        return _output([])
    project.progress.step("days of reasons, queues and regions")
    alarms = {kind: _day_alarms(look, column) for kind, column in GROUPS.items()}
    project.progress.step("customers and numbers")
    for kind, column in CALLERS.items():
        alarms[kind] = _caller_alarms(look, column)
    alarms["phone"] = _without_known(look, alarms["phone"], alarms["customer"])
    return _output(list(_told(look, alarms)))


def _look(project: Project, config: SegmentsConfig) -> _Look | None:
    store, cutoff = project.store, _cutoff(project, config)
    if cutoff is None or not (
        store.manifest("calls") and store.manifest("identity_map")
    ):
        return None
    from ccml.identity.link import linked_calls

    every = linked_calls(store)
    inbound = every.filter((every.direction == "inbound") & every.started_at.notnull())
    first = inbound.started_at.min().execute()
    period = Period.before(cutoff, config.anomalies, project.zone)
    if pd.isna(first):
        return None
    period = period.since(first.astimezone(project.zone).date())
    if period.history_from >= period.first:
        return None
    family = about(inbound, config.reason_families)
    named = inbound.mutate(reason=ibis.ifelse(inbound.reason.isnull(), None, family))
    columns = ["call_id", "customer_id", "started_at", *GROUPS.values(), "phone_key"]
    missing = {c: ibis.null("string") for c in columns if c not in named.columns}
    slim = (
        named.mutate(**missing).select(*columns) if missing else named.select(*columns)
    )
    causes = [n for n in config.anomalies.known_causes if store.manifest(n)]
    return _Look(
        calls=calls_of(slim, period).cache(),
        period=period,
        customers=store.read("customers") if store.manifest("customers") else None,
        events={name: store.read(name) for name in causes},
        off=project.config.kpis.holidays,
        config=config,
    )


def _day_alarms(look: _Look, column: str) -> pd.DataFrame:
    """Find the days of groups that are rarer than the budget of false alarms allows."""
    values, counts = day_counts(look.calls, column, look.period, look.off)
    if not values:
        return pd.DataFrame(columns=list(FOUND))
    judged = judge_days(counts)
    level = look.config.anomalies.false_alarms / max(judged.tests, 1)
    group, day = np.nonzero(judged.p_value <= level)
    days = look.period.days
    return pd.DataFrame(
        {
            "value": [values[place] for place in group],
            "day": [days[place] for place in day],
            "calls": counts.calls[group, day].astype(np.int64),
            "expected": judged.expected[group, day],
            "p_value": judged.p_value[group, day],
        }
    )


def _caller_alarms(look: _Look, column: str) -> pd.DataFrame:
    """Find callers with more calls than their past lets expect, by the same budget."""
    record = look.customers if column == "customer_id" else None
    callers, counts = caller_counts(look.calls, column, look.period, record)
    if not callers:
        return pd.DataFrame(columns=list(FOUND))
    expected, p_value = judge_callers_now(counts)
    tests = max(int((~np.isnan(p_value)).sum()), 1)
    found = np.flatnonzero(p_value <= look.config.anomalies.false_alarms / tests)
    last = look.period.until - timedelta(days=1)
    return pd.DataFrame(
        {
            "value": [callers[place] for place in found],
            "day": last,
            "calls": counts.now[found].astype(np.int64),
            "expected": expected[found],
            "p_value": p_value[found],
        }
    )


def _without_known(
    look: _Look, phones: pd.DataFrame, customers: pd.DataFrame
) -> pd.DataFrame:
    """Leave out numbers most of whose calls are those of a customer already told of."""
    if phones.empty or customers.empty:
        return phones
    rows = look.calls.filter(
        (look.calls.day >= look.period.first)
        & look.calls.phone_key.isin(sorted(phones["value"]))
    )
    is_told = rows.customer_id.isin(sorted(customers["value"])).fill_null(False)
    made = rows.group_by("phone_key").agg(share=is_told.cast("float64").mean())
    share = made.to_pandas().set_index("phone_key")["share"]
    return phones[phones["value"].map(share).fillna(0) <= 0.5].reset_index(drop=True)


def _told(
    look: _Look, alarms: Mapping[str, pd.DataFrame]
) -> Iterator[dict[str, object]]:
    """Turn alarms into rows, each with its known cause and a sentence."""
    tables = list(look.events) if any(len(rows) for rows in alarms.values()) else []
    days = look.config.anomalies.cause_days
    marked = (
        marked_calls(look.calls, look.events, days).cache() if tables else look.calls
    )
    for kind, rows in alarms.items():
        span = (CALLERS[kind], "period") if kind in CALLERS else (GROUPS[kind], "day")
        causes = explained(rows, marked, span, tables, look.period)
        for row, cause in zip(records(rows), causes, strict=True):
            calls, expected = int(row["calls"]), float(row["expected"])
            words = (
                caller_words(kind, calls, expected, look.period)
                if kind in CALLERS
                else day_words(kind, row["value"], row["day"], calls, expected)
            )
            yield {
                **row,
                "kind": kind,
                "ratio": calls / expected,
                "known_cause": cause.table if cause else None,
                "words": words + cause_words(cause, days),
            }


def _output(rows: list[dict[str, object]]) -> dict[str, Output]:
    table = pa.Table.from_pylist(
        [{name: row[name] for name in ANOMALIES.names} for row in rows], ANOMALIES
    )
    about_it = "one row per group and day, or caller, with more calls than usual"
    return {"anomalies": Table(table, ["kind", "value", "day"], about_it)}
