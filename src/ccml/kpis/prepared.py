"""Calls with what later calls and events say about them, made once for all figures."""

from zoneinfo import ZoneInfo

import ibis

from ccml.config.kpis import KpisConfig
from ccml.engine.local_time import local_time
from ccml.kpis.conversion import followed_calls
from ccml.kpis.local_start import LOCAL
from ccml.kpis.repeats import RepeatRule, base_calls, net_rule

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
    "callback", "csat", "nps", "ces", "quality_score", "source", "campaign",
    "system_outcome", "callback_of",
)  # fmt: skip
"""Columns of calls that figures read; the others stay on disk."""


def narrow_calls(calls: ibis.Table, config: KpisConfig, zone: ZoneInfo) -> ibis.Table:
    """Keep the columns that figures read, with the local month as period.

    Columns that no call fills become plain nulls, which take no room.
    """
    groups = [GROUP_COLUMNS[kind] for kind in config.kinds]
    kept = list(dict.fromkeys([*KEPT, *groups]))
    counts = calls.agg(**{name: calls[name].count() for name in kept}).to_pandas()
    empty = [name for name in kept if not counts[name].iloc[0]]
    rows = calls.mutate(**{name: ibis.null(calls[name].type()) for name in empty})
    timed = rows.select(*kept, **{LOCAL: local_time(calls.started_at, zone)})
    return timed.mutate(**{PERIOD: timed[LOCAL].strftime("%Y-%m")})


def prepared_calls(
    calls: ibis.Table, config: KpisConfig, rule: RepeatRule, events: ibis.Table | None
) -> ibis.Table:
    """Add to each call what only other rows tell.

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
    rows = _with_callbacks(calls, config)
    rows = _with_next_agent(rows)
    rows = _with_base(rows, calls, rule, ("base_at", "next_at"))
    net = net_rule(rule, config.repeat_same)
    if net is None:
        rows = rows.mutate(
            net_at=ibis.null(rows.base_at.type()),
            net_next_at=ibis.null(rows.base_at.type()),
        )
    else:
        rows = _with_base(rows, calls, net, ("net_at", "net_next_at"))
    if events is None:
        return rows.mutate(event_at=ibis.null(rows.base_at.type()))
    return followed_calls(rows, events)


def _with_base(
    rows: ibis.Table, calls: ibis.Table, rule: RepeatRule, names: tuple[str, str]
) -> ibis.Table:
    base = base_calls(calls, rule, ())
    found = base.select(
        base_call="call_id", **{names[0]: base.started_at, names[1]: base.next_at}
    )
    return rows.left_join(found, rows.call_id == found.base_call).drop("base_call")


def _with_callbacks(calls: ibis.Table, config: KpisConfig) -> ibis.Table:
    made = calls.filter(calls.callback_of.notnull())
    first = made.group_by(asked_by=made.callback_of).agg(
        callback_at=made.started_at.min(), callback_reached=made.answered.any()
    )
    joined = calls.left_join(first, calls.call_id == first.asked_by)
    words = [text.lower() for text in config.callback_asked_outcomes]
    said = joined.system_outcome.lower().isin(words) if words else ibis.literal(False)
    asked = said.fill_null(False) | joined.callback_at.notnull()
    return joined.mutate(asked_callback=asked).drop(
        "asked_by", "callback_of", "system_outcome"
    )


def _with_next_agent(rows: ibis.Table) -> ibis.Table:
    known = rows.customer_id.notnull()
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
