"""The truth table of calls, from the courses of the calls."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.contracts.calls import TRANSFER_TYPES
from ccml.demo import journey_schema, names, text
from ccml.demo.arrays import Bools, Floats, Ints
from ccml.demo.call_table import AGENTS as AGENT_IDS
from ccml.demo.call_table import SERVICE_NUMBERS, call_ids
from ccml.demo.callers import REASON_WORDS
from ccml.demo.chunk import ChunkLife
from ccml.demo.crm import customer_ids
from ccml.demo.journey_course import (
    ENDINGS,
    NO_TRANSFER,
    TO_QUEUE,
    Course,
)
from ccml.demo.journey_ids import CALL, QUEUE, uuids
from ccml.demo.journey_legs import SUPERVISORS
from ccml.demo.journey_schema import SHORT_ABANDON_S, SYSTEM_OUTCOMES
from ccml.demo.journey_stock import (
    CALLED_BACK,
    DIRECTIONS,
    INBOUND,
    INTERNAL,
    STAYED,
    TO_CALLBACK,
    TO_VOICEMAIL,
    Stock,
)
from ccml.demo.journey_told import Told
from ccml.demo.truth import utc_times

SKILLS = tuple(queue.removeprefix("q_") for queue in names.QUEUES)
QUEUE_IDS = uuids(QUEUE, np.arange(len(names.QUEUES))).to_pylist()
SUPERVISOR_IDS = tuple(f"S{number:03d}" for number in range(SUPERVISORS))
STAFF_IDS = (*AGENT_IDS, *SUPERVISOR_IDS)
STAFF_NAMES = tuple(
    f"{'Agent' if code < 'S' else 'Supervisor'} {code[1:]}" for code in STAFF_IDS
)
EXTENSIONS = tuple(f"4{number:03d}" for number in range(len(AGENT_IDS)))
PHONE_STATUSES = ("ok", "anonymous", "internal", "unknown")
Columns = dict[str, Any]


def known_words(known: Any, index: Ints) -> pa.Array:
    """Write one word per index; null for -1."""
    return text.words(known, np.maximum(index, 0), index >= 0)


def seconds(values: Floats | Ints, known: Bools) -> pa.Array:
    """Write seconds; null where not known."""
    return pa.array(np.asarray(values, dtype=np.float64), mask=~known)


def calls_truth(
    life: ChunkLife, stock: Stock, course: Course, told: Told
) -> tuple[pa.Table, Columns]:
    """Write the calls in the stock's order; also return what legs have in common."""
    size = len(stock.started)
    refs = uuids(CALL, life.seed, life.chunk, np.arange(size))
    common = _common(life, stock, told, refs)
    columns = {
        "call_ref": refs,
        "demo_call_id": _demo_ids(life.chunk, stock),
        "customer_id": _customers(life, stock.log.customer),
        **common,
        **_clock(stock, course),
        **_places(stock, course),
        **_outcomes(stock, told),
        **_durations(stock, course),
        **_flags(stock, course),
        "disconnect_by": text.words(ENDINGS, course.ended_by),
    }
    schema = journey_schema.CALLS
    return pa.table({name: columns[name] for name in schema.names}, schema), common


def _demo_ids(chunk: int, stock: Stock) -> pa.Array:
    own = call_ids(chunk, stock.own_calls)
    return pa.concat_arrays([own, pa.nulls(len(stock.started) - len(own), pa.string())])


def _customers(life: ChunkLife, customer: Ints, shown: Bools | None = None) -> pa.Array:
    known = customer >= 0
    known = known if shown is None else known & shown
    ids = customer_ids(life.people, np.maximum(customer, 0))
    return text.choose([text.constant(None, len(known)), ids], known.astype(np.int64))


def _common(life: ChunkLife, stock: Stock, told: Told, refs: pa.Array) -> Columns:
    log = stock.log
    callback = stock.direction == CALLED_BACK
    internal = stock.direction == INTERNAL
    return {
        "direction": text.words(DIRECTIONS, stock.direction),
        "channel": text.words(names.CHANNELS, log.contact.channel),
        **_numbers(stock, told),
        "customer_key": _customers(life, log.customer, log.shows_crm_id),
        "reason": known_words(REASON_WORDS, np.where(internal, -1, log.reason)),
        **told.attribution,
        "is_first_call": _first_calls(stock),
        "region": known_words(names.REGIONS, log.region),
        "callback": pa.array(callback),
        "callback_of": refs.take(pa.array(stock.asked_by, mask=~callback)),
    }


def _numbers(stock: Stock, told: Told) -> Columns:
    """Write both numbers; whoever writes instead of calling shows none."""
    log, internal = stock.log, stock.direction == INTERNAL
    size = len(internal)
    typed = log.contact.channel > 0
    status = np.where(log.anonymous, 1, 0)
    status = np.where(internal, 2, np.where(typed, 3, status))
    line = np.maximum(log.line, 0)
    plain = text.phone_numbers(line, np.zeros(size, dtype=np.int64))
    nobody = text.constant(None, size)
    from_desk = known_words(EXTENSIONS, stock.caller)
    to_desk = text.words(EXTENSIONS, log.contact.agent)
    ours = text.words(SERVICE_NUMBERS, log.contact.queue)
    return {
        "customer_phone": text.choose([plain, told.hidden, from_desk, nobody], status),
        "phone_status": text.words(PHONE_STATUSES, status),
        "dialed_number": text.choose([ours, to_desk], internal.astype(np.int64)),
    }


