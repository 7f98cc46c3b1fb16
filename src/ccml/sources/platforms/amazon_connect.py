"""Amazon Connect: contact records as JSON, one per leg, delivered at least once.

Source: the AWS administrator guide (contact records data model, June 2023). Fields that
are not known here are passed over, as new ones appear without notice.

- A contact holds its menu, its queue and its agent; a transfer is a contact of its own.
- A callback is a call of its own, which names the contact that asked for it.
- Nobody disconnected a contact that a flow ended: such a contact left its queue for a
  message or a callback, and was not abandoned.
- A colleague who is consulted by voice has no customer's end.
"""

from collections.abc import Mapping

import ibis

from ccml.contracts.calls import CALLS
from ccml.contracts.split import FAULT
from ccml.sources.cast import Cast, as_instant, as_number, as_text
from ccml.sources.legs import KIND, leg_rows
from ccml.sources.platforms.leg_durations import exceed, marked, seconds_between
from ccml.sources.platforms.platform import Assumption, Platform, Reading, Records
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE

TEXT = "VARCHAR"
ADDRESS = f"STRUCT(Address {TEXT}, Type {TEXT})"
COLUMNS = {
    "ContactId": TEXT,
    "InitialContactId": TEXT,
    "PreviousContactId": TEXT,
    "NextContactId": TEXT,
    "RelatedContactId": TEXT,
    "Channel": TEXT,
    "InitiationMethod": TEXT,
    "InitiationTimestamp": TEXT,
    "ConnectedToSystemTimestamp": TEXT,
    "DisconnectTimestamp": TEXT,
    "LastUpdateTimestamp": TEXT,
    "TransferCompletedTimestamp": TEXT,
    "DisconnectReason": TEXT,
    "AnsweringMachineDetectionStatus": TEXT,
    "CustomerId": TEXT,
    "CustomerEndpoint": ADDRESS,
    "SystemEndpoint": ADDRESS,
    "TransferredToEndpoint": ADDRESS,
    "Queue": f"STRUCT(Name {TEXT}, ARN {TEXT}, EnqueueTimestamp {TEXT}, Duration {TEXT})",
    "Agent": (
        f"STRUCT(Username {TEXT}, ARN {TEXT}, ConnectedToAgentTimestamp {TEXT}, "
        f"AgentInteractionDuration {TEXT}, CustomerHoldDuration {TEXT}, "
        f"AfterContactWorkDuration {TEXT}, AfterContactWorkEndTimestamp {TEXT})"
    ),
    "Attributes": f"MAP({TEXT}, {TEXT})",
    "Campaign": f"STRUCT(CampaignId {TEXT})",
}
GOES_ON = ("TRANSFER", "QUEUE_TRANSFER", "DISCONNECT")
"""Methods that go on with a call that began before."""
DIALS_OUT = ("OUTBOUND", "EXTERNAL_OUTBOUND")
CHANNELS = {"VOICE": "voice", "CHAT": "chat", "TASK": "other", "EMAIL": "email"}
ENDED_BY = {
    "CUSTOMER_DISCONNECT": "customer",
    "AGENT_DISCONNECT": "agent",
    "THIRD_PARTY_DISCONNECT": "external",
}
TOLD = ("reason", "disposition", "csat", "nps", "ces")
ASSUMPTIONS = (
    Assumption(
        "attributes",
        {name: name for name in TOLD},
        f"flows and agents write {', '.join(TOLD)} into contact attributes so named",
    ),
)
TOO_LONG = f"{NOTE}menu, wait, talk and hold exceed the time of the contact"
GAPS = {
    "skill": "Contacts are routed by queue; the record names no skill.",
    "ring_s": "The record counts the tries to reach an agent, not their seconds.",
    "voicemail": "A message is taken by a flow of your own, which the record does not "
    "show.",
    "source": "Marketing sources are in the record only as an attribute of your own.",
    "medium": "Marketing sources are in the record only as an attribute of your own.",
    "keyword": "Marketing sources are in the record only as an attribute of your own.",
    "click_key": "Marketing sources are in the record only as an attribute of your own.",
    "is_first_call": "The record does not say whether a number calls for the first time.",
    "region": "The customer's region is in the record only as an attribute of your own.",
    "priority": "The priority in the queue is not read.",
    "quality_score": "Evaluations are in another export.",
}


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = raw.rows
    is_faulty = rows.ContactId.isnull()
    rows = rows.mutate(**{FAULT: ibis.ifelse(is_faulty, "no contact record", None)})
    facts = as_view(
        rows.mutate(
            method=rows.InitiationMethod.upper(),
            medium=rows.Channel.upper(),
            begun=_instant(rows.InitiationTimestamp),
            in_system=_instant(rows.ConnectedToSystemTimestamp),
            enqueued=_instant(rows.Queue["EnqueueTimestamp"]),
            reached=_instant(rows.Agent["ConnectedToAgentTimestamp"]),
            gone=_instant(rows.DisconnectTimestamp),
        )
    )
    facts = as_view(facts.mutate(**_marks(facts)))
    return leg_rows(facts, _casts(facts, reading.switch("attributes")))


