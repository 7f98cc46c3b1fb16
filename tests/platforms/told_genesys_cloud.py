"""Genesys Cloud: the made-up company's pages give its calls again."""

import pandas as pd
from truth import AGENTS_OF_UNANSWERED, Case, company, true_talk

from ccml.demo.platforms.genesys_sessions import (
    OUTCOMES,
    TIMED_OUT,
    skill_id,
    user_id,
)

SWITCHES = "switches: {attributes: {reason: MainIntent, region: region, ces: ces}}"


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform."""
    inside = calls.direction == "internal"
    outward = calls.direction.isin(["outbound", "callback"])
    address = "sip:" + calls.dialed_number + "@desk.example;user=phone"
    dialled = (calls.direction == "outbound") & calls.campaign.notna()
    return calls.assign(
        first_agent_id=calls.first_agent_id.map(user_id, na_action="ignore"),
        agent_id=calls.agent_id.map(user_id, na_action="ignore"),
        skill=calls.skill.map(skill_id, na_action="ignore"),
        dialed_number=calls.dialed_number.mask(inside, address),
        phone_status=calls.phone_status.mask(inside, "sip"),
        campaign=calls.campaign.where(calls.direction == "outbound"),
        queue=calls.queue.mask(outward, calls.queue_id),
        last_queue=calls.last_queue.mask(outward, calls.last_queue_id),
        system_outcome=calls.system_outcome.map(OUTCOMES)
        .where(dialled)
        .fillna(calls.call_ref.map(timed_out())),
    )


def timed_out() -> pd.Series:
    """Calls of which an agent chose no wrap-up code."""
    legs = company()[1].to_pandas()
    silent = legs[(legs.wrap_s > 0) & legs.disposition.isna()]
    return pd.Series(TIMED_OUT, index=silent.call_ref.unique(), dtype="object")


UNTOLD = {
    "phone_status": lambda calls: calls.channel != "voice",
    **AGENTS_OF_UNANSWERED,
}
CASE = Case(
    reader="genesys_cloud",
    told=told,
    untold=UNTOLD,
    source=SWITCHES,
    talk=lambda _: true_talk(),
)
