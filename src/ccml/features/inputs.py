"""The tables that features are made of, with the columns that are described."""

from collections.abc import Callable
from typing import Any

import ibis

from ccml.config.features import TableFeatures
from ccml.engine.conditions import condition, expression
from ccml.errors import ConfigError, unknown_name
from ccml.features.attributes import VALID_TO
from ccml.features.events import customer_events
from ccml.project import Project

IS_NUMBER: tuple[str, Callable[[Any], bool]] = ("numbers", lambda k: k.is_numeric())
IS_FLAG: tuple[str, Callable[[Any], bool]] = ("true or false", lambda k: k.is_boolean())
IS_TEXT: tuple[str, Callable[[Any], bool]] = ("texts", lambda k: k.is_string())
ANY: tuple[str, Callable[[Any], bool]] = ("", lambda _kind: True)
FITTING = {
    "measures": IS_NUMBER,
    "flags": IS_FLAG,
    "streaks": IS_FLAG,
    "categories": IS_TEXT,
    "values": IS_TEXT,
    "distinct": IS_TEXT,
    "switches": IS_TEXT,
    "last": ANY,
}
"""Keys of the config that name columns, and what these must hold."""


def described_events(project: Project, name: str) -> ibis.Table:
    """Open the events that a table's features describe.

    Returns:
        customer_id, event_id, event_at, known_at and the described columns, of the
        events that meet the config's condition.

    Raises:
        ConfigError: A column does not exist, or holds something else than is needed.
    """
    config = project.config.features.tables[name]
    place = f"features.tables.{name}"
    events = _with_own_columns(customer_events(project, name), config, place)
    _require_columns(config, events, place)
    events = events.filter(condition(events, config.where, f"{place}.where"))
    return events.select(
        "customer_id",
        "event_at",
        "known_at",
        event_id=events.event_id.cast("string"),
        **{column: events[column] for column in _named(config)},
    )


def customer_intervals(project: Project) -> ibis.Table:
    """Open customers' validity intervals as events at valid_from."""
    customers = project.store.read("customers")
    config = project.config.features
    for key, columns in (("attributes", config.attributes), ("ages", config.ages)):
        for column in columns:
            if column not in customers.columns:
                raise unknown_name(
                    "column", column, customers.columns, f"features.{key}"
                )
    wanted = dict.fromkeys([*config.attributes, *config.ages])
    return customers.select(
        "customer_id",
        "known_at",
        VALID_TO,
        event_at=customers.valid_from,
        event_id=ibis.literal(""),
        **{column: customers[column] for column in wanted},
    )


def _with_own_columns(
    events: ibis.Table, config: TableFeatures, place: str
) -> ibis.Table:
    for name, text in config.columns.items():
        if name in events.columns:
            raise ConfigError(
                f"{place}.columns: {name!r} is a column of the table already; choose "
                f"another name."
            )
        where = f"{place}.columns.{name}"
        events = events.mutate(**{name: expression(events, text, where)})
    return events


def _named(config: TableFeatures) -> list[str]:
    """List the columns that are described, each once."""
    keys = [getattr(config, key) for key in FITTING]
    return list(dict.fromkeys(column for columns in keys for column in columns))


def _require_columns(config: TableFeatures, events: ibis.Table, place: str) -> None:
    for key, (word, fits) in FITTING.items():
        for column in getattr(config, key):
            where = f"{place}.{key}"
            if column not in events.columns:
                raise unknown_name("column", column, events.columns, where)
            kind = events[column].type()
            if not fits(kind):
                raise ConfigError(
                    f"{where}: {column!r} holds {kind}, but {key} must be {word}; name "
                    f"it elsewhere or take it out."
                )
