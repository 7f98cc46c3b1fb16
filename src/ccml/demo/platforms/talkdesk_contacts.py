"""Talkdesk: the contacts report as CSV, one row for each contact of an interaction.

Who is transferred becomes another contact. Rings in vain and consultations are in other
reports, and so are calls that end in the menu. Every second file lacks its header, as
those of the API do; what is not there is written as None or left out.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import COMPLETE, EARLY, Delivery
from ccml.demo.platforms.talkdesk_rows import (
    OUTSIDE_NUMBER,
    clock_texts,
    cut,
    delivered,
    ids,
    served,
    users,
    whole,
    write_csv,
    yes_no,
)

NOTHING = "None"
FORM = "%Y-%m-%d %H:%M:%S"
HEADER = (
    "Interaction ID|Contact ID|Company Number|Phone Display Name|Contact Person Number|"
    "External Phone Number (Forward)|Direction|Contact Type|Started At|Wait Time|"
    "Time to Missed|Abandon Time|Short Abandon Time|Time to Voicemail|Ring Time|"
    "Connect Time|Answered At|Connected At|Talk Time|Hard Hold Time|Soft Hold Time|"
    "Hold Time|After Call Work Time|Finished At|Duration|Handle Time|"
    "Inside Business Hours|Inside Service Level|Within Service Level Threshold|"
    "Transfer Out|Transfer Out Type|Transfer In|Transfer In Type|Callback|Ring Groups|"
    "User Name|Direct Assignment User|Team Name|User ID|Direct Assignment IDs|Team ID|"
    "Handling Ring Groups|Disconnected By Agent|Last Contact|Data Status"
)
LATE = {"After Call Work Time": COMPLETE, "Handle Time": COMPLETE}
AT_THE_END = {"Talk Time": EARLY, "Hold Time": EARLY}


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write one file of contacts a month; return their rows."""
    folder.mkdir(parents=True, exist_ok=True)
    called = served(calls.to_pandas())
    called = called[~called.ivr_only].set_index("call_ref")
    rows = _contacts(called, legs.to_pandas())
    found = {}
    for number, file in enumerate(delivered(rows, part)):
        name = f"contacts-{file.name}-part-{part:04d}.csv"
        has_header = number % 2 == 0
        out = _stated(rows, file)
        found[name] = write_csv(out, folder / name, header=has_header)
    return found


def _stated(rows: pd.DataFrame, file: Delivery) -> pd.DataFrame:
    """Write the contacts of a file in the state in which they are delivered."""
    out = cut(rows, file, LATE | AT_THE_END)
    early = file.state == EARLY
    finished = out.end.where(early, out.known).where(file.state <= EARLY)
    out["Finished At"] = clock_texts(finished, FORM)
    spans = (finished - out.start).dt.total_seconds()
    out["Duration"] = whole(spans)
    return out[HEADER.split("|")]


