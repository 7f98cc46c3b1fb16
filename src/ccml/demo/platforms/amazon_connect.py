"""Amazon Connect: contact records, one per leg of an agent, delivered at least once.

The menu, the first queue and the first agent of a call are one contact. A transfer, a
consultation and a listening supervisor are contacts of their own, which name the contact
before them; a transfer to an outside number stays in the contact. The colleague of a
consultation has no customer's end. Calls between agents make no contact record. A
callback names the contact that asked for it as previous, and as initial.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ccml.demo import text
from ccml.demo.platforms.deliveries import COMPLETE, OPEN, Delivery, frame_deliveries
from ccml.demo.platforms.json_lines import nested, write_json_lines

INSTANCE = "arn:aws:connect:eu-central-1:000000000000:instance/demo"
OUTSIDE_NUMBER = "+48221234567"
_CHANNELS = {"voice": "VOICE", "chat": "CHAT", "email": "EMAIL"}
_METHODS = {"inbound": "INBOUND", "outbound": "OUTBOUND", "callback": "CALLBACK"}
_REASONS = {
    "customer": "CUSTOMER_DISCONNECT",
    "agent": "AGENT_DISCONNECT",
    "external": "THIRD_PARTY_DISCONNECT",
}
_MACHINE = {
    "answered": "HUMAN_ANSWERED",
    "no_answer": "AMD_UNANSWERED",
    "busy": "SIT_TONE_BUSY",
    "answering_machine": "VOICEMAIL_BEEP",
}
_AFTER_CALL = ("Duration", "StartTimestamp", "EndTimestamp")
_LATE = (
    *(f"Agent.AfterContactWork{name}" for name in _AFTER_CALL),
    *(f"Attributes.{name}" for name in ("disposition", "csat", "nps", "ces")),
)
_AT_THE_END = (
    "DisconnectTimestamp",
    "DisconnectReason",
    "NextContactId",
    "TransferCompletedTimestamp",
    "Agent.AgentInteractionDuration",
    "Agent.CustomerHoldDuration",
)


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write files of contact records of a month each; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    told = _gather(calls, legs)
    records = _records(told)
    begun, known = told.head.started_at, told.last.known_at
    rows = {}
    for file in frame_deliveries(begun, known, records.ContactId, part):
        name = f"contact-records-{file.name}-part-{part:04d}.json"
        rows[name] = write_json_lines(nested(_delivered(records, file)), folder / name)
    return rows


@dataclass(frozen=True)
class _Told:
    """Frames with one row per contact each, all in the same order."""

    head: pd.DataFrame  # the leg by which the contact began
    agent: pd.DataFrame  # its agent's, colleague's or supervisor's leg
    queue: pd.DataFrame
    outside: pd.DataFrame
    close: pd.DataFrame  # the leg with the outcome of the call
    last: pd.DataFrame  # latest ended_at and known_at of its legs
    attempts: pd.Series  # agents rung
    asked_at: pd.Series  # of a callback: end of the call that asked for it


def _gather(calls: pa.Table, legs: pa.Table) -> _Told:
    rows = legs.filter(pc.not_equal(legs["direction"], "internal")).to_pandas()
    rows["contact"] = _contact_of(rows)
    kind = rows.leg_type
    names = rows.contact[rows.leg_id == rows.contact]
    one_each = {
        "head": rows.leg_id == rows.contact,
        "agent": kind.isin(["agent", "consult", "monitor"]),
        "queue": kind == "queue",
        "outside": kind == "external",
        "close": rows.system_outcome.notna(),
    }
    whole = rows.set_index("contact")
    parts = {
        name: whole[which.to_numpy()].reindex(names) for name, which in one_each.items()
    }
    ended = calls.select(["call_ref", "ended_at"]).to_pandas().set_index("call_ref")
    return _Told(
        **parts,
        last=whole.groupby(level=0)[["ended_at", "known_at"]].max().reindex(names),
        attempts=kind.isin(["ring", "agent"]).groupby(rows.contact).sum()[names],
        asked_at=parts["head"].callback_of.map(ended.ended_at),
    )


def _contact_of(rows: pd.DataFrame) -> pd.Series:
    """Name the contact of each leg: its own id, or that of the leg it came from."""
    begins = rows.is_origin | (rows.transfer_in & (rows.leg_type != "external"))
    begins |= rows.leg_type.isin(["consult", "monitor"])
    contact = rows.leg_id.where(begins, rows.parent_leg_id)
    above = pd.Series(contact.to_numpy(), index=rows.leg_id)
    for _ in range(2):  # the longest way: outside, agent, queue, menu
        contact = contact.map(above)
    return contact


def _records(told: _Told) -> pd.DataFrame:
    """Fill the fields of all contacts; a dot stands between an object and its field."""
    size = len(told.head)
    fields = {
        "AWSAccountId": pd.Series("000000000000", index=range(size)),
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "InstanceARN": INSTANCE,
        **_names(told),
        **_times(told),
        **_agent(told),
        **_queue(told),
        **{
            f"Attributes.{name}": _text(told.close[name])
            for name in ("disposition", "csat", "nps", "ces")
        },
        "Attributes.reason": told.head.reason.where(told.head.is_origin),
    }
    return pd.DataFrame(
        {
            name: column.array if isinstance(column, pd.Series) else column
            for name, column in fields.items()
        }
    )


def _text(column: pd.Series) -> pd.Series:
    """Write what a survey or an agent told as text, whole numbers without a point."""
    if column.dtype.kind != "f":
        return column
    return column.astype("Int64").astype("string")


def _names(told: _Told) -> dict[str, pd.Series]:
    """Say who spoke with whom, and which contact came from which."""
    head, origin = told.head, told.head.is_origin.astype(bool)
    contact = pd.Series(head.index, index=head.index)
    first = contact[origin].set_axis(head.call_ref[origin])
    asked_by = head.callback_of.map(first)
    parent = pd.Series(_contacts_of_parents(told), index=head.index)
    watches = head.leg_type == "monitor"
    previous = parent.where(~watches).fillna(asked_by)
    following = previous.dropna()
    following = following[head.leg_type[following.index] != "consult"]
    following = pd.Series(following.index, index=following.to_numpy())
    initial = head.call_ref.map(first).where(~origin, asked_by)
    outside = told.outside.leg_id.notna()
    method = head.direction.map(_METHODS).where(head.channel != "chat", "API")
    method = method.where(origin, "TRANSFER").where(~watches, "MONITOR")
    voice = (head.channel == "voice") & (head.leg_type != "consult")
    spoken_to = head.customer_phone.fillna("anonymous").where(voice)
    plain = head.direction.isin(["inbound", "outbound"]) & origin
    dialler = (head.direction == "outbound") & head.campaign.notna()
    return {
        "ContactId": contact,
        "InitialContactId": initial,
        "PreviousContactId": previous,
        "NextContactId": contact.map(following[~following.index.duplicated()]),
        "RelatedContactId": parent.where(watches),
        "InitiationMethod": method,
        "Channel": head.channel.map(_CHANNELS),
        "CustomerId": head.customer_key,
        "CustomerEndpoint.Address": spoken_to,
        "CustomerEndpoint.Type": _where("TELEPHONE_NUMBER", spoken_to.notna()),
        "SystemEndpoint.Address": head.dialed_number.where(plain),
        "SystemEndpoint.Type": _where("TELEPHONE_NUMBER", plain),
        "TransferredToEndpoint.Address": _where(OUTSIDE_NUMBER, outside),
        "TransferredToEndpoint.Type": _where("TELEPHONE_NUMBER", outside),
        "Campaign.CampaignId": head.campaign.where(dialler),
        "AnsweringMachineDetectionStatus": told.close.system_outcome.map(
            _MACHINE
        ).where(dialler),
    }


def _contacts_of_parents(told: _Told) -> pd.Series:
    """Return the contact in which each contact's parent leg lies."""
    legs = pd.concat([told.head, told.agent])
    contact = pd.Series(legs.index, index=legs.leg_id)
    contact = contact[contact.index.notna() & ~contact.index.duplicated()]
    return told.head.parent_leg_id.map(contact)


