"""What is to be described of a spine, from which tables, by which features."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis

from ccml.config.features import SpineConfig
from ccml.errors import ConfigError
from ccml.features.catalogue import Feature
from ccml.features.events import customer_events, typed_columns
from ccml.features.inputs import customer_intervals, described_events
from ccml.features.listing import (
    DAY_PART,
    DAY_PARTS,
    attribute_features,
    spine_features,
    table_features,
)
from ccml.features.own import own_features, require_inputs
from ccml.features.vocabulary import counted_values, vocabulary_begin
from ccml.project import Project

CUSTOMERS = "customers"


@dataclass(frozen=True)
class TablePlan:
    """One table of events: its rows and what is told of them.

    `values` are the values told apart per category; `after` maps other tables to the
    days within which an event of this table counts as following one there.
    """

    events: ibis.Table
    features: Sequence[Feature]
    values: Mapping[str, Sequence[str]]
    after: Mapping[str, int]
    chain_days: float = 0
    profile: bool = False


@dataclass(frozen=True)
class Plan:
    """All features of a spine, in the order of the catalogue.

    `tables` may hold a table without features that another one's `after` needs.
    """

    spine: Sequence[Feature]
    tables: Mapping[str, TablePlan]
    customers: ibis.Table | None
    attributes: Sequence[Feature]
    own: Sequence[Feature]

    @property
    def features(self) -> list[Feature]:
        """All features."""
        of_tables = [f for plan in self.tables.values() for f in plan.features]
        return [*self.spine, *of_tables, *self.attributes, *self.own]


def plan_features(project: Project, spine: SpineConfig) -> Plan:
    """List what is to be described, and open the tables.

    Raises:
        ConfigError: The config names something that does not exist, or two features
            would share a name.
    """
    config = project.config.features
    has_customers = project.config.sources.customers is not None
    begin = vocabulary_begin(project)
    tables = {
        name: _table_plan(project, name, begin, exposure=has_customers)
        for name in config.tables
    }
    tables |= _followed_tables(project, tables)
    customers = customer_intervals(project) if has_customers else None
    attributes: list[Feature] = []
    if customers is not None:
        kinds = {c: typed_columns(customers)[c] for c in config.attributes}
        windows = config.windows_days if config.exposure else []
        attributes = attribute_features(kinds, config.ages, windows)
    plan = Plan(
        spine_features(spine, config),
        tables,
        customers,
        attributes,
        own_features(config),
    )
    _require_names_once(plan.features)
    before = [f.name for f in plan.features if f not in plan.own]
    require_inputs(plan.own, before)
    return plan


def _table_plan(
    project: Project, name: str, begin: datetime | None, *, exposure: bool
) -> TablePlan:
    config = project.config.features.tables[name]
    events = described_events(project, name)
    windows = config.windows_days or project.config.features.windows_days
    values = counted_values(project, name, events, begin)
    if config.profile:
        values[DAY_PART] = list(DAY_PARTS)
    features = table_features(name, config, windows, values, exposure=exposure)
    return TablePlan(
        events,
        features,
        values,
        config.after,
        config.chain_days or 0,
        config.profile,
    )


def _followed_tables(
    project: Project, tables: Mapping[str, TablePlan]
) -> dict[str, TablePlan]:
    """Open tables that are only looked at from others."""
    named = {other for plan in tables.values() for other in plan.after}
    return {
        name: TablePlan(plain_events(project, name), (), {}, {})
        for name in sorted(named - set(tables))
    }


def plain_events(project: Project, name: str) -> ibis.Table:
    """Open events of which only the time counts."""
    events = customer_events(project, name)
    return events.select(
        "customer_id", "event_at", "known_at", event_id=events.event_id.cast("string")
    )


def _require_names_once(features: Sequence[Feature]) -> None:
    times = Counter(feature.name for feature in features)
    twice = sorted(name for name, n in times.items() if n > 1)
    if twice:
        raise ConfigError(
            f"features: the names {twice} would stand for two features each; rename a "
            f"table or a column."
        )
