"""CallRail: the company's pages and CSV files give its calls again."""

import pandas as pd
from truth import Case

from ccml.demo.platforms.callrail import call_ids


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform.

    Whoever reached nobody and left no message is lost, in the menu as in the queue.
    """
    kept = (calls.channel == "voice") & (calls.direction != "internal")
    out = calls[kept]
    inbound = out.direction == "inbound"
    lost = inbound & ~out.answered & ~out.voicemail
    return out.assign(
        call_ref=call_ids(out.call_ref),
        direction=out.direction.replace("callback", "outbound"),
        known_at=out.ended_at,
        abandoned=lost,
        short_abandon=lost & (out.duration_s < 5),
        flow_out=out.voicemail,
        first_agent_id=out.agent_id + "@desk.example",
        agent_id=out.agent_id + "@desk.example",
        n_agents=out.answered.astype(float),
    )


CASE = Case(reader="callrail", told=told)
