"""Genesys Cloud's interactions view: the made-up company's rows give its calls again."""

import pandas as pd
from truth import Case

ZONE = "Europe/Warsaw"


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform."""
    inside = calls.direction == "internal"
    back = calls.direction == "callback"
    address = "sip:" + calls.dialed_number + "@desk.example;user=phone"
    menu = pd.Series("Main menu", index=calls.index)
    return calls.assign(
        channel=calls.channel.mask(back, "callback"),
        first_agent_id="Agent " + calls.first_agent_id.str.slice(1),
        agent_id="Agent " + calls.agent_id.str.slice(1),
        dialed_number=calls.dialed_number.mask(inside, address),
        phone_status=calls.phone_status.mask(inside, "sip"),
        reason=menu.where(calls.ivr_s.notna()),
        known_at=calls.ended_at,
    )


def in_repeated_hour(calls: pd.DataFrame) -> pd.Series:
    """Clock times that the change to winter time makes twice."""
    local = calls.started_at.dt.tz_convert(ZONE).dt.tz_localize(None)
    return local.dt.tz_localize(ZONE, ambiguous="NaT", nonexistent="NaT").isna()


UNTOLD = {
    "started_at": in_repeated_hour,
    "ended_at": in_repeated_hour,
    "known_at": in_repeated_hour,
    # Without the column Flow-Out the calls that flowed out count as abandoned.
    "abandoned": lambda calls: calls.flow_out,
    "phone_status": lambda calls: ~calls.channel.isin(["voice", "callback"]),
    "agent_id": lambda calls: ~calls.answered,
    "first_agent_id": lambda calls: ~calls.answered,
    # Whether an abandon is short needs the wait.
    "short_abandon": lambda calls: calls.abandoned | calls.flow_out,
    # What was answered did not flow out, also where nothing tells of flows.
    "flow_out": lambda calls: calls.answered,
}
CASE = Case(
    reader="genesys_interactions",
    told=told,
    untold=UNTOLD,
    tolerance_s=60,
    source=f"time_zone: {ZONE}",
)
