"""Talkdesk: the made-up company's contacts report gives its calls again."""

import pandas as pd
from truth import AGENTS_OF_UNANSWERED, Case, company

from ccml.demo.platforms.talkdesk_rows import ids, served, users


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the report.

    It holds neither calls that end in the menu, nor chats, nor calls between desks.
    """
    outward = calls.direction.isin(["outbound", "callback"])
    words = pd.Series("Missed", index=calls.index)
    words[calls.answered] = "Answered"
    words[calls.voicemail] = "Voicemail"
    words[calls.abandoned] = "Abandoned"
    words[calls.short_abandon] = "Short Abandoned"
    named = calls.assign(
        call_ref=ids(calls.call_ref),
        first_agent_id=users(calls.first_agent_id),
        agent_id=users(calls.agent_id),
        queue=calls.queue.mask(outward),
        last_queue=calls.last_queue.mask(outward),
        system_outcome=words,
        ring_s=calls.ring_s.mask(calls.queued, calls.ring_s.fillna(0)),
    )
    return served(named[~calls.ivr_only])


def spoken(_: Case) -> float:
    """Seconds that agents talked in the calls of the report."""
    calls, legs = (table.to_pandas() for table in company())
    of_report = legs.call_ref.isin(served(calls).call_ref)
    return legs.talk_s[of_report & (legs.leg_type == "agent")].sum()


CASE = Case(
    reader="talkdesk_contacts",
    told=told,
    untold=AGENTS_OF_UNANSWERED,
    source="time_zone: UTC",
    talk=spoken,
    reasons=frozenset({"duplicate", "older copy of the same record"}),
)
