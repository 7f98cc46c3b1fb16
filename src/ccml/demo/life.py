"""The daily life of one chunk of customers: leaving, campaigns, calls, repeats."""

from dataclasses import dataclass

import numpy as np

from ccml.demo import names
from ccml.demo.arrays import Floats, Ints, pick, take
from ccml.demo.billing import Billing
from ccml.demo.clock import DAY, DAYS, MONTH_STARTS
from ccml.demo.contacts import Today, start_campaigns, work_campaigns
from ccml.demo.curves import time_of_day
from ccml.demo.hazards import (
    CallEnd,
    call_again_probability,
    churn_hazard,
)
from ccml.demo.memory import (
    CHAIN_S,
    Memory,
    active_on,
    fade,
    new_memory,
    standing,
)
from ccml.demo.outlook import COMPLAINT_MEAN_DAYS, churn_probability
from ccml.demo.planned import Outlook, Planned, expected_week
from ccml.demo.population import Population
from ccml.demo.service import Contact, serve
from ccml.demo.visits import Visits

# Days until the repeat call: the same day, the next, ... five days later.
REPEAT_DELAY_WEIGHTS = np.array([0.24, 0.27, 0.18, 0.13, 0.10, 0.08])
SAME_DAY_MEAN_S = 5_400.0
REDIAL_MEAN_S = 1_500.0  # after giving up in the queue
REDIAL_SHARE = 0.6
LAST_HOUR = 22.0
COMPLAINT_AFTER_UNRESOLVED = 0.10
COMPLAINT_AFTER_COMPLAINT = 0.45
SAME_REASON_SHARE = 0.80


@dataclass(frozen=True)
class World:
    """Everything that is drawn before the days begin, for one chunk."""

    people: Population
    billing: Billing
    visits: Visits
    planned: Planned
    outlook: Outlook


def live(
    rng: np.random.Generator, campaign_rng: np.random.Generator, world: World
) -> Memory:
    """Run the days of the period; the returned memory holds what happened."""
    people = world.people
    memory = new_memory(people, len(MONTH_STARTS))
    days = np.arange(DAYS + 1) * float(DAY)
    call_edges = np.searchsorted(world.planned.at, days)
    offers = np.flatnonzero(world.visits.topic == names.OFFER_TOPIC)
    offer_edges = np.searchsorted(world.visits.at[offers], days)
    month = 0
    for day in range(DAYS):
        if day in MONTH_STARTS:
            month = MONTH_STARTS.index(day)
            _note_cutoff(memory, world, day, month)
        fade(memory)
        today = _leave(rng, memory, world, day, month)
        start_campaigns(campaign_rng, memory, people, today)
        work_campaigns(campaign_rng, memory, people, today)
        _day_of_calls(rng, memory, world, day, slice(*call_edges[day : day + 2]))
        seen = world.visits.customer[offers[slice(*offer_edges[day : day + 2])]]
        np.add.at(memory.interest, seen, 1.0)
    _note_cutoff(memory, world, DAYS, len(MONTH_STARTS) - 1)
    return memory


def _note_cutoff(memory: Memory, world: World, day: int, month: int) -> None:
    people = world.people
    chance = churn_probability(
        memory, people, world.billing, world.outlook, np.array([day, month])
    )
    active = active_on(memory, people, day)
    memory.churn_probability[:, month] = np.where(active, chance, np.nan)


def _leave(
    rng: np.random.Generator, memory: Memory, world: World, day: int, month: int
) -> Today:
    """Draw who leaves today; return who is still a customer."""
    people = world.people
    active = active_on(memory, people, day)
    hazard = churn_hazard(standing(memory, people, world.billing, day, month))
    leaves = active & (rng.random(people.size) < hazard)
    memory.cancel_day[leaves] = day
    memory.again_at[leaves] = np.inf
    memory.next_attempt_day[leaves] = DAYS + 999
    return Today(day, active & ~leaves, hazard)


def _day_of_calls(
    rng: np.random.Generator, memory: Memory, world: World, day: int, today: slice
) -> None:
    """Serve the planned and repeat calls of one day in the order of each customer."""
    planned = world.planned
    customer = planned.customer[today]
    order = np.argsort(customer, kind="stable")
    gone = memory.cancel_day[customer[order]] <= day
    order = order[~gone | planned.stays[today][order]] + today.start
    end_of_day = (day + 1) * float(DAY)
    due = np.flatnonzero(memory.again_at < end_of_day)
    who = np.union1d(planned.customer[order], due)
    row = np.searchsorted(planned.customer[order], who)
    stop = np.searchsorted(planned.customer[order], who, side="right")
    at = np.append(planned.at[order], np.inf)
    order = np.append(order, 0)
    while len(who):
        own_at = np.where(row < stop, at[np.minimum(row, len(at) - 1)], np.inf)
        repeat = memory.again_at[who] < own_at
        next_at = np.minimum(own_at, memory.again_at[who])
        alive = next_at < end_of_day
        who, row, stop, repeat, next_at = take(alive, who, row, stop, repeat, next_at)
        if len(who) == 0:
            break
        source = order[np.minimum(row, len(order) - 1)]
        cause = np.where(repeat, memory.again_cause[who], planned.cause[source])
        reason = np.where(repeat, memory.again_reason[who], planned.reason[source])
        start = np.maximum(next_at, memory.busy_until[who] + 60.0)
        _calls(rng, memory, world, Due(who, start, cause, reason))
        row = row + ~repeat


