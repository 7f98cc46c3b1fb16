"""What happens in one call: menu, queue, patience, agent, transfer, result."""

from dataclasses import dataclass

import numpy as np

from ccml.demo import names
from ccml.demo.arrays import Bools, Floats, Ints, ints, pick_by_row
from ccml.demo.curves import (
    SERVICE_LOG_MEAN_SD,
    offered_wait,
    patience,
    service_seconds,
)

IVR_LOG_MEAN, IVR_LOG_SD = 3.4, 0.6
IVR_ONLY_SHARE = np.array([0.07, 0.04, 0.03, 0.20, 0.02, 0.06, 0.02, 0.01])
CHAT_SHARE = np.array([0.03, 0.25, 0.04])  # by preferred channel
EMAIL_SHARE = np.array([0.01, 0.02, 0.16])
FAULT_SURGE = 2.5  # on the mean wait of fault calls
TRANSFER_SHARE = np.array([0.12, 0.18, 0.12, 0.05, 0.06, 0.16, 0.12, 0.22])
HOLD_SHARE = 0.28
HOLD_LOG_MEAN, HOLD_LOG_SD = 3.9, 0.7
WRAP_LOG_MEAN, WRAP_LOG_SD = 3.5, 0.6
CSAT_SHARE = 0.12
# resolved, unresolved, follow_up, info by reason
RESULT_WEIGHTS = np.array(
    [
        [0.52, 0.26, 0.12, 0.10],
        [0.48, 0.30, 0.16, 0.06],
        [0.58, 0.14, 0.14, 0.14],
        [0.34, 0.06, 0.04, 0.56],
        [0.40, 0.06, 0.24, 0.30],
        [0.54, 0.26, 0.12, 0.08],
        [0.54, 0.22, 0.14, 0.10],
        [0.34, 0.40, 0.20, 0.06],
    ]
)
TRANSFER_HARM = 0.25  # of otherwise resolved transferred calls stay unresolved
_SERVICE = np.array([SERVICE_LOG_MEAN_SD[t] for t in names.SERVICE_TYPE_OF_REASON])


@dataclass(frozen=True)
class Contact:
    """The course of calls, one array entry per call; times in seconds."""

    channel: Ints
    queue: Ints
    last_queue: Ints
    agent: Ints
    disposition: Ints
    ivr_s: Floats
    wait_s: Floats
    talk_s: Floats
    hold_s: Floats
    wrap_s: Floats
    queued: Bools
    answered: Bools
    ivr_only: Bools
    abandoned: Bools
    transfers: Ints
    csat: Ints  # 0 = not asked or not answered
    end_at: Floats  # local seconds, without wrap-up


def serve(
    rng: np.random.Generator, at: Floats, reason: Ints, cause: Ints, prefers: Ints
) -> Contact:
    """Draw the course of one call per row."""
    size = len(at)
    channel = _channel(rng, prefers)
    voice = channel == 0
    ivr_s = np.round(np.exp(rng.normal(IVR_LOG_MEAN, IVR_LOG_SD, size))) * voice
    ivr_only = voice & (rng.random(size) < IVR_ONLY_SHARE[reason])
    surge = np.where(cause == names.FAULT, FAULT_SURGE, 1.0)
    offered = np.round(offered_wait(rng, at, surge))
    ready = np.ceil(patience(rng, size))
    abandoned = voice & ~ivr_only & (offered > ready)
    answered = ~ivr_only & ~abandoned
    wait_s = np.minimum(offered, ready) * ~ivr_only
    drawn = service_seconds(rng, _SERVICE[reason, 0], _SERVICE[reason, 1])
    talk_s = np.round(drawn) * answered
    held = answered & voice & (rng.random(size) < HOLD_SHARE)
    hold_s = np.round(np.exp(rng.normal(HOLD_LOG_MEAN, HOLD_LOG_SD, size))) * held
    wrap_s = np.round(np.exp(rng.normal(WRAP_LOG_MEAN, WRAP_LOG_SD, size))) * answered
    moved = answered & (rng.random(size) < TRANSFER_SHARE[reason])
    transfers = moved * (1 + (rng.random(size) < 0.15))
    queue = names.QUEUE_OF_REASON[reason]
    other = (queue + rng.integers(1, len(names.QUEUES), size)) % len(names.QUEUES)
    last_queue = np.where(moved, other, queue)
    disposition = _result(rng, reason, moved) * answered
    return Contact(
        channel=channel,
        queue=queue,
        last_queue=last_queue,
        agent=last_queue * names.AGENTS_PER_QUEUE
        + rng.integers(0, names.AGENTS_PER_QUEUE, size),
        disposition=disposition,
        ivr_s=ivr_s,
        wait_s=wait_s,
        talk_s=talk_s,
        hold_s=hold_s,
        wrap_s=wrap_s,
        queued=~ivr_only,
        answered=answered,
        ivr_only=ivr_only,
        abandoned=abandoned,
        transfers=transfers.astype(np.int64),
        csat=_satisfaction(rng, answered, disposition, wait_s),
        end_at=at + ivr_s + wait_s + talk_s + hold_s,
    )


def _channel(rng: np.random.Generator, prefers: Ints) -> Ints:
    draw = rng.random(len(prefers))
    chat, email = CHAT_SHARE[prefers], EMAIL_SHARE[prefers]
    return np.where(draw < chat, 1, np.where(draw < chat + email, 2, 0))


def _result(rng: np.random.Generator, reason: Ints, moved: Bools) -> Ints:
    result = 1 + pick_by_row(rng, RESULT_WEIGHTS, reason)
    harmed = moved & (result == names.RESOLVED)
    harmed &= rng.random(len(reason)) < TRANSFER_HARM
    return ints(np.where(harmed, names.UNRESOLVED, result))


def _satisfaction(
    rng: np.random.Generator, answered: Bools, disposition: Ints, wait_s: Floats
) -> Ints:
    asked = answered & (rng.random(len(answered)) < CSAT_SHARE)
    bad = disposition == names.UNRESOLVED
    mean = 4.3 - 1.5 * bad - np.minimum(wait_s / 300.0, 1.2)
    score = np.clip(np.round(mean + rng.normal(0, 0.9, len(answered))), 1, 5)
    return ints(score * asked)
