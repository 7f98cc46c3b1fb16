"""CXone: the made-up company's contacts give its calls again, from both exports."""

from dataclasses import replace

import pandas as pd
from truth import Case, talk_of_calls

from ccml.demo.platforms.cxone_contacts import (
    DISPOSITIONS,
    INBOUND_CAMPAIGN,
    agent_no,
    contact_id,
)
from ccml.demo.platforms.cxone_download import OUTBOUND_PREFIX

NAMES = (
    "{" + ", ".join(f"'{code}': {name}" for name, code in DISPOSITIONS.items()) + "}"
)
QUEUES = ("q_technical", "q_sales", "q_care", "q_billing", "q_retention")
SKILLS = "[" + ", ".join(OUTBOUND_PREFIX + name for name in QUEUES) + "]"


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform."""
    came = calls.direction == "inbound"
    dials = calls.direction == "outbound"
    whole = calls.assign(
        call_ref=contact_id(calls.call_ref),
        callback_of=contact_id(calls.callback_of),
        agent_id=agent_no(calls.agent_id),
        first_agent_id=agent_no(calls.first_agent_id),
        campaign=calls.campaign.where(dials, INBOUND_CAMPAIGN),
        skill=calls.queue,
        ivr_s=calls.ivr_s.mask(came, calls.ivr_s.fillna(0)),
        hold_s=calls.hold_s.mask(calls.answered, calls.hold_s.fillna(0)),
        ring_s=calls.ring_s.mask(calls.queued, calls.ring_s.fillna(0)),
    )
    return whole[calls.direction != "internal"].reset_index(drop=True)


def told_by_download(calls: pd.DataFrame) -> pd.DataFrame:
    whole = told(calls)
    dials = whole.direction == "outbound"
    names = {
        name: whole[name].mask(dials, OUTBOUND_PREFIX + whole[name])
        for name in ("queue", "last_queue", "skill")
    }
    return whole.assign(**names)


def unanswered(calls: pd.DataFrame) -> pd.Series:
    return ~calls.answered


def to_outside(calls: pd.DataFrame) -> pd.Series:
    """A contact does not tell when the agent left a call that went on outside."""
    return calls.transfer_type == "external"


def repeated_hour(calls: pd.DataFrame) -> pd.Series:
    """Calls in the hour that the clock passes twice; its first pass is lost."""
    local = calls.started_at.dt.tz_convert("Europe/Warsaw")
    return (local + pd.Timedelta(hours=1)).dt.hour == local.dt.hour


CASE = Case(
    reader="cxone",
    told=told,
    talk=talk_of_calls,
    source=f"switches: {{disposition_names: {NAMES}}}",
    untold={
        "agent_id": unanswered,
        "first_agent_id": unanswered,
        "known_at": to_outside,
    },
)
DOWNLOAD = replace(
    CASE,
    reader="cxone_download",
    told=told_by_download,
    source=f"""time_zone: Europe/Warsaw
switches: {{disposition_names: {NAMES}, outbound_skills: {SKILLS}}}""",
    untold={
        **CASE.untold,
        "started_at": repeated_hour,
        "ended_at": repeated_hour,
        "known_at": lambda calls: to_outside(calls) | repeated_hour(calls),
    },
)