def _where(word: str, known: pd.Series) -> pd.Series:
    return pd.Series(word, index=known.index, dtype="string").where(known)


def _stamps(instants: pd.Series) -> pd.Series:
    plain = instants.dt.tz_convert(None).to_numpy().astype("datetime64[s]")
    known = ~np.isnat(plain)
    epoch = np.where(known, plain.astype(np.int64), 0)
    stamps = text.instants(epoch, known).to_pandas()
    return pd.Series(stamps.array, index=instants.index, dtype="string")


def _times(told: _Told) -> dict[str, pd.Series]:
    head = told.head
    dials = head.dial_s.notna()
    reached = head.answered.fillna(False).astype(bool)
    connected = head.started_at + pd.to_timedelta(head.dial_s.fillna(0), unit="s")
    moved = told.agent.transferred.fillna(False).astype(bool)
    flowed = told.queue.flow_out.fillna(False).astype(bool)
    ended_by = told.close.disconnect_by.fillna(told.agent.disconnect_by)
    ended_by = told.outside.disconnect_by.fillna(ended_by)
    return {
        "InitiationTimestamp": _stamps(told.asked_at.fillna(head.started_at)),
        "ConnectedToSystemTimestamp": _stamps(connected.where(~dials | reached)),
        "DisconnectTimestamp": _stamps(told.last.ended_at),
        "DisconnectReason": ended_by.map(_REASONS).where(~flowed),
        "TransferCompletedTimestamp": _stamps(told.agent.ended_at.where(moved)),
    }


