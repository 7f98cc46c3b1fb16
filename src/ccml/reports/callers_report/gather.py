"""What the service manager's report reads, gathered once and free of customers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ccml.engine.json_folder import read_json
from ccml.engine.store import Store
from ccml.project import Project
from ccml.reports.callers_report.people import (
    PersistentWork,
    Warned,
    persistent_work,
    unusual,
    warned,
)
from ccml.reports.callers_report.periods import MonthRate, month_rates
from ccml.sources.watermark import data_until

FRAMES = (
    "kpis", "repeat_trend", "match_quality", "repeat_matrix", "next_issues",
    "segment_profiles", "segment_figures", "segment_migration", "membership",
    "strategies", "segment_outlook", "action_effects",
)  # fmt: skip
FOLDERS = (
    "callers_summary", "segment_summary", "episodes_summary", "history_summary",
    "strategies_summary",
)  # fmt: skip
OF_CUSTOMERS = (
    "calls", "identity_map", "repeat_callers", "early_warnings", "anomalies",
)  # fmt: skip
NEED = {"kpis": "prepare", "repeat_trend": "prepare", "match_quality": "prepare"}
NEED |= {"early_warnings": "score", "segment_outlook": "score"}


@dataclass(frozen=True)
class CallersData:
    """Everything that the report says, as plain values; no customer is among them.

    Args:
        title: The project's name for people.
        config_name: File name of the config, for commands.
        zone: Time zone of the site.
        repeat_days: Days within which a further call is a repeat.
        cost_per_hour_eur: Cost of an agent's hour.
        notes: What a reader must know of these data.
        until: Local moment up to which the data are complete.
        calls_period: Local days of the first and of the last call.
        stored: Names of the tables and folders that exist.
        frames: Tables by name.
        summaries: Summaries by the name of their folder.
        months: Repeat rates of the newest two whole months, the older first.
        work: What persistent callers cost; nothing when it is not known.
        warned: The early-warning list as counts.
        unusual: What was out of the ordinary; customers and numbers as counts.
        predictors: Titles of the predictors by name.
        least_probability: How sure it must be that somebody is a persistent caller.
        fingerprint: Of config, inputs and code.
    """

    title: str
    config_name: str
    zone: str
    repeat_days: int
    cost_per_hour_eur: float
    notes: tuple[str, ...] = ()
    until: pd.Timestamp | None = None
    calls_period: tuple[pd.Timestamp, pd.Timestamp] | None = None
    stored: frozenset[str] = frozenset()
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    summaries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    months: tuple[MonthRate, ...] = ()
    work: PersistentWork | None = None
    warned: Warned | None = None
    unusual: pd.DataFrame | None = None
    predictors: Mapping[str, str] = field(default_factory=dict)
    least_probability: float = 0.8
    fingerprint: str = ""

    def frame(self, name: str) -> pd.DataFrame:
        """Give a table; one without rows when it is not there."""
        return self.frames.get(name, pd.DataFrame())

    def summary(self, name: str) -> Mapping[str, Any]:
        """Give a summary; an empty one when it is not there."""
        return self.summaries.get(name, {})

    @property
    def callers(self) -> Mapping[str, Any]:
        """What was found about persistent callers."""
        return self._callers_part("repeat_callers")

    @property
    def concentration(self) -> Mapping[str, Any]:
        """How concentrated calls are."""
        return self._callers_part("concentration")

    def _callers_part(self, name: str) -> Mapping[str, Any]:
        for folder in ("callers_summary", "segment_summary"):
            found = self.summary(folder).get(name)
            if found:
                return dict(found)
        return {}

    def missing(self, name: str, what: str, why: str = "") -> str:
        """Say what is missing and the one thing to do.

        Args:
            name: The table or folder it would come from.
            what: What cannot be shown.
            why: Why the table is empty, where it is known.
        """
        if name in self.stored:
            reason = why or "the data hold too little of it"
            return f"{what}: nothing to show, as {reason.rstrip('.')}."
        step = NEED.get(name, "segment")
        return (
            f"{what}: not worked out yet. Run `ccml run {step} "
            f"configs/{self.config_name}`, then this report again."
        )


def inputs(project: Project) -> list[str]:
    """Name the stored tables and folders that the report depends on."""
    wanted = {*FRAMES, *FOLDERS, *OF_CUSTOMERS}
    return [name for name in project.store.names() if name in wanted]


def read_callers_data(project: Project, fingerprint: str = "") -> CallersData:
    """Read all that the report needs from the workspace."""
    store, config = project.store, project.config
    names = inputs(project)
    until = _local(data_until(project), project.zone) if _has_calls(store) else None
    period = _calls_period(project) if until is not None else None
    return CallersData(
        title=config.title or config.project.replace("_", " ").capitalize(),
        config_name=project.file.name,
        zone=config.time_zone,
        repeat_days=config.kpis.main_window_days,
        cost_per_hour_eur=config.kpis.cost_per_agent_hour_eur,
        notes=tuple(config.notes),
        until=until,
        calls_period=period,
        stored=frozenset(names),
        frames={name: store.frame(name) for name in FRAMES if name in names},
        summaries={name: _summary(store, name) for name in FOLDERS if name in names},
        months=month_rates(project, period, until) if period and until else (),
        work=persistent_work(project) if "repeat_callers" in names else None,
        warned=warned(store) if "early_warnings" in names else None,
        unusual=unusual(store) if "anomalies" in names else None,
        predictors={name: one.title or name for name, one in config.predictors.items()},
        least_probability=_least_probability(project),
        fingerprint=fingerprint,
    )


def _least_probability(project: Project) -> float:
    segments = project.config.segments
    return segments.repeat_callers.min_probability if segments else 0.8


def _has_calls(store: Store) -> bool:
    manifest = store.manifest("calls")
    return manifest is not None and bool(manifest.rows)


def _calls_period(project: Project) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    calls = project.store.read("calls")
    ends = calls.agg(first=calls.started_at.min(), last=calls.started_at.max())
    row = ends.to_pandas().iloc[0]
    if pd.isna(row["first"]):
        return None
    first, last = (_local(row[name], project.zone) for name in ("first", "last"))
    return first.normalize(), last.normalize()


def _local(moment: Any, zone: Any) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_convert(zone).tz_localize(None)


def _summary(store: Store, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = read_json(store, name)
    return found
