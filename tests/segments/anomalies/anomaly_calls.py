"""A centre of two regions in numbers, and as calls."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.engine.store import Table
from ccml.project import Project

FIRST = datetime(2025, 3, 3, tzinfo=UTC)
DAYS = 112
LOOKED = 28
CUTOFF = FIRST + timedelta(days=DAYS)
WEEK = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.5, 0.0])
CONFIG = """
version: 1
project: small
workspace: data
time_zone: UTC
data_until: "2025-06-23T00:00:00Z"
sources:
  calls: {{path: x}}
  customers: {{path: x}}
  events:
    outages: {{path: x, id: a, event_at: b}}
    bills: {{path: x, id: a, event_at: b}}
segments: {segments}
"""


def weekdays():
    """Give the weekday of each day; the first is a Monday."""
    return np.arange(DAYS) % 7


def drawn_days(rng, groups=20, mean=30.0, spread=0.0):
    """Draw calls of groups by day around the same weekly pattern."""
    expected = mean * WEEK[weekdays()][None, :] * np.ones((groups, 1))
    if spread:
        expected = expected * rng.gamma(1 / spread, spread, expected.shape)
    return rng.poisson(expected).astype(float)


def company(rng, outage_day=None, customers=400):
    """Draw calls of a calm centre, in which an outage may hit one region for a day."""
    rows = []
    for day in range(DAYS):
        number = rng.poisson(60 * WEEK[day % 7])
        who = rng.integers(0, customers, number)
        rows += [_call(day, rng, int(one), "billing") for one in who]
    if outage_day is not None:
        hit = rng.choice(np.arange(0, customers, 2), 70, replace=False)
        rows += [_call(outage_day, rng, int(one), "fault") for one in hit]
    return [row | {"call_id": f"k{n:05d}"} for n, row in enumerate(rows)]


def _call(day, rng, customer, reason):
    minute = int(rng.integers(8 * 60, 18 * 60))
    usual = "fault" if customer % 3 == 0 else reason
    return {
        "customer_id": f"C{customer:04d}",
        "started_at": FIRST + timedelta(days=day, minutes=minute),
        "direction": "inbound",
        "reason": usual,
        "queue": "care",
        "region": "north" if customer % 2 == 0 else "south",
        "phone_key": f"k1:{customer:04d}",
    }


def outages(rng, day, customers=400):
    """Give outages: a few every day, and one that hits half of the north on a day."""
    instants, who = [], []
    for place in range(DAYS):
        few = rng.choice(customers, 4, replace=False)
        if place == day:
            few = np.arange(0, customers, 2)
        instants += [FIRST + timedelta(days=place, hours=6)] * len(few)
        who += [f"C{one:04d}" for one in few]
    ids = [f"o{n}" for n in range(len(who))]
    return pd.DataFrame({"event_id": ids, "customer_id": who, "event_at": instants})


def project_with(folder, rows, segments="{}", **events):
    """Open a project that holds calls, customers and events."""
    (folder / "small.yaml").write_text(CONFIG.format(segments=segments))
    project = Project.open(folder / "small.yaml")
    store_calls(project, rows)
    for name, frame in events.items():
        project.store.write(name, Table(frame, ["event_id"], "rows"), name)
    return project


def store_calls(project, rows):
    """Store calls and whom they belong to."""
    frame = pd.DataFrame(rows).assign(known_at=lambda f: f["started_at"])
    for column in ("started_at", "known_at"):
        frame[column] = frame[column].astype("datetime64[us, UTC]")
    calls = pa.Table.from_pandas(frame, preserve_index=False)
    links = calls.select(["call_id", "customer_id", "known_at"])
    for name, value in (("rule", "phone"), ("status", "matched")):
        links = links.append_column(name, pa.array([value] * len(links)))
    slim = calls.drop_columns(["customer_id"])
    for name, table in (("calls", slim), ("identity_map", links)):
        project.store.write(
            name, Table(table, ["call_id"], "rows"), f"{name}{len(rows)}"
        )


def store_customers(project, number=400):
    """Store customers who were all there before the history."""
    ids = [f"C{one:04d}" for one in range(number)]
    begun = pd.Timestamp("2024-01-01", tz="UTC").as_unit("us")
    frame = pd.DataFrame({"customer_id": ids, "valid_from": begun})
    project.store.write("customers", Table(frame, ["customer_id"], "rows"), "customers")
