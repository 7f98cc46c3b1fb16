"""How many calls found their customer, by platform, queue and month."""

from collections.abc import Iterator
from typing import Any

import ibis
import pandas as pd

from ccml.engine.local_time import local_time
from ccml.engine.store import Store
from ccml.identity.link import (
    CALLER_RULE,
    CONFLICT,
    KEY_RULE,
    LINK_RULE,
    MAP_RULE,
    PHONE_RULE,
    RECENT_RULE,
    SWITCHBOARD,
)

QUALITY_KEYS = ("source_platform", "month", "queue")
MATCHED = {
    "matched_by_call_link": LINK_RULE,
    "matched_by_key_map": MAP_RULE,
    "matched_by_key": KEY_RULE,
    "matched_by_phone": PHONE_RULE,
    "matched_by_recent_contact": RECENT_RULE,
    "matched_by_caller": CALLER_RULE,
}
STATUSES = ("ambiguous", "anonymous", "internal", "unknown")
PARTS = ("switchboard", "sip", "invalid", "rules_disagree")
"""Counts within others: of ambiguous, of unknown twice, and of matched."""
COUNTS = ("matched", *MATCHED, *STATUSES, *PARTS)
NO_QUEUE = "(none)"
DROP = 0.10
"""A fall of the matched share by more than this is an alert."""
EARLIER_MONTHS = 2
LEAST_CALLS = 50
"""Shares of fewer calls fall by chance."""


def match_quality(calls: ibis.Table, links: ibis.Table, zone: str) -> ibis.Table:
    """Count the calls by how they were linked.

    Returns:
        One row per platform, local month (YYYY-MM) and queue: calls, matched,
        matched_by_..., ambiguous (of which switchboard), anonymous, internal, unknown
        (of which sip, invalid), rules_disagree (of matched), matched_share.
    """
    slim = links.select("call_id", "rule", "status", "note")
    own = calls.select(
        "call_id", "source_platform", "started_at", "queue", "phone_status"
    )
    joined = own.join(slim, "call_id")
    joined = joined.mutate(
        month=local_time(joined.started_at, zone).strftime("%Y-%m"),
        queue=joined.queue.fill_null(NO_QUEUE),
    )
    is_matched, is_unknown = joined.status == "matched", joined.status == "unknown"
    conditions = {
        "matched": is_matched,
        **{name: is_matched & (joined.rule == rule) for name, rule in MATCHED.items()},
        **{status: joined.status == status for status in STATUSES},
        "switchboard": joined.note == SWITCHBOARD,
        "sip": is_unknown & (joined.phone_status == "sip"),
        "invalid": is_unknown & (joined.phone_status == "invalid"),
        "rules_disagree": is_matched & (joined.note == CONFLICT),
    }
    sums = {name: is_so.sum().fill_null(0) for name, is_so in conditions.items()}
    table = joined.group_by(*QUALITY_KEYS).agg(calls=joined.count(), **sums)
    counts = {name: table[name].cast("int64") for name in ("calls", *conditions)}
    return table.mutate(**counts).mutate(matched_share=table.matched / table.calls)


def identity_shares(store: Store) -> dict[str, Any]:
    """Sum the stored match quality up: number of calls, and shares of it.

    Returns:
        `calls`; `matched` and every other count of `match_quality` as a share of them;
        `platforms`: calls and matched share of each.
    """
    quality = store.read("match_quality")
    sums = {name: quality[name].sum() for name in ("calls", *COUNTS)}
    totals = quality.aggregate(**sums).to_pyarrow().to_pylist()[0]
    calls = int(totals["calls"] or 0)
    shares = {name: int(totals[name] or 0) / calls if calls else 0.0 for name in COUNTS}
    by_platform = quality.group_by("source_platform").agg(
        calls=quality.calls.sum(), matched=quality.matched.sum()
    )
    rows = by_platform.order_by("source_platform").to_pyarrow().to_pylist()
    platforms = {
        str(row["source_platform"]): {
            "calls": int(row["calls"]),
            "matched": int(row["matched"]) / int(row["calls"]),
        }
        for row in rows
    }
    return {"calls": calls, **shares, "platforms": platforms}


def match_alerts(quality: pd.DataFrame) -> list[str]:
    """Say which month of a platform, or of one of its queues, lost its customers.

    A month counts when its matched share lies more than ten points below the median of
    the earlier months of the same platform or queue; the newest come first.

    Args:
        quality: `match_quality`; months with few calls are left out.
    """
    found = [
        *_alerts(quality, ["source_platform"]),
        *_alerts(quality, ["source_platform", "queue"]),
    ]
    found.sort(key=lambda alert: alert[1])
    found.sort(key=lambda alert: alert[0], reverse=True)
    return [sentence for _month, sentence in found]


def _alerts(quality: pd.DataFrame, by: list[str]) -> Iterator[tuple[str, str]]:
    months = quality.groupby([*by, "month"], sort=True)[["calls", "matched"]].sum()
    months = months[months.calls >= LEAST_CALLS].reset_index()
    months["share"] = months.matched / months.calls
    for names, rows in months.groupby(by, sort=True):
        usual = rows.share.expanding(EARLIER_MONTHS).median().shift()
        for month, share, before in zip(rows.month, rows.share, usual, strict=True):
            if before - share > DROP + 1e-9:
                yield str(month), _sentence(names, str(month), share, before)


def _sentence(names: Any, month: str, share: float, before: float) -> str:
    platform, *queue = (str(name) for name in names)
    where = f"{platform}, queue {queue[0]}" if queue else f"platform {platform}"
    return (
        f"{month}, {where}: {_percent(share)} of the calls found their customer, "
        f"after {_percent(before)} in a usual month; look at what changed "
        f"in the export or the phone list."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
