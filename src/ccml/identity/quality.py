"""How many calls found their customer, by month and queue."""

from typing import Any

import ibis

from ccml.engine.local_time import local_time
from ccml.engine.store import Store
from ccml.identity.link import KEY_RULE, PHONE_RULE

STATUSES = ("ambiguous", "anonymous", "internal", "unknown")
NO_QUEUE = "(none)"


def match_quality(calls: ibis.Table, links: ibis.Table, zone: str) -> ibis.Table:
    """Count the calls by how they were linked.

    Returns:
        One row per local month (YYYY-MM) and queue: calls, matched, matched_by_key,
        matched_by_phone, ambiguous, anonymous, internal, unknown, matched_share.
    """
    slim = links.select("call_id", "rule", "status")
    joined = calls.select("call_id", "started_at", "queue").join(slim, "call_id")
    joined = joined.mutate(
        month=local_time(joined.started_at, zone).strftime("%Y-%m"),
        queue=joined.queue.fill_null(NO_QUEUE),
    )
    is_matched = joined.status == "matched"
    table = joined.group_by("month", "queue").agg(
        calls=joined.count(),
        matched=is_matched.sum(),
        matched_by_key=(is_matched & (joined.rule == KEY_RULE)).sum(),
        matched_by_phone=(is_matched & (joined.rule == PHONE_RULE)).sum(),
        **{status: (joined.status == status).sum() for status in STATUSES},
    )
    counts = [name for name in table.columns if name not in {"month", "queue"}]
    table = table.mutate(**{name: table[name].cast("int64") for name in counts})
    return table.mutate(matched_share=table.matched / table.calls)


def identity_shares(store: Store) -> dict[str, Any]:
    """Sum the stored match quality up: number of calls, and shares of it."""
    quality = store.read("match_quality")
    names = ("matched", "matched_by_key", "matched_by_phone", *STATUSES)
    sums = {name: quality[name].sum() for name in ("calls", *names)}
    totals = quality.aggregate(**sums).to_pyarrow().to_pylist()[0]
    calls = int(totals["calls"] or 0)
    shares = {name: int(totals[name] or 0) / calls if calls else 0.0 for name in names}
    return {"calls": calls, **shares}
