"""The stage that makes a spine and its features."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import ibis
import pandas as pd

from ccml.config.features import SpineConfig, TableFeatures
from ccml.engine.conditions import condition
from ccml.engine.local_time import local_time
from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.errors import ConfigError, DataError, unknown_name
from ccml.features.as_of import rows_valid_at
from ccml.features.catalogue import (
    Feature,
    as_frame,
    attribute_features,
    spine_features,
    table_features,
)
from ccml.features.events import customer_events, event_inputs, typed_columns
from ccml.features.spine import (
    UNSET,
    event_spine,
    periodic_cutoffs,
    periodic_spine,
    spine_keys,
    with_row_id,
)
from ccml.features.windowed import days_between, fill_missing, windowed
from ccml.project import Project
from ccml.sources.watermark import data_until

FITTING: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "measures": ("numbers", lambda kind: kind.is_numeric()),
    "flags": ("true or false", lambda kind: kind.is_boolean()),
    "categories": ("texts", lambda kind: kind.is_string()),
    "values": ("texts", lambda kind: kind.is_string()),
}


def build_features(project: Project, name: str) -> bool:
    """Make spine, features and catalogue of one spine, unless they stand."""
    config = project.config
    spine = config.spines[name]
    tables = {*config.features.tables, *([spine.each] if spine.each else [])}
    inputs = [stored for table in sorted(tables) for stored in event_inputs(table)]
    if config.sources.customers:
        inputs.append("customers")
    stage = Stage(
        name=f"features of {name}",
        outputs=[f"spine__{name}", f"features__{name}", f"catalogue__{name}"],
        inputs=inputs,
        settings={
            "spine": spine,
            "features": config.features,
            "time_zone": config.time_zone,
            "until": data_until(project),
        },
        code=("features",),
    )
    return project.stages.run(stage, lambda: _build(project, name))


def _build(project: Project, name: str) -> Mapping[str, Table]:
    config = project.config.spines[name]
    keys = spine_keys(config)
    project.progress.step("who and when")
    spine = with_row_id(_spine(project, name, config), keys).cache()
    _require_rows(spine, name, config)
    features = spine_features(config, project.config.features)
    described = _own_and_calendar(project, spine, features)
    for table in project.config.features.tables:
        project.progress.step(f"features from {table}")
        found, columns = _from_table(project, spine, table)
        features += found
        described = _joined(described, columns, found)
    if project.config.sources.customers:
        found, columns = _from_customers(project, spine)
        features += found
        described = _joined(described, columns, found)
    names = [feature.name for feature in features]
    about = f"one row per {' and '.join(keys)}"
    return {
        f"spine__{name}": Table(spine.select(*keys), keys, about),
        f"features__{name}": Table(described.select(*keys, *names), keys, about),
        f"catalogue__{name}": Table(
            as_frame(features), ["name"], "one row per feature"
        ),
    }


def _spine(project: Project, name: str, config: SpineConfig) -> ibis.Table:
    until = data_until(project)
    if config.each:
        events = customer_events(project, config.each)
        return event_spine(name, config, events, project.zone, until)
    customers = project.store.read("customers")
    begin = until if config.first else _first_moment(project, customers)
    cutoffs = periodic_cutoffs(config, project.zone, begin, until)
    return periodic_spine(name, config, customers, cutoffs)


def _first_moment(project: Project, customers: ibis.Table) -> datetime:
    """Earliest cutoff with a longest window of history behind it."""
    starts = [
        customer_events(project, table).event_at.min().execute()
        for table in project.config.features.tables
    ] or [customers.valid_from.min().execute()]
    found = [start for start in starts if pd.notna(start)]
    if not found:
        raise DataError(
            "features.tables: no event of a known customer stands in any of "
            f"{sorted(project.config.features.tables)}; look at how calls "
            f"found their customers (`ccml show matches`)."
        )
    longest = max(project.config.features.windows_days)
    moment: datetime = min(found) + timedelta(days=longest)
    return moment


def _require_rows(spine: ibis.Table, name: str, config: SpineConfig) -> None:
    if spine.count().execute() == 0:
        what = f"event of {config.each}" if config.each else "customer"
        raise DataError(
            f"spines.{name}: no {what} is left; look at `where` "
            f"({config.where or UNSET}), `first` ({config.first or UNSET}) and `last` "
            f"({config.last or UNSET}), and at how calls found their customers (`ccml "
            f"show matches`)."
        )


def _own_and_calendar(
    project: Project, spine: ibis.Table, features: Sequence[Feature]
) -> ibis.Table:
    local = local_time(spine.cutoff_at, project.config.time_zone)
    calendar = {
        "hour": lambda: local.hour().cast("float64"),
        "weekday": lambda: local.day_of_week.index().cast("float64"),
    }
    wanted = [f for f in features if f.statistic == "calendar"]
    return spine.mutate(**{f.name: calendar[str(f.column)]() for f in wanted})


def _from_table(
    project: Project, spine: ibis.Table, name: str
) -> tuple[list[Feature], ibis.Table]:
    config = project.config.features.tables[name]
    events = customer_events(project, name)
    _require_columns(name, config, events)
    where = f"features.tables.{name}.where"
    events = events.filter(condition(events, config.where, where))
    windows = config.windows_days or project.config.features.windows_days
    values = _values(project, spine, name, events)
    features = table_features(name, config, windows, values)
    return features, windowed(spine, events, features).cache()


def _require_columns(name: str, config: TableFeatures, events: ibis.Table) -> None:
    named = {
        "measures": config.measures,
        "flags": config.flags,
        "categories": config.categories,
        "values": list(config.values),
        "last": config.last,
    }
    for key, columns in named.items():
        for column in columns:
            where = f"features.tables.{name}.{key}"
            if column not in events.columns:
                raise unknown_name("column", column, events.columns, where)
            kind = events[column].type()
            word, fits = FITTING.get(key, ("", lambda _kind: True))
            if not fits(kind):
                raise ConfigError(
                    f"{where}: {column!r} holds {kind}, but {key} must be {word}; name "
                    f"it elsewhere or take it out."
                )


def _require_names_once(names: Sequence[str]) -> None:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ConfigError(
            f"features: the names {twice} would stand for two features each; rename a "
            f"table or a column."
        )


def _values(
    project: Project, spine: ibis.Table, name: str, events: ibis.Table
) -> dict[str, list[str]]:
    """Find the most frequent values, by what was known before the first cutoff."""
    config = project.config.features.tables[name]
    begin = spine.cutoff_at.min().execute()
    early = events.filter((events.known_at < begin) & (events.event_at < begin))
    values = {column: list(kept) for column, kept in config.values.items()}
    for column in config.categories:
        if column in values:
            continue
        counts = early.group_by(value=early[column]).agg(n=early.count())
        counts = counts.filter(counts.value.notnull())
        top = counts.order_by([counts.n.desc(), counts.value])
        found = top.limit(project.config.features.top_values).to_pandas()
        values[column] = sorted(map(str, found["value"]))
        if not values[column]:
            project.progress.note(
                f"features.tables.{name}: no {column!r} was known before the first "
                f"cutoff, so none is counted; list `values` or set a later `first`"
            )
    return values


def _from_customers(
    project: Project, spine: ibis.Table
) -> tuple[list[Feature], ibis.Table]:
    customers = project.store.read("customers")
    wanted = list(dict.fromkeys(project.config.features.attributes))
    kinds = {c: k for c, k in typed_columns(customers).items() if c in wanted}
    features = attribute_features({column: kinds[column] for column in wanted})
    valid = rows_valid_at(spine, customers, wanted).join(
        spine.select("row_id", "cutoff_at"), "row_id"
    )
    columns = {feature.name: _attribute(valid, feature) for feature in features}
    return features, valid.select("row_id", **columns).cache()


def _attribute(valid: ibis.Table, feature: Feature) -> ibis.Value:
    if feature.statistic == "attribute":
        return valid[feature.column]
    is_known = feature.statistic == "known"
    start = valid.first_valid_from if is_known else valid[feature.column]
    return days_between(start.cast("timestamp('UTC')"), valid.cutoff_at)


def _joined(
    described: ibis.Table, columns: ibis.Table, features: Sequence[Feature]
) -> ibis.Table:
    names = [feature.name for feature in features]
    _require_names_once([*described.columns, *names])
    joined = described.left_join(columns, "row_id", rname="right_{name}")
    return fill_missing(joined.select(*described.columns, *names), features)
