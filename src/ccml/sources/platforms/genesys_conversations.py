"""Genesys Cloud: what is told of a whole conversation, and which sessions serve it."""

from collections.abc import Mapping

import ibis

from ccml.contracts.split import FAULT, ROW
from ccml.sources.cast import INSTANT, as_instant
from ccml.sources.csv_files import FILE
from ccml.sources.platforms.genesys_sessions import flat_sessions
from ccml.sources.scratch import as_view

STAFF = ("agent", "user")
SERVING = (*STAFF, "ivr", "acd", "voicemail", "external")
"""Purposes of participants whose sessions are legs; all others only pass calls on."""
CALLBACK = "callback"
_TOLD_ONCE = ("number", "contact", "campaign", "flow", "noted")


def conversations(rows: ibis.Table, attributes: Mapping[str, str]) -> ibis.Table:
    """Describe each conversation.

    Args:
        rows: Records of the export.
        attributes: Canonical column: attribute of a participant that holds it.

    Returns:
        One row per record: `caller`, the session of the customer, or of the colleague
        who called; `legs`, the sessions that served the caller (one null when there is
        none); `course`, those whose other side was the caller, in order of time; and
        what is said of the whole, `attribute_...` among it.
    """
    return _with_legs(_with_callers(_told(rows, attributes)))


def faces(session: ibis.Value, told: ibis.Table) -> ibis.Value:
    """Tell whether a session's other side is the caller, and not a colleague."""
    peer = session["peer"]
    is_colleague = told.session_ids.contains(peer) & ~told.caller_ids.contains(peer)
    return peer.isnull() | ~is_colleague.fill_null(False)


def _told(rows: ibis.Table, attributes: Mapping[str, str]) -> ibis.Table:
    people, surveys = rows.participants, rows.surveys
    asked = {
        f"attribute_{column}": _attribute(people, name)
        for column, name in attributes.items()
    }
    is_faulty = rows.conversationId.isnull()
    return as_view(
        rows.select(
            ROW,
            FILE,
            "conversationId",
            "conversationStart",
            "conversationEnd",
            begun=as_instant(rows.conversationStart, None).value,
            over=as_instant(rows.conversationEnd, None).value,
            originating=rows.originatingDirection.lower(),
            sessions=flat_sessions(people),
            promoter=_last(surveys, "surveyPromoterScore"),
            satisfied=_last(surveys, "oSurveyTotalScore"),
            judged=_last(rows.evaluations, "oTotalScore"),
            surveyed=_last(surveys, "surveyCompletedDate").try_cast(INSTANT),
            **asked,
            **{FAULT: ibis.ifelse(is_faulty, "no conversation", None)},
        )
    )


def _attribute(people: ibis.Value, name: str) -> ibis.Value:
    """Find an attribute that a participant carries; the last one set it."""
    given = people.map(lambda person: person["attributes"].get(name))
    return given.filter(lambda value: value.notnull())[-1]


def _last(records: ibis.Value, name: str) -> ibis.Value:
    given = records.map(lambda record: record[name])
    return given.filter(lambda value: value.notnull())[-1]


def _first(records: ibis.Value, name: str) -> ibis.Value:
    given = records.map(lambda record: record[name])
    return given.filter(lambda value: value.notnull())[0]


def _with_callers(told: ibis.Table) -> ibis.Table:
    """Find the sessions of the customer, or of the colleague who called."""
    sessions = told.sessions
    customers = sessions.filter(lambda s: s["purpose"] == "customer")
    outside = sessions.filter(lambda s: s["purpose"] == "external")
    staff = sessions.filter(lambda s: s["purpose"].isin(STAFF))
    is_internal = (
        (customers.length() == 0) & (outside.length() == 0) & (staff.length() > 1)
    )
    callers = ibis.cases(
        (customers.length() > 0, customers),
        (outside.length() > 0, outside),
        (is_internal, staff[:1]),
        else_=sessions[:0],
    )
    return as_view(told.mutate(callers=callers, is_internal=is_internal))


def _with_legs(told: ibis.Table) -> ibis.Table:
    callers, sessions = told.callers, told.sessions
    places = callers.map(lambda s: s["place"])
    spoken = callers.map(lambda s: s["media"]).filter(lambda m: m != CALLBACK)
    serving = sessions.filter(
        lambda s: s["purpose"].isin(SERVING) & ~places.contains(s["place"])
    )
    media = sessions.map(lambda s: s["media"])
    named = as_view(
        told.mutate(
            caller=callers[0],
            caller_ids=callers.map(lambda s: s["session"]),
            session_ids=sessions.map(lambda s: s["session"]),
            serving=serving,
            media=spoken[0].fill_null(media[0]),
            is_callback=media.filter(lambda m: m == CALLBACK).length() > 0,
            is_lost=sessions.filter(lambda s: s["lost"].notnull()).length() > 0,
            emitted=sessions.map(lambda s: s["emitted"]).maxs(),
            **{name: _first(sessions, name) for name in _TOLD_ONCE},
        ).drop("callers", "sessions")
    )
    nothing = ibis.array([ibis.null(named.serving.type().value_type)])
    legs = ibis.ifelse(named.serving.length() > 0, named.serving, nothing)
    return as_view(named.mutate(course=_course(named), legs=legs).drop("serving"))


def _course(told: ibis.Table) -> ibis.Value:
    """List in order of time what the caller met; listeners are not met."""
    met = told.serving.filter(lambda s: faces(s, told) & ~s["watches"].fill_null(False))
    steps = met.map(
        lambda s: ibis.struct(
            {
                "start": s["start"].fill_null(told.begun),
                "place": s["place"],
                "purpose": s["purpose"],
                "name": s["name"],
                "queue_id": s["queue_id"],
            }
        )
    )
    return steps.sort()
