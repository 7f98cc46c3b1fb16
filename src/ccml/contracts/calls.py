"""The contract of the call log: one row per customer call."""

import ibis

from ccml.contracts.schema import Column, Contract, Rule

DIRECTIONS = ("inbound", "outbound", "internal", "callback")
CHANNELS = ("voice", "chat", "email", "message", "callback", "other")
PHONE_STATUSES = ("ok", "anonymous", "internal", "sip", "invalid", "unknown")
LONGEST_DAYS = 7
"""A call that lasts longer is a record that was never closed."""


def _number(name: str) -> Column:
    return Column(name, "number", minimum=0)


def _too_long(calls: ibis.Table) -> ibis.Value:
    return calls.ended_at > calls.started_at + ibis.interval(days=LONGEST_DAYS)


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
        Column("customer_key", "text"),
        Column("direction", "text", required=True, accepted=DIRECTIONS),
        Column("channel", "text", required=True, accepted=CHANNELS),
        Column("started_at", "instant", required=True),
        Column("ended_at", "instant", required=True),
        Column("known_at", "instant", required=True),
        Column("queue", "text"),
        Column("last_queue", "text"),
        Column("agent_id", "text"),
        Column("reason", "text"),
        Column("disposition", "text"),
        _number("ivr_s"),
        _number("wait_s"),
        _number("talk_s"),
        _number("hold_s"),
        _number("wrap_s"),
        _number("handle_s"),
        Column("handle_src", "text"),
        _number("duration_s"),
        Column("queued", "flag"),
        Column("answered", "flag"),
        Column("ivr_only", "flag"),
        Column("abandoned", "flag"),
        Column("short_abandon", "flag"),
        Column("flow_out", "flag"),
        Column("transferred", "flag"),
        _number("n_transfers"),
        Column("callback", "flag"),
        Column("voicemail", "flag"),
        Column("csat", "number"),
        Column("region", "text"),
        Column("priority", "number"),
    ),
    rules=(
        Rule("end before start", lambda calls: calls.ended_at < calls.started_at),
        Rule("longer than a week", _too_long),
        Rule("known before start", lambda calls: calls.known_at < calls.started_at),
    ),
)
