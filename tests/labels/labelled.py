"""Labels of a few calls, made by the engine and by the slow reference."""

from datetime import timedelta

import ibis
import pandas as pd
from builders import arrow, at, call

from ccml.config.labels import EventLabelConfig
from ccml.labels.reference import slow_label
from ccml.labels.rows import Looked, label_rows

END = at("2025-03-01")
TICK = timedelta(microseconds=1)


def minutes(number):
    return timedelta(minutes=number)


def days(number):
    return timedelta(days=number)


def one(number, started_at, customer="A", **changes):
    """Give a call of a customer as the label sees it."""
    row = call(number, started_at, transferred=False, callback_of=None, queue=None)
    row |= changes
    if "ended_at" in changes:
        row["known_at"] = row["ended_at"]
    return row | {
        "event_id": row["call_id"],
        "customer_id": customer,
        "event_at": row["started_at"],
        "counts": changes.get("counts", True),
    }


def label_of(**given):
    return EventLabelConfig.model_validate(
        {"table": "calls", "horizon_days": 7, **given}
    )


def spine_of(calls, at_column):
    return [
        {
            "event_id": c["event_id"],
            "customer_id": c["customer_id"],
            "cutoff_at": c[at_column],
            "is_eligible": True,
        }
        for c in calls
    ]


def periods_of(customers, cutoffs):
    return [
        {"customer_id": c, "cutoff_at": moment, "is_eligible": True}
        for c in customers
        for moment in cutoffs
    ]


def engine_labels(spine, calls, label, until=END, *, skips_own=True):
    """Label rows by the engine: a list of (label, status) in the order of the rows."""
    plain = ibis.memtable(arrow("calls", calls)).drop("known_at")
    more = pd.DataFrame(
        {
            "call_id": [c["call_id"] for c in calls],
            "customer_id": [c["customer_id"] for c in calls],
            "counts": [c["counts"] for c in calls],
        }
    )
    joined = plain.join(ibis.memtable(more), "call_id")
    events = joined.mutate(event_id=joined.call_id, event_at=joined.started_at)
    rows = pd.DataFrame(spine).assign(row_id=range(len(spine)))
    rows["cutoff_at"] = rows.cutoff_at.astype("datetime64[us, UTC]")
    looked = Looked(events, label, until, skips_own=skips_own)
    frame = label_rows(ibis.memtable(rows), looked).order_by("row_id").to_pandas()
    labels = [None if pd.isna(value) else int(value) for value in frame["label"]]
    return list(zip(labels, frame["status"], strict=True))


def slow_labels(spine, calls, label, until=END, *, skips_own=True):
    """Label rows by the slow reference."""
    return [slow_label(r, calls, label, until, skips_own=skips_own) for r in spine]


def both(calls, at_column="ended_at", until=END, **given):
    """Label each call's row by the rules given, and check both ways agree."""
    label, spine = label_of(**given), spine_of(calls, at_column)
    found = [value for value, _why in engine_labels(spine, calls, label, until)]
    assert found == slow_labels(spine, calls, label, until)
    return found
