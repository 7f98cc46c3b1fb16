"""Events, customers and spine rows from plain tables, found slowly and plainly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ccml.config.features import SpineConfig
from ccml.config.project import ProjectConfig
from ccml.features.reference_values import meets, value_of

Row = dict[str, Any]
Rows = list[Row]
CONTACTS, CALLS = "contacts", "calls"


@dataclass(frozen=True)
class Company:
    """The stored tables of a company as plain rows, and the config that reads them.

    Instants have a zone. `data_until` must stand in the config.
    """

    tables: Mapping[str, Rows]
    config: ProjectConfig
    memory: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the site."""
        return ZoneInfo(self.config.time_zone)

    @property
    def until(self) -> datetime:
        """End of the data."""
        if self.config.data_until is None:
            raise ValueError("data_until must stand in the config")
        return self.config.data_until

    def linked_events(self, table: str) -> Rows:
        """Give the events of known customers under the same key columns."""
        if table not in self.memory:
            made = _linked_calls(self.tables) if table == CALLS else self.tables[table]
            key = "contact_id" if table == CONTACTS else "event_id"
            self.memory[table] = [{**row, "event_id": str(row[key])} for row in made]
        found: Rows = self.memory[table]
        return found

    def events_of(self, table: str, customer_id: str) -> Rows:
        """Give a customer's events that features describe, oldest first."""
        key = ("described", table)
        if key not in self.memory:
            self.memory[key] = _by_customer(self._described(table))
        found: Rows = self.memory[key].get(customer_id, [])
        return found

    def _described(self, table: str) -> Iterator[Row]:
        """Add own columns, and leave out what does not meet the condition."""
        config = self.config.features.tables.get(table)
        for event in self.linked_events(table):
            row = dict(event)
            for name, text in config.columns.items() if config else ():
                row[name] = value_of(row, text)
            if config is None or meets(row, config.where):
                yield row

    def intervals_of(self, customer_id: str) -> Rows:
        """Give the rows of a customer, in the order in which they begin."""
        if "intervals" not in self.memory:
            rows = self.tables.get("customers", [])
            begun = ({**row, "event_at": row["valid_from"]} for row in rows)
            self.memory["intervals"] = _by_customer(begun)
        found: Rows = self.memory["intervals"].get(customer_id, [])
        return found


def _linked_calls(tables: Mapping[str, Rows]) -> Rows:
    links = {row["call_id"]: row for row in tables["identity_map"]}
    return [
        {
            **row,
            "event_id": row["call_id"],
            "customer_id": links[row["call_id"]]["customer_id"],
            "event_at": row["started_at"],
            "known_at": max(row["known_at"], links[row["call_id"]]["known_at"]),
        }
        for row in tables[CALLS]
        if links.get(row["call_id"], {}).get("customer_id") is not None
    ]


def _by_customer(events: Iterator[Row]) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for event in events:
        found.setdefault(event["customer_id"], []).append(event)
    for rows in found.values():
        rows.sort(key=lambda e: (e["event_at"], e["known_at"], e.get("event_id", "")))
    return found


def known_before(rows: Rows, cutoff: datetime, window_days: int | None = None) -> Rows:
    """Choose what happened in [cutoff - window, cutoff) and was known before it."""
    begin = None if window_days is None else cutoff - timedelta(days=window_days)
    return [
        row
        for row in rows
        if row["event_at"] < cutoff
        and row["known_at"] < cutoff
        and (begin is None or row["event_at"] >= begin)
    ]


def valid_row(company: Company, customer_id: str, cutoff: datetime) -> Row | None:
    """Give a customer's newest known row, unless the customer is gone."""
    seen = known_before(company.intervals_of(customer_id), cutoff)
    if not seen or (seen[-1]["valid_to"] is not None and seen[-1]["valid_to"] < cutoff):
        return None
    return seen[-1]


def spine_rows(company: Company, name: str) -> set[tuple[Any, ...]]:
    """List the keys that a spine must have; a periodic one needs its `first`."""
    spine = company.config.spines[name]
    if spine.each:
        return set(_event_rows(company, spine))
    ids = {row["customer_id"] for row in company.tables["customers"]}
    return {
        (customer_id, cutoff)
        for cutoff in _cutoffs(company, spine)
        for customer_id in ids
        if (row := valid_row(company, customer_id, cutoff)) and meets(row, spine.where)
    }


def _event_rows(company: Company, spine: SpineConfig) -> Iterator[tuple[Any, ...]]:
    last = spine.last and spine.last + timedelta(days=1)
    for event in company.linked_events(str(spine.each)):
        at = event[spine.at]
        if at is None or at > company.until or not meets(event, spine.where):
            continue
        is_early = spine.first and at < _midnight(company, spine.first)
        if not is_early and not (last and at >= _midnight(company, last)):
            yield event["event_id"], event["customer_id"], at


def _cutoffs(company: Company, spine: SpineConfig) -> Iterator[datetime]:
    """List the local midnights of Mondays or of first days of a month."""
    if spine.first is None:
        raise ValueError("a periodic spine needs its `first`")
    day, last = spine.first, spine.last or company.until.astimezone(company.zone).date()
    while day <= last:
        begins = day.weekday() == 0 if spine.every == "week" else day.day == 1
        if begins and _midnight(company, day) <= company.until:
            yield _midnight(company, day)
        day += timedelta(days=1)


def _midnight(company: Company, day: date) -> datetime:
    return datetime.combine(day, time(), company.zone).astimezone(UTC)
