"""Calls with what later calls and events say about them, made once for all figures."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.operations as ops

from ccml.config.kpis import KpisConfig
from ccml.engine.local_time import local_time
from ccml.kpis.conversion import followed_calls
from ccml.kpis.local_start import LOCAL
from ccml.kpis.repeats import WHICH, RepeatRule, followed_bases, net_rule

PERIOD = "period"
GROUP_COLUMNS = {
    "queue": "queue",
    "reason": "reason",
    "agent": "agent_id",
    "source": "source",
    "medium": "medium",
    "campaign": "campaign",
    "platform": "source_platform",
    "last_queue": "last_queue",
    "skill": "skill",
    "region": "region",
}
"""Which column of calls tells each kind of group."""
KEPT = (
    "call_id", "customer_id", "direction", "started_at", "ended_at", "queue", "reason",
    "agent_id", "disposition", "ivr_s", "wait_s", "requeue_wait_s", "ring_s", "talk_s",
    "hold_s", "wrap_s", "consult_s", "handle_s", "handle_src", "queued", "answered",
    "ivr_only", "abandoned", "short_abandon", "flow_out", "transferred", "transfer_type",
    "callback", "csat", "nps", "ces", "quality_score", "campaign",
    "system_outcome", "callback_of",
)  # fmt: skip
"""Columns of calls that figures read; the others stay on disk."""
INSTANT = "timestamp('UTC', 6)"
ADDED = {
    "callback_at": INSTANT,
    "callback_reached": "boolean",
    "agent_at": INSTANT,
    "net_at": INSTANT,
    "net_next_at": INSTANT,
    "event_at": INSTANT,
}
"""Columns that are plain nulls where nothing tells them."""


def narrow_calls(calls: ibis.Table, config: KpisConfig, zone: ZoneInfo) -> ibis.Table:
    """Keep the columns that figures read.

    Returns:
        The columns; local_at (start by the site's clock), period (its month). Those that
        no call fills are plain nulls, which take no room.
    """
    groups = [GROUP_COLUMNS[kind] for kind in config.kinds]
    unread = () if config.right_party_dispositions else ("disposition",)
    names = [n for n in dict.fromkeys([*KEPT, *groups]) if n not in unread]
    counts = calls.agg(**{name: calls[name].count() for name in names}).to_pandas()
    empty = [name for name in names if not counts[name].iloc[0]]
    filled = [name for name in names if name not in empty]
    timed = calls.select(*filled, **{LOCAL: local_time(calls.started_at, zone)})
    kept = timed.mutate(**{PERIOD: timed[LOCAL].strftime("%Y-%m")})
    nulls = {name: ibis.null(calls[name].type()) for name in (*empty, *unread)}
    return kept.select(*kept.columns, **nulls)


def prepared_calls(
    calls: ibis.Table, config: KpisConfig, rule: RepeatRule, events: ibis.Table | None
) -> ibis.Table:
    """Add to each call what only other rows tell, once and in memory.

    Args:
        calls: Rows of `narrow_calls`.
        config: What is looked ahead for.
        rule: What counts as a repeat.
        events: Conversions, with customer_id and event_at, where there are any.

    Returns:
        One row per call: its columns; base_at (the start of a call that can be repeated)
        and next_at; net_at and net_next_at, the same by reason or queue; event_at;
        asked_callback, callback_at, callback_reached; agent_at (the customer's next
        answered call, of menu calls only).
    """
    empty = _plain_nulls(calls)
    rows = _with_callbacks(calls, config)
    rows = _with_next_agent(rows)
    net = net_rule(rule, config.repeat_same)
    # The order of a customer's calls is found on few columns, the rest is read once.
    same = [config.repeat_same] if config.repeat_same else []
    slim = calls.select(*WHICH, "direction", "answered", *same).cache()
    for found in followed_bases(slim, rule, net):
        rows = rows.left_join(found, rows.call_id == found.base_call).drop("base_call")
    if events is not None:
        rows = followed_calls(rows, events)
    nulls = {name: null for name, null in empty.items() if name in rows.columns}
    return _computed(rows, nulls)


def _plain_nulls(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Find the columns that are null whatever the row."""
    operation = rows.op()
    values = operation.values if isinstance(operation, ops.Project) else {}
    return {
        name: value.to_expr()
        for name, value in values.items()
        if isinstance(value, ops.Literal) and value.value is None
    }


def _computed(rows: ibis.Table, nulls: Mapping[str, ibis.Value]) -> ibis.Table:
    """Compute rows; those told to be null, or not told of at all, are plain nulls."""
    kept = rows.drop(*nulls).cache()
    absent = {n: ibis.null(t) for n, t in ADDED.items() if n not in kept.columns}
    return kept.select(*kept.columns, **{**absent, **nulls})


def _with_callbacks(calls: ibis.Table, config: KpisConfig) -> ibis.Table:
    words = [text.lower() for text in config.callback_asked_outcomes]
    said = calls.system_outcome.lower().isin(words) if words else ibis.literal(False)
    rows = calls.mutate(asked_callback=said.fill_null(False))
    if not _any(calls.callback_of.notnull()):
        return rows.drop("callback_of", "system_outcome")
    made = calls.filter(calls.callback_of.notnull())
    first = made.group_by(asked_by=made.callback_of).agg(
        callback_at=made.started_at.min(), callback_reached=made.answered.any()
    )
    joined = rows.left_join(first, rows.call_id == first.asked_by)
    asked = joined.asked_callback | joined.callback_at.notnull()
    return joined.mutate(asked_callback=asked).drop(
        "asked_by", "callback_of", "system_outcome"
    )


def _with_next_agent(rows: ibis.Table) -> ibis.Table:
    known = rows.customer_id.notnull()
    if not _any(rows.ivr_only & known):
        return rows
    menu = rows.filter(rows.ivr_only & known).select(
        "customer_id", "started_at", menu_call="call_id"
    )
    answered = rows.filter((rows.direction == "inbound") & rows.answered & known)
    answered = answered.select(agent_customer="customer_id", agent_at="started_at")
    found = menu.asof_join(
        answered,
        menu.started_at < answered.agent_at,
        predicates=menu.customer_id == answered.agent_customer,
    ).select("menu_call", "agent_at")
    return rows.left_join(found, rows.call_id == found.menu_call).drop("menu_call")


def _any(flag: ibis.Value) -> bool:
    return bool(flag.fill_null(False).any().execute())
