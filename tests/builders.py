"""Small configs, tables and projects that tests are built from."""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from ccml.config.project import ProjectConfig
from ccml.engine.parts import Parts
from ccml.engine.store import Table
from ccml.progress import Silence

INSTANT = pa.timestamp("us", "UTC")
TEXT, NUMBER, FLAG = pa.string(), pa.float64(), pa.bool_()
Row = dict[str, Any]

SCHEMAS = {
    "calls": pa.schema(
        {
            "call_id": TEXT,
            "direction": TEXT,
            "started_at": INSTANT,
            "ended_at": INSTANT,
            "known_at": INSTANT,
            "reason": TEXT,
            "wait_s": NUMBER,
            "csat": NUMBER,
            "answered": FLAG,
            "queue": TEXT,
            "transferred": FLAG,
            "callback_of": TEXT,
        }
    ),
    "identity_map": pa.schema(
        {
            "call_id": TEXT,
            "customer_id": TEXT,
            "rule": TEXT,
            "status": TEXT,
            "known_at": INSTANT,
        }
    ),
    "customers": pa.schema(
        {
            "customer_id": TEXT,
            "valid_from": INSTANT,
            "valid_to": INSTANT,
            "known_at": INSTANT,
            "tariff": TEXT,
            "fee_eur": NUMBER,
            "joined_on": INSTANT,
        }
    ),
    "bills": pa.schema(
        {
            "event_id": TEXT,
            "customer_id": TEXT,
            "event_at": INSTANT,
            "known_at": INSTANT,
            "amount_eur": NUMBER,
            "late_days": NUMBER,
            "kind": TEXT,
            "corrected": FLAG,
        }
    ),
}
KEYS = {
    "calls": ["call_id"],
    "identity_map": ["call_id"],
    "customers": ["customer_id", "valid_from"],
    "bills": ["event_id"],
}

# Every kind of feature and spine that the config can ask for.
EVERYTHING = """
version: 1
project: small
workspace: work
time_zone: Europe/Warsaw
data_until: "2025-06-01T00:00:00+02:00"
sources:
  calls: {path: calls.csv}
  customers: {path: customers.csv, attributes: [tariff, fee_eur, joined_on]}
  events:
    bills:
      path: bills.csv
      id: bill_id
      event_at: billed_at
      measures: {amount_eur: amount, late_days: late}
      categories: [kind]
      flags: [corrected]
spines:
  monthly: {every: month, first: "2025-03-01", last: "2025-05-01"}
  basic: {every: month, first: "2025-03-01", where: "tariff = 'basic'"}
  after_call:
    {each: calls, at: ended_at, where: answered, own: [reason, wait_s, answered]}
  before_bill: {each: bills, at: event_at, own: [kind]}
features:
  windows_days: [1, 7, 31]
  attributes: [tariff, fee_eur, joined_on]
  top_values: 2
  tables:
    calls:
      measures: [wait_s, csat]
      flags: [answered]
      categories: [reason]
      recency: [reason]
      last: [reason, csat, answered]
      where: "direction = 'inbound'"
    bills:
      measures: [amount_eur]
      flags: [corrected]
      categories: [kind]
      values: {kind: [regular, "final (end)"]}
      last: [late_days]
predictors:
  again:
    spine: after_call
    label: {table: calls, horizon_days: 7}
  billed:
    spine: monthly
    label:
      {table: bills, where: "kind = 'final'", gap_days: 2, horizon_days: 10,
       settle_days: 3}
"""


