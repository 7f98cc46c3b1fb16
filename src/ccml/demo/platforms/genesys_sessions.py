"""Genesys Cloud: the sessions of calls, and their metrics and segments in long form."""

import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

ORGANISATION = "5b703b3e-0000-4000-8000-00000000c3a1"
FLOW = "Main menu"
TIMED_OUT = "ININ-WRAP-UP-TIMEOUT"
ATTRIBUTES = ("MainIntent", "region", "ces")
_NAMES = uuid.UUID(ORGANISATION)
_PURPOSES = {"ring": "agent", "consult": "agent", "monitor": "user", "queue": "acd"}
_MEDIA = {"voice": "voice", "chat": "chat", "email": "email"}
_ENDS = {"customer": "peer", "agent": "client", "transfer": "transfer"}
OUTCOMES = {
    "answered": "disposition.classification.callable.person",
    "no_answer": "disposition.classification.callable.noanswer",
    "busy": "disposition.classification.callable.busy",
    "answering_machine": "disposition.classification.callable.machine",
}
_STEP_NAMES = {"kind": "segmentType", "queue_id": "queueId", "code": "wrapUpCode"}
_SECONDS = [
    "ivr_s",
    "wait_s",
    "ring_s",
    "talk_s",
    "hold_s",
    "wrap_s",
    "handle_s",
    "duration_s",
    "dial_s",
]

Metric = tuple[str, pd.Series, Any, pd.Series]
"""Name, the legs that have it, its value, and when it was emitted."""


def user_id(agent: str) -> str:
    """Name an agent as the platform does."""
    return str(uuid.uuid5(_NAMES, f"user {agent}"))


def skill_id(skill: str) -> str:
    """Name a skill as the platform does."""
    return str(uuid.uuid5(_NAMES, f"skill {skill}"))


def stamps(instants: pd.Series, known: Any = None) -> pa.Array:
    """Write instants with milliseconds in UTC."""
    plain = instants.dt.tz_convert("UTC").dt.tz_localize(None)
    clock = pa.array(plain.to_numpy().astype("datetime64[ms]"), pa.timestamp("ms"))
    text = pc.strftime(clock, format="%Y-%m-%dT%H:%M:%SZ")
    if known is None:
        return text
    return pc.if_else(pa.array(known), text, pa.scalar(None, pa.string()))


