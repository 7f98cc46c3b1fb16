"""Genesys Cloud: conversations of the analytics API, its jobs, or a data lake.

One JSON object is one call; every session of a participant other than the customer is a
leg of it. Metrics are in milliseconds, instants in UTC.
"""

from collections.abc import Mapping

import ibis

from ccml.contracts.calls import CALLS
from ccml.sources.cast import Cast, as_number, as_text
from ccml.sources.legs import KIND, leg_rows
from ccml.sources.platforms.genesys_conversations import STAFF, conversations, faces
from ccml.sources.platforms.genesys_sessions import PARTICIPANTS, TEXT
from ccml.sources.platforms.leg_durations import exceed, marked, seconds_between
from ccml.sources.platforms.platform import Assumption, Platform, Reading, Records
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE

COLUMNS = {
    "conversationId": TEXT,
    "conversationStart": TEXT,
    "conversationEnd": TEXT,
    "originatingDirection": TEXT,
    "participants": PARTICIPANTS,
    "surveys": f"STRUCT(surveyPromoterScore DOUBLE, oSurveyTotalScore DOUBLE, "
    f"surveyCompletedDate {TEXT})[]",
    "evaluations": f"STRUCT(oTotalScore DOUBLE, eventTime {TEXT})[]",
}
CHANNELS = {
    "voice": "voice",
    "chat": "chat",
    "email": "email",
    "message": "message",
    "callback": "callback",
}
OF_THE_SYSTEM = "ININ-"
"""Beginning of wrap-up codes that no agent chose."""
TOO_LONG = f"{NOTE}talk and hold exceed the time in the call: see switches.talk_metric"
SLACK_S = 2
ASSUMPTIONS = (
    Assumption(
        "talk_metric",
        "spells",
        "tTalk and tHeld come once per spell, so that they are added up",
    ),
    Assumption(
        "attributes",
        {"reason": "MainIntent"},
        "the reason of a call stands in the attribute MainIntent",
    ),
)

GAPS = {
    "callback_of": "A callback does not name the call that asked for it.",
    "source": "Marketing sources are no part of a conversation.",
    "medium": "Marketing sources are no part of a conversation.",
    "keyword": "Marketing sources are no part of a conversation.",
    "click_key": "Marketing sources are no part of a conversation.",
    "is_first_call": "The platform does not say whether a number calls for the first "
    "time.",
    "priority": "The priority of a call in its queue is not exported.",
}
"""Those that a flow puts into attributes can be read by `switches.attributes`."""
GIVES = frozenset(CALLS.names) - GAPS.keys()


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = _leg_table(conversations(raw.rows, reading.switch("attributes")))
    return leg_rows(rows, _casts(rows, reading))


def _leg_table(told: ibis.Table) -> ibis.Table:
    """Make one row per leg, with its kind and what decides over it."""
    rows = as_view(told.mutate(leg=told.legs.unnest()).drop("legs"))
    leg, course = rows.leg, rows.course
    spoke = leg["talk"].notnull() | leg["talk_complete"].notnull()
    reached = spoke | leg["waited"].notnull() | leg["speaks"].fill_null(False)
    first = course[0]["place"].fill_null(leg["place"])
    end = leg["end"].fill_null(rows.over)
    return as_view(
        rows.mutate(
            leg_type=_leg_type(rows, reached, spoke),
            reached=reached.fill_null(False),
            is_origin=(leg["place"] == first).fill_null(True),
            has_queue=_has_queue(rows),
            ended=ibis.ifelse(rows.over.isnull(), None, end),
        )
    )


def _has_queue(rows: ibis.Table) -> ibis.Value:
    return rows.course.filter(lambda s: s["purpose"] == "acd").length() > 0


def _leg_type(rows: ibis.Table, reached: ibis.Value, spoke: ibis.Value) -> ibis.Value:
    leg = rows.leg
    rang = leg["rung"].notnull() | leg["rings"].fill_null(False)
    dialled = leg["dialled"].notnull() | leg["contacted"].notnull()
    is_faced = faces(leg, rows)
    return ibis.cases(
        (leg.isnull(), "ivr"),
        (leg["purpose"] == "acd", ibis.ifelse(is_faced, "queue", "consult")),
        (~leg["purpose"].isin(STAFF), leg["purpose"]),
        (leg["watches"].fill_null(False) & ~spoke, "monitor"),
        (~is_faced, "consult"),
        (rang & ~reached & ~dialled & _has_queue(rows), "ring"),
        else_="agent",
    )