@dataclass(frozen=True)
class Due:
    """Calls that begin now, at most one per customer."""

    customer: Ints
    at: Floats
    cause: Ints
    reason: Ints


def _calls(rng: np.random.Generator, memory: Memory, world: World, due: Due) -> None:
    """Serve one call of each of some customers and draw whether they call again."""
    who, at, cause, reason = due.customer, due.at, due.cause, due.reason
    call = serve(rng, at, reason, cause, world.people.channel[who])
    linked = at - memory.busy_until[who] < CHAIN_S
    memory.chain[who] = np.where(linked, memory.chain[who] + 1.0, 0.0)
    chance = call_again_probability(
        CallEnd(
            reason=reason,
            disposition=call.disposition,
            answered=call.answered,
            ivr_only=call.ivr_only,
            transferred=call.transfers > 0,
            wait_s=call.wait_s,
            chain=memory.chain[who],
            heat=memory.heat[who],
        )
    )
    expected = expected_week(world.outlook, who, call.end_at, cause)
    gone = memory.cancel_day[who] < DAYS
    chance = np.where(gone, 0.0, chance)
    _plan_repeat(rng, memory, due, call, chance)
    _remember(rng, memory, due, call)
    truth = 1.0 - (1.0 - chance) * np.exp(-np.where(gone, 0.04, 1.0) * expected)
    memory.keep("calls", vars(due) | vars(call) | {"repeat_7d": truth})


def _plan_repeat(
    rng: np.random.Generator,
    memory: Memory,
    due: Due,
    call: Contact,
    chance: Floats,
) -> None:
    """Draw when the customer calls again; a new call replaces an older plan."""
    who = due.customer
    again = rng.random(len(who)) < chance
    at = _repeat_time(rng, call)
    memory.again_at[who] = np.where(again, at, np.inf)
    memory.again_cause[who] = due.cause
    same = rng.random(len(who)) < SAME_REASON_SHARE
    memory.again_reason[who] = np.where(same, due.reason, names.COMPLAINT)


def _repeat_time(rng: np.random.Generator, call: Contact) -> Floats:
    """Draw an instant within seven days of the call's end."""
    size = len(call.end_at)
    later = pick(rng, REPEAT_DELAY_WEIGHTS, size)
    redial = call.abandoned & (rng.random(size) < REDIAL_SHARE)
    mean = np.where(redial, REDIAL_MEAN_S, SAME_DAY_MEAN_S)
    soon = call.end_at + 120.0 + rng.standard_exponential(size) * mean
    day = np.floor(call.end_at / DAY).astype(np.int64)
    late = np.mod(soon, DAY) > LAST_HOUR * 3600
    crosses = np.floor(soon / DAY) > day
    same_day = (redial | (later == 0)) & ~late & ~crosses
    target = day + np.maximum(later, 1)
    sunday = np.mod(target + 2, 7) == 6
    target = target + sunday
    return np.where(same_day, soon, target * float(DAY) + time_of_day(rng, target))


def _remember(
    rng: np.random.Generator, memory: Memory, due: Due, call: Contact
) -> None:
    """Update what the company knows of the customers after a call."""
    who = due.customer
    unsolved = call.answered & (call.disposition == names.UNRESOLVED)
    memory.busy_until[who] = call.end_at
    memory.heat[who] += 1.0
    memory.trouble[who] += unsolved
    day = np.floor(call.end_at / DAY).astype(np.int64)
    angry = np.where(
        due.reason == names.COMPLAINT,
        COMPLAINT_AFTER_COMPLAINT,
        COMPLAINT_AFTER_UNRESOLVED,
    )
    free = memory.complaint_until[who] <= day
    opens = unsolved & free & (rng.random(len(who)) < angry)
    if not opens.any():
        return
    owner, opened = who[opens], call.end_at[opens]
    lasts = rng.standard_exponential(len(owner)) * COMPLAINT_MEAN_DAYS * DAY
    closed = opened + 3_600.0 + lasts
    memory.complaint_until[owner] = np.ceil(closed / DAY).astype(np.int64)
    memory.keep(
        "complaints",
        {
            "customer": owner,
            "opened": opened,
            "closed": closed,
            "category": rng.integers(0, len(names.COMPLAINT_CATEGORIES), len(owner)),
        },
    )
