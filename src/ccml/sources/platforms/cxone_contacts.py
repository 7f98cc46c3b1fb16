"""CXone: contacts, from the interface or from a download, as legs of calls.

Sources: the vendor's help on data downloads and a public tap. The master of a contact is
the contact that created it: who is transferred twice gets a new master, so that chains
are followed by their links, not by a group.
"""

from collections.abc import Mapping

import ibis

from ccml.sources.cast import Cast, as_number, as_text
from ccml.sources.legs import leg_rows
from ccml.sources.platforms.platform import Assumption, Reading
from ccml.sources.platforms.talk_and_hold import SUSPECT, hold_flags, suspicion, talk_of
from ccml.sources.scratch import as_view

KINDS: Mapping[str, tuple[str, ...]] = {
    "string": (
        "number",
        "master",
        "media",
        "skill",
        "campaign",
        "agent",
        "outcome",
        "phone",
        "line",
    ),
    "float64": (
        "pre_queue",
        "in_queue",
        "routing",
        "agent_time",
        "active_time",
        "hold_time",
        "acw",
        "total_time",
        "callback_time",
        "sla",
    ),
    "boolean": ("moved", "is_out", "abandoned", "short_abandon", "refused"),
    "timestamp('UTC')": ("began", "updated"),
}
"""What a contact tells, by the type of it."""
NO_NAME = ("", "0", "none")
CHANNELS = (
    ("chat", "chat"),
    ("mail", "email"),
    ("work", "other"),
    ("sms", "message"),
    ("social", "message"),
    ("digital", "message"),
)
"""Part of the name of a medium, and its channel; what holds none of them is voice."""
ISO = r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$"
ISO_UNITS = (86_400.0, 3_600.0, 60.0, 1.0)
FRONT, TALKING, WHOLE = "front", "talking", "whole"
"""Parts of a contact that are legs."""
TALK = Assumption(
    "talk_includes_hold", True, "agent time holds hold time, which is taken off it"
)
RING = Assumption(
    "ring_includes_routing", True, "routingTime is how long the agent's phone rang"
)


def as_seconds(column: ibis.Value) -> Cast:
    """Read numbers, clock durations, and durations such as PT1M30S as seconds."""
    text = as_text(column).value
    parts = [
        text.re_extract(ISO, place).nullif("").try_cast("float64").fill_null(0) * unit
        for place, unit in enumerate(ISO_UNITS, start=1)
    ]
    written = text.re_search(ISO) & (text.length() > 2)
    told = ibis.ifelse(written, parts[0] + parts[1] + parts[2] + parts[3], None)
    return Cast(as_number(text).value.fill_null(told), text)


def nothing(casts: Mapping[str, Cast]) -> dict[str, Cast]:
    """Make null what the export does not tell of a contact."""
    return {
        name: Cast(ibis.null(kind))
        for kind, names in KINDS.items()
        for name in names
        if name not in casts
    }


def contact_legs(facts: ibis.Table, reading: Reading, *, rings: bool) -> ibis.Table:
    """Make one leg of each contact.

    Args:
        facts: Typed contacts with all columns of KINDS.
        reading: The source with its switches.
        rings: Routing time is the time in which the agent's phone rang.
    """
    includes = reading.switch(TALK.switch)
    rows = _states(facts)
    whole_talk = talk_of(rows.agent_time, rows.hold_time, includes=includes)
    flags = hold_flags(
        rows.agent_time,
        rows.hold_time,
        [rows.pre_queue, rows.in_queue],
        rows.total_time,
        includes=includes,
    )
    flags = ibis.ifelse(rows.active_time.isnull(), flags, None)
    measured = rows.mutate(
        talk_s=rows.active_time.fill_null(whole_talk),
        flags=flags,
        suspect=suspicion(flags, rows.hold_time),
    )
    parts = _parts(as_view(measured))
    names = reading.source.switches.disposition_names or {}
    casts = _spans(parts) | _parties(parts, names) | _states_of(parts)
    casts |= _measures(parts, rings) | {SUSPECT: parts.suspect}
    return leg_rows(parts, {name: Cast(value) for name, value in casts.items()})


def _known(text: ibis.Value) -> ibis.Value:
    return ibis.ifelse(text.lower().isin(NO_NAME), None, text)


def _states(facts: ibis.Table) -> ibis.Table:
    media = facts.media.lower().fill_null("")
    spoke = (facts.agent_time > 0).fill_null(False)
    lost = facts.abandoned.fill_null(False)
    message = media.re_search("voice ?mail")
    back = (facts.callback_time > 0).fill_null(False) | media.contains("callback")
    master = _known(facts.master)
    rows = as_view(
        facts.mutate(
            media=media,
            spoke=spoke & ~message,
            lost=lost,
            message=message,
            back=back,
            out=facts.is_out.fill_null(False),
            rings=facts.refused.fill_null(False) & ~spoke & ~lost,
            master=master,
            is_root=back | (master.fill_null(facts.number) == facts.number),
        )
    )
    waits = (rows.in_queue > 0).fill_null(False) | rows.sla.isin([0.0, 1.0])
    came = ~(rows.out | rows.back | rows.rings | rows.message)
    # A transferred contact has the code -1 even when it was queued.
    queued = waits.fill_null(False) | rows.lost | (rows.is_root & rows.spoke)
    return as_view(rows.mutate(came=came, queued=came & queued))


