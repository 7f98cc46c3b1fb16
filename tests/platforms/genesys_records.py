"""Conversations of Genesys Cloud as tests write them."""

import json
from pathlib import Path
from typing import Any

from truth import Case, company_project

DAY = "2024-04-29T"
CUSTOMER = "session-of-customer"


def at(clock: str) -> str:
    """The instant of a clock time such as 17:30:43.090."""
    return f"{DAY}{clock}Z"


def segment(start: str, end: str, kind: str, **more: Any) -> dict[str, Any]:
    """One segment between two clock times."""
    times = {"segmentStart": at(start), "segmentEnd": at(end)}
    return {**times, "segmentType": kind, "conference": False, **more}


def metric(name: str, value: float, clock: str = "17:38:00.000") -> dict[str, Any]:
    """One metric; durations in milliseconds."""
    return {"name": name, "value": value, "emitDate": at(clock)}


def session(id: str, metrics: list[Any], segments: list[Any], **more: Any) -> Any:
    """One session with the customer at its other end."""
    plain = {"sessionId": id, "peerId": CUSTOMER, "mediaType": "voice"}
    plain |= {"direction": "inbound", "metrics": metrics, "segments": segments}
    return plain | more


def person(purpose: str, *sessions: Any, **more: Any) -> dict[str, Any]:
    """One participant."""
    return {"purpose": purpose, "sessions": list(sessions), **more}


def customer(**more: Any) -> dict[str, Any]:
    """The participant who called from a mobile phone."""
    spoken = segment("17:30:43.320", "17:38:14.971", "interact")
    talked = session(
        CUSTOMER,
        [metric("tConnected", 451_651)],
        [spoken],
        ani="tel:+48600700800",
        dnis="tel:+48800123001",
    )
    del talked["peerId"]
    return person("customer", talked | more, externalContactId="contact-1")


def menu() -> dict[str, Any]:
    """A menu of 64.488 s that leads to a queue."""
    spent = segment("17:30:43.134", "17:31:47.622", "ivr", disconnectType="transfer")
    one = session("s-menu", [metric("tIvr", 64_488)], [spent])
    return person("ivr", one | {"flow": {"flowName": "Menu"}}, participantName="Menu")


def queue(
    metrics: list[Any] | None = None, start="17:31:47.652", end="17:32:00.063"
) -> dict[str, Any]:
    """A queue in which the customer waited 12.411 s."""
    waited = segment(start, end, "interact", queueId="queue-1")
    told = [metric("nOffered", 1), metric("tAcd", 12_411)]
    one = session("s-queue", metrics or told, [waited])
    return person("acd", one, participantName="Care")


def ringing(user="user-0") -> dict[str, Any]:
    """An agent whose phone rang in vain, and who had work to do because of it."""
    told = [metric("tAlert", 7_421), metric("tNotResponding", 7_421)]
    told += [metric("tAcw", 57_000), metric("tHandle", 57_000)]
    course = [segment("17:31:47.956", "17:31:55.377", "alert", queueId="queue-1")]
    course.append(segment("17:31:55.626", "17:32:56.626", "wrapup", wrapUpCode="w-0"))
    return person("agent", session(f"s-{user}", told, course), userId=user)


def agent(
    user="user-1", code="ININ-WRAP-UP-TIMEOUT", metrics: list[Any] | None = None
) -> dict[str, Any]:
    """An agent who talked 374.894 s with the customer."""
    told = metrics or [
        metric("tAlert", 2_364),
        metric("tAnswered", 12_411),
        metric("tTalk", 374_894),
        metric("tTalkComplete", 374_894),
        metric("tAcw", 3_000),
        metric("tHandle", 377_894),
    ]
    course = [
        segment("17:31:57.716", "17:32:00.080", "alert", queueId="queue-1"),
        segment("17:32:00.080", "17:38:14.974", "interact", queueId="queue-1"),
        segment("17:38:14.974", "17:38:17.974", "wrapup", wrapUpCode=code),
    ]
    return person("agent", session(f"s-{user}", told, course), userId=user)


def conversation(*people: Any, id="c1", **more: Any) -> dict[str, Any]:
    """A conversation of these participants, or of one answered by the second agent."""
    return {
        "conversationId": id,
        "conversationStart": at("17:30:43.090"),
        "conversationEnd": at("17:38:17.974"),
        "originatingDirection": "inbound",
        "participants": list(people)
        or [customer(), menu(), queue(), ringing(), agent()],
        **more,
    }


def conversation_project(backend: Any, folder: Path, *records: Any, source="") -> Any:
    """Open a project whose call log is one page of these conversations."""
    case = Case(reader="genesys_cloud", source=f"max_bad_share: 1\n{source}".strip())
    write_page(folder / "calls" / "page.json", *records)
    return company_project(backend, folder, case)


def write_page(file: Path, *records: Any) -> None:
    """Write an answer of the API."""
    file.parent.mkdir(exist_ok=True)
    page = {"conversations": list(records), "totalHits": len(records)}
    file.write_text(json.dumps(page))
