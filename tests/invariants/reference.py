"""What every feature means, computed slowly and plainly in Python."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from builders import Row, Tables

from ccml.features.catalogue import Feature

DAY_S = 86_400
Events = list[Row]


def linked_events(world: Tables, table: str) -> Events:
    """Give the events of known customers under the same key columns."""
    if table != "calls":
        return list(world[table])
    links = {row["call_id"]: row for row in world["identity_map"]}
    return [
        {
            **row,
            "event_id": row["call_id"],
            "customer_id": links[row["call_id"]]["customer_id"],
            "event_at": row["started_at"],
            "known_at": max(row["known_at"], links[row["call_id"]]["known_at"]),
        }
        for row in world["calls"]
        if links.get(row["call_id"], {}).get("customer_id")
    ]


def described_events(world: Tables, table: str) -> Events:
    """Give the events that the features of the config describe."""
    events = linked_events(world, table)
    if table == "calls":
        return [event for event in events if event["direction"] == "inbound"]
    return events


def _present(events: Events, column: str) -> list[Any]:
    return [event[column] for event in events if event[column] is not None]


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _age(cutoff: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else (cutoff - moment).total_seconds() / DAY_S


def _last(events: Events, feature: Feature) -> Any:
    newest = max(
        events, key=lambda e: (e["event_at"], e["known_at"], e["event_id"]), default={}
    )
    return newest.get(feature.column)


EventRule = Callable[[Events, Feature, datetime], Any]
OF_EVENTS: dict[str, EventRule] = {
    "count": lambda events, _feature, _cutoff: len(events),
    "true": lambda events, f, _cutoff: sum(_present(events, f.column)),
    "value": lambda events, f, _cutoff: sum(e[f.column] == f.value for e in events),
    "sum": lambda events, f, _cutoff: (
        sum(_present(events, f.column)) if _present(events, f.column) else None
    ),
    "mean": lambda events, f, _cutoff: _mean(_present(events, f.column)),
    "max": lambda events, f, _cutoff: max(_present(events, f.column), default=None),
    "recency": lambda events, _f, cutoff: _age(
        cutoff, max((e["event_at"] for e in events), default=None)
    ),
    "value_recency": lambda events, f, cutoff: _age(
        cutoff,
        max((e["event_at"] for e in events if e[f.column] == f.value), default=None),
    ),
    "first": lambda events, _f, cutoff: _age(
        cutoff, min((e["event_at"] for e in events), default=None)
    ),
    "last": lambda events, feature, _cutoff: _last(events, feature),
}


def _of_events(world: Tables, feature: Feature, row: Row) -> Any:
    cutoff = row["cutoff_at"]
    usable = [
        event
        for event in described_events(world, feature.table)
        if event["customer_id"] == row["customer_id"]
        and event["event_at"] < cutoff
        and event["known_at"] < cutoff
        and (
            feature.window_days is None
            or (cutoff - event["event_at"]).total_seconds()
            <= feature.window_days * DAY_S
        )
    ]
    return OF_EVENTS[feature.statistic](usable, feature, cutoff)


def valid_row(
    world: Tables, name: str, cutoff: datetime
) -> tuple[Row, datetime] | None:
    """Give a customer's newest known row and their first day, unless they are gone."""
    seen = [
        row
        for row in world["customers"]
        if row["customer_id"] == name
        and row["valid_from"] < cutoff
        and row["known_at"] < cutoff
    ]
    if not seen:
        return None
    newest = max(seen, key=lambda row: row["valid_from"])
    if newest["valid_to"] is not None and newest["valid_to"] < cutoff:
        return None
    return newest, min(row["valid_from"] for row in seen)


def _of_customer(world: Tables, feature: Feature, row: Row) -> Any:
    found = valid_row(world, row["customer_id"], row["cutoff_at"])
    if found is None:
        return None
    newest, since = found
    if feature.statistic == "attribute":
        return newest[feature.column]
    moment = since if feature.statistic == "known" else newest[feature.column]
    return _age(row["cutoff_at"], moment)


def _own(world: Tables, feature: Feature, row: Row) -> Any:
    events = linked_events(world, feature.table)
    return next(e[feature.column] for e in events if e["event_id"] == row["event_id"])


def _calendar(_world: Tables, feature: Feature, row: Row) -> Any:
    local = row["cutoff_at"].astimezone(ZoneInfo("Europe/Warsaw"))
    return {"hour": local.hour, "weekday": local.weekday()}[feature.column]


RULES: dict[str, Callable[[Tables, Feature, Row], Any]] = {
    **dict.fromkeys(OF_EVENTS, _of_events),
    **dict.fromkeys(("attribute", "days_since", "known"), _of_customer),
    "own": _own,
    "calendar": _calendar,
}
"""One rule per statistic of the catalogue."""


def expected(world: Tables, feature: Feature, row: Row) -> Any:
    """Compute one feature of one spine row."""
    return RULES[feature.statistic](world, feature, row)