def _interval(seconds: ibis.Value) -> ibis.Value:
    return (seconds * 1000).round().cast("int64").as_interval("ms")


def _parts(rows: ibis.Table) -> ibis.Table:
    """Part contacts that waited from the talk after it: rings lie between the two."""
    before = rows.pre_queue.fill_null(0) + rows.in_queue.fill_null(0)
    splits = rows.came & rows.spoke & (before > 0)
    both, one = ibis.array([FRONT, TALKING]), ibis.array([WHOLE])
    parted = as_view(rows.mutate(before=before, part=ibis.ifelse(splits, both, one)))
    return as_view(parted.mutate(part=parted.part.unnest()))


def _spans(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Name the legs, and say when they were and which came before them."""
    ended = rows.began + _interval(rows.total_time)
    reached = rows.began + _interval(rows.before)
    known = ended + _interval(rows.acw.fill_null(0))
    settled = _known(rows.outcome).notnull().cast("int64").as_interval("s")
    front = rows.part == FRONT
    asked = rows.back & (rows.master != rows.number)
    return {
        "row_key": rows.number,
        "link_id": rows.number,
        "links": ibis.ifelse(rows.is_root, None, ibis.array([rows.master])),
        "callback_of": ibis.ifelse(asked, rows.master, None),
        "version_at": rows.updated.fill_null(known + settled),
        "is_origin": rows.is_root & ~rows.rings & (rows.part != TALKING),
        "started_at": ibis.ifelse(rows.part == TALKING, reached, rows.began),
        "ended_at": ibis.ifelse(front, reached, ended),
        "known_at": ibis.ifelse(front, reached, known),
    }


def _parties(rows: ibis.Table, names: Mapping[str, str]) -> dict[str, ibis.Value]:
    """Say who spoke with whom, and what came of it."""
    channels = [(rows.media.contains(part), channel) for part, channel in CHANNELS]
    chosen = _known(rows.outcome)
    said = chosen.cases(*names.items(), else_=chosen) if names else chosen
    skill, after = _known(rows.skill), rows.part != FRONT
    return {
        "direction": ibis.cases(
            (rows.back, "callback"), (rows.out, "outbound"), else_="inbound"
        ),
        "channel": ibis.cases((rows.message, "voice"), *channels, else_="voice"),
        "customer_phone": rows.phone,
        "dialed_number": rows.line,
        "agent_id": ibis.ifelse(after, _known(rows.agent), None),
        "queue": ibis.ifelse(rows.rings | rows.message, None, skill),
        "skill": skill,
        "campaign": _known(rows.campaign),
        "disposition": ibis.ifelse(after, said, None),
    }


def _states_of(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Say how far the customer got in each leg."""
    spoke = rows.spoke & (rows.part != FRONT)
    queued = rows.queued & (rows.part != TALKING)
    tells = rows.abandoned.notnull()
    left = rows.queued & ~rows.spoke & ~rows.lost
    return {
        "leg_type": ibis.cases(
            (rows.rings, "ring"),
            (rows.message, "voicemail"),
            (spoke | rows.out | rows.back, "agent"),
            (queued, "queue"),
            else_="ivr",
        ),
        "queued": queued,
        "answered": spoke,
        "abandoned": ibis.ifelse(tells, rows.lost & rows.queued, None),
        "short_abandon": ibis.ifelse(rows.lost, rows.short_abandon, None),
        "flow_out": ibis.ifelse(tells, left, None),
        "voicemail": rows.message,
        "callback": rows.back,
        "transferred": rows.moved & (rows.part != FRONT),
    }


def _measures(rows: ibis.Table, rings: bool) -> dict[str, ibis.Value]:
    spoke = rows.spoke & (rows.part != FRONT)
    before = rows.part != TALKING
    rung = (rows.queued | rows.rings) & (rows.part != FRONT) & ibis.literal(rings)
    return {
        "ivr_s": ibis.ifelse(before & rows.came & rows.is_root, rows.pre_queue, None),
        "wait_s": ibis.ifelse(before & rows.queued, rows.in_queue, None),
        "ring_s": ibis.ifelse(rung, rows.routing, None),
        "talk_s": ibis.ifelse(spoke, rows.talk_s, None),
        "hold_s": ibis.ifelse(spoke, rows.hold_time, None),
        "wrap_s": ibis.ifelse(spoke, rows.acw, None),
        "duration_s": ibis.ifelse(rows.part == WHOLE, rows.total_time, None),
        "parse_flags": rows.flags,
    }


_NO_MARKETING = "Marketing sources are no part of a contact."
GAPS: Mapping[str, str] = {
    "customer_key": "Contacts carry no key of the customer, only the number.",
    "reason": "Why the customer called is not a field of a contact.",
    "region": "Contacts do not tell where the customer lives.",
    "system_outcome": "Contacts tell how they ended by flags, not by a word.",
    "consult_s": "Time with a colleague is not told apart from other time.",
    "transfer_type": "The kinds of transfers are not documented.",
    "csat": "Surveys are exported apart from contacts.",
    "nps": "Surveys are exported apart from contacts.",
    "ces": "Surveys are exported apart from contacts.",
    "quality_score": "Quality scores are exported apart from contacts.",
    "source": _NO_MARKETING,
    "medium": _NO_MARKETING,
    "keyword": _NO_MARKETING,
    "click_key": _NO_MARKETING,
    "is_first_call": "The platform does not say whether a number calls for the first "
    "time.",
    "priority": "The priority of a contact in its queue is not exported.",
}
