"""The truth of the demo company as its Asterisk tells it."""

import numpy as np
import pandas as pd
from truth import company

from ccml.demo.platforms.asterisk import unique_ids

LEFT = {"voicemail": "exitwithtimeout", "callback_requested": "exitwithkey"}
SENT = {"consult": "attendedtransfer"}


def named(calls: pd.DataFrame) -> pd.DataFrame:
    """Name calls by their channels."""
    return calls.assign(call_ref=unique_ids(calls.call_ref, calls.started_at))


def of_queues(calls: pd.DataFrame) -> pd.DataFrame:
    """Tell only what happened in queues: from the first entry to the last talk.

    Agents who got a call without a queue are unknown; hold is a part of the talk.
    """
    legs = company()[1].to_pandas()
    legs = legs[(legs.channel == "voice") & (legs.direction == "inbound")]
    queues = legs[legs.leg_type == "queue"]
    came = legs.parent_leg_id.isin(queues.leg_id) & (legs.leg_type == "agent")
    agents = legs[came]
    seen = legs[came | (legs.leg_type == "queue")].groupby("call_ref")
    by_agent = agents.groupby("call_ref")
    out = calls[calls.call_ref.isin(queues.call_ref)].set_index("call_ref", drop=False)
    talk = (agents.talk_s + agents.hold_s).groupby(agents.call_ref).sum()
    sent = agents[agents.transferred.astype(bool)]
    how = sent.groupby("call_ref").transfer_type.first()
    start, end = seen.started_at.min(), seen.ended_at.max()
    out = out.assign(
        started_at=start,
        ended_at=end,
        known_at=end,
        duration_s=(end - start).dt.total_seconds(),
        talk_s=talk,
        handle_s=talk,
        first_agent_id=by_agent.agent_id.first(),
        agent_id=by_agent.agent_id.last(),
        n_agents=by_agent.agent_id.nunique(),
        n_transfers=sent.groupby("call_ref").size(),
        transfer_type=how.where(how == "consult", "blind"),
        system_outcome=_last_events(agents, out),
    )
    out = out.fillna({"n_agents": 0, "n_transfers": 0})
    out = out.assign(transferred=out.n_transfers > 0)
    return calls_started(out, calls)


def calls_started(out: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """Name calls by the second in which their channel began, before the queue."""
    whole = calls.set_index("call_ref").started_at
    names = unique_ids(out.call_ref, out.call_ref.map(whole))
    return out.assign(call_ref=names)


def _last_events(agents: pd.DataFrame, calls: pd.DataFrame) -> pd.Series:
    last = agents.groupby("call_ref").tail(1).set_index("call_ref")
    by_caller = np.where(
        last.disconnect_by == "customer", "completecaller", "completeagent"
    )
    moved = last.transfer_type.map(SENT).fillna("blindtransfer")
    ends = pd.Series(by_caller, last.index).mask(last.transferred.astype(bool), moved)
    left = calls.system_outcome.map(LEFT).fillna("abandon")
    return ends.reindex(calls.index).fillna(left)


def of_records(calls: pd.DataFrame) -> pd.DataFrame:
    """Tell what the records of the switch show: who spoke with whom, and how long.

    The talk of calls through a queue is not known; hold is a part of it. A message or a
    wish to be called back leaves no trace of the queue.
    """
    out = calls[calls.channel == "voice"].copy()
    inbound = out.direction == "inbound"
    talk = (out.talk_s + out.hold_s).where(~inbound)
    in_queue = inbound & out.queued & (out.answered | out.abandoned)
    words = out.system_outcome.replace(
        {"no_answer": "no_answer", "busy": "busy", "answering_machine": "answered"}
    )
    return named(
        out.assign(
            direction=out.direction.replace("callback", "outbound"),
            dialed_number=out.dialed_number.where(out.direction == "internal"),
            known_at=out.ended_at,
            talk_s=talk,
            handle_s=talk,
            queue=out.queue.where(in_queue),
            last_queue=out.last_queue.where(in_queue),
            queued=in_queue,
            flow_out=out.voicemail,
            ivr_only=inbound & ~in_queue & ~out.answered,
            system_outcome=words.mask(inbound, "answered"),
        )
    )
