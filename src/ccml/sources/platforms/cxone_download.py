"""CXone: the call details of a data download, as CSV.

Start_Date and Start_Time are clock times in the zone of the report; the agent is the last
one of the contact. SLA is -1 for contacts without a queue, 0 within the service level and
1 outside of it. The vendor's active talk time holds no hold, its talk time does.
"""

from collections.abc import Mapping

import ibis

from ccml.contracts.calls import CALLS
from ccml.sources.cast import Cast, as_flag, as_number, as_text
from ccml.sources.layouts import Layout, Matched, match_layout
from ccml.sources.local_times import as_local
from ccml.sources.platforms import cxone_contacts
from ccml.sources.platforms.cxone_contacts import (
    NO_NAME,
    TALK,
    as_seconds,
    contact_legs,
    nothing,
)
from ccml.sources.platforms.platform import PLACE, Assumption, Platform, Reading
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import typed_rows

STAMPS = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p")
TEXTS: Mapping[str, str] = {
    "number": "Contact_ID",
    "master": "Master_Contact_ID",
    "media": "Media_Name",
    "line": "Contact_Name",
    "phone": "ANI_Dialnum",
    "skill": "Skill_Name",
    "campaign": "Campaign_Name",
    "agent": "Agent_No",
    "outcome": "Disposition_Code",
}
SECONDS: Mapping[str, str] = {
    "pre_queue": "PreQueue",
    "in_queue": "InQueue",
    "agent_time": "Agent_Time",
    "active_time": "Active_Talk_Time",
    "hold_time": "Hold_Time",
    "acw": "ACW_Seconds",
    "total_time": "Total_Time",
    "callback_time": "Callback_Time",
}
DATE, CLOCK, SLA = "Start_Date", "Start_Time", "SLA"
ABANDON, MOVED, OUTBOUND = "Abandon", "Transfer_Indicator_Name", "Is_Outbound"
REQUIRED = ("Contact_ID", DATE, CLOCK, "Total_Time")
_ALL = (*TEXTS.values(), *SECONDS.values(), DATE, CLOCK, SLA, ABANDON, MOVED, OUTBOUND)
LAYOUTS = (
    Layout(
        "CXone call details (data download)",
        REQUIRED,
        tuple(name for name in _ALL if name not in REQUIRED),
    ),
)


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    matched = match_layout(LAYOUTS, raw.columns, reading.source.header, raw.name, PLACE)
    casts = _casts(raw.rows, matched, reading)
    facts = as_view(typed_rows(raw.rows, casts | nothing(casts)))
    return contact_legs(facts, reading, rings=False)


def _casts(rows: ibis.Table, matched: Matched, reading: Reading) -> dict[str, Cast]:
    own = {name: rows[column] for name, column in matched.names.items()}
    clock = as_text(own[DATE]).value + " " + as_text(own[CLOCK]).value
    casts = {"began": as_local(clock, STAMPS, reading.zone)}
    casts |= {name: as_text(own[c]) for name, c in TEXTS.items() if c in own}
    casts |= {name: as_seconds(own[c]) for name, c in SECONDS.items() if c in own}
    if SLA in own:
        casts["sla"] = as_number(own[SLA])
    if ABANDON in own:
        casts["abandoned"] = as_flag(own[ABANDON])
    if MOVED in own:
        named = as_text(own[MOVED]).value.fill_null("").lower()
        casts["moved"] = Cast(~named.isin(NO_NAME))
    return casts | _directions(own, reading)


def _directions(own: Mapping[str, ibis.Value], reading: Reading) -> dict[str, Cast]:
    """Take contacts for outbound by their own column, else by their skill."""
    if OUTBOUND in own:
        return {"is_out": as_flag(own[OUTBOUND])}
    skills = reading.switch("outbound_skills")
    if skills and "Skill_Name" in own:
        return {"is_out": Cast(as_text(own["Skill_Name"]).value.isin(skills))}
    return {}


GAPS = {
    **cxone_contacts.GAPS,
    "ring_s": "The download does not tell how long telephones rang.",
}
PLATFORM = Platform(
    label="cxone_download",
    kind="csv",
    legs=_legs,
    layouts=LAYOUTS,
    zone="needed",
    assumptions=(
        TALK,
        Assumption("outbound_skills", [], "no skill is for outbound contacts only"),
    ),
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
