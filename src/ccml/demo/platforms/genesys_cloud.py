"""Genesys Cloud: pages of conversations, with participants, sessions, metrics, segments.

Every leg is a session of a participant; the customer has one for the whole call, and so
has the colleague who calls another one. Conversations that still go on have no end; what
comes later is in the next file, with the whole conversation again.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.platforms.deliveries import COMPLETE, OPEN, Delivery, deliveries
from ccml.demo.platforms.genesys_sessions import (
    ATTRIBUTES,
    FLOW,
    ORGANISATION,
    metrics,
    segments,
    sessions,
    stamps,
)

PAGE = 1_000
"""Conversations of a page, as the jobs of the API give them."""
SURVEY_S = 600
NOTHING = re.compile(r',"\w+":null|"\w+":null,?')
"""The platform leaves out what it does not know."""
_SESSION = (
    "sessionId",
    "peerId",
    "mediaType",
    "direction",
    "ani",
    "dnis",
    "outboundCampaignId",
    "dispositionName",
    "provider",
)
_STEP = ("segmentType", "queueId", "wrapUpCode", "disconnectType")
_PERSON = ("participantId", "participantName", "purpose", "userId", "externalContactId")


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write pages of conversations by month; return their conversations."""
    folder.mkdir(parents=True, exist_ok=True)
    unit, known = calls["call_ref"], calls["known_at"]
    files = deliveries(calls["started_at"], known, unit, part)
    whole = _all_conversations(calls.to_pandas(), legs.to_pandas(), files)
    rows, start = {}, 0
    for file in files:
        for number, first in enumerate(range(0, len(file.rows), PAGE), start=1):
            size = min(PAGE, len(file.rows) - first)
            name = f"conversations-{file.name}-part-{part:04d}-{number:03d}.json"
            page = whole.slice(start + first, size)
            _write_page(page, folder / name, lines=file.name == "late")
            rows[name] = size
        start += len(file.rows)
    return rows


def _all_conversations(
    calls: pd.DataFrame, legs: pd.DataFrame, files: list[Delivery]
) -> pa.Table:
    """Build the conversations of all files, each in the state in which it comes."""
    rows = np.concatenate([file.rows for file in files])
    states = np.concatenate([file.state for file in files])
    places = [np.flatnonzero(states == state) for state in np.unique(states)]
    pieces = [
        _conversations(calls.iloc[rows[here]], legs, int(states[here[0]]))
        for here in places
    ]
    order = np.argsort(np.concatenate(places), kind="stable")
    return pa.concat_tables(pieces).take(pa.array(order))


def _conversations(calls: pd.DataFrame, legs: pd.DataFrame, state: int) -> pa.Table:
    """Build one conversation per row of calls."""
    calls = calls.reset_index(drop=True)
    numbers = pd.DataFrame({"call_ref": calls.call_ref, "call": range(len(calls))})
    legs = numbers.merge(legs, on="call_ref", how="left")
    legs = legs.sort_values(["call", "leg_no"], kind="stable", ignore_index=True)
    parties = sessions(calls, legs)
    people = _participants(parties, legs, state)
    done = np.full(len(calls), state == COMPLETE)
    columns = {
        "conversationId": pa.array(calls.call_ref, pa.string()),
        "conversationStart": stamps(calls.started_at),
        "conversationEnd": stamps(calls.known_at, done),
        "originatingDirection": pa.array(
            np.where(calls.direction == "inbound", "inbound", "outbound")
        ),
        "divisionIds": pa.array([[ORGANISATION]] * len(calls), pa.list_(pa.string())),
        "participants": _lists(people, parties.call, len(calls)),
        "surveys": _surveys(calls, state),
    }
    return pa.table(columns)


