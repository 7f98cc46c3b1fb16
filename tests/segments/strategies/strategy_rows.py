"""A small company of two segments: billing callers who call again, and fault callers."""

from copy import deepcopy
from datetime import timedelta

import numpy as np
import pandas as pd
import yaml

from ccml.engine.store import Table
from ccml.project import Project

CUTOFF = pd.Timestamp("2025-07-01", tz="UTC")
BILLING, FAULTS = 40, 60
CONFIG = """
version: 1
project: small
workspace: data
time_zone: UTC
data_until: "2025-07-01T00:00:00Z"
sources: {calls: {path: x}, customers: {path: x, attributes: [preferred_channel]}}
segments: {}
"""
EXPLAIN = {
    "title": "Explain the bill",
    "where": "about_billing >= 0.5",
    "why": "They call about bills.",
    "calls": "is_repeat and previous_about = 'billing'",
    "spares": [0.1, 0.3],
    "channels": ["chat", "voice"],
    "cost_per_call_eur": 0.1,
}
SEGMENTS = {"s1": "Billing callers", "s2": "Fault callers", "quiet": "No call"}


def instant(values):
    return pd.Series(values).astype("datetime64[us, UTC]")


def company_calls(seed=1, days=100.0):
    """Give calls of working hours; a third of the billing calls come back in days."""
    rng = np.random.default_rng(seed)
    number = np.concatenate([rng.poisson(8, BILLING), rng.poisson(3, FAULTS)]) + 1
    who = np.repeat(np.arange(BILLING + FAULTS), number)
    day = rng.uniform(1, days, len(who)).astype(int)
    at = CUTOFF - pd.to_timedelta(day, unit="D")
    at = at + pd.to_timedelta(rng.integers(8 * 3600, 18 * 3600, len(who)), unit="s")
    again = (who < BILLING) & (rng.random(len(who)) < 0.33)
    later = at[again] + pd.to_timedelta(rng.uniform(1, 3, again.sum()), unit="D")
    at = pd.DatetimeIndex(
        np.concatenate([at.tz_localize(None), later.tz_localize(None)])
    )
    who = np.concatenate([who, who[again]])
    keep = at.tz_localize("UTC") < CUTOFF
    at, who = at[keep].tz_localize("UTC"), who[keep]
    size = len(who)
    wait = np.round(rng.exponential(30, size))
    answered = rng.random(size) > np.minimum(wait / 300, 0.9)
    rows = pd.DataFrame(
        {
            "call_id": [f"k{i:05d}" for i in range(size)],
            "direction": "inbound",
            "channel": np.where(rng.random(size) < 0.1, "chat", "voice"),
            "queue": np.where(who < BILLING, "q_billing", "q_faults"),
            "reason": np.where(who < BILLING, "billing", "fault"),
            "disposition": "resolved",
            "agent_id": [f"a{i}" for i in rng.integers(0, 5, size)],
            "wait_s": wait,
            "talk_s": 250.0,
            "handle_s": np.where(answered, 300.0, np.nan),
            "queued": True,
            "answered": answered,
            "abandoned": ~answered,
            "ivr_only": False,
            "transferred": rng.random(size) < 0.1,
            "customer_id": [f"c{i:03d}" for i in who],
        }
    )
    rows["started_at"] = instant(at)
    rows["known_at"] = rows["started_at"] + timedelta(minutes=10)
    return rows


def segment_of(ids):
    return np.where(pd.Series(ids).str[1:].astype(int) < BILLING, "s1", "s2")


def company_people():
    return pd.DataFrame({"customer_id": [f"c{i:03d}" for i in range(BILLING + FAULTS)]})


def profiles():
    """Give two traits of each segment."""
    values = {"s1": (0.95, 3.0), "s2": (0.02, 1.0), "quiet": (np.nan, np.nan)}
    rows = [
        {
            "segment_id": segment,
            "name": SEGMENTS[segment],
            "customers": 50,
            "share_of_customers": 0.5,
            "calls": 100,
            "share_of_calls": 0.5,
            "trait": trait,
            "value": value,
        }
        for segment, pair in values.items()
        for trait, value in zip(("about_billing", "calls"), pair, strict=True)
    ]
    return pd.DataFrame(rows)


def callers(calls, again=1.0):
    """Expect that share of the calls seen in 90 days to come again, per 30 days."""
    window = calls[calls["started_at"] >= CUTOFF - timedelta(days=90)]
    number = window.groupby("customer_id").size()
    ids = company_people()["customer_id"]
    seen = ids.map(number).fillna(0).astype("int64")
    return pd.DataFrame(
        {
            "customer_id": ids,
            "cutoff_at": instant([CUTOFF] * len(ids)),
            "calls": seen,
            "exposure_days": 90.0,
            "posterior_rate_per_30d": seen / 3,
            "expected_calls_30d": seen / 3 * again,
            "is_persistent": seen > 8,
        }
    )


def write(project, name, rows, keys):
    mark = pd.util.hash_pandas_object(rows.astype(str)).sum()
    project.store.write(name, Table(rows, keys, "rows"), f"{mark:064d}")


def company(folder, calls=None, again=1.0, **segments):
    """Write a project whose customers are segmented already.

    Args:
        folder: Where to.
        calls: Calls with customer_id; the company's by default.
        again: Share of each customer's calls that is expected again.
        segments: The section `segments`.
    """
    calls = company_calls() if calls is None else calls
    values = yaml.safe_load(CONFIG) | {"segments": segments}
    (folder / "small.yaml").write_text(yaml.safe_dump(values))
    project = Project.open(folder / "small.yaml")
    links = calls[["call_id", "customer_id", "known_at"]]
    links = links.assign(rule="customer_key", status="matched")
    people = company_people()
    since = instant([pd.Timestamp("2024-01-01", tz="UTC")] * len(people))
    likes = np.where(np.arange(len(people)) % 3 == 0, "chat", "voice")
    customers = people.assign(
        valid_from=since,
        valid_to=pd.array([pd.NaT] * len(people), dtype="datetime64[us, UTC]"),
        known_at=since,
        preferred_channel=likes,
    )
    segment = people.assign(
        cutoff_at=instant([CUTOFF] * len(people)),
        segment_id=segment_of(people["customer_id"]),
    )
    write(project, "calls", calls.drop(columns="customer_id"), ["call_id"])
    write(project, "identity_map", links, ["call_id"])
    write(project, "customers", customers, ["customer_id"])
    write(project, "segments", segment, ["customer_id", "cutoff_at"])
    write(project, "segment_profiles", profiles(), ["segment_id", "trait"])
    write(project, "repeat_callers", callers(calls, again), ["customer_id"])
    return project


def playbook(most=3, **actions):
    return {
        "most_per_segment": most,
        "actions": {k: deepcopy(v) for k, v in actions.items()},
    }
