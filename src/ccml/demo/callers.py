"""The call log: everyone's calls, the numbers they show, and who is recognised."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ccml.demo import names
from ccml.demo.arrays import Bools, Floats, Ints, floats, pick
from ccml.demo.books import gather
from ccml.demo.clock import DAY, DAYS, to_epoch
from ccml.demo.curves import arrival_times, time_of_day
from ccml.demo.memory import Memory
from ccml.demo.phones import Phones, line_at, stranger_lines
from ccml.demo.population import Population
from ccml.demo.service import Contact, serve

STRANGER_SHARE = 0.03  # of inbound calls come from people who are no customers
OTHER_LINE_SHARE = 0.012  # of customers' calls come from a line the CRM lacks
ANONYMOUS_SHARE = 0.06
ANONYMOUS_WORDS = ("anonymous", "", "restricted", "unknown")
SCREEN_POP_SHARE = 0.25  # of recognisable calls carry the CRM id
CALLBACK_SHARE = 0.35  # of calls that end with "follow_up" are called back
STRANGER_REASONS = np.array([0.02, 0.05, 0.08, 0.25, 0.55, 0.02, 0.01, 0.02])
REASON_WORDS = (*names.REASONS, names.CAMPAIGN_REASON, names.CALLBACK_REASON)
CAMPAIGN, CALLBACK = len(names.REASONS), len(names.REASONS) + 1
CAUSE_WORDS = (*names.CAUSES, "stranger", "campaign", "callback")
STRANGER, BY_CAMPAIGN, BY_CALLBACK = range(len(names.CAUSES), len(CAUSE_WORDS))


@dataclass(frozen=True)
class CallLog:
    """All calls of a chunk; one array entry per call."""

    customer: Ints  # -1 = no customer
    at: Floats
    cause: Ints
    reason: Ints
    outbound: Bools
    line: Ints
    anonymous: Bools
    shows_crm_id: Bools
    region: Ints
    repeat_7d: Floats  # NaN for outbound calls
    contact: Contact


def build_log(
    rng: np.random.Generator,
    people: Population,
    phones: Phones,
    memory: Memory,
    salt: int,
) -> CallLog:
    """Collect the calls of customers, strangers, campaigns and call-backs."""
    own = _inbound(rng, people, phones, memory, salt)
    parts = [
        own,
        _strangers(rng, salt, int(len(own.at) * STRANGER_SHARE)),
        _attempts(rng, people, phones, memory),
        _callbacks(rng, own),
    ]
    log = joined(parts)
    order = np.lexsort((log.customer, log.at))
    inside = (log.at >= 0) & (to_epoch(log.contact.end_at) < to_epoch(_END)[0])
    inside &= to_epoch(log.at) >= to_epoch(np.zeros(1))[0]
    return _rows(log, order[inside[order]])


_END = np.array([DAYS * float(DAY)])


def _inbound(
    rng: np.random.Generator,
    people: Population,
    phones: Phones,
    memory: Memory,
    salt: int,
) -> CallLog:
    contact = Contact(
        **{
            f.name: _typed(gather(memory, "calls", f.name), f.name)
            for f in fields(Contact)
        }
    )
    customer = gather(memory, "calls", "customer").astype(np.int64)
    at = gather(memory, "calls", "at")
    size = len(at)
    line = line_at(rng, phones, customer, at)
    other = rng.random(size) < OTHER_LINE_SHARE
    line = np.where(other, stranger_lines(rng, size, salt), line)
    anonymous = rng.random(size) < ANONYMOUS_SHARE
    typed = contact.channel > 0
    known = ~anonymous & ~other
    day = np.floor(at / DAY).astype(np.int64)
    moved = people.move_day[customer] <= day
    return CallLog(
        customer=customer,
        at=at,
        cause=gather(memory, "calls", "cause").astype(np.int64),
        reason=gather(memory, "calls", "reason").astype(np.int64),
        outbound=np.zeros(size, dtype=np.bool_),
        line=line,
        anonymous=anonymous | typed,
        # Whoever writes is logged in; a caller is recognised by the screen pop.
        shows_crm_id=typed | (known & (rng.random(size) < _POP)),
        region=np.where(moved, people.new_region[customer], people.region[customer]),
        repeat_7d=gather(memory, "calls", "repeat_7d"),
        contact=contact,
    )


# Written contacts always carry the id; the rest makes up the share of 25 %.
_POP = 0.17
_FLAGS = ("queued", "answered", "ivr_only", "abandoned")
_SECONDS = ("ivr_s", "wait_s", "talk_s", "hold_s", "wrap_s", "end_at")


def _typed(column: Floats, name: str) -> Any:
    if name in _FLAGS:
        return column.astype(np.bool_)
    return column if name in _SECONDS else column.astype(np.int64)


def _strangers(rng: np.random.Generator, salt: int, size: int) -> CallLog:
    at = arrival_times(rng, np.zeros(size, np.int64), np.full(size, DAYS))
    return strangers_at(rng, salt, at)


def strangers_at(rng: np.random.Generator, salt: int, at: Floats) -> CallLog:
    """Draw calls of people who are no customers at given local seconds."""
    size = len(at)
    reason = pick(rng, STRANGER_REASONS, size)
    nobody = np.full(size, -1, dtype=np.int64)
    return CallLog(
        customer=nobody,
        at=at,
        cause=np.full(size, STRANGER),
        reason=reason,
        outbound=np.zeros(size, dtype=np.bool_),
        line=stranger_lines(rng, size, salt),
        anonymous=rng.random(size) < ANONYMOUS_SHARE,
        shows_crm_id=np.zeros(size, dtype=np.bool_),
        region=pick(rng, names.REGION_WEIGHTS, size),
        repeat_7d=np.full(size, np.nan),
        contact=serve(
            rng, at, reason, np.zeros(size, np.int64), np.zeros(size, np.int64)
        ),
    )


def _attempts(
    rng: np.random.Generator, people: Population, phones: Phones, memory: Memory
) -> CallLog:
    made = gather(memory, "contacts", "attempt") > 0
    customer = gather(memory, "contacts", "customer").astype(np.int64)[made]
    at = gather(memory, "contacts", "at")[made]
    talk_s = gather(memory, "contacts", "talk_s")[made]
    queue = np.full(len(at), names.QUEUE_OF_REASON[names.SALES])
    return outbound_calls(
        rng,
        (customer, at, talk_s, queue),
        line_at(rng, phones, customer, at),
        (people.region[customer], CAMPAIGN, BY_CAMPAIGN),
    )


def _callbacks(rng: np.random.Generator, own: CallLog) -> CallLog:
    asked = own.contact.disposition == names.FOLLOW_UP
    asked &= rng.random(len(own.at)) < CALLBACK_SHARE
    day = np.floor(own.at[asked] / DAY).astype(np.int64)
    day += rng.integers(1, 3, len(day))
    at = day * float(DAY) + time_of_day(rng, day)
    talk_s = floats(np.round(np.exp(rng.normal(4.6, 0.8, len(day)))))
    return outbound_calls(
        rng,
        (own.customer[asked], at, talk_s, own.contact.last_queue[asked]),
        own.line[asked],
        (own.region[asked], CALLBACK, BY_CALLBACK),
    )


def outbound_calls(
    rng: np.random.Generator,
    course: tuple[Ints, Floats, Floats, Ints],
    line: Ints,
    story: tuple[Ints, int, int],
) -> CallLog:
    """Build calls that the company makes."""
    customer, at, talk_s, queue = course
    region, reason, cause = story
    size = len(at)
    reached = talk_s > 0
    none = np.zeros(size, dtype=np.bool_)
    zero: Floats = np.zeros(size)
    contact = Contact(
        channel=np.zeros(size, dtype=np.int64),
        queue=queue,
        last_queue=queue,
        agent=queue * names.AGENTS_PER_QUEUE
        + rng.integers(0, names.AGENTS_PER_QUEUE, size),
        disposition=np.where(reached, names.INFORMED, names.NOTHING),
        ivr_s=zero,
        wait_s=zero,
        talk_s=talk_s,
        hold_s=zero,
        wrap_s=np.where(reached, 20.0, 0.0),
        queued=none,
        answered=reached,
        ivr_only=none,
        abandoned=none,
        transfers=np.zeros(size, dtype=np.int64),
        csat=np.zeros(size, dtype=np.int64),
        end_at=at + talk_s + 25.0,
    )
    return CallLog(
        customer=customer,
        at=at,
        cause=np.full(size, cause),
        reason=np.full(size, reason),
        outbound=~none,
        line=line,
        anonymous=none,
        shows_crm_id=rng.random(size) < SCREEN_POP_SHARE,
        region=region,
        repeat_7d=np.full(size, np.nan),
        contact=contact,
    )


def joined(parts: list[CallLog]) -> CallLog:
    """Put call logs one after the other."""

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    contact = Contact(
        **{
            f.name: np.concatenate([getattr(part.contact, f.name) for part in parts])
            for f in fields(Contact)
        }
    )
    own = {f.name: column(f.name) for f in fields(CallLog) if f.name != "contact"}
    return CallLog(**own, contact=contact)


def _rows(log: CallLog, rows: Ints) -> CallLog:
    contact = Contact(
        **{f.name: getattr(log.contact, f.name)[rows] for f in fields(Contact)}
    )
    own = {
        f.name: getattr(log, f.name)[rows]
        for f in fields(CallLog)
        if f.name != "contact"
    }
    return CallLog(**own, contact=contact)