def _participants(parties: pd.DataFrame, legs: pd.DataFrame, state: int) -> pa.Array:
    """Build one participant per session."""
    size = len(parties)
    told, course = metrics(parties, legs), segments(parties, legs)
    if state != COMPLETE:
        told, course = told[~told.late], course[~course.late]
    if state == OPEN:
        told = told[~told.final]
    session = _struct(
        parties,
        _SESSION,
        callbackNumbers=pa.array(parties.callbackNumbers, pa.list_(pa.string())),
        flow=_flow(parties),
        metrics=_lists(_spells(told), told.party, size),
        segments=_lists(_steps(course, state), course.party, size),
    )
    return _struct(
        parties,
        _PERSON,
        attributes=_struct(parties, ATTRIBUTES),
        sessions=_lists(session, pd.Series(range(size)), size),
    )


def _spells(told: pd.DataFrame) -> pa.Array:
    value = pa.array(told.value.round().astype("int64"))
    return _struct(told, ("name",), value=value, emitDate=stamps(told["at"]))


def _steps(course: pd.DataFrame, state: int) -> pa.Array:
    """Build segments; those of an open conversation's end have no end."""
    known = ~(course.final & (state == OPEN)).to_numpy()
    ends = course.assign(disconnectType=course.disconnectType.where(known))
    return _struct(
        ends,
        _STEP,
        segmentStart=stamps(course.start),
        segmentEnd=stamps(course.end, known),
        conference=pa.array(np.zeros(len(course), dtype=bool)),
        requestedRoutingSkillIds=_lists(
            _text(course.skill.dropna()),
            pd.Series(np.flatnonzero(course.skill.notna())),
            len(course),
        ),
    )


def _flow(parties: pd.DataFrame) -> pa.Array:
    names = [_text(parties.flow), _text(parties.flow.map({FLOW: "INBOUNDCALL"}))]
    unknown = pa.array(parties.flow.isna().to_numpy())
    return pa.StructArray.from_arrays(names, ["flowName", "flowType"], mask=unknown)


def _struct(frame: pd.DataFrame, names: tuple[str, ...], **more: pa.Array) -> pa.Array:
    columns = {name: _text(frame[name]) for name in names} | more
    return pa.StructArray.from_arrays(list(columns.values()), list(columns))


def _text(column: pd.Series) -> pa.Array:
    texts = pa.array(column, pa.string())
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _lists(items: pa.Array, owner: pd.Series, size: int) -> pa.Array:
    """Give each owner the list of its items, which stand in order of owners."""
    offsets = np.searchsorted(owner.to_numpy(), np.arange(size + 1))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items)


def _surveys(calls: pd.DataFrame, state: int) -> pa.Array:
    """Write the answered survey of a call, which comes after it."""
    answered = (calls.csat.notna() | calls.nps.notna()) & (state == COMPLETE)
    asked = calls[answered]
    survey = pa.StructArray.from_arrays(
        [
            pa.array(["Finished"] * len(asked), pa.string()),
            pa.array(asked.nps.astype("Int64"), pa.int64()),
            pa.array(asked.csat.astype("Int64"), pa.int64()),
            stamps(asked.known_at + pd.Timedelta(seconds=SURVEY_S)),
        ],
        [
            "surveyStatus",
            "surveyPromoterScore",
            "oSurveyTotalScore",
            "surveyCompletedDate",
        ],
    )
    return _lists(survey, pd.Series(np.flatnonzero(answered)), len(calls))


def _write_page(page: pa.Table, path: Path, *, lines: bool) -> None:
    """Write an answer of the API, or one conversation to a line as data lakes have it."""
    import duckdb

    with duckdb.connect() as engine:
        engine.register("page", page)
        texts = engine.execute("SELECT to_json(page)::VARCHAR FROM page").fetchall()
    records = [NOTHING.sub("", text) for (text,) in texts]
    if lines:
        path.write_text("".join(f"{record}\n" for record in records))
        return
    joined = ",".join(records)
    path.write_text(f'{{"conversations":[{joined}],"totalHits":{len(records)}}}')
