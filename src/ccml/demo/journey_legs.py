"""The legs of the calls: what one row of a platform's export would tell."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ccml.demo.arrays import Bools, Floats, Ints, ints
from ccml.demo.journey_course import (
    BLIND,
    CONSULT,
    EXTERNAL,
    NO_TRANSFER,
    TO_QUEUE,
    TRANSFER,
    Course,
)
from ccml.demo.journey_schema import LEG_TYPES, SHORT_ABANDON_S
from ccml.demo.journey_stock import (
    AGENTS,
    INBOUND,
    STAYED,
    TO_CALLBACK,
    TO_VOICEMAIL,
    Stock,
)

Legs = dict[str, Any]
IVR, QUEUE, AGENT, ASKED, OUTSIDE, VOICEMAIL, RING, MONITOR = range(len(LEG_TYPES))
SUPERVISORS = 5  # agents AGENTS, AGENTS + 1, ...

# Where a leg stands in its call; with the call it makes the leg's id.
MENU_AT, QUEUE_AT, RING_AT, MESSAGE_AT, OUTSIDE_AT = 0, 1, 2, 5, 60
PARTY_AT = np.array([10, 30, 50])  # the queue before the party stands one before
CONSULT_AT, MONITOR_AT = 11, 12

_CODES = ("agent", "from_agent", "queue", "ended_by", "how", "parent")
_SECONDS = ("ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s", "dial_s")
_TRUTHS = ("queued", "answered", "abandoned", "short_abandon", "flow_out", "voicemail")
_MARKS = ("transfer_in", "closes")


def _legs(call: Ints, kind: int, at: int, span: tuple[Any, Any], **told: Any) -> Legs:
    """Make legs of one kind; what is not told is not known (-1, NaN) or not so."""
    size = len(call)
    start, end = span
    columns: Legs = {"call": call, "kind": np.full(size, kind), "at": np.full(size, at)}
    columns |= {"start": ints(start), "end": ints(end)}
    columns |= {name: np.full(size, -1) for name in (*_CODES, *_TRUTHS)}
    columns |= {name: np.full(size, np.nan) for name in _SECONDS}
    columns |= {name: np.zeros(size, dtype=np.bool_) for name in _MARKS}
    return columns | {
        name: np.broadcast_to(value, size) for name, value in told.items()
    }


def draw_legs(stock: Stock, course: Course) -> Legs:
    """Return the legs in order of call and start, one array per column."""
    pieces = list(_all_pieces(stock, course))
    legs = {
        name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]
    }
    order = np.lexsort((legs["at"], legs["start"], legs["call"]))
    legs = {name: column[order] for name, column in legs.items()}
    first = np.searchsorted(legs["call"], legs["call"], side="left")
    legs["number"] = 1 + np.arange(len(order)) - first
    return legs


def _all_pieces(stock: Stock, course: Course) -> Iterator[Legs]:
    yield _menus(stock, course)
    yield _queues(stock, course)
    yield from _vain_rings(stock, course)
    yield _messages(stock, course)
    for party in range(3):
        yield _agents(stock, course, party)
    for transfer in range(2):
        yield _second_queues(stock, course, transfer)
    yield _outside(course)
    yield _asked(course)
    yield _monitors(course)


def _menus(stock: Stock, course: Course) -> Legs:
    call = stock.log.contact
    n = np.flatnonzero((stock.direction == INBOUND) & (call.channel == 0))
    ends = call.ivr_only[n]
    start = stock.started[n]
    return _legs(
        n,
        IVR,
        MENU_AT,
        (start, start + call.ivr_s[n]),
        ivr_s=call.ivr_s[n],
        ended_by=np.where(ends, course.ended_by[n], -1),
        closes=ends,
    )


def _queues(stock: Stock, course: Course) -> Legs:
    call = stock.log.contact
    n = np.flatnonzero(call.queued)
    start = stock.started[n] + call.ivr_s[n]
    lost = call.abandoned[n] & (stock.left_to[n] == STAYED)
    out = stock.left_to[n] != STAYED
    return _legs(
        n,
        QUEUE,
        QUEUE_AT,
        (start, start + call.wait_s[n]),
        wait_s=call.wait_s[n],
        queue=call.queue[n],
        queued=1,
        answered=0,
        abandoned=lost,
        short_abandon=lost & (call.wait_s[n] < SHORT_ABANDON_S),
        flow_out=out,
        ended_by=np.where(call.abandoned[n], course.ended_by[n], -1),
        closes=lost | (stock.left_to[n] == TO_CALLBACK),
        parent=np.where(call.channel[n] == 0, MENU_AT, -1),
    )


def _vain_rings(stock: Stock, course: Course) -> Iterator[Legs]:
    """Ring agents who do not answer; the last ring ends when the answering one's begins."""
    call = stock.log.contact
    end = stock.started + call.ivr_s + call.wait_s - course.ring_s[:, 0]
    for attempt in range(2):
        seconds = course.attempt_s[:, attempt]
        n = np.flatnonzero(seconds > 0)
        yield _legs(
            n,
            RING,
            RING_AT + attempt,
            (end[n] - seconds[n], end[n]),
            ring_s=seconds[n],
            answered=0,
            agent=course.attempt_agent[n, attempt],
            queue=call.queue[n],
            parent=QUEUE_AT,
            ended_by=np.where(call.abandoned[n], course.ended_by[n], -1),
        )
        end = end - seconds