def _contacts(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    legs = legs[legs.call_ref.isin(calls.index)].copy()
    begins = legs.is_origin | (legs.transfer_in & legs.leg_type.isin(FIRST_LEGS))
    contact = legs.leg_id.where(begins, legs.parent_leg_id)
    above = pd.Series(contact.to_numpy(), index=legs.leg_id)
    for _ in range(2):
        contact = contact.map(above)
    legs["contact"] = contact
    head = legs[legs.leg_id == legs.contact].set_index("contact")
    kinds = ("queue", "agent", "external", "voicemail", "ring")
    one = {
        kind: legs[legs.leg_type == kind]
        .drop_duplicates("contact")
        .set_index("contact")
        .reindex(head.index)
        for kind in kinds
    }
    call = calls.loc[head.call_ref].set_axis(head.index)
    vain = legs[legs.leg_type == "ring"].groupby("contact").ring_s.sum()
    rang = vain.reindex(head.index).fillna(0) + one["agent"].ring_s.fillna(0)
    rang = rang.mask(one["queue"].leg_id.notna(), np.minimum(rang, one["queue"].wait_s))
    facing = legs[~legs.leg_type.isin(["consult", "monitor"])]
    ends = facing.groupby("contact")[["ended_at", "known_at"]].max().loc[head.index]
    blind = head.transfer_in & (head.leg_type == "agent")
    before = pd.to_timedelta(one["agent"].ring_s.where(blind).fillna(0), unit="s")
    rows = pd.DataFrame(
        {
            "call_ref": head.call_ref,
            "call_start": call.started_at,
            "call_known": call.known_at,
            "start": head.started_at - before,
            "end": ends.ended_at,
            "known": ends.known_at,
        }
    )
    return rows.assign(**_who(head, one, call), **_what(head, one, call, rang))


FIRST_LEGS = ("queue", "agent", "external")


def _who(
    head: pd.DataFrame, one: dict[str, pd.DataFrame], call: pd.DataFrame
) -> dict[str, pd.Series]:
    group = one["queue"].queue
    outside = one["external"].leg_id.notna()
    direct = head.transfer_in & (head.leg_type == "agent")
    agent = one["agent"]
    shown = call.customer_phone.where(call.phone_status == "ok", "anonymous")
    return {
        "Interaction ID": ids(head.call_ref),
        "Contact ID": ids(pd.Series(head.index, index=head.index)),
        "Company Number": call.dialed_number,
        "Phone Display Name": pd.Series("Hotline, main", index=head.index),
        "Contact Person Number": shown,
        "External Phone Number (Forward)": _if(outside, OUTSIDE_NUMBER),
        "Ring Groups": group.fillna(NOTHING),
        "Handling Ring Groups": group.where(agent.talk_s.notna()).fillna(NOTHING),
        "User Name": agent.agent_name.fillna(NOTHING),
        "User ID": users(agent.agent_id).fillna(NOTHING),
        "Direct Assignment User": agent.agent_name.where(direct),
        "Direct Assignment IDs": users(agent.agent_id).where(direct),
        "Team Name": pd.Series(NOTHING, index=head.index),
        "Team ID": pd.Series(NOTHING, index=head.index),
    }


def _if(known: pd.Series, word: str) -> pd.Series:
    return pd.Series(word, index=known.index, dtype="object").where(known)


def _what(
    head: pd.DataFrame,
    one: dict[str, pd.DataFrame],
    call: pd.DataFrame,
    rang: pd.Series,
) -> dict[str, pd.Series]:
    agent, queue = one["agent"], one["queue"]
    inward, kind = call.direction == "inbound", contact_types(head, one, call)
    reached = agent.started_at + pd.to_timedelta(agent.dial_s.fillna(0), unit="s")
    reached = reached.where(agent.talk_s.notna())
    asked = inward & (call.system_outcome == "callback_requested")
    moved = agent.transferred.fillna(False).astype(bool)
    sender = head.call_ref.map(
        call.set_axis(head.call_ref).transfer_type.groupby(level=0).first()
    )
    came = head.transfer_in.astype(bool)
    last = ~head.call_ref.duplicated(keep="last")
    rang_here = queue.leg_id.notna() | agent.ring_s.notna()
    lost = {"Abandoned": "Abandon Time", "Short Abandoned": "Short Abandon Time"}
    return {
        "Direction": pd.Series(np.where(inward, "IN", "OUT"), index=head.index),
        "Contact Type": kind,
        "Started At": clock_texts(head.started_at - _ring(head, agent), FORM),
        "Wait Time": whole(queue.wait_s),
        "Time to Missed": whole(agent.dial_s.where(kind == "Missed")),
        **{field: whole(queue.wait_s.where(kind == k)) for k, field in lost.items()},
        "Time to Voicemail": whole(queue.wait_s.where(kind == "Voicemail")),
        "Ring Time": whole(rang.where(rang_here)),
        "Connect Time": whole(agent.dial_s),
        "Answered At": clock_texts(reached, FORM),
        "Connected At": clock_texts(reached, FORM),
        "Talk Time": whole(agent.talk_s),
        "Hard Hold Time": whole(agent.hold_s),
        "Soft Hold Time": whole(agent.hold_s * 0),
        "Hold Time": whole(agent.hold_s),
        "After Call Work Time": whole(agent.wrap_s),
        "Handle Time": whole(agent.handle_s),
        "Inside Business Hours": yes_no(inward),
        "Inside Service Level": yes_no(queue.wait_s <= 20),
        "Within Service Level Threshold": yes_no(queue.wait_s <= 20),
        "Transfer Out": yes_no(moved),
        "Transfer Out Type": _way(agent.transfer_type).fillna(NOTHING),
        "Transfer In": yes_no(came),
        "Transfer In Type": _way(sender).where(came).fillna(NOTHING),
        "Callback": yes_no((call.direction == "callback") | asked),
        "Disconnected By Agent": yes_no(agent.disconnect_by == "agent"),
        "Last Contact": yes_no(pd.Series(last, index=head.index)),
        "Data Status": pd.Series("Valid", index=head.index),
    }


def _ring(head: pd.DataFrame, agent: pd.DataFrame) -> pd.Series:
    direct = head.transfer_in & (head.leg_type == "agent")
    return pd.to_timedelta(agent.ring_s.where(direct).fillna(0), unit="s")


def _way(kind: pd.Series) -> pd.Series:
    return kind.map({"consult": "Warm"}).fillna(_if(kind.notna(), "Blind"))


def contact_types(
    head: pd.DataFrame, one: dict[str, pd.DataFrame], call: pd.DataFrame
) -> pd.Series:
    """Say how each contact went."""
    words = np.select(
        [
            one["agent"].talk_s.notna() | one["external"].leg_id.notna(),
            one["voicemail"].leg_id.notna(),
            call.short_abandon & ~head.transfer_in,
            call.abandoned & ~head.transfer_in,
        ],
        ["Answered", "Voicemail", "Short Abandoned", "Abandoned"],
        "Missed",
    )
    return pd.Series(words, index=head.index)
