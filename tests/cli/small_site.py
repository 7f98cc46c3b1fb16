"""A small telecom as CSV files, and the command run in this process."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from ccml.cli.main import main

CONFIG = """
version: 1
project: small
workspace: work
time_zone: Europe/Warsaw
data_until: "2026-01-01T00:00:00+01:00"
identity: {phone_region: PL}
sources:
  calls:
    path: raw/calls.csv
    columns:
      call_id: id
      started_at: start
      ended_at: end
      customer_phone: phone
      direction: direction
      wait_s: wait
  customers:
    path: raw/customers.csv
    valid_from: since
    attributes: [tariff]
  customer_phones: {path: raw/phones.csv}
  events:
    contracts:
      path: raw/contracts.csv
      id: change_id
      event_at: changed_at
      categories: [event]
  flat:
    survey: {path: raw/survey.csv}
spines:
  monthly: {every: month, first: "2025-03-01"}
features:
  windows_days: [30]
  attributes: [tariff]
  tables:
    calls: {measures: [wait_s]}
predictors:
  churn:
    spine: monthly
    label: {table: contracts, where: "event = 'cancelled'", horizon_days: 30}
    split: {folds: 2}
    tune: {trials: 1}
  happy:
    table: survey
    label: {column: answer, positive: "yes"}
    split: {kind: random, folds: 2}
    tune: {trials: 1}
lists:
  winback: {predictor: churn, capacity: 5}
"""
CUSTOMERS = 60
FIRST_NUMBER = 600_700_100
KEY_VARIABLE = "CCML_PSEUDONYM_KEY"
KEY = "5e" * 32
Lines = list[dict[str, object]]


@dataclass(frozen=True)
class Run:
    """What a command printed and returned."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass(frozen=True)
class SmallSite:
    """A project folder, and the command that works on it."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "small.yaml"

    @property
    def workspace(self) -> Path:
        return self.folder / "work"

    def raw(self, name: str) -> Path:
        return self.folder / "raw" / name

    def configure(self, changes: Mapping[str, Any], source: str | None = None) -> None:
        """Write the config anew; `a.b: 1` changes the key a.b, None takes it out.

        With a source, only that one is left of all sources, and nothing is made of it.
        """
        values = yaml.safe_load(CONFIG)
        if source:
            values["sources"] = {source: values["sources"][source]}
            for section in ("spines", "features", "predictors", "lists"):
                del values[section]
        for path, value in changes.items():
            *sections, key = path.split(".")
            inner = values
            for section in sections:
                inner = inner.setdefault(section, {})
            if value is None:
                inner.pop(key, None)
            else:
                inner[key] = value
        self.config.write_text(yaml.safe_dump(values, sort_keys=False))

    def ccml(self, verb: str, *words: str) -> Run:
        return ccml(verb, str(self.config), *words)

    def run(self, pipeline: str, *words: str) -> Run:
        return ccml("run", pipeline, str(self.config), *words)


def ccml(*words: str) -> Run:
    """Run the command as a shell would, but in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    before, sys.argv = sys.argv, ["ccml", *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return Run(code, out.getvalue(), err.getvalue())


def write_site(folder: Path) -> None:
    """Write a config, its exports and its key."""
    (folder / "raw").mkdir()
    (folder / ".ccml").mkdir()
    key = folder / ".ccml" / "pseudonym.key"
    key.write_text(KEY)
    key.chmod(0o600)
    (folder / "small.yaml").write_text(CONFIG)
    for name, rows in exports().items():
        write_csv(folder / "raw" / f"{name}.csv", rows)


def write_csv(
    file: Path, rows: Iterable[Mapping[str, object]], comma: str = ","
) -> None:
    rows = list(rows)
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), delimiter=comma)
        writer.writeheader()
        writer.writerows(rows)


def exports() -> dict[str, Lines]:
    """Make up a year: every second customer cancels."""
    ids = range(CUSTOMERS)
    start = datetime(2025, 1, 2, 9, tzinfo=UTC)
    calls = [_call(n, start + timedelta(days=n % 360, minutes=n)) for n in range(400)]
    customers = [
        {"customer_id": f"C{i}", "since": "2024-01-01T00:00:00Z", "tariff": "AB"[i % 2]}
        for i in ids
    ]
    phones = [{"customer_id": f"C{i}", "phone": FIRST_NUMBER + i} for i in ids]
    contracts = [
        {
            "change_id": f"e{i}",
            "customer_id": f"C{i}",
            "changed_at": f"{date(2025, 3, 5) + timedelta(days=5 * i)}T08:00:00Z",
            "event": "cancelled" if i % 2 else "extended",
        }
        for i in ids
    ]
    survey = [
        {
            "age": 20 + i % 50,
            "visits": i % 7,
            "same": 1,
            "answer": "yes" if i % 3 else "no",
        }
        for i in range(200)
    ]
    return {
        "calls": calls,
        "customers": customers,
        "phones": phones,
        "contracts": contracts,
        "survey": survey,
    }


def _call(number: int, start: datetime) -> dict[str, object]:
    return {
        "id": f"k{number}",
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=4)).isoformat(),
        "phone": FIRST_NUMBER + number % CUSTOMERS,
        "direction": "inbound",
        "wait": number % 60,
    }
