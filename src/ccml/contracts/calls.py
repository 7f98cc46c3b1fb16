"""The contract of the call log: one row per customer call."""

import ibis

from ccml.contracts.schema import Column, Contract, Rule

DIRECTIONS = ("inbound", "outbound", "internal", "callback")
CHANNELS = ("voice", "chat", "email", "message", "callback", "other")
PHONE_STATUSES = ("ok", "anonymous", "internal", "sip", "invalid", "unknown")
TRANSFER_TYPES = ("blind", "consult", "queue", "external")
LONGEST_DAYS = 7
"""A call that lasts longer is a record that was never closed."""


def _number(name: str) -> Column:
    return Column(name, "number", minimum=0)


def _too_long(calls: ibis.Table) -> ibis.Value:
    return calls.ended_at > calls.started_at + ibis.interval(days=LONGEST_DAYS)


LEG_TYPES = (
    "ivr",
    "queue",
    "ring",
    "agent",
    "consult",
    "external",
    "voicemail",
    "monitor",
)

CALL_LEGS = Contract(
    table="call_legs",
    about="One row per leg of a call: a menu, a queue, an agent, a consultation.",
    keys=("call_id", "leg_seq"),
    columns=(
        Column("call_id", "text", required=True),
        _number("leg_seq"),
        Column("leg_type", "text", required=True, accepted=LEG_TYPES),
        Column("started_at", "instant", required=True),
        Column("ended_at", "instant", required=True),
        Column("agent_id", "text"),
        Column("queue", "text"),
        _number("ivr_s"),
        _number("wait_s"),
        _number("ring_s"),
        _number("talk_s"),
        _number("hold_s"),
        _number("wrap_s"),
        _number("consult_s"),
        Column("answered", "flag"),
        Column("disposition", "text"),
        Column("disconnect_by", "text"),
        Column("source_file", "text", required=True),
        Column("source_row_id", "text", required=True),
    ),
)

CALLS = Contract(
    table="calls",
    about="One row per call of a customer, or to one.",
    keys=("call_id",),
    copies="older copy of the same call",
    columns=(
        Column("call_id", "text", required=True),
        Column("source_platform", "text", required=True),
        Column("source_file", "text", required=True),
        Column("phone_key", "text"),
        Column("phone_status", "text", accepted=PHONE_STATUSES),
        Column("dialed_key", "text"),
        Column("customer_key", "text"),
        Column("direction", "text", required=True, accepted=DIRECTIONS),
        Column("channel", "text", required=True, accepted=CHANNELS),
        Column("started_at", "instant", required=True),
        Column("ended_at", "instant", required=True),
        Column("known_at", "instant", required=True),
        Column("queue", "text"),
        Column("last_queue", "text"),
        Column("skill", "text"),
        Column("first_agent_id", "text"),
        Column("agent_id", "text"),
        _number("n_agents"),
        Column("reason", "text"),
        Column("disposition", "text"),
        Column("system_outcome", "text"),
        _number("ivr_s"),
        _number("wait_s"),
        _number("requeue_wait_s"),
        _number("ring_s"),
        _number("talk_s"),
        _number("hold_s"),
        _number("wrap_s"),
        _number("consult_s"),
        _number("handle_s"),
        Column("handle_src", "text"),
        _number("duration_s"),
        Column("queued", "flag"),
        Column("answered", "flag"),
        Column("ivr_only", "flag"),
        Column("abandoned", "flag"),
        Column("short_abandon", "flag"),
        Column("short_abandon_src", "text"),
        Column("flow_out", "flag"),
        Column("transferred", "flag"),
        _number("n_transfers"),
        Column("transfer_type", "text", accepted=TRANSFER_TYPES),
        Column("callback", "flag"),
        Column("callback_of", "text"),
        Column("voicemail", "flag"),
        Column("csat", "number"),
        Column("nps", "number", minimum=0, maximum=10),
        Column("ces", "number"),
        Column("quality_score", "number"),
        Column("source", "text"),
        Column("medium", "text"),
        Column("campaign", "text"),
        Column("keyword", "text"),
        Column("click_key", "text"),
        Column("is_first_call", "flag"),
        Column("region", "text"),
        Column("priority", "number"),
        Column("source_rows", "number", required=True, minimum=1),
        Column("parse_flags", "text"),
    ),
    rules=(
        Rule("end before start", lambda calls: calls.ended_at < calls.started_at),
        Rule("longer than a week", _too_long),
        Rule("known before start", lambda calls: calls.known_at < calls.started_at),
    ),
)