def _agent(told: _Told) -> dict[str, pd.Series]:
    agent = told.agent
    answered = agent.talk_s.notna()
    dialled = pd.to_timedelta(agent.dial_s.fillna(0), unit="s")
    wrap = agent.wrap_s.where(answered)
    arn = INSTANCE + "/agent/" + agent.agent_id
    return {
        "Agent.ARN": arn,
        "Agent.Username": agent.agent_id,
        "Agent.ConnectedToAgentTimestamp": _stamps(
            (agent.started_at + dialled).where(answered)
        ),
        "Agent.AgentInteractionDuration": _whole(agent.talk_s),
        "Agent.CustomerHoldDuration": _whole(agent.hold_s),
        "Agent.AfterContactWorkDuration": _whole(wrap),
        "Agent.AfterContactWorkStartTimestamp": _stamps(
            agent.ended_at.where(wrap.notna())
        ),
        "Agent.AfterContactWorkEndTimestamp": _stamps(
            agent.known_at.where(wrap.notna())
        ),
        "AgentConnectionAttempts": _whole(told.attempts.where(told.attempts > 0)),
    }


def _queue(told: _Told) -> dict[str, pd.Series]:
    """Write the queue; who dials out has a queue without times."""
    queue = told.queue
    name = queue.queue.fillna(told.agent.queue)
    number = queue.queue_id.fillna(told.agent.queue_id)
    return {
        "Queue.ARN": INSTANCE + "/queue/" + number,
        "Queue.Name": name,
        "Queue.EnqueueTimestamp": _stamps(queue.started_at),
        "Queue.DequeueTimestamp": _stamps(queue.ended_at),
        "Queue.Duration": _whole(queue.wait_s),
    }


def _whole(seconds: pd.Series) -> pd.Series:
    return seconds.astype("Int64")


def _delivered(records: pd.DataFrame, file: Delivery) -> pd.DataFrame:
    """Take the records of a file in the state in which they are delivered."""
    out = records.iloc[file.rows].reset_index(drop=True)
    for column in _LATE:
        out[column] = out[column].where(file.state == COMPLETE)
    for column in _AT_THE_END:
        out[column] = out[column].where(file.state != OPEN)
    out["LastUpdateTimestamp"] = text.instants(file.version_at).to_pandas()
    return out
