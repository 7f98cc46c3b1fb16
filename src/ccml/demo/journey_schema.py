"""The two truth tables that every platform's export of the demo is written from.

All seconds are whole numbers, all instants UTC in whole seconds. Null means that the
call has no such thing (no wait of a call that met no queue), 0 that it lasted nothing.
The tables name calls by `call_ref`; a reader names them "<platform>:<call_ref>" when
the platform carries an id of the whole call.
"""

import pyarrow as pa

UTC_TIME = pa.timestamp("us", "UTC")
TEXT, FLAG, NUMBER, COUNT = pa.string(), pa.bool_(), pa.float64(), pa.int64()

SHORT_ABANDON_S = 5.0
"""Abandons after a shorter wait are short; the default of `short_abandon_s`."""

LEG_TYPES = (
    "ivr",
    "queue",
    "agent",
    "consult",
    "external",
    "voicemail",
    "ring",
    "monitor",
)
CUSTOMER_FACING = ("ivr", "queue", "agent", "external", "voicemail")

# What a leg shares with its call; equal on all legs of the call.
_COMMON: list[tuple[str, pa.DataType]] = [
    ("direction", TEXT),  # inbound, outbound, internal, callback
    ("channel", TEXT),  # voice, chat, email
    ("customer_phone", TEXT),  # E.164, the word shown, an extension, or null
    ("phone_status", TEXT),  # ok, anonymous, internal, unknown (no number at all)
    ("customer_key", TEXT),  # CRM id that the screen pop showed
    ("dialed_number", TEXT),  # ours, E.164: dialled when inbound, shown when outbound
    ("reason", TEXT),
    ("source", TEXT),  # marketing source of the tracking number; inbound voice
    ("medium", TEXT),
    ("campaign", TEXT),  # the dialler's when outbound, marketing's when inbound
    ("keyword", TEXT),
    ("click_id", TEXT),
    ("is_first_call", FLAG),  # first inbound call of this number; null: no number
    ("region", TEXT),
    ("callback", FLAG),
    ("callback_of", TEXT),  # call_ref of the call that asked for it
]

_OUTCOME: list[tuple[str, pa.DataType]] = [
    ("disposition", TEXT),  # what the agent chose
    ("system_outcome", TEXT),  # what the system noted, SYSTEM_OUTCOMES
    ("csat", NUMBER),  # 1-5
    ("nps", NUMBER),  # 0-10
    ("ces", NUMBER),  # 1-7
]

_SECONDS = ("ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s", "consult_s")

SYSTEM_OUTCOMES = (
    "answered",
    "abandoned",
    "self_service",  # ended in the menu
    "voicemail",
    "callback_requested",
    "no_answer",
    "busy",
    "answering_machine",
)

CALLS = pa.schema(
    [
        ("call_ref", TEXT),  # UUID, unique over the company
        ("demo_call_id", TEXT),  # call_id of truth/calls.parquet; null = extra call
        ("customer_id", TEXT),  # whose call it is in truth; null = a stranger, internal
        *_COMMON,
        ("started_at", UTC_TIME),
        ("ended_at", UTC_TIME),  # as the customer saw it, without after-call work
        ("known_at", UTC_TIME),  # end of all work
        ("queue", TEXT),  # first queue; the team of an outbound call
        ("last_queue", TEXT),
        ("queue_id", TEXT),  # UUID of `queue`
        ("last_queue_id", TEXT),
        ("skill", TEXT),
        ("first_agent_id", TEXT),
        ("agent_id", TEXT),  # last answering agent: A000-A119
        ("agent_name", TEXT),
        ("n_agents", COUNT),
        *_OUTCOME,
        ("ivr_s", NUMBER),
        ("wait_s", NUMBER),  # to the first answer or the loss; ringing included
        ("requeue_wait_s", NUMBER),  # all later waits
        ("ring_s", NUMBER),  # to the first answer, attempts included; inside wait_s
        ("talk_s", NUMBER),  # hold excluded
        ("hold_s", NUMBER),
        ("wrap_s", NUMBER),
        ("consult_s", NUMBER),  # agent to agent; the customer holds meanwhile
        ("handle_s", NUMBER),  # talk + hold + wrap; null when not answered
        ("duration_s", NUMBER),  # ended_at - started_at
        ("dial_s", NUMBER),  # outbound: dialling and ringing at the customer's
        ("queued", FLAG),
        ("answered", FLAG),
        ("ivr_only", FLAG),
        ("abandoned", FLAG),
        ("short_abandon", FLAG),
        ("flow_out", FLAG),
        ("transferred", FLAG),
        ("n_transfers", COUNT),
        ("transfer_type", TEXT),  # of the first transfer
        ("voicemail", FLAG),
        ("disconnect_by", TEXT),  # customer, agent, system, external
    ]
)
"""One row per call, in order of started_at and call_ref."""

LEGS = pa.schema(
    [
        ("call_ref", TEXT),
        ("leg_id", TEXT),  # UUID, unique over the company
        ("leg_no", COUNT),  # 1, 2, ... in order of start; 1 is the origin
        ("leg_type", TEXT),  # LEG_TYPES
        ("is_origin", FLAG),
        ("transfer_in", FLAG),  # began by a transfer
        ("parent_leg_id", TEXT),  # transferred, rang, consulted or monitored from it
        ("started_at", UTC_TIME),  # of an agent leg: the answer; it rang before that
        ("ended_at", UTC_TIME),  # without after-call work
        ("known_at", UTC_TIME),  # ended_at + wrap_s
        *_COMMON,
        ("agent_id", TEXT),  # A000-A119; supervisors of monitor legs: S000-S004
        ("agent_name", TEXT),
        ("from_agent_id", TEXT),  # who transferred, consulted or called internally
        ("queue", TEXT),
        ("queue_id", TEXT),
        ("skill", TEXT),
        *_OUTCOME,  # of the call, on the leg that closed it
        ("disconnect_by", TEXT),  # customer, agent, system, transfer, external
        *((name, NUMBER) for name in _SECONDS),
        ("handle_s", NUMBER),
        ("duration_s", NUMBER),
        ("dial_s", NUMBER),
        ("queued", FLAG),  # is a queue; null where no customer takes part
        ("answered", FLAG),
        ("abandoned", FLAG),
        ("short_abandon", FLAG),
        ("flow_out", FLAG),  # left the queue for voicemail or a callback
        ("voicemail", FLAG),
        ("transferred", FLAG),  # of agent legs: ended by a transfer
        ("n_transfers", COUNT),  # of agent legs: 1 when ended so, else 0
        ("transfer_type", TEXT),  # blind, consult, queue, external
    ]
)
"""One row per leg, in order of the calls and of leg_no."""
