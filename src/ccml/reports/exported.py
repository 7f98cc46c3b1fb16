"""What may leave the workspace for spreadsheets and BI tools."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from ccml.engine.store import Store
from ccml.project import Project

AGENT = "agent"
FIGURES = ("calls", "identity_map", "kpis", "repeat_trend", "calls_by_hour")
OTHERS = ("kpi_alerts", "kpis_by_time", "call_types", "attempts_to_conversion")
OF_AGENTS = ("agent_bands",)
# Such columns never leave: they name a person, or are a person's pseudonym.
PERSONAL = frozenset(
    ["call_id", "customer_id", "customer_key", "phone_key", "dialed_key", "click_key"]
)
AGENT_COLUMNS = frozenset(["agent", "agent_id", "first_agent_id"])


@dataclass(frozen=True)
class OtherTable:
    """A stored table that is exported as it is, without personal columns."""

    rows: pd.DataFrame
    keys: tuple[str, ...]
    about: str


@dataclass(frozen=True)
class Exported:
    """The figures that are exported.

    Args:
        kpis: The tidy key figures, without agents unless asked for.
        trend: Repeat rate by week.
        hours: Calls by weekday and hour.
        others: Further tables of figures that the workspace holds, by name.
        missing: Names of those that it does not hold.
    """

    kpis: pd.DataFrame
    trend: pd.DataFrame
    hours: pd.DataFrame
    others: Mapping[str, OtherTable] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def wanted(project: Project) -> tuple[str, ...]:
    """Name the tables of figures that are exported when the workspace has them."""
    return (*OTHERS, *(OF_AGENTS if project.config.exports.with_agents else ()))


def read_exported(project: Project) -> Exported:
    """Read what is exported, and leave agents out unless the config asks for them."""
    store, agents = project.store, project.config.exports.with_agents
    names = wanted(project)
    held = [name for name in names if store.manifest(name) is not None]
    return Exported(
        kpis=allowed(store.frame("kpis"), with_agents=agents),
        trend=store.frame("repeat_trend").sort_values("week", ignore_index=True),
        hours=store.frame("calls_by_hour"),
        others={name: _other(store, name, with_agents=agents) for name in held},
        missing=tuple(name for name in names if name not in held),
    )


def allowed(frame: pd.DataFrame, *, with_agents: bool) -> pd.DataFrame:
    """Leave out columns that name people, and figures of agents unless asked for."""
    hidden = PERSONAL if with_agents else PERSONAL | AGENT_COLUMNS
    kept = frame[[name for name in frame.columns if name not in hidden]]
    if with_agents or "group_kind" not in kept:
        return kept.reset_index(drop=True)
    return kept[kept.group_kind != AGENT].reset_index(drop=True)


def _other(store: Store, name: str, *, with_agents: bool) -> OtherTable:
    manifest = store.manifest(name)
    rows = allowed(store.frame(name), with_agents=with_agents)
    keys = tuple(key for key in (manifest.keys if manifest else ()) if key in rows)
    about = manifest.about if manifest else name
    return OtherTable(rows, keys or tuple(rows.columns), about)