def _instant(column: ibis.Value) -> ibis.Value:
    return as_instant(column, None).value


def _marks(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Say of each contact what it is."""
    spoken = rows.medium == "VOICE"
    answered = rows.reached.notnull()
    waits = rows.enqueued.notnull() & ~answered
    by_flow = rows.DisconnectReason.isnull() & rows.gone.notnull()
    menu_ends = rows.enqueued.fill_null(rows.reached).fill_null(rows.gone)
    return {
        "is_origin": rows.method.notin([*GOES_ON, "MONITOR"]).fill_null(True),
        "answered": answered,
        "flowed": waits & (rows.NextContactId.notnull() | by_flow),
        "lost": waits & rows.NextContactId.isnull() & ~by_flow,
        "calls_back": (rows.method == "CALLBACK").fill_null(False),
        "is_consulted": (
            rows.method.isin(GOES_ON) & spoken & rows.CustomerEndpoint.isnull()
        ).fill_null(False),
        "in_menu_s": ibis.ifelse(
            (rows.method == "INBOUND") & spoken,
            seconds_between(rows.in_system, menu_ends),
            None,
        ),
        "whole_s": seconds_between(rows.begun, rows.gone),
    }


def _casts(rows: ibis.Table, attributes: Mapping[str, str]) -> dict[str, Cast]:
    agent, contact = rows.Agent, rows.ContactId
    values = {
        "row_key": contact,
        "link_id": contact,
        "call_ref": ibis.ifelse(
            rows.calls_back, contact, rows.InitialContactId.fill_null(contact)
        ),
        "links": _links(rows),
        "is_origin": rows.is_origin,
        "callback_of": ibis.ifelse(
            rows.calls_back,
            rows.InitialContactId.fill_null(rows.PreviousContactId),
            None,
        ),
        **_words(rows),
        **_states(rows),
        **_times(rows),
    }
    texts = {
        "customer_phone": rows.CustomerEndpoint["Address"],
        "customer_key": rows.CustomerId,
        "dialed_number": rows.SystemEndpoint["Address"],
        "queue": rows.Queue["Name"].fill_null(rows.Queue["ARN"]),
        "agent_id": agent["Username"].fill_null(agent["ARN"]),
        "campaign": rows.Campaign["CampaignId"],
        "system_outcome": rows.AnsweringMachineDetectionStatus,
    }
    numbers = {
        "wait_s": rows.Queue["Duration"],
        "talk_s": agent["AgentInteractionDuration"],
        "hold_s": agent["CustomerHoldDuration"],
        "wrap_s": agent["AfterContactWorkDuration"],
    }
    instants = {
        "started_at": rows.InitiationTimestamp,
        "ended_at": rows.DisconnectTimestamp,
        "version_at": rows.LastUpdateTimestamp,
        "known_at": agent["AfterContactWorkEndTimestamp"],
    }
    return {
        **{name: Cast(value) for name, value in values.items()},
        **{name: as_text(column) for name, column in texts.items()},
        **{name: as_number(column) for name, column in numbers.items()},
        **{name: as_instant(column, None) for name, column in instants.items()},
        **_attributes(rows, texts, attributes),
    }


def _links(rows: ibis.Table) -> ibis.Value:
    """Name the contact before this one, and the one it watches.

    The next contact names this one itself, unless it is a callback: a call of its own.
    """
    before = ibis.ifelse(rows.calls_back, None, rows.PreviousContactId)
    return ibis.array([before, rows.RelatedContactId]).filter(lambda one: one.notnull())


def _words(rows: ibis.Table) -> dict[str, ibis.Value]:
    by_api = (rows.method == "API") & (rows.medium == "VOICE")
    return {
        "leg_type": ibis.cases(
            (rows.method == "MONITOR", "monitor"),
            (rows.is_consulted, "consult"),
            (rows.answered | rows.Agent["Username"].notnull(), "agent"),
            (rows.enqueued.notnull(), "queue"),
            else_="ivr",
        ),
        "direction": ibis.cases(
            (rows.calls_back, "callback"),
            (rows.method.isin(DIALS_OUT) | by_api, "outbound"),
            else_="inbound",
        ),
        "channel": rows.medium.cases(*CHANNELS.items(), else_="other"),
        "disconnect_by": rows.DisconnectReason.upper().cases(
            *ENDED_BY.items(), else_=rows.DisconnectReason.lower()
        ),
    }


def _states(rows: ibis.Table) -> dict[str, ibis.Value]:
    passed_on = rows.TransferCompletedTimestamp.notnull()
    outside = rows.TransferredToEndpoint["Address"].notnull()
    came_by_queue = rows.method.isin(GOES_ON) & rows.enqueued.notnull()
    return {
        "queued": rows.enqueued.notnull(),
        "answered": rows.answered,
        "abandoned": rows.lost,
        "flow_out": rows.flowed,
        "transferred": passed_on,
        "n_transfers": passed_on.cast("float64"),
        "transfer_type": ibis.cases(
            (passed_on & outside, "external"), (came_by_queue, "queue"), else_=None
        ),
        "callback": rows.calls_back,
    }


def _times(rows: ibis.Table) -> dict[str, ibis.Value]:
    agent = rows.Agent
    parts = [
        as_number(part).value
        for part in (
            rows.Queue["Duration"],
            agent["AgentInteractionDuration"],
            agent["CustomerHoldDuration"],
        )
    ]
    is_exceeded = exceed([rows.in_menu_s, *parts], rows.whole_s)
    # A callback begins when it is asked for; the customer joins when it is dialled.
    joined = rows.in_system.fill_null(rows.reached)
    return {
        "ivr_s": rows.in_menu_s,
        "duration_s": ibis.ifelse(
            rows.calls_back, seconds_between(joined, rows.gone), None
        ),
        "parse_flags": marked(is_exceeded),
        TOO_LONG: is_exceeded,
    }


def _attributes(
    rows: ibis.Table, texts: Mapping[str, ibis.Value], attributes: Mapping[str, str]
) -> dict[str, Cast]:
    """Read what flows wrote into attributes; the record's own fields fill the rest."""
    casts = {}
    for column, name in attributes.items():
        value = rows.Attributes.get(name).nullif("")
        value = value.fill_null(texts[column]) if column in texts else value
        is_number = KIND[column] == "number"
        casts[column] = as_number(value) if is_number else as_text(value)
    return casts


PLATFORM = Platform(
    label="amazon_connect",
    kind="records",
    legs=_legs,
    records=Records(COLUMNS, ("ContactRecords", "Records", "records")),
    assumptions=ASSUMPTIONS,
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
