"""Avaya CMS: the made-up company's call history gives its calls again."""

import pandas as pd
from truth import AGENTS_OF_UNANSWERED, Case, company

from ccml.demo.platforms.avaya import SPLITS, WORK_CODES, login, ucids

FACING = ("ivr", "queue", "agent", "external", "voicemail")


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform: telephone calls, and codes."""
    outward = calls.direction.isin(["outbound", "callback"])
    cut = calls.abandoned & (calls.disconnect_by == "system")
    named = calls.assign(
        call_ref=calls.call_ref.map(ucids(calls)),
        direction=calls.direction.mask(outward, "outbound"),
        dialed_number=calls.dialed_number.mask(outward).str.lstrip("+"),
        abandoned=calls.abandoned & ~cut,
        short_abandon=calls.short_abandon & ~cut,
        queue=calls.queue.map(SPLITS).mask(outward),
        last_queue=calls.last_queue.map(SPLITS).mask(outward),
        first_agent_id=login(calls.first_agent_id),
        agent_id=login(calls.agent_id),
        disposition=calls.disposition.map(WORK_CODES),
        system_outcome=calls.call_ref.map(codes()),
        ring_s=calls.ring_s.mask(calls.queued, calls.ring_s.fillna(0)),
        consult_s=calls.consult_s.fillna(0),
    )
    return named[calls.channel == "voice"]


def codes() -> pd.Series:
    """How the last segment of each call ended."""
    calls, legs = (table.to_pandas() for table in company())
    last = legs[legs.leg_type.isin(FACING)].groupby("call_ref").tail(1)
    last = last.set_index("call_ref").loc[calls.call_ref]
    calls = calls.set_index("call_ref")
    words = pd.Series("OTHER", index=calls.index)
    words[calls.answered] = "CONN"
    queues = legs[legs.leg_type == "queue"].leg_id
    by_queue = last.parent_leg_id.isin(queues) & (last.leg_type == "agent")
    words[by_queue] = "ANS"
    words[calls.flow_out] = "IFLOW"
    lost = (calls.direction == "inbound") & ~calls.answered & ~calls.flow_out
    words[lost] = "ABAN"
    words[lost & (calls.disconnect_by == "system")] = "FDISC"
    words[calls.system_outcome == "busy"] = "FBUSY"
    return words


def spoken(_: Case) -> float:
    """Seconds that agents talked on the telephone."""
    legs = company()[1].to_pandas()
    return legs.talk_s[(legs.leg_type == "agent") & (legs.channel == "voice")].sum()


CASE = Case(
    reader="avaya",
    told=told,
    untold=AGENTS_OF_UNANSWERED,
    source="time_zone: Europe/Warsaw",
    talk=spoken,
    reasons=frozenset({"duplicate"}),
)
