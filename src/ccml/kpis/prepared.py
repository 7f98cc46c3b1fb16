"""Calls with what later calls say about them, made once for all figures."""

import ibis

from ccml.config.kpis import KpisConfig
from ccml.engine.local_time import local_time

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
)  # fmt: skip
"""Columns of calls that figures read; the others stay on disk."""


def prepared_calls(calls: ibis.Table, config: KpisConfig, zone: object) -> ibis.Table:
    """Narrow calls down, and add what only other calls tell.

    Returns:
        One row per call: the columns of `KEPT` and of the groups, period (local month),
        asked_callback, callback_at and callback_reached (of the first callback),
        agent_at (the same customer's next answered call; of menu calls only).
    """
    groups = [GROUP_COLUMNS[kind] for kind in config.groups]
    month = local_time(calls.started_at, str(zone)).strftime("%Y-%m")
    kept = list(dict.fromkeys([*KEPT, *groups, "system_outcome"]))
    rows = calls.select(*kept, period=month)
    rows = _with_callbacks(rows, calls, config)
    return _with_next_agent(rows)


def _with_callbacks(
    rows: ibis.Table, calls: ibis.Table, config: KpisConfig
) -> ibis.Table:
    made = calls.filter(calls.callback_of.notnull())
    first = made.group_by("callback_of").agg(
        callback_at=made.started_at.min(), callback_reached=made.answered.any()
    )
    joined = rows.left_join(first, rows.call_id == first.callback_of)
    words = [text.lower() for text in config.callback_asked_outcomes]
    said = joined.system_outcome.lower().isin(words) if words else ibis.literal(False)
    asked = said.fill_null(False) | joined.callback_at.notnull()
    return joined.mutate(asked_callback=asked).drop("callback_of", "system_outcome")


def _with_next_agent(rows: ibis.Table) -> ibis.Table:
    menu = rows.filter(rows.ivr_only & rows.customer_id.notnull())
    menu = menu.select("call_id", "customer_id", "started_at")
    answered = rows.filter(
        (rows.direction == "inbound") & rows.answered & rows.customer_id.notnull()
    )
    answered = answered.select("customer_id", agent_at="started_at")
    found = menu.asof_join(
        answered, menu.started_at < answered.agent_at, predicates="customer_id"
    ).select("call_id", "agent_at")
    return rows.left_join(found, "call_id").drop("call_id_right")