def at(text: str) -> datetime:
    """Read an instant; without a zone it is UTC."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def config_values(text: str = EVERYTHING, **changes: Any) -> dict[str, Any]:
    """Give the plain values of a config; `a__b=1` changes the key a.b."""
    values: dict[str, Any] = yaml.safe_load(text)
    for path, value in changes.items():
        *sections, key = path.split("__")
        inner = values
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[key] = deepcopy(value)  # a later path may reach into it
    return values


def config_file(folder: Path, text: str = EVERYTHING, **changes: Any) -> Path:
    """Write a config into a folder."""
    file = folder / "project.yaml"
    file.write_text(yaml.safe_dump(config_values(text, **changes), sort_keys=False))
    return file


def arrow(name: str, rows: Iterable[Row]) -> pa.Table:
    """Lay rows out with the columns of a canonical table; what is missing is null."""
    return pa.Table.from_pylist(list(rows), SCHEMAS[name])


def call(number: int, started_at: datetime, **changes: Any) -> Row:
    """Give a call of five minutes that is known when it ends."""
    ended_at = changes.pop("ended_at", started_at + timedelta(minutes=5))
    usual = {
        "call_id": f"call {number}",
        "direction": "inbound",
        "started_at": started_at,
        "ended_at": ended_at,
        "known_at": ended_at,
        "reason": "bill",
        "wait_s": 20.0,
        "csat": 4.0,
        "answered": True,
    }
    return {**usual, **changes}


def link(row: Row, customer: str | None = "A", **changes: Any) -> Row:
    """Link a call to a customer, as soon as the call is known."""
    status = "matched" if customer else "unknown"
    usual = {
        "call_id": row["call_id"],
        "customer_id": customer,
        "rule": "phone",
        "status": status,
        "known_at": row["known_at"],
    }
    return {**usual, **changes}


def bill(number: int, event_at: datetime, **changes: Any) -> Row:
    """Give a bill of customer A that is known when it happens."""
    usual = {
        "event_id": f"bill {number}",
        "customer_id": "A",
        "event_at": event_at,
        "known_at": event_at,
        "amount_eur": 30.0,
        "late_days": 0.0,
        "kind": "regular",
        "corrected": False,
    }
    return {**usual, **changes}


def customer(name: str = "A", **changes: Any) -> Row:
    """Give a customer since 2024, known at once."""
    since = changes.get("valid_from", at("2024-01-01"))
    usual = {
        "customer_id": name,
        "valid_from": since,
        "valid_to": None,
        "known_at": since,
        "tariff": "basic",
        "fee_eur": 20.0,
        "joined_on": at("2023-05-01"),
    }
    return {**usual, **changes}


Tables = Mapping[str, list[Row]]


def tables(**given: list[Row]) -> dict[str, list[Row]]:
    """Give all canonical tables; calls without a link get one to customer A."""
    full = {name: list(given.get(name, [])) for name in SCHEMAS}
    if "identity_map" not in given:
        full["identity_map"] = [link(row) for row in full["calls"]]
    return full


@dataclass
class MemoryStages:
    """Runs every stage and keeps what it made."""

    made: dict[str, Table] = field(default_factory=dict)

    def run(self, _stage: object, build: Callable[[], Mapping[str, Any]]) -> bool:
        self.made |= {name: _in_memory(item) for name, item in build().items()}
        return True


def _in_memory(item: Table | Parts) -> Table:
    if isinstance(item, Table):
        return item
    with TemporaryDirectory() as folder:
        item.fill(Path(folder))
        files = sorted(Path(folder).iterdir())
        rows = pa.concat_tables([pq.read_table(file) for file in files])
    return Table(ibis.memtable(rows.replace_schema_metadata()), item.keys, item.about)


@dataclass
class MemoryStore:
    """Reads canonical tables, and what stages made, from memory."""

    tables: Tables
    stages: MemoryStages

    def read(self, name: str) -> ibis.Table:
        if name in self.stages.made:
            rows = self.stages.made[name].rows
            return ibis.memtable(rows) if isinstance(rows, pd.DataFrame) else rows
        return ibis.memtable(arrow(name, self.tables[name]))

    def parts(self, _name: str) -> list[Path]:
        return []


class Notes(Silence):
    """A progress that remembers its notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def memory_project(rows: Tables, **changes: Any) -> Any:
    """Stand in for a Project whose tables lie in memory, without files or stages."""
    config = ProjectConfig.model_validate(config_values(**changes))
    stages = MemoryStages()
    return SimpleNamespace(
        config=config,
        zone=ZoneInfo(config.time_zone),
        force=False,
        progress=Notes(),
        stages=stages,
        store=MemoryStore(rows, stages),
    )
