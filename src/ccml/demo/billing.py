"""Bills, their errors, and payments that come late."""

from dataclasses import dataclass

import numpy as np

from ccml.demo.arrays import Bools, Floats, Ints, floats
from ccml.demo.clock import DAY, DAYS, HOUR, MONTH_STARTS, MONTHS
from ccml.demo.population import Population

BILL_HOUR = 6
DAYS_TO_PAY = 14
ERROR_CALL_SHARE = 0.85  # of wrong bills that make the customer call
ERROR_CALL_DAYS = (2, 6)  # after the bill, both included
CORRECTED_SHARE = 0.80  # of wrong bills that are issued again
LATE_MEMORY_DAYS = 90
LATE_CAP_DAYS = 30.0


@dataclass(frozen=True)
class Billing:
    """Bills of one chunk, customers x months; money in EUR."""

    day: Ints  # day of the bill; DAYS + 999 = none
    amount_eur: Floats
    wrong: Bools
    overcharge: Floats  # factor on the right amount of a wrong bill
    corrected_day: Ints  # DAYS + 999 = never
    days_late: Ints
    call_day: Ints  # day the customer calls about a wrong bill; DAYS + 999 = none
    late_recent: Floats  # customers x (months + 1): mean days late as of the first


def draw_billing(rng: np.random.Generator, people: Population) -> Billing:
    """Draw every bill a customer would get if they stayed to the end."""
    shape = (people.size, MONTHS)
    never = DAYS + 999
    day = np.array(MONTH_STARTS[:MONTHS])[None, :] + people.bill_day[:, None] - 1
    exists = day >= people.joined_day[:, None] + 5
    wrong = exists & (rng.random(shape) < people.error_share[:, None])
    calls = wrong & (rng.random(shape) < ERROR_CALL_SHARE)
    low, high = ERROR_CALL_DAYS
    call_day = day + rng.integers(low, high + 1, shape)
    fixed = wrong & (rng.random(shape) < CORRECTED_SHARE)
    late = _days_late(rng, people, shape)
    return Billing(
        day=np.where(exists, day, never),
        amount_eur=np.round(_fees(people, day) * rng.lognormal(0, 0.08, shape), 2),
        wrong=wrong,
        overcharge=rng.uniform(1.3, 2.2, shape),
        corrected_day=np.where(fixed, day + rng.integers(8, 13, shape), never),
        days_late=late,
        call_day=np.where(calls & (call_day < DAYS), call_day, never),
        late_recent=_late_recent(np.where(exists, day, never), late),
    )


def fee_factor(people: Population, day: Ints) -> Floats:
    """Return the product of the price rises up to a day; customers x anything."""
    risen = people.price_rise_day[:, None, :] <= day[:, :, None]
    return floats(PRICE_RISE_FACTOR ** risen.sum(axis=2))


PRICE_RISE_FACTOR = 1.12


def _fees(people: Population, day: Ints) -> Floats:
    return people.fee_eur[:, None] * fee_factor(people, day)


def _days_late(
    rng: np.random.Generator, people: Population, shape: tuple[int, int]
) -> Ints:
    drawn = rng.standard_exponential(shape) * people.late_mean_days[:, None]
    return np.minimum(drawn, 75.0).astype(np.int64)


def _late_recent(day: Ints, days_late: Ints) -> Floats:
    """Average the lateness of payments made in the 90 days before each first."""
    paid = day + DAYS_TO_PAY + days_late
    late = np.zeros((len(day), MONTHS + 1))
    for month, first in enumerate(MONTH_STARTS):
        seen = (paid < first) & (paid >= first - LATE_MEMORY_DAYS)
        total = (np.minimum(days_late, LATE_CAP_DAYS) * seen).sum(axis=1)
        late[:, month] = total / np.maximum(seen.sum(axis=1), 1)
    return late


def bill_time(day: Ints) -> Floats:
    """Return the local second at which the bills of a day go out."""
    return floats(day * float(DAY) + BILL_HOUR * HOUR)
