"""A small call centre whose calls, figures and exports stand in a workspace."""

from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import yaml

from ccml.contracts.calls import CALLS
from ccml.engine.store import Table
from ccml.kpis.build import build_kpis
from ccml.project import Project
from ccml.reports.exports import build_exports

HOSTILE = '=HYPERLINK("http://x","y")'
AGENT = "a1:" + "b" * 32
PHONE = "k1:" + "c" * 32
CUSTOMER = "customer-canary"
TYPES = {
    "text": "string",
    "number": "float64",
    "flag": "boolean",
    "instant": "timestamp('UTC')",
}
CONFIG = {
    "version": 1,
    "project": "small",
    "title": "=Small & fine",
    "notes": ["+Made up."],
    "workspace": "work",
    "time_zone": "Europe/Warsaw",
    "data_until": "2025-04-01T00:00:00+02:00",
    "sources": {"calls": {"path": "calls.csv"}},
    "kpis": {"groups": ["queue", "reason", "agent"]},
}


def calls_frame(number: int = 600, seed: int = 3) -> pd.DataFrame:
    """Make calls of three months, some of which report less than others."""
    rng = np.random.default_rng(seed)
    days = np.sort(rng.uniform(0, 89.9, number))
    start = pd.Timestamp("2025-01-01T00:30", tz="UTC") + pd.to_timedelta(days, "D")
    inbound = rng.random(number) < 0.85
    answered = rng.random(number) < 0.8
    queued = rng.random(number) < 0.9
    wait = np.where(rng.random(number) < 0.9, rng.exponential(20, number), np.nan)
    lost = inbound & queued & ~answered
    callers = rng.integers(0, 60, number)
    return pd.DataFrame(
        {
            "call_id": [f"call-canary-{i}" for i in range(number)],
            "source_platform": "csv",
            "source_file": "calls.csv",
            "phone_key": PHONE,
            "direction": np.where(inbound, "inbound", "outbound"),
            "channel": "voice",
            "started_at": start.floor("ms"),
            "ended_at": (start + pd.Timedelta(minutes=5)).floor("ms"),
            "known_at": (start + pd.Timedelta(minutes=5)).floor("ms"),
            "queue": rng.choice(["care", "sales", HOSTILE, None], number),
            "reason": rng.choice(["billing", "fault", None], number),
            "agent_id": np.where(answered, AGENT, None),
            "ivr_s": np.where(inbound, rng.uniform(0, 40, number).round(3), np.nan),
            "wait_s": np.where(inbound, wait.round(3), np.nan),
            "talk_s": np.where(answered, rng.exponential(200, number).round(1), np.nan),
            "hold_s": np.where(answered & (callers % 3 > 0), callers % 5, np.nan),
            "handle_s": np.where(answered, rng.exponential(250, number), np.nan),
            "queued": inbound & queued,
            "answered": answered,
            "abandoned": lost,
            "short_abandon": np.where(start.month == 2, None, lost & (callers % 2 > 0)),
            "ivr_only": inbound & ~queued & ~answered,
            "transferred": np.where(answered, callers % 7 == 0, None),
            "csat": np.where(answered & (callers % 9 == 0), 1 + callers % 5, np.nan),
            "source_rows": 1.0,
            "customer_id": [
                f"{CUSTOMER}-{caller}" if caller % 8 else None for caller in callers
            ],
        }
    )


def open_site(folder: Path, **changes: Any) -> Project:
    """Write a config and open it."""
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump(CONFIG | changes), encoding="utf-8")
    return Project.open(file)


def store_calls(project: Project, frame: pd.DataFrame) -> None:
    """Store calls and their links as the prepare pipeline does."""
    missing = {
        column.name: None for column in CALLS.columns if column.name not in frame
    }
    calls = frame.drop(columns="customer_id").assign(**missing).astype(object)
    calls = calls.where(calls.notna(), None)[[column.name for column in CALLS.columns]]
    schema = ibis.schema({c.name: TYPES[c.kind] for c in CALLS.columns}).to_pyarrow()
    import pyarrow as pa

    rows = pa.Table.from_pandas(calls, schema, preserve_index=False)
    project.store.write("calls", Table(rows, ["call_id"], "one row per call"), "c")
    links = frame[["call_id", "customer_id", "known_at"]].assign(
        rule="customer_key",
        status=np.where(frame.customer_id.notna(), "matched", "unknown"),
    )
    table = Table(links, ["call_id"], "one row per call")
    project.store.write("identity_map", table, "i")


def built_site(folder: Path, **changes: Any) -> Project:
    """Store calls, work the figures out, and export everything."""
    project = open_site(folder, **changes)
    store_calls(project, calls_frame())
    build_kpis(project)
    build_exports(project)
    return project
