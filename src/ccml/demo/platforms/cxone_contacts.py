"""CXone: the contacts of the company, before they are written as JSON or CSV.

A transfer makes a new contact whose master is the contact that it came from. A refused
ring is a contact without talk, a message left one of the medium Voice Mail. A callback is
made by the contact that asked for it. Calls between agents make no contacts.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ccml.demo.platforms.stretches import of_agents, of_nobody

SERVICE_LEVEL_S = 20
DISPOSITIONS: Mapping[str, str] = {
    "resolved": "101",
    "info": "102",
    "unresolved": "103",
    "follow_up": "104",
}
"""Numbers of what agents choose."""
MEDIA: Mapping[str, str] = {"voice": "Call", "chat": "Chat", "email": "E-Mail"}
MESSAGE = "Voice Mail"
INBOUND_CAMPAIGN = "Customer service"
_FIRST_AGENT = 5_000


def contact_id(ref: pd.Series) -> pd.Series:
    """Number contacts by the id of their call or leg."""
    texts = [
        None if pd.isna(r) else str(int(r[:8] + r[9:13] + r[15:17], 16)) for r in ref
    ]
    return pd.Series(texts, index=ref.index, dtype="string")


def agent_no(agent: pd.Series) -> pd.Series:
    """Number agents as the platform does."""
    number = agent.str.slice(1).astype("Int64") + _FIRST_AGENT
    return number.astype("string")


def contacts(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """List the contacts in order of time, with canonical names and these columns.

    Returns:
        number, master, media, team (the skill's queue), begin, end, known, refused, lost,
        short, moved, sla, callback_s, outside_s, and what the call tells.
    """
    calls = calls[calls.direction != "internal"].set_index("call_ref", drop=False)
    legs = legs[legs.direction != "internal"]
    pieces = [
        _of_agents(calls, legs),
        _of_nobody(calls),
        _others(legs, "ring"),
        _others(legs, "voicemail"),
    ]
    rows = pd.concat(pieces, ignore_index=True)
    call = calls.loc[rows.call_ref].set_index(rows.index)
    asked = call.callback_of.map(calls.ended_at)
    rows = rows.assign(
        master=contact_id(call.callback_of).fillna(rows.master),
        campaign=call.campaign.where(call.direction == "outbound", INBOUND_CAMPAIGN),
        callback_s=(rows.begin - asked).dt.total_seconds().fillna(0),
        customer_phone=call.customer_phone,
        dialed_number=call.dialed_number,
        sla=_service_level(rows),
    )
    return rows.sort_values(["begin", "number"], ignore_index=True)


def _of_agents(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    rows = of_agents(calls, legs)
    own = rows.leg_id.mask(rows["first"], rows.call_ref)
    sender = rows.leg_id.groupby(rows.call_ref).shift()
    contact_of = own.set_axis(rows.leg_id)
    return rows.assign(
        number=contact_id(own),
        master=contact_id(sender.map(contact_of).fillna(own)),
        media=rows.channel.map(MEDIA),
        team=rows.queue.groupby(rows.call_ref).ffill(),
        refused=False,
        lost=False,
        short=False,
        moved=rows.transferred.fillna(False).astype(bool),
        queued=rows.by_queue,
    )


def _of_nobody(calls: pd.DataFrame) -> pd.DataFrame:
    rows = of_nobody(calls)
    return rows.assign(
        number=contact_id(rows.call_ref),
        master=contact_id(rows.call_ref),
        media=rows.channel.map(MEDIA),
        team=rows.queue,
        agent_id=None,
        agent_name=None,
        refused=False,
        lost=rows.abandoned,
        short=rows.short_abandon,
        moved=False,
        ring_s=np.nan,
        **dict.fromkeys(("talk_s", "hold_s", "wrap_s"), np.nan),
    )


def _others(legs: pd.DataFrame, leg_type: str) -> pd.DataFrame:
    rows = legs[legs.leg_type == leg_type]
    medium = rows.channel.map(MEDIA)
    return rows.assign(
        number=contact_id(rows.leg_id),
        master=contact_id(rows.call_ref),
        media=MESSAGE if leg_type == "voicemail" else medium,
        team=rows.queue,
        begin=rows.started_at,
        end=rows.ended_at,
        known=rows.known_at,
        refused=leg_type == "ring",
        lost=False,
        short=False,
        moved=False,
        queued=False,
    )


def _service_level(rows: pd.DataFrame) -> pd.Series:
    """Write -1 for no queue, transfers and soon lost ones, 0 for within, 1 for missed."""
    came_by_transfer = rows.number != rows.master
    none = ~rows.queued.astype(bool) | came_by_transfer | rows.moved | rows.short
    late = rows.lost | (rows.wait_s > SERVICE_LEVEL_S)
    return pd.Series(np.select([none, late], [-1, 1], 0), index=rows.index)


def seconds(column: pd.Series) -> pd.Series:
    """Write nothing as 0, as the platform does."""
    return column.fillna(0).astype("int64")