def _casts(rows: ibis.Table, reading: Reading) -> dict[str, Cast]:
    begun = ibis.ifelse(
        rows.is_origin, rows.begun, rows.leg["start"].fill_null(rows.begun)
    )
    given = ibis.ifelse(rows.is_origin, rows.conversationStart, rows.leg["given"])
    values = {
        "row_key": rows.conversationId,
        "link_id": rows.conversationId,
        "call_ref": rows.conversationId,
        "is_origin": rows.is_origin,
        "leg_type": rows.leg_type,
        "order_no": rows.leg["place"].cast("float64"),
        "known_at": rows.over,
        "version_at": ibis.greatest(rows.over, rows.emitted, rows.surveyed),
        **_states(rows),
        **_times(rows, reading.switch("talk_metric")),
        **_places(rows),
        **_outcome(rows, reading.switch("attributes")),
    }
    return {
        **{name: Cast(value) for name, value in values.items()},
        "started_at": Cast(begun, given),
        "ended_at": Cast(rows.ended, rows.conversationEnd),
        **_origin(rows, reading.switch("attributes")),
    }


def _states(rows: ibis.Table) -> dict[str, ibis.Value]:
    kind, leg = rows.leg_type, rows.leg
    is_agent, is_queue = kind == "agent", kind == "queue"
    moves = ibis.ifelse(is_agent, leg["transfers"].fill_null(0), 0)
    waits_here = is_queue | (is_agent & ~rows.has_queue)
    lost = waits_here & rows.is_lost.fill_null(False)
    return {
        "queued": is_queue | (is_agent & leg["waited"].notnull()).fill_null(False),
        "answered": rows.reached & kind.isin(["agent", "consult"]),
        "abandoned": lost,
        "short_abandon": ibis.ifelse(lost, leg["lost_soon"].notnull(), None),
        "flow_out": (is_queue & leg["flowed"].notnull()).fill_null(False),
        "voicemail": kind == "voicemail",
        "callback": rows.is_callback,
        "transferred": moves > 0,
        "n_transfers": moves,
        "transfer_type": ibis.ifelse(moves > 0, _way(rows), None),
    }


def _way(rows: ibis.Table) -> ibis.Value:
    """Say how a call was passed on, by what came next."""
    leg = rows.leg
    after = rows.ended - ibis.interval(seconds=SLACK_S)
    later = rows.course.filter(
        lambda s: (
            (s["start"] >= after)
            & (s["start"] > leg["start"])
            & (s["place"] != leg["place"])
        )
    )
    following = later[0]["purpose"].cases(
        ("acd", "queue"), ("external", "external"), else_="blind"
    )
    return ibis.ifelse(leg["consult_transfers"] > 0, "consult", following)


def _times(rows: ibis.Table, metric: str) -> dict[str, ibis.Value]:
    kind, leg = rows.leg_type, rows.leg
    talk, held = (
        _preferred(leg, name, f"{name}_complete", metric) for name in ("talk", "held")
    )
    span = seconds_between(leg["start"], leg["end"])
    waited = ibis.coalesce(leg["waited"], leg["lost"], leg["flowed"], leg["acd"], span)
    direct = ibis.ifelse(rows.has_queue, None, leg["waited"].fill_null(leg["lost"]))
    is_agent = kind == "agent"
    served = is_agent & rows.reached
    # No metric is sent for a spell that never was.
    none_held = ibis.ifelse(served & (rows.media == "voice"), 0.0, None)
    none_wrapped = ibis.ifelse(served & rows.over.notnull(), 0.0, None)
    is_exceeded = served & exceed([talk, held], span)
    return {
        "ivr_s": ibis.ifelse(kind == "ivr", leg["ivr"].fill_null(span), None),
        "wait_s": ibis.cases((kind == "queue", waited), (is_agent, direct), else_=None),
        "ring_s": leg["rung"],
        "talk_s": ibis.ifelse(kind == "ring", None, talk),
        "hold_s": held.fill_null(none_held),
        "wrap_s": leg["wrapped"].fill_null(none_wrapped),
        "handle_s": ibis.ifelse(is_agent, leg["handled"], None),
        "parse_flags": marked(is_exceeded),
        TOO_LONG: is_exceeded.fill_null(False),
    }


