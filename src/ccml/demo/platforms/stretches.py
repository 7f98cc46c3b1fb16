"""Stretches of calls, each with one agent at most, as several platforms list them.

The menu, the wait and the first agent of a call are one stretch; every further agent is
another one, from the transfer on. So is a call that nobody answered.
"""

import numpy as np
import pandas as pd


def of_agents(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """List a stretch for each agent whom a customer was connected to, or who dialled.

    Args:
        calls: The truth's calls with call_ref as index.
        legs: The truth's legs.

    Returns:
        The agents' legs with begin, end and known (of the stretch; after an external
        transfer it goes on outside), outside_s, first (it begins the call), by_queue,
        sender (leg_id of the agent who transferred without a queue, or null), and ivr_s
        and wait_s of the stretch.
    """
    agents = legs[(legs.leg_type == "agent") & (legs.direction != "internal")]
    call = calls.loc[agents.call_ref].set_index(agents.index)
    above = legs.set_index("leg_id").reindex(agents.parent_leg_id)
    above.index = agents.index
    by_queue = above.leg_type == "queue"
    first = agents.groupby("call_ref").cumcount() == 0
    began = above.started_at.where(by_queue, above.ended_at)
    end = agents.ended_at.mask(agents.transfer_type == "external", call.ended_at)
    return agents.assign(
        begin=call.started_at.where(first, began),
        end=end,
        known=np.maximum(end, agents.known_at),
        outside_s=(end - agents.ended_at).dt.total_seconds(),
        first=first,
        by_queue=by_queue,
        sender=agents.parent_leg_id.where(~by_queue & ~first),
        ivr_s=call.ivr_s.where(first),
        wait_s=above.wait_s.where(by_queue),
    )


def of_nobody(calls: pd.DataFrame) -> pd.DataFrame:
    """List inbound calls that nobody answered, with begin and end, without messages."""
    alone = calls[(calls.direction == "inbound") & ~calls.answered]
    inside = alone.ivr_s.fillna(0) + alone.wait_s.fillna(0)
    end = alone.started_at + pd.to_timedelta(inside, unit="s")
    return alone.assign(begin=alone.started_at, end=end, known=end)


def plain(instants: pd.Series) -> pd.Series:
    """Take the zone off UTC instants."""
    zoneless: pd.Series = instants.dt.tz_convert(None)
    return zoneless
