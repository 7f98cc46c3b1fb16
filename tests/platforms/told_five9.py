"""Five9: the made-up company's call logs give its calls again."""

import pandas as pd
from truth import Case, talk_of_calls

from ccml.demo.platforms.five9 import GONE_CAMPAIGN, MAIN_LINE, session_id

SOURCE = """time_zone: America/Los_Angeles
switches:
  attributes: {customer_key: Global.CrmId, reason: Global.Reason, region: Global.Region,
               csat: Global.Csat, nps: Global.Nps, ces: Global.Ces}"""
OUTCOMES = {"self_service": "caller_disconnected", "voicemail": "sent_to_voicemail"}


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform."""
    back = calls.direction == "callback"
    ended = calls.set_index("call_ref").ended_at
    waited = (calls.started_at - calls.callback_of.map(ended)).dt.total_seconds()
    session, asked = session_id(calls.call_ref), session_id(calls.callback_of)
    spoken = (calls.channel == "voice") & (calls.direction != "internal")
    campaign = calls.campaign.where(calls.direction == "outbound")
    campaign = campaign.replace(GONE_CAMPAIGN, None)
    words = calls.system_outcome.replace(OUTCOMES)
    whole = calls.assign(
        call_ref=session.mask(back, asked + ":callback"),
        callback_of=asked,
        wait_s=calls.wait_s.mask(back, waited),
        ring_s=calls.ring_s.mask(calls.direction == "inbound", calls.ring_s.fillna(0)),
        skill=calls.queue,
        campaign=campaign.where(calls.direction == "outbound", MAIN_LINE),
        system_outcome=words.where(calls.disposition.isna()),
        dialed_number=calls.dialed_number.str.removeprefix("+48"),
    )
    return whole[spoken & (calls.answered | ~back)].reset_index(drop=True)


def unanswered(calls: pd.DataFrame) -> pd.Series:
    return ~calls.answered


def to_outside(calls: pd.DataFrame) -> pd.Series:
    """The log does not tell when the agent left a call that went on outside."""
    return calls.transfer_type == "external"


CASE = Case(
    reader="five9",
    told=told,
    source=SOURCE,
    talk=talk_of_calls,
    untold={
        "agent_id": unanswered,
        "first_agent_id": unanswered,
        "known_at": to_outside,
    },
)