def sessions(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """List the sessions: of each call first the caller's, then one for each leg.

    Args:
        calls: One row per call.
        legs: Legs with `call`, the row of their call, in order.

    Returns:
        The fields of participants and sessions, `call`, and `leg`, the row in legs; -1
        for the caller's.
    """
    own = _callers(calls)
    served = _served(calls, legs)
    whole = pd.concat([own, served], ignore_index=True)
    whole = whole.sort_values(["call", "leg"], kind="stable", ignore_index=True)
    first = whole.call.map(calls.call_ref)
    whole["participantId"] = "p" + whole.leg.astype(str) + "-" + first
    whole["provider"] = "Edge"
    whole["callbackNumbers"] = _callback_numbers(whole, calls)
    return whole


def _session_of_caller(call_ref: pd.Series) -> pd.Series:
    return "c0" + call_ref.str.slice(2)


def _numbers(calls: pd.DataFrame) -> pd.DataFrame:
    """Write who called whom; phones as tel:, desks as sip: addresses."""
    theirs, ours = calls.customer_phone, calls.dialed_number
    inside = calls.direction == "internal"
    theirs = theirs.mask(theirs.str.startswith("+", na=False), "tel:" + theirs)
    theirs = theirs.mask(inside, "sip:" + theirs + "@desk.example;user=phone")
    ours = ("tel:" + ours).mask(inside, "sip:" + ours + "@desk.example;user=phone")
    outward = calls.direction.isin(["outbound", "callback"])
    return pd.DataFrame(
        {"ani": theirs.mask(outward, ours), "dnis": ours.mask(outward, theirs)}
    )


def _callers(calls: pd.DataFrame) -> pd.DataFrame:
    inside = calls.direction == "internal"
    contact = calls.customer_key
    dialler = calls.campaign.where(calls.direction == "outbound")
    return pd.DataFrame(
        {
            "call": range(len(calls)),
            "leg": -1,
            "purpose": np.where(inside, "user", "customer"),
            "participantName": None,
            "userId": None,
            "externalContactId": contact,
            "sessionId": _session_of_caller(calls.call_ref),
            "peerId": None,
            "mediaType": calls.channel.map(_MEDIA),
            "direction": np.where(calls.direction == "inbound", "inbound", "outbound"),
            **_numbers(calls),
            "outboundCampaignId": dialler,
            "dispositionName": calls.system_outcome.map(OUTCOMES).where(
                dialler.notna()
            ),
            "flow": None,
            "MainIntent": calls.reason,
            "region": calls.region,
            "ces": calls.ces.astype("Int64").astype("string"),
            "start": calls.started_at,
            "end": calls.ended_at,
        }
    )


def _served(calls: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    call = legs.call
    back, kind = legs.direction == "callback", legs.leg_type
    aside = kind.isin(["consult", "monitor"])
    caller = _session_of_caller(legs.call_ref)
    inbound = legs.direction.isin(["inbound", "internal"])
    menu = kind == "ivr"
    return pd.DataFrame(
        {
            "call": call,
            "leg": range(len(legs)),
            "purpose": kind.replace(_PURPOSES),
            "participantName": legs.queue.where(kind == "queue").mask(menu, FLOW),
            "userId": legs.agent_id.map(user_id, na_action="ignore"),
            "externalContactId": None,
            "sessionId": legs.leg_id,
            "peerId": caller.mask(aside, legs.parent_leg_id),
            "mediaType": legs.channel.map(_MEDIA).mask(back, "callback"),
            "direction": np.where(inbound, "inbound", "outbound"),
            **_numbers(calls).iloc[call].reset_index(drop=True),
            "outboundCampaignId": legs.campaign.where(legs.direction == "outbound"),
            "dispositionName": None,
            "flow": pd.Series(FLOW, index=legs.index).where(menu),
            "MainIntent": None,
            "region": None,
            "ces": None,
        }
    )


def _callback_numbers(parties: pd.DataFrame, calls: pd.DataFrame) -> pd.Series:
    phone = parties.call.map(calls.customer_phone)
    wanted = parties.mediaType == "callback"
    numbers = [
        [number] if here else None for number, here in zip(phone, wanted, strict=True)
    ]
    return pd.Series(numbers, index=parties.index, dtype=object)


def _long(legs: pd.DataFrame, which: Any, order: int, **told: Any) -> pd.DataFrame:
    """Make rows of some legs: `party`, the leg's row, and what is told of them."""
    here = pd.DataFrame({"leg": np.arange(len(legs)), "order": order})
    for name, value in told.items():
        here[name] = value.to_numpy() if isinstance(value, pd.Series) else value
    return here[np.asarray(which, dtype=bool)]


def _in_order(
    pieces: list[pd.DataFrame], own: pd.DataFrame, parties: pd.DataFrame
) -> pd.DataFrame:
    """Put rows of legs, and those of callers, in order of their sessions."""
    whole = pd.concat(pieces, ignore_index=True)
    served = parties[parties.leg >= 0]
    whole["party"] = pd.Series(served.index, index=served.leg).loc[whole.leg].to_numpy()
    whole = pd.concat([whole, own], ignore_index=True)
    return whole.sort_values(["party", "order"], kind="stable", ignore_index=True)


def _of_callers(parties: pd.DataFrame, **told: Any) -> pd.DataFrame:
    """Make one row per caller's session."""
    own = parties[parties.leg < 0]
    rows = pd.DataFrame({"party": own.index, "start": own.start, "end": own.end})
    return rows.assign(order=0, late=False, final=True, **told)


def _after(start: pd.Series, seconds: pd.Series) -> pd.Series:
    return start + pd.to_timedelta(seconds.fillna(0), unit="s")


def metrics(parties: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """List the metrics: party, name, value in ms, at, late (after the call), final."""
    own = _of_callers(parties, name="tConnected")
    seconds = (own.end - own.start).dt.total_seconds()
    own = own.assign(value=seconds * 1000, at=own.end).drop(columns=["start", "end"])
    return _in_order(list(_all_metrics(legs)), own, parties)


def _all_metrics(legs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    end, ms = legs.ended_at, legs[_SECONDS] * 1000
    spoke = (legs.leg_type == "agent") & legs.talk_s.notna()
    ends = legs.groupby("call").ended_at.transform("max")
    pieces = [*_menu_metrics(legs, ms), *_agent_metrics(legs, ms, spoke)]
    for order, (name, which, value, at) in enumerate(pieces):
        told = {"name": name, "value": value, "at": at}
        yield _long(legs, which, order, late=False, final=end >= ends, **told)
    handled = ms.handle_s + ms.dial_s.fillna(0)
    for order, (name, value) in enumerate((("tAcw", ms.wrap_s), ("tHandle", handled))):
        told = {"name": name, "value": value, "at": legs.known_at}
        yield _long(legs, spoke, 90 + order, late=True, final=False, **told)


def _menu_metrics(legs: pd.DataFrame, ms: pd.DataFrame) -> Iterator[Metric]:
    """List what menus, queues, ringing phones and voicemail tell."""
    kind, end = legs.leg_type, legs.ended_at
    queue, ring = kind == "queue", kind == "ring"
    is_so = {
        name: queue & legs[name].fillna(False).astype(bool)
        for name in ("abandoned", "short_abandon", "flow_out")
    }
    yield "tIvr", kind == "ivr", ms.ivr_s, end
    yield "nOffered", queue, 1, legs.started_at
    yield "tAcd", queue, ms.wait_s, end
    yield "tAbandon", is_so["abandoned"], ms.wait_s, end
    yield "tShortAbandon", is_so["short_abandon"], ms.wait_s, end
    yield "tFlowOut", is_so["flow_out"], ms.wait_s, end
    yield "tVoicemail", kind == "voicemail", ms.duration_s, end
    yield "tAlert", ring, ms.ring_s, end
    yield "tNotResponding", ring, ms.ring_s, end
    yield "tMonitoring", kind == "monitor", ms.talk_s, end
    yield "tTalk", kind == "consult", ms.talk_s, end


def _agent_metrics(
    legs: pd.DataFrame, ms: pd.DataFrame, spoke: pd.Series
) -> Iterator[Metric]:
    """List what agents' sessions tell; talk and hold come once per spell and in all."""
    start, end, agent = legs.started_at, legs.ended_at, legs.leg_type == "agent"
    waits = ms.wait_s.set_axis(legs.leg_id)
    waited = legs.parent_leg_id.map(waits[~waits.index.duplicated()])
    asked = set(legs.parent_leg_id[legs.leg_type == "consult"])
    first, second = _halves(legs)
    moves, held = legs.n_transfers.fillna(0), spoke & (legs.hold_s > 0)
    consults = legs.transfer_type == "consult"
    yield "tAlert", spoke & legs.ring_s.notna(), ms.ring_s, start
    yield "tAnswered", spoke & waited.notna(), waited, start
    yield "tContacting", agent & (legs.direction == "callback"), 500, start
    yield "tDialing", agent & _goes_out(legs), ms.dial_s, end
    yield "nConsult", agent & legs.leg_id.isin(asked), 1, end
    yield "tTalk", spoke, first * 1000, end
    yield "tTalk", spoke & (second > 0), second * 1000, end
    yield "tTalkComplete", spoke, ms.talk_s, end
    yield "tHeld", held, ms.hold_s, end
    yield "tHeldComplete", held, ms.hold_s, end
    yield "nTransferred", agent & (moves > 0), moves, end
    yield "nConsultTransferred", agent & (moves > 0) & consults, moves, end
    yield "nBlindTransferred", agent & (moves > 0) & ~consults, moves, end


def _goes_out(legs: pd.DataFrame) -> pd.Series:
    return legs.direction.isin(["outbound", "callback"])


def _halves(legs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Cut the talk at the hold, in two spells."""
    first = (legs.talk_s / 2).apply(np.floor).where(legs.hold_s > 0, legs.talk_s)
    return first, legs.talk_s - first


def segments(parties: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """List the segments: party, start, end, kind, queue, code and so on, late, final."""
    own = _of_callers(parties, kind="interact", disconnectType="endpoint")
    whole = _in_order(list(_all_segments(legs)), own, parties)
    return whole.rename(columns=_STEP_NAMES)


def _all_segments(legs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    kind, start, end = legs.leg_type, legs.started_at, legs.ended_at
    is_agent = kind == "agent"
    spoke = is_agent & legs.talk_s.notna()
    dialled = _after(start, legs.dial_s)
    rang = spoke & (legs.ring_s > 0)
    halves = _halves(legs)
    paused, resumed = _after(dialled, halves[0]), _after(end, -halves[1])
    held = spoke & (legs.hold_s > 0)
    whole = (kind.isin(["queue", "consult", "external"])) | (spoke & ~held)
    rings_inside = is_agent & (legs.direction == "internal")
    named = {"ivr": "ivr", "voicemail": "voicemail", "monitor": "monitoring"}
    named |= {"ring": "alert"}
    plain: list[tuple[Any, Any, Any, Any]] = [
        ("alert", rang, _after(start, -legs.ring_s), start),
        ("alert", rings_inside, start, dialled),
        ("dialing", is_agent & legs.dial_s.notna() & _goes_out(legs), start, dialled),
        (kind.map(named), kind.isin(list(named)), start, end),
        ("interact", whole, dialled, end),
        ("interact", held, dialled, paused),
        ("hold", held, paused, resumed),
        ("interact", held & (halves[1] > 0), resumed, end),
    ]
    ends = legs.groupby("call").ended_at.transform("max")
    common = {
        "queue_id": legs.queue_id,
        "skill": legs.skill.where(legs.queue.notna()).map(skill_id, na_action="ignore"),
        "disconnectType": legs.disconnect_by.map(_ENDS).fillna("system"),
    }
    for order, (name, which, begin, stop) in enumerate(plain):
        yield _long(
            legs,
            which,
            order,
            kind=name,
            start=begin,
            end=stop,
            code=None,
            late=False,
            final=stop >= ends,
            **common,
        )
    code = legs.disposition.fillna(TIMED_OUT)
    yield _long(
        legs,
        spoke & (legs.wrap_s > 0),
        90,
        kind="wrapup",
        start=end,
        end=legs.known_at,
        code=code,
        late=True,
        final=False,
        **common,
    )