def _messages(stock: Stock, course: Course) -> Legs:
    n = np.flatnonzero(stock.left_to == TO_VOICEMAIL)
    end = course.ended_at[n]
    return _legs(
        n,
        VOICEMAIL,
        MESSAGE_AT,
        (end - course.voicemail_s[n], end),
        voicemail=1,
        ended_by=course.ended_by[n],
        parent=QUEUE_AT,
        closes=True,
    )


def _agents(stock: Stock, course: Course, party: int) -> Legs:
    """Connect the customer with the first, second or third agent."""
    call = stock.log.contact
    dialled = (stock.direction != INBOUND) & (party == 0)
    n = np.flatnonzero((course.parties > party) | dialled)
    reached, here = call.answered[n], call.channel[n] == 0
    start = np.where(dialled[n], stock.started[n], course.answered_at[n, party])
    how_in, how_out = _transfer_in(course, n, party), _transfer_out(course, n, party)
    last = course.parties[n] <= party + 1
    sends = how_out != NO_TRANSFER
    return _legs(
        n,
        AGENT,
        int(PARTY_AT[party]),
        (start, course.left_at[n, party]),
        agent=course.agent[n, party],
        from_agent=_sender(stock, course, n, party),
        queue=_queue_of(stock, n, party, how_in),
        ring_s=_where(call.queued[n] & reached, course.ring_s[n, party]),
        talk_s=_where(reached, course.talk_s[n, party]),
        hold_s=_where(reached & here, course.hold_s[n, party]),
        wrap_s=_where(reached, course.wrap_s[n, party]),
        dial_s=_where(dialled[n], course.dial_s[n]),
        answered=reached,
        how=how_out,
        transfer_in=np.isin(how_in, (BLIND, CONSULT)),
        ended_by=np.where(sends, TRANSFER, np.where(last, course.ended_by[n], -1)),
        closes=last,
        parent=_parent(stock, n, party, how_in),
    )


def _where(known: Bools, seconds: Floats) -> Floats:
    return np.where(known, seconds, np.nan)


def _transfer_in(course: Course, n: Ints, party: int) -> Ints:
    return course.how[n, party - 1] if party else np.full(len(n), NO_TRANSFER)


def _transfer_out(course: Course, n: Ints, party: int) -> Ints:
    return course.how[n, party] if party < 2 else np.full(len(n), NO_TRANSFER)


def _sender(stock: Stock, course: Course, n: Ints, party: int) -> Ints:
    return course.agent[n, party - 1] if party else stock.caller[n]


def _queue_of(stock: Stock, n: Ints, party: int, how_in: Ints) -> Ints:
    """Return the queue through which the customer came to the agent."""
    call = stock.log.contact
    if party:
        return np.where(how_in == TO_QUEUE, call.last_queue[n], -1)
    return np.where(stock.caller[n] >= 0, -1, call.queue[n])


def _parent(stock: Stock, n: Ints, party: int, how_in: Ints) -> Ints:
    if not party:
        return np.where(stock.log.contact.queued[n], QUEUE_AT, -1)
    by_queue = how_in == TO_QUEUE
    return ints(np.where(by_queue, PARTY_AT[party] - 1, PARTY_AT[party - 1]))


def _second_queues(stock: Stock, course: Course, transfer: int) -> Legs:
    n = np.flatnonzero(course.how[:, transfer] == TO_QUEUE)
    return _legs(
        n,
        QUEUE,
        int(PARTY_AT[transfer + 1]) - 1,
        (course.left_at[n, transfer], course.answered_at[n, transfer + 1]),
        wait_s=course.gap_s[n, transfer],
        queue=stock.log.contact.last_queue[n],
        queued=1,
        answered=0,
        abandoned=0,
        short_abandon=0,
        flow_out=0,
        transfer_in=True,
        from_agent=course.agent[n, transfer],
        parent=int(PARTY_AT[transfer]),
    )


def _outside(course: Course) -> Legs:
    n = np.flatnonzero(course.how[:, 0] == EXTERNAL)
    return _legs(
        n,
        OUTSIDE,
        OUTSIDE_AT,
        (course.left_at[n, 0], course.ended_at[n]),
        from_agent=course.agent[n, 0],
        transfer_in=True,
        ended_by=course.ended_by[n],
        parent=int(PARTY_AT[0]),
    )


def _asked(course: Course) -> Legs:
    """Let the first agent ask a colleague while the customer holds."""
    n = np.flatnonzero(course.consult_s > 0)
    seconds = course.consult_s[n]
    leads_on = course.how[n, 0] == CONSULT
    middle = course.answered_at[n, 0] + np.floor(course.talk_s[n, 0] / 2)
    start = np.where(leads_on, course.left_at[n, 0] - seconds, middle)
    return _legs(
        n,
        ASKED,
        CONSULT_AT,
        (start, start + seconds),
        agent=course.consult_agent[n],
        from_agent=course.agent[n, 0],
        talk_s=seconds,
        answered=1,
        parent=int(PARTY_AT[0]),
    )


def _monitors(course: Course) -> Legs:
    n = np.flatnonzero(course.monitor_s > 0)
    start = course.answered_at[n, 0] + 5
    return _legs(
        n,
        MONITOR,
        MONITOR_AT,
        (start, start + course.monitor_s[n]),
        agent=AGENTS + n % SUPERVISORS,
        from_agent=course.agent[n, 0],
        talk_s=course.monitor_s[n],
        parent=int(PARTY_AT[0]),
    )
