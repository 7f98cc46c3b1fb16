"""Twilio: the company's Call resources give its calls again."""

import pandas as pd
from truth import Case

from ccml.demo.platforms.twilio import OUTSIDE, call_sids


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform.

    A flow completes every call that comes in; who is called outside is an agent.
    """
    kept = (calls.channel == "voice") & (calls.direction != "internal")
    out = calls[kept]
    inbound = out.direction == "inbound"
    away = out.transfer_type == "external"
    by_api = ~inbound & out.campaign.notna()
    missed = by_api & out.system_outcome.isin(["no_answer", "busy"])
    machine = out.system_outcome == "answering_machine"
    words = out.system_outcome.mask(inbound | out.answered, "completed")
    return out.assign(
        call_ref=call_sids(out.call_ref),
        direction=out.direction.replace("callback", "outbound"),
        known_at=out.ended_at,
        system_outcome=words.mask(machine & by_api, "machine_start").mask(
            machine & ~by_api, "no_answer"
        ),
        duration_s=out.duration_s.mask(missed, 0.0),
        agent_id=out.agent_id.mask(away, OUTSIDE),
        n_agents=out.n_agents + away,
    )


CASE = Case(reader="twilio", told=told)