def _first_calls(stock: Stock) -> pa.Array:
    """Tell whether a number calls for the first time; null where none is shown."""
    log = stock.log
    shows = (stock.direction == INBOUND) & ~log.anonymous & (log.contact.channel == 0)
    n = np.flatnonzero(shows)
    n = n[np.argsort(stock.started[n], kind="stable")]
    first = np.zeros(len(shows), dtype=np.bool_)
    first[n[np.unique(log.line[n], return_index=True)[1]]] = True
    return pa.array(first, mask=~shows)


def _clock(stock: Stock, course: Course) -> Columns:
    wrap = course.wrap_s[
        np.arange(len(course.parties)), np.maximum(course.parties, 1) - 1
    ]
    left = course.left_at + course.wrap_s
    done = np.maximum(course.ended_at + wrap * (course.external_s == 0), left.max(1))
    return {
        "started_at": utc_times(stock.started.astype(np.float64)),
        "ended_at": utc_times(course.ended_at.astype(np.float64)),
        "known_at": utc_times(done),
    }


def _places(stock: Stock, course: Course) -> Columns:
    """Write queues and agents; an outbound call waits in no queue but has a team."""
    call = stock.log.contact
    none = call.ivr_only | (stock.direction == INTERNAL)
    queue = np.where(none, -1, call.queue)
    through = (course.how == TO_QUEUE).any(axis=1)
    last = np.where(through, call.last_queue, call.queue)
    last = np.where(none, -1, last)
    rows = np.arange(len(queue))
    answered = course.parties > 0
    agent = np.where(
        answered, course.agent[rows, np.maximum(course.parties, 1) - 1], -1
    )
    first = np.where(answered, course.agent[:, 0], -1)
    return {
        "queue": known_words(names.QUEUES, queue),
        "last_queue": known_words(names.QUEUES, last),
        "queue_id": known_words(QUEUE_IDS, queue),
        "last_queue_id": known_words(QUEUE_IDS, last),
        "skill": known_words(SKILLS, queue),
        "first_agent_id": known_words(STAFF_IDS, first),
        "agent_id": known_words(STAFF_IDS, agent),
        "agent_name": known_words(STAFF_NAMES, agent),
        "n_agents": pa.array(course.parties),
    }


def _outcomes(stock: Stock, told: Told) -> Columns:
    """Write what was noted at the end of each call."""
    call = stock.log.contact
    spoken = call.answered & (stock.direction != INTERNAL)
    lost = np.array([1, 3, 4])[stock.left_to]  # abandoned, voicemail, callback
    outcome = np.where(call.ivr_only, 2, lost)
    outcome = np.where(stock.direction == INBOUND, outcome, told.unreached)
    outcome = np.where(call.answered, 0, outcome)
    chosen = np.where(spoken & (call.disposition > 0), call.disposition, -1)
    return {
        "disposition": known_words(names.DISPOSITIONS, chosen),
        "system_outcome": text.words(SYSTEM_OUTCOMES, outcome),
        "csat": seconds(call.csat, call.csat > 0),
        "nps": seconds(told.nps, ~np.isnan(told.nps)),
        "ces": seconds(told.ces, ~np.isnan(told.ces)),
    }


def _durations(stock: Stock, course: Course) -> Columns:
    call = stock.log.contact
    inbound, answered = stock.direction == INBOUND, call.answered
    voice = call.channel == 0
    handled = call.talk_s + call.hold_s + call.wrap_s
    requeued = (course.gap_s * (course.how == TO_QUEUE)).sum(axis=1)
    rings = course.ring_s[:, 0] * answered + course.attempt_s.sum(axis=1)
    rang = call.queued & (answered | (rings > 0))
    return {
        "ivr_s": seconds(call.ivr_s, inbound & voice),
        "wait_s": seconds(call.wait_s, call.queued),
        "requeue_wait_s": seconds(requeued, (course.how == TO_QUEUE).any(axis=1)),
        "ring_s": seconds(rings, rang),
        "talk_s": seconds(call.talk_s, answered),
        "hold_s": seconds(call.hold_s, answered & voice),
        "wrap_s": seconds(call.wrap_s, answered),
        "consult_s": seconds(course.consult_s, course.consult_s > 0),
        "handle_s": seconds(handled, answered),
        "duration_s": pa.array((course.ended_at - stock.started).astype(np.float64)),
        "dial_s": seconds(course.dial_s, ~inbound),
    }


def _flags(stock: Stock, course: Course) -> Columns:
    call = stock.log.contact
    lost = call.abandoned & (stock.left_to == STAYED)
    short = lost & (call.wait_s < SHORT_ABANDON_S)
    moves = (course.how != NO_TRANSFER).sum(axis=1)
    return {
        "queued": pa.array(call.queued),
        "answered": pa.array(call.answered),
        "ivr_only": pa.array(call.ivr_only),
        "abandoned": pa.array(lost),
        "short_abandon": pa.array(short),
        "flow_out": pa.array(np.isin(stock.left_to, (TO_VOICEMAIL, TO_CALLBACK))),
        "transferred": pa.array(moves > 0),
        "n_transfers": pa.array(moves),
        "transfer_type": known_words(TRANSFER_TYPES, course.how[:, 0]),
        "voicemail": pa.array(stock.left_to == TO_VOICEMAIL),
    }


def in_order(calls: pa.Table) -> pa.Array:
    """Return the order of the truth table: by start, then by id."""
    return pc.sort_indices(
        calls, [("started_at", "ascending"), ("call_ref", "ascending")]
    )