def _preferred(leg: ibis.Value, spells: str, whole: str, metric: str) -> ibis.Value:
    """Take the spells or the total of a session, never both."""
    if metric == "spells":
        return leg[spells].fill_null(leg[whole])
    return leg[whole].fill_null(leg[spells])


def _places(rows: ibis.Table) -> dict[str, ibis.Value]:
    leg = rows.leg
    known = rows.course.filter(
        lambda s: (s["purpose"] == "acd") & (s["queue_id"] == leg["queue_id"])
    )
    own = ibis.ifelse(rows.leg_type == "queue", leg["name"], known[0]["name"])
    is_staff = leg["purpose"].isin(STAFF)
    return {
        "queue": ibis.ifelse(
            leg["purpose"] == "ivr", None, own.fill_null(leg["queue_id"])
        ),
        "skill": leg["skill"],
        "agent_id": ibis.ifelse(is_staff, leg["user"], None),
    }


def _outcome(rows: ibis.Table, attributes: Mapping[str, str]) -> dict[str, ibis.Value]:
    leg = rows.leg
    is_system = leg["code"].upper().startswith(OF_THE_SYSTEM)
    chosen = ibis.ifelse(is_system, None, leg["code"])
    if "disposition" in attributes:
        chosen = chosen.fill_null(rows.attribute_disposition)
    by_system = ibis.ifelse(is_system, leg["code"], None)
    noted = ibis.ifelse(rows.is_origin, rows.noted, None)
    own_side = ibis.ifelse(leg["purpose"].isin(STAFF), "agent", "system")
    return {
        "disposition": ibis.ifelse(rows.leg_type == "agent", chosen, None),
        "system_outcome": noted.fill_null(by_system),
        "disconnect_by": ibis.cases(
            (leg["ended_by"] == "peer", "customer"),
            (leg["ended_by"] == "transfer", "transfer"),
            (leg["ended_by"].isin(["client", "endpoint"]), own_side),
            (leg["ended_by"].notnull(), "system"),
            else_=None,
        ),
    }


def _origin(rows: ibis.Table, attributes: Mapping[str, str]) -> dict[str, Cast]:
    """Tell what belongs to the whole call, on the leg by which it began."""
    caller = rows.caller
    calls_out = (caller["direction"] == "outbound") & ~rows.is_internal
    starts_back = rows.is_callback & (caller["direction"] != "inbound").fill_null(True)
    theirs = ibis.ifelse(calls_out, caller["dnis"], caller["ani"])
    ours = ibis.ifelse(calls_out, caller["ani"], caller["dnis"])
    facts = {
        "direction": ibis.cases(
            (rows.is_internal, "internal"),
            (starts_back, "callback"),
            else_=rows.originating,
        ),
        "channel": rows.media.cases(*CHANNELS.items(), else_="other"),
        "customer_phone": ibis.ifelse(
            starts_back, rows.number.fill_null(theirs), theirs
        ),
        "dialed_number": ours.re_replace("^tel:", ""),
        "customer_key": rows.contact,
        "campaign": rows.campaign,
        "reason": rows.flow,
        "csat": rows.satisfied,
        "nps": rows.promoter,
        "quality_score": rows.judged,
    }
    for column in set(attributes) - {"disposition"}:
        own = facts.get(column, ibis.null("string")).cast("string")
        facts[column] = rows[f"attribute_{column}"].fill_null(own)
    return {
        name: _cast(name, ibis.ifelse(rows.is_origin, value, None))
        for name, value in facts.items()
    }


def _cast(name: str, value: ibis.Value) -> Cast:
    return as_number(value) if KIND[name] == "number" else as_text(value)


PLATFORM = Platform(
    label="genesys_cloud",
    kind="records",
    legs=_legs,
    records=Records(COLUMNS, ("conversations",)),
    assumptions=ASSUMPTIONS,
    gives=GIVES,
    gaps=GAPS,
)
