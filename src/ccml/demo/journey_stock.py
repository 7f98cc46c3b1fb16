"""All calls of a chunk for the platforms: the call log, and calls it does not hold."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from ccml.demo import names
from ccml.demo.arrays import Bools, Floats, Ints, floats, ints
from ccml.demo.callers import (
    BY_CALLBACK,
    CALLBACK,
    CallLog,
    joined,
    outbound_calls,
    strangers_at,
)
from ccml.demo.chunk import ChunkLife
from ccml.demo.clock import DAY, DAYS, FIRST_DAY, HOUR, MONTH_STARTS, to_epoch

DIRECTIONS = ("inbound", "outbound", "internal", "callback")
INBOUND, OUTBOUND, INTERNAL, CALLED_BACK = range(4)
STAYED, TO_VOICEMAIL, TO_CALLBACK = range(3)
CLOCK_CHANGES = (date(2025, 3, 30), date(2025, 10, 26), date(2026, 3, 29))
NIGHT_CALLS = 6  # strangers in each night of a clock change, per chunk
MIDNIGHTS = MONTH_STARTS[1:13:2]  # a stranger talks over each, per chunk
FLOW_OUT_AFTER_S = 20
VOICEMAIL_SHARE, CALLBACK_SHARE = 0.16, 0.12  # of the lost calls that waited so long
CALLBACK_REACHED_SHARE = 0.85
CALLS_PER_INTERNAL_CALL = 60
AGENTS = len(names.QUEUES) * names.AGENTS_PER_QUEUE


@dataclass(frozen=True)
class Stock:
    """One array entry per call; the calls of the log come first, in its order."""

    log: CallLog
    started: Ints  # UTC epoch seconds
    direction: Ints
    left_to: Ints  # how a lost call left the queue
    asked_by: Ints  # number of the call that asked for this callback; -1 = none
    caller: Ints  # agent who makes an internal call; -1 = none
    own_calls: int  # calls of the log


def draw_stock(rng: np.random.Generator, life: ChunkLife) -> Stock:
    """Add nights of clock changes, callbacks of waiting callers and internal calls."""
    log = joined([life.log, strangers_at(rng, life.salt, _night_instants(rng))])
    left_to = _ways_out(rng, log)
    asked = np.flatnonzero(left_to == TO_CALLBACK)
    back = _callbacks(rng, log, asked)
    inside = _internal(rng, life.log)
    sizes = [len(log.at), len(back.at), len(inside.at)]
    whole = joined([log, back, inside])
    own = np.where(log.outbound, OUTBOUND, INBOUND)
    nothing = np.zeros(sizes[1] + sizes[2], dtype=np.int64)
    other = rng.integers(1, AGENTS, sizes[2])
    return Stock(
        log=whole,
        started=to_epoch(whole.at),
        direction=np.concatenate([own, np.repeat([CALLED_BACK, INTERNAL], sizes[1:])]),
        left_to=np.concatenate([left_to, nothing]),
        asked_by=_spread(asked, sizes[0], sizes[2]),
        caller=_spread((inside.contact.agent + other) % AGENTS, sum(sizes[:2]), 0),
        own_calls=len(life.log.at),
    )


def _spread(values: Ints, before: int, after: int) -> Ints:
    return np.concatenate([np.full(before, -1), ints(values), np.full(after, -1)])


def _night_instants(rng: np.random.Generator) -> Floats:
    """Draw local seconds around clock changes, and shortly before midnight."""
    nights = [float((day - FIRST_DAY).days * DAY) for day in CLOCK_CHANGES]
    changes = np.repeat(nights, NIGHT_CALLS)
    changes = changes + rng.uniform(-600, 4 * HOUR, len(changes))
    midnights = floats(MIDNIGHTS) * DAY - rng.uniform(20, 90, len(MIDNIGHTS))
    return np.round(np.concatenate([changes, midnights]))


def _ways_out(rng: np.random.Generator, log: CallLog) -> Ints:
    """Let some of those who gave up waiting leave a message or ask for a callback."""
    call = log.contact
    long_enough = call.abandoned & (call.wait_s >= FLOW_OUT_AFTER_S)
    draw = rng.random(len(log.at))
    reachable: Bools = ~log.anonymous & (log.at < (DAYS - 1) * float(DAY))
    back = reachable & (draw > 1 - CALLBACK_SHARE)
    way = np.where(draw < VOICEMAIL_SHARE, TO_VOICEMAIL, STAYED)
    return np.where(long_enough, np.where(back, TO_CALLBACK, way), STAYED)


def _callbacks(rng: np.random.Generator, log: CallLog, asked: Ints) -> CallLog:
    size = len(asked)
    at = np.round(log.contact.end_at[asked] + rng.uniform(300, 3 * HOUR, size))
    reached = rng.random(size) < CALLBACK_REACHED_SHARE
    talk_s = floats(np.round(np.exp(rng.normal(4.9, 0.8, size))) * reached)
    return outbound_calls(
        rng,
        (log.customer[asked], at, talk_s, log.contact.queue[asked]),
        log.line[asked],
        (log.region[asked], CALLBACK, BY_CALLBACK),
    )


def _internal(rng: np.random.Generator, log: CallLog) -> CallLog:
    """Draw calls between agents near times at which customers call."""
    size = 1 + len(log.at) // CALLS_PER_INTERNAL_CALL
    near = rng.choice(np.append(log.at, DAY + 12.0 * HOUR), size)
    at = np.clip(np.round(near + rng.uniform(-1_800, 1_800, size)), DAY, None)
    reached = rng.random(size) < 0.9
    talk_s = floats(np.round(np.exp(rng.normal(4.2, 0.8, size))) * reached)
    nobody = np.full(size, -1, dtype=np.int64)
    queue = rng.integers(0, len(names.QUEUES), size)
    return outbound_calls(
        rng, (nobody, at, talk_s, queue), nobody, (nobody, CALLBACK, BY_CALLBACK)
    )
