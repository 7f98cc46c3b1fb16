"""Amazon Connect: contact records as JSON, one per leg, delivered at least once.

Source: the AWS administrator guide (contact records data model, June 2023). Fields that
are not known here are passed over, as new ones appear without notice.
"""

import ibis

from ccml.contracts.split import FAULT
from ccml.sources.cast import Cast, as_instant, as_number, as_text
from ccml.sources.legs import leg_rows
from ccml.sources.platforms.platform import Platform, Reading, Records
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view

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
    "CustomerEndpoint": ADDRESS,
    "SystemEndpoint": ADDRESS,
    "TransferredToEndpoint": ADDRESS,
    "Queue": f"STRUCT(Name {TEXT}, EnqueueTimestamp {TEXT}, Duration {TEXT})",
    "Agent": (
        f"STRUCT(Username {TEXT}, ConnectedToAgentTimestamp {TEXT}, "
        f"AgentInteractionDuration {TEXT}, CustomerHoldDuration {TEXT}, "
        f"AfterContactWorkDuration {TEXT}, AfterContactWorkEndTimestamp {TEXT})"
    ),
    "Attributes": f"MAP({TEXT}, {TEXT})",
    "Campaign": f"STRUCT(CampaignId {TEXT})",
}
LEGS_ONLY = ("TRANSFER", "QUEUE_TRANSFER", "DISCONNECT")
"""Methods that go on with a call that began before."""
DIRECTIONS = {
    "INBOUND": "inbound",
    "OUTBOUND": "outbound",
    "EXTERNAL_OUTBOUND": "outbound",
    "API": "outbound",
    "CALLBACK": "callback",
}
CHANNELS = {"VOICE": "voice", "CHAT": "chat", "TASK": "other", "EMAIL": "email"}


def _legs(_reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = raw.rows
    is_faulty = rows.ContactId.isnull()
    rows = rows.mutate(**{FAULT: ibis.ifelse(is_faulty, "no contact record", None)})
    facts = as_view(
        rows.mutate(
            method=rows.InitiationMethod.upper(),
            enqueued=_instant(rows.Queue["EnqueueTimestamp"]),
            reached=_instant(rows.Agent["ConnectedToAgentTimestamp"]),
            in_system=_instant(rows.ConnectedToSystemTimestamp),
            gone=_instant(rows.DisconnectTimestamp),
            begun=_instant(rows.InitiationTimestamp),
            wait=as_number(rows.Queue["Duration"]).value,
        )
    )
    return leg_rows(facts, _casts(facts))


def _instant(column: ibis.Value) -> ibis.Value:
    return as_instant(column, None).value


def _seconds(late: ibis.Value, early: ibis.Value) -> ibis.Value:
    return (late.epoch_seconds() - early.epoch_seconds()).cast("float64")


def _casts(rows: ibis.Table) -> dict[str, Cast]:
    agent, queued = rows.Agent, rows.enqueued.notnull()
    answered = rows.reached.notnull()
    is_monitor = rows.method == "MONITOR"
    called_back = rows.NextContactId.notnull() & ~answered
    passed_on = rows.TransferCompletedTimestamp.notnull()
    leg_type = ibis.cases(
        (is_monitor, "monitor"), (answered, "agent"), (queued, "queue"), else_="ivr"
    )
    before_queue = _seconds(rows.enqueued.fill_null(rows.gone), rows.in_system)
    is_origin = ~rows.method.isin([*LEGS_ONLY, "MONITOR"])
    values = {
        "row_key": rows.ContactId,
        "link_id": rows.ContactId,
        "call_ref": rows.InitialContactId.fill_null(rows.ContactId),
        "links": ibis.array([rows.PreviousContactId, rows.NextContactId]),
        "is_origin": is_origin,
        "leg_type": leg_type,
        "direction": rows.method.cases(*DIRECTIONS.items(), else_="inbound"),
        "channel": rows.Channel.upper().cases(*CHANNELS.items(), else_="other"),
        "queued": queued,
        "answered": answered,
        "abandoned": queued & ~answered & ~called_back,
        "flow_out": queued & ~answered & called_back,
        "ivr_s": ibis.ifelse(is_origin, before_queue, None),
        "transferred": passed_on,
        "callback": rows.method == "CALLBACK",
    }
    texts = {
        "customer_phone": rows.CustomerEndpoint["Address"],
        "dialed_number": rows.SystemEndpoint["Address"],
        "queue": rows.Queue["Name"],
        "agent_id": agent["Username"],
        "disconnect_by": rows.DisconnectReason,
        "campaign": rows.Campaign["CampaignId"],
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
    }


PLATFORM = Platform(
    label="amazon_connect",
    kind="records",
    legs=_legs,
    records=Records(COLUMNS, ("ContactRecords", "Records", "records")),
)
