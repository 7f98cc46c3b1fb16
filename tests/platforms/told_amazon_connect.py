"""Amazon Connect: the made-up company's contact records give its calls again."""

import pandas as pd
from truth import Case, company, true_talk

MACHINE = {
    "answered": "HUMAN_ANSWERED",
    "no_answer": "AMD_UNANSWERED",
    "busy": "SIT_TONE_BUSY",
    "answering_machine": "VOICEMAIL_BEEP",
}


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform.

    A call has the name of its first contact, a callback begins when it is asked for, and
    calls between agents are in no contact record.
    """
    legs = company()[1].to_pandas()
    first = legs[legs.is_origin].set_index("call_ref").leg_id
    ended = calls.set_index("call_ref").ended_at
    back = calls.direction == "callback"
    dialled = (calls.direction == "outbound") & calls.campaign.notna()
    return calls.assign(
        call_ref=calls.call_ref.map(first),
        callback_of=calls.callback_of.map(first),
        started_at=calls.callback_of.map(ended).fillna(calls.started_at),
        duration_s=calls.duration_s.mask(back, calls.duration_s - calls.dial_s),
        system_outcome=calls.system_outcome.map(MACHINE).where(dialled),
        campaign=calls.campaign.where(calls.direction == "outbound"),
    )[calls.direction != "internal"]


def by_system(calls: pd.DataFrame) -> pd.Series:
    """A contact that the system ended looks like one that a flow ended."""
    return calls.abandoned & (calls.disconnect_by == "system")


UNTOLD = {
    "abandoned": by_system,
    "short_abandon": by_system,
    "flow_out": by_system,
    # A number of ours is not in the record of a callback.
    "dialed_key": lambda calls: calls.direction == "callback",
    # A callback that nobody answered was never connected.
    "duration_s": lambda calls: (calls.direction == "callback") & ~calls.answered,
    # Blind and consulted transfers look alike.
    "transfer_type": lambda calls: calls.transfer_type.isin(["blind", "consult"]),
    "phone_status": lambda calls: calls.channel != "voice",
    "agent_id": lambda calls: ~calls.answered,
    "first_agent_id": lambda calls: ~calls.answered,
}
CASE = Case(
    reader="amazon_connect",
    told=told,
    untold=UNTOLD,
    talk=lambda _: true_talk("internal"),
)
