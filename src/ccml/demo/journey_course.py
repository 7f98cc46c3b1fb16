"""What happens inside each call: rings, transfers, consultations, ways of ending."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccml.contracts.calls import TRANSFER_TYPES
from ccml.demo import names
from ccml.demo.arrays import Bools, Floats, Ints, floats, ints
from ccml.demo.journey_stock import (
    AGENTS,
    INBOUND,
    INTERNAL,
    OUTBOUND,
    STAYED,
    TO_VOICEMAIL,
    Stock,
)

BLIND, CONSULT, TO_QUEUE, EXTERNAL = range(len(TRANSFER_TYPES))
NO_TRANSFER = -1
TRANSFER_EDGES = np.array([0.25, 0.40, 0.90])  # blind, consult, queue, external
ATTEMPT_SHARES = (0.16, 0.30)  # of long waits: a first, then a second ring in vain
LONGEST_ATTEMPT_S = 20
INQUIRY_SHARE = 0.10  # of calls with a hold: the agent asks a colleague
LEAST_HOLD_S = 20  # in which a colleague can be asked
MONITOR_SHARE = 0.015
RING_OF_LOST_SHARE = 0.2  # of abandons happen while an agent's telephone rings
CUSTOMER_ENDS_SHARE = 0.7
SYSTEM_ENDS_LOST_SHARE = 0.05
DIAL_S = np.array([0.0, 25.0, 6.0, 25.0])  # by direction
CUSTOMER, AGENT, SYSTEM, TRANSFER, OUTSIDE = range(5)
ENDINGS = ("customer", "agent", "system", "transfer", "external")


Parts = dict[str, Any]


@dataclass(frozen=True)
class Course:
    """One row per call; the columns of two-dimensional arrays are parties in order."""

    how: Ints  # calls x 2: type of each transfer; -1 = none
    parties: Ints  # agents whom the customer was connected to
    agent: Ints  # calls x 3
    talk_s: Floats  # calls x 3
    hold_s: Floats  # calls x 3
    wrap_s: Floats  # calls x 3
    ring_s: Floats  # calls x 3
    gap_s: Floats  # calls x 2: from one agent to the next
    attempt_s: Floats  # calls x 2: rings in vain before the answer; 0 = none
    attempt_agent: Ints  # calls x 2
    consult_s: Floats  # 0 = none
    consult_agent: Ints
    external_s: Floats
    monitor_s: Floats
    voicemail_s: Floats
    dial_s: Floats
    answered_at: Ints  # calls x 3, UTC epoch seconds
    left_at: Ints  # calls x 3
    ended_at: Ints
    ended_by: Ints


def draw_course(rng: np.random.Generator, stock: Stock) -> Course:
    """Draw what the log leaves open; its waits, talk, hold and wrap stay as they are."""
    parts = _people(rng, stock)
    parts |= _spoken(rng, stock, parts)
    parts |= _rings(rng, stock, parts["how"])
    parts |= _asides(rng, stock, parts)
    parts["ended_by"] = _endings(rng, stock, parts["how"])
    return Course(**parts, **_times(stock, parts))


def _people(rng: np.random.Generator, stock: Stock) -> Parts:
    """Draw transfers and agents, of whom those of vain rings come before the first."""
    how = _transfers(rng, stock)
    agent = _agents(rng, stock, how)
    connected = 1 + (how >= 0).sum(axis=1) - (how[:, 0] == EXTERNAL)
    busy = rng.integers(1, names.AGENTS_PER_QUEUE - 1, (len(how), 2)) * (1, 2)
    return {
        "how": how,
        "parties": ints(stock.log.contact.answered * connected),
        "agent": agent,
        "attempt_agent": (agent[:, :1] + busy) % AGENTS,
    }


def _spoken(rng: np.random.Generator, stock: Stock, parts: Parts) -> Parts:
    """Share talk, hold and work after the call out among the agents."""
    call, parties = stock.log.contact, parts["parties"]
    holder = np.where(parts["how"][:, 0] == CONSULT, 1, np.maximum(parties, 1))
    share = rng.uniform(0.15, 0.5, len(parties))
    return {
        "talk_s": _split(call.talk_s, parties, share),
        "hold_s": call.hold_s[:, None] * (np.arange(1, 4) == holder[:, None]),
        "wrap_s": _split(call.wrap_s, parties, np.full(len(parties), 0.3)),
    }


def _asides(rng: np.random.Generator, stock: Stock, parts: Parts) -> Parts:
    """Draw consultations, listeners, messages, and talk with outside numbers."""
    call, how, size = stock.log.contact, parts["how"], len(stock.started)
    asks, colleague = _consults(rng, stock, how, parts["agent"])
    message_s = np.round(rng.uniform(8, 60, size))
    outside_s = np.round(rng.uniform(20, 400, size))
    return {
        "consult_s": np.floor(call.hold_s * rng.uniform(0.5, 0.9, size)) * asks,
        "consult_agent": colleague,
        "external_s": outside_s * (how[:, 0] == EXTERNAL),
        "monitor_s": _monitored(rng, stock, parts["talk_s"][:, 0]),
        "voicemail_s": message_s * (stock.left_to == TO_VOICEMAIL),
        "dial_s": DIAL_S[stock.direction],
    }


def _transfers(rng: np.random.Generator, stock: Stock) -> Ints:
    """Draw the types of up to two transfers of each call."""
    call = stock.log.contact
    voice = call.channel == 0
    kind = np.searchsorted(TRANSFER_EDGES, rng.random((len(voice), 2)), side="right")
    kind = ints(kind)
    first, second = kind[:, 0], kind[:, 1]
    asks = voice & (call.hold_s >= LEAST_HOLD_S)
    first = np.where((first == CONSULT) & ~asks, TO_QUEUE, first)
    outside = voice & (call.transfers == 1)
    first = np.where((first == EXTERNAL) & ~outside, BLIND, first)
    second = np.where(second == CONSULT, TO_QUEUE, second)
    second = np.where(second == EXTERNAL, BLIND, second)
    made = np.arange(2) < call.transfers[:, None]
    return np.where(made, np.stack([first, second], axis=1), NO_TRANSFER)


def _agents(rng: np.random.Generator, stock: Stock, how: Ints) -> Ints:
    """Name the agents in order: of the first queue, then of the last."""
    call, team = stock.log.contact, names.AGENTS_PER_QUEUE
    size = len(call.agent)
    moved = how[:, 0] != NO_TRANSFER
    first = call.queue * team + rng.integers(0, team, size)
    other = (call.agent % team + rng.integers(1, team, size)) % team
    middle = (call.agent // team) * team + other
    first = np.where(moved, first, call.agent)
    second = np.where(how[:, 1] != NO_TRANSFER, middle, call.agent)
    return np.stack([first, second, call.agent], axis=1)


def _split(total: Floats, parties: Ints, share: Floats) -> Floats:
    """Share whole seconds out among the agents; the last one has the rest."""
    first = np.floor(total * share) * (parties > 1)
    second = np.floor((total - first) * 0.4) * (parties > 2)
    rest = total - first - second
    parts = np.zeros((len(total), 3))
    rows = np.arange(len(total))
    parts[:, 0], parts[:, 1] = first, second
    parts[rows, np.clip(parties, 1, 3) - 1] = rest
    return parts


def _consults(
    rng: np.random.Generator, stock: Stock, how: Ints, agent: Ints
) -> tuple[Bools, Ints]:
    """Tell who asks a colleague while the customer holds, and whom."""
    call = stock.log.contact
    size = len(call.agent)
    can = (call.channel == 0) & (call.hold_s >= LEAST_HOLD_S)
    transfer = how[:, 0] == CONSULT
    only = can & (call.transfers == 0) & (rng.random(size) < INQUIRY_SHARE)
    colleague = (agent[:, 0] + rng.integers(1, AGENTS, size)) % AGENTS
    return transfer | only, np.where(transfer, agent[:, 1], colleague)


def _rings(rng: np.random.Generator, stock: Stock, how: Ints) -> Parts:
    """Draw later waits, and how long telephones ring inside the waits."""
    call, size = stock.log.contact, len(stock.started)
    waits = (stock.direction == INBOUND) & call.answered
    blind_s = rng.integers(3, 16, (size, 2))
    requeue_s = 5 + np.round(rng.exponential(40.0, (size, 2)))
    gap_s = np.where(how == BLIND, blind_s, np.where(how == TO_QUEUE, requeue_s, 0.0))
    ring_s = floats(rng.integers(2, 13, (size, 3)))
    ring_s[:, 0] = np.minimum(ring_s[:, 0], call.wait_s) * waits
    ring_s[:, 1:] = np.where(how == BLIND, gap_s, np.minimum(ring_s[:, 1:], gap_s))
    attempt_s = _attempts(rng, stock, call.wait_s - ring_s[:, 0])
    return {"gap_s": gap_s, "ring_s": ring_s, "attempt_s": attempt_s}


def _attempts(rng: np.random.Generator, stock: Stock, room_s: Floats) -> Floats:
    """Draw rings in vain: before the answer, or the one during which a caller leaves."""
    call, size = stock.log.contact, len(stock.started)
    inbound = stock.direction == INBOUND
    long = inbound & call.answered & (room_s > 2 * LONGEST_ATTEMPT_S)
    first, second = (rng.random((size, 2)) < ATTEMPT_SHARES).T
    seconds = floats(rng.integers(12, LONGEST_ATTEMPT_S + 1, (size, 2)))
    seconds *= np.stack([long & first, long & first & second], axis=1)
    leaves = inbound & call.abandoned & (stock.left_to == STAYED) & (call.wait_s >= 5)
    leaves &= rng.random(size) < RING_OF_LOST_SHARE
    cut = np.minimum(rng.integers(2, 16, size), call.wait_s)
    seconds[:, 0] = np.where(leaves, cut, seconds[:, 0])
    return seconds


def _monitored(rng: np.random.Generator, stock: Stock, talk_s: Floats) -> Floats:
    watched = rng.random(len(talk_s)) < MONITOR_SHARE
    watched &= (stock.direction == INBOUND) & (stock.log.contact.channel == 0)
    return np.floor(talk_s / 2) * (watched & (talk_s >= 30))


def _times(stock: Stock, parts: Parts) -> Parts:
    """Lay the parts of each call one after the other."""
    call = stock.log.contact
    spoken = parts["talk_s"] + parts["hold_s"]
    answered = np.zeros(spoken.shape)
    left = np.zeros(spoken.shape)
    answered[:, 0] = stock.started + call.ivr_s + call.wait_s + parts["dial_s"]
    for party in range(3):
        if party:
            answered[:, party] = left[:, party - 1] + parts["gap_s"][:, party - 1]
        left[:, party] = answered[:, party] + spoken[:, party]
    last = left[np.arange(len(left)), np.maximum(ints(parts["parties"]), 1) - 1]
    ended = last + parts["external_s"] + parts["voicemail_s"]
    return {
        "answered_at": ints(answered),
        "left_at": ints(left),
        "ended_at": ints(ended),
    }


def _endings(rng: np.random.Generator, stock: Stock, how: Ints) -> Ints:
    """Draw who hung up."""
    call, size = stock.log.contact, len(stock.started)
    draw = rng.random(size)
    spoken = np.where(draw < CUSTOMER_ENDS_SHARE, CUSTOMER, AGENT)
    spoken = np.where(how[:, 0] == EXTERNAL, OUTSIDE, spoken)
    lost = np.where(draw < SYSTEM_ENDS_LOST_SHARE, SYSTEM, CUSTOMER)
    menu = np.where(draw < 0.6, CUSTOMER, SYSTEM)
    unreached = np.where(stock.direction == INTERNAL, AGENT, SYSTEM)
    ended = np.where(call.answered, spoken, np.where(call.ivr_only, menu, lost))
    return np.where(~call.answered & (stock.direction >= OUTBOUND), unreached, ended)
