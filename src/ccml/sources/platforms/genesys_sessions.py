"""Genesys Cloud: the sessions of a conversation, with their figures, in one flat list.

Everything stays within the row of its conversation, so that the engine works on one
batch of conversations after the other, however many there are.
"""

from collections.abc import Callable

import ibis

TEXT = "VARCHAR"
METRICS = f"STRUCT(name {TEXT}, value DOUBLE, emitDate {TEXT})[]"
SEGMENTS = (
    f"STRUCT(segmentStart {TEXT}, segmentEnd {TEXT}, segmentType {TEXT}, "
    f"queueId {TEXT}, wrapUpCode {TEXT}, disconnectType {TEXT}, "
    f"requestedRoutingSkillIds {TEXT}[])[]"
)
FLOW = f"STRUCT(flowName {TEXT}, transferTargetName {TEXT})"
SESSIONS = (
    f"STRUCT(sessionId {TEXT}, peerId {TEXT}, mediaType {TEXT}, direction {TEXT}, "
    f"ani {TEXT}, dnis {TEXT}, callbackNumbers {TEXT}[], outboundCampaignId {TEXT}, "
    f"outboundContactId {TEXT}, dispositionName {TEXT}, dispositionAnalyzer {TEXT}, "
    f"flow {FLOW}, metrics {METRICS}, segments {SEGMENTS})[]"
)
PARTICIPANTS = (
    f"STRUCT(participantName {TEXT}, userId {TEXT}, purpose {TEXT}, "
    f"externalContactId {TEXT}, attributes MAP({TEXT}, {TEXT}), "
    f"sessions {SESSIONS})[]"
)
INSTANT = "timestamp('UTC')"
MS = 1000.0
SPELLS = {
    "ivr": "tIvr",
    "acd": "tAcd",
    "waited": "tAnswered",
    "lost": "tAbandon",
    "lost_soon": "tShortAbandon",
    "flowed": "tFlowOut",
    "rung": "tAlert",
    "talk": "tTalk",
    "talk_complete": "tTalkComplete",
    "held": "tHeld",
    "held_complete": "tHeldComplete",
    "wrapped": "tAcw",
    "handled": "tHandle",
    "dialled": "tDialing",
    "contacted": "tContacting",
    "watched": "tMonitoring",
}
"""Figures of a session in seconds: the sum of a metric's spells; null without any."""
COUNTS = {"transfers": "nTransferred", "consult_transfers": "nConsultTransferred"}
RINGING, WRAPPING = "alert", "wrapup"
SPOKEN, WATCHED = "interact", "monitoring"


def flat_sessions(participants: ibis.Value) -> ibis.Value:
    """List the sessions of all participants in their order, each with its figures.

    Args:
        participants: The array of a conversation, as PARTICIPANTS.
    """
    return participants.map(
        lambda person, number: person["sessions"].map(
            lambda session, place: _session(person, session, number * 1000 + place)
        )
    ).flatten()


def _session(person: ibis.Value, session: ibis.Value, place: ibis.Value) -> ibis.Value:
    contact = person["externalContactId"].fill_null(session["outboundContactId"])
    noted = session["dispositionName"].fill_null(session["dispositionAnalyzer"])
    return ibis.struct(
        {
            "place": place.cast("int64"),
            "purpose": person["purpose"].lower(),
            "name": person["participantName"],
            "user": person["userId"],
            "contact": contact,
            "session": session["sessionId"],
            "peer": session["peerId"],
            "media": session["mediaType"].lower(),
            "direction": session["direction"].lower(),
            "ani": session["ani"],
            "dnis": session["dnis"],
            "number": session["callbackNumbers"][0],
            "campaign": session["outboundCampaignId"],
            "noted": noted,
            "flow": session["flow"]["flowName"],
            **_segments(session["segments"]),
            **_metrics(session["metrics"]),
        }
    )


def _segments(segments: ibis.Value) -> dict[str, ibis.Value]:
    """Read a session's course; after-call work does not prolong it."""

    def of(kind: str) -> Callable[[ibis.Value], ibis.Value]:
        return lambda segment: segment["segmentType"].lower() == kind

    def texts(name: str) -> ibis.Value:
        given = segments.map(lambda segment: segment[name])
        return given.filter(lambda text: text.notnull())

    def instants(among: ibis.Value, name: str) -> ibis.Value:
        return among.map(lambda segment: segment[name].try_cast(INSTANT))

    served = segments.filter(lambda segment: ~of(WRAPPING)(segment).fill_null(False))
    met = served.filter(lambda segment: ~of(RINGING)(segment).fill_null(False))
    first = ibis.ifelse(met.length() > 0, met, served)
    return {
        "start": instants(first, "segmentStart").mins(),
        "end": instants(served, "segmentEnd").maxs(),
        "given": texts("segmentStart")[0],
        "queue_id": texts("queueId")[0],
        "code": texts("wrapUpCode")[-1],
        "ended_by": texts("disconnectType")[-1].lower(),
        "skill": segments.map(
            lambda segment: segment["requestedRoutingSkillIds"][0]
        ).filter(lambda skill: skill.notnull())[0],
        "rings": segments.filter(of(RINGING)).length() > 0,
        "speaks": segments.filter(of(SPOKEN)).length() > 0,
        "watches": segments.filter(of(WATCHED)).length() > 0,
    }


def _metrics(metrics: ibis.Value) -> dict[str, ibis.Value]:
    def total(name: str) -> ibis.Value:
        # `metric.name` would be the name of the expression.
        spells = metrics.filter(lambda metric: metric["name"] == name)
        return spells.map(lambda metric: metric["value"]).sums()

    seconds = {column: total(name) / MS for column, name in SPELLS.items()}
    counts = {column: total(name) for column, name in COUNTS.items()}
    emitted = metrics.map(lambda metric: metric["emitDate"].try_cast(INSTANT))
    return {**seconds, **counts, "emitted": emitted.maxs()}
