"""Calls that start a story: ordinary needs and the planted causes.

Repeat calls are not here: they grow out of these in `life`.
"""

from dataclasses import dataclass

import numpy as np

from ccml.demo import names
from ccml.demo.arrays import Bools, Floats, Ints, pick, repeat_index
from ccml.demo.billing import ERROR_CALL_DAYS, ERROR_CALL_SHARE, Billing
from ccml.demo.clock import DAY, DAYS, HOUR, MONTHS
from ccml.demo.curves import DAY_EDGES, arrival_times, time_of_day
from ccml.demo.faults import Faults, Notices, expected_calls_per_day
from ccml.demo.population import Population
from ccml.demo.visits import VISIT_CALL_SHARE, Visits

ONBOARDING_CALLS = 1.6
ONBOARDING_MEAN_DAYS = 18.0
ONBOARDING_LAST_DAY = 60
HABIT_HOUR_SD = 0.4
ORDINARY_REASONS = np.array([0.20, 0.20, 0.14, 0.26, 0.09, 0.06, 0.00, 0.05])
STAYS_AFTER_CANCEL = 0.04  # of the planned calls that still happen after a cancel


@dataclass(frozen=True)
class Planned:
    """Planned calls of one chunk in order of time."""

    customer: Ints
    at: Floats  # local seconds
    cause: Ints
    reason: Ints
    stays: Bools  # happens even after the customer has cancelled


def plan_calls(
    rng: np.random.Generator,
    people: Population,
    billing: Billing,
    notices: Notices,
    visits: Visits,
) -> Planned:
    """Draw all planned calls of a chunk."""
    parts = [
        _ordinary(rng, people),
        _habit(rng, people),
        _onboarding(rng, people),
        _wrong_bills(rng, billing),
        _faults(notices),
        _failed_visits(visits),
    ]
    customer, at, cause, reason = (
        np.concatenate([part[column] for part in parts]) for column in range(4)
    )
    inside = (at >= 0) & (at < DAYS * DAY)
    order = np.lexsort((customer, at))
    order = order[inside[order]]
    return Planned(
        customer=customer[order].astype(np.int64),
        at=at[order],
        cause=cause[order].astype(np.int64),
        reason=reason[order].astype(np.int64),
        stays=rng.random(len(order)) < STAYS_AFTER_CANCEL,
    )


Part = tuple[Ints, Floats, Ints, Ints]


def _part(customer: Ints, at: Floats, cause: int, reason: int | Ints) -> Part:
    same = np.zeros(len(customer), dtype=np.int64)
    return customer, at, same + cause, same + reason


def _ordinary(rng: np.random.Generator, people: Population) -> Part:
    first = np.maximum(people.joined_day, 0)
    # Call rates are per average day; the weights say how much of one a span holds.
    span = DAY_EDGES[DAYS] - DAY_EDGES[first]
    customer = repeat_index(rng.poisson(people.rate * span))
    start = first[customer]
    at = arrival_times(rng, start, np.full(len(customer), DAYS))
    reason = pick(rng, ORDINARY_REASONS, len(customer))
    return _part(customer, at, names.ORDINARY, reason)


def _habit(rng: np.random.Generator, people: Population) -> Part:
    first = np.maximum(people.joined_day, 0)
    span = DAY_EDGES[DAYS] - DAY_EDGES[first]
    customer = repeat_index(rng.poisson(people.habit_rate * span))
    drawn = arrival_times(rng, first[customer], np.full(len(customer), DAYS))
    hour = people.habit_hour[customer] + rng.normal(0, HABIT_HOUR_SD, len(customer))
    at = np.floor(drawn / DAY) * DAY + hour * HOUR
    own = np.array([names.INFO, names.BILLING, names.TECHNICAL])[customer % 3]
    return _part(customer, at, names.HABIT, own)


def _onboarding(rng: np.random.Generator, people: Population) -> Part:
    customer = repeat_index(rng.poisson(people.onboarding * ONBOARDING_CALLS))
    cut = -np.expm1(-ONBOARDING_LAST_DAY / ONBOARDING_MEAN_DAYS)
    draw = rng.random(len(customer)) * cut
    later = (-np.log1p(-draw) * ONBOARDING_MEAN_DAYS).astype(np.int64)
    day = people.joined_day[customer] + later
    at = day * float(DAY) + time_of_day(rng, day)
    return _part(customer, at, names.ONBOARDING, names.SETUP)


def _wrong_bills(rng: np.random.Generator, billing: Billing) -> Part:
    customer, month = np.nonzero(billing.call_day < DAYS)
    day = billing.call_day[customer, month]
    at = day * float(DAY) + time_of_day(rng, day)
    return _part(customer, at, names.BILLING_ERROR, names.BILLING)


def _faults(notices: Notices) -> Part:
    calls = np.isfinite(notices.call_at)
    customer = notices.customer[calls]
    return _part(customer, notices.call_at[calls], names.FAULT, names.TECHNICAL)


def _failed_visits(visits: Visits) -> Part:
    calls = np.isfinite(visits.call_at)
    customer = visits.customer[calls]
    return _part(customer, visits.call_at[calls], names.SELF_SERVICE, names.WEB)


@dataclass(frozen=True)
class Outlook:
    """What is needed to expect the planned calls of the next seven days."""

    steady: Floats  # calls per day that go on for ever
    onboarding: Bools
    joined_day: Ints
    error_calls: Floats  # expected calls per bill
    bill_day: Ints  # customers x months


def make_outlook(people: Population, faults: Faults, billing: Billing) -> Outlook:
    """Collect the rates that a customer's planned calls follow."""
    visits = people.visit_rate * people.visit_fail * VISIT_CALL_SHARE
    steady = people.rate + people.habit_rate + visits
    return Outlook(
        steady=steady + expected_calls_per_day(people, faults),
        onboarding=people.onboarding,
        joined_day=people.joined_day,
        error_calls=people.error_share * ERROR_CALL_SHARE,
        bill_day=billing.day,
    )


def expected_week(look: Outlook, customer: Ints, at: Floats, cause: Ints) -> Floats:
    """Return the mean number of planned calls in the seven days after an instant.

    A call about a wrong bill uses up its bill: nothing more is expected of it.
    """
    day = at / DAY
    total = 7.0 * look.steady[customer]
    tenure = np.maximum(day - look.joined_day[customer], 0.0)
    fresh = look.onboarding[customer] & (tenure < ONBOARDING_LAST_DAY)
    shrink = np.exp(-tenure / ONBOARDING_MEAN_DAYS)
    total += fresh * ONBOARDING_CALLS * shrink * -np.expm1(-7 / ONBOARDING_MEAN_DAYS)
    low, high = ERROR_CALL_DAYS
    month = np.clip((day / 30.42).astype(np.int64), 0, MONTHS - 1)
    for step in (-1, 0, 1):
        column = np.clip(month + step, 0, MONTHS - 1)
        bill = look.bill_day[customer, column]
        start, end = np.maximum(bill + low, day), np.minimum(bill + high + 1, day + 7)
        share = np.maximum(end - start, 0.0) / (high + 1 - low)
        open_bill = (bill >= day - 1) | (cause != names.BILLING_ERROR)
        known = (column == month + step) & open_bill
        total += known * share * look.error_calls[customer]
    return total
