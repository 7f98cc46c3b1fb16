"""Talkdesk: both layouts of the calls report give the made-up company's calls again."""

from dataclasses import replace

import pandas as pd
from truth import AGENTS_OF_UNANSWERED, Case, company, talk_of_calls

from ccml.demo.platforms.talkdesk_calls import OPTIONS, call_types, rings_in_vain
from ccml.demo.platforms.talkdesk_calls_old import TYPES
from ccml.demo.platforms.talkdesk_rows import ids, served, users


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the report.

    One row knows one agent and one wait, no work after the call, and no end in the menu.
    """
    inward = calls.direction == "inbound"
    kind = call_types(calls, rings_in_vain(calls, company()[1].to_pandas()))
    named = calls.assign(
        call_ref=ids(calls.call_ref),
        agent_id=users(calls.agent_id),
        first_agent_id=users(calls.agent_id),
        n_agents=calls.answered.astype("float64"),
        known_at=calls.ended_at,
        reason=calls.reason.map(OPTIONS).where(inward),
        queue=calls.queue.where(inward),
        last_queue=calls.queue.where(inward),
        queued=inward,
        ivr_only=False,
        abandoned=calls.abandoned | calls.ivr_only,
        wait_s=calls.wait_s.mask(inward, calls.wait_s.fillna(0)),
        ring_s=calls.ring_s.mask(inward, calls.ring_s.fillna(0)),
        handle_s=calls.talk_s + calls.hold_s,
        n_transfers=calls.transferred.astype("float64"),
        transfer_type=calls.transfer_type.where(calls.transfer_type == "external"),
        system_outcome=kind,
    )
    return served(named)


def told_of_old(calls: pd.DataFrame) -> pd.DataFrame:
    """The old layout names agents, and no queues; it has no figure for external calls."""
    named = told(calls)
    agents = calls.agent_name.loc[named.index]
    return named.assign(
        agent_id=agents,
        first_agent_id=agents,
        queue=None,
        last_queue=None,
        ring_s=None,
        transfer_type=None,
        system_outcome=named.system_outcome.map(TYPES),
    )


SOURCE = "switches: {missed_is_abandoned: true}"
NEW = Case(
    reader="talkdesk_calls",
    told=told,
    untold=AGENTS_OF_UNANSWERED,
    source=SOURCE,
    talk=talk_of_calls,
    reasons=frozenset({"duplicate", "older copy of the same record"}),
)
OLD = replace(
    NEW,
    writer="talkdesk_calls_old",
    told=told_of_old,
    # Before, only a wait told that somebody stood in a queue.
    untold=AGENTS_OF_UNANSWERED
    | {
        name: lambda calls: (calls.wait_s == 0) & calls.answered
        for name in ("queued", "wait_s")
    },
    source=f"time_zone: UTC\n{SOURCE}",
)
