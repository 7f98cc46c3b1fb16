"""Small ledgers of calls, and a grouping in plain Python to compare with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ccml.config.episodes import EpisodesConfig
from ccml.engine.store import Table
from ccml.kpis.repeats import GROSS
from ccml.project import Project
from ccml.segments.episodes.ledger import Rules

START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2025, 3, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
SCHEMA = pa.schema(
    {
        "call_id": pa.string(),
        "customer_id": pa.string(),
        "direction": pa.string(),
        "started_at": INSTANT,
        "ended_at": INSTANT,
        "known_at": INSTANT,
        "answered": pa.bool_(),
        "abandoned": pa.bool_(),
        "ivr_only": pa.bool_(),
        "transferred": pa.bool_(),
        "callback": pa.bool_(),
        "reason": pa.string(),
        "queue": pa.string(),
        "agent_id": pa.string(),
        "first_agent_id": pa.string(),
        "disposition": pa.string(),
        "handle_s": pa.float64(),
        "talk_s": pa.float64(),
        "region": pa.string(),
        "phone_key": pa.string(),
    }
)
CONFIG = """
version: 1
project: small
workspace: data
time_zone: Europe/Warsaw
data_until: "2025-03-01T00:00:00Z"
sources: {{calls: {{path: x}}, events: {{outages: {{path: x, id: a, event_at: b}}}}}}
segments: {segments}
"""


def at(days, minutes=0.0):
    """Give an instant after the first day of the ledger."""
    return START + timedelta(days=days, minutes=minutes)


def call(number, customer, started_at, **more):
    """Make one call; what is not said is as usual."""
    usual = {
        "call_id": f"k{number:04d}",
        "customer_id": customer,
        "direction": "inbound",
        "started_at": started_at,
        "ended_at": started_at + timedelta(minutes=5),
        "answered": True,
        "abandoned": False,
        "transferred": False,
        "reason": "billing",
        "queue": "care",
        "agent_id": "a1",
        "disposition": "resolved",
        "handle_s": 360.0,
    }
    return usual | {"known_at": started_at} | more


def given_up(number, customer, started_at, **more):
    """Make a call that the customer gave up after two minutes."""
    lost = {
        "answered": False,
        "abandoned": True,
        "ended_at": started_at + timedelta(minutes=2),
        "agent_id": None,
        "disposition": None,
        "handle_s": None,
    }
    return call(number, customer, started_at, **(lost | more))


def table(rows):
    """Make an Arrow table of calls."""
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in SCHEMA.names} for row in rows], SCHEMA
    )


def rules(window_days=7, **episodes):
    """Give the choices of a test."""
    return Rules(
        episodes=EpisodesConfig(**episodes),
        families={"money": ["billing", "payment"]},
        repeats=GROSS,
        window_days=window_days,
        data_end=END,
        cost_per_hour_eur=30.0,
    )


def project_with(folder: Path, rows, segments="{}"):
    """Open a project that holds calls and their customers."""
    (folder / "small.yaml").write_text(CONFIG.format(segments=segments))
    project = Project.open(folder / "small.yaml")
    store_calls(project, rows)
    return project


def store_calls(project, rows, order_by=()):
    """Store calls and whom they belong to."""
    calls = table(rows)
    links = calls.select(["call_id", "customer_id", "known_at"])
    count = len(calls)
    links = links.append_column("rule", pa.array(["phone"] * count, pa.string()))
    links = links.append_column("status", pa.array(["matched"] * count, pa.string()))
    mark = str(pd.util.hash_pandas_object(calls.to_pandas()).sum())
    for name, stored in (
        ("calls", calls.drop_columns(["customer_id"])),
        ("identity_map", links),
    ):
        kept = Table(stored, ["call_id"], "rows", order_by)
        project.store.write(name, kept, name + mark)


def episodes_of(rows, config: EpisodesConfig):
    """Group calls one by one: call_id -> (trigger's call_id, is_redial, is_repeat)."""
    known = [r for r in rows if r["direction"] == "inbound" and r["customer_id"]]
    found = {}
    for customer in {r["customer_id"] for r in known}:
        own = [r for r in known if r["customer_id"] == customer]
        own.sort(key=lambda r: (r["started_at"], r["call_id"]))
        attempts = _attempts(own, config)
        found |= _chains(attempts, config)
    return found


def _attempts(own, config):
    attempts = []
    for place, row in enumerate(own):
        before = own[place - 1] if place else None
        soon = timedelta(minutes=config.redial_minutes)
        is_redial = bool(
            before
            and before["abandoned"]
            and before["started_at"] < row["started_at"]
            and row["started_at"] <= before["ended_at"] + soon
        )
        if is_redial:
            attempts[-1].append(row)
        else:
            attempts.append([row])
    return attempts


def _chains(attempts, config):
    found, latest = {}, {}
    for number, attempt in enumerate(attempts):
        told = [r["reason"] or r["queue"] for r in attempt]
        told = [name for name in told if name]
        line = "any" if not config.same_family else told[-1] if told else number
        trigger, last_at = latest.get(line, (None, None))
        for place, row in enumerate(attempt):
            start = row["started_at"]
            redial = place > 0
            if not redial and (
                trigger is None or start - last_at > timedelta(days=config.window_days)
            ):
                trigger, last_at = row["call_id"], start
            repeat = not redial and start > last_at
            found[row["call_id"]] = (trigger, redial, repeat)
            last_at = start
        latest[line] = (trigger, last_at)
    return found
