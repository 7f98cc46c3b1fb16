"""Outbound campaigns: who is drawn, who is held out, what each attempt brings."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from ccml.demo import names
from ccml.demo.arrays import Bools, Floats, Ints, floats
from ccml.demo.clock import FIRST_DAY
from ccml.demo.hazards import (
    CALL_BACK_SHARE,
    REFUSE_SHARE,
    Attempt,
    no_answer_probability,
    sale_when_reached,
)

ATTEMPTS = 8
HELD_OUT_SHARE = 0.20
DRAWN_SHARE = 0.09  # of eligible customers, per campaign
ELIGIBLE_TENURE_DAYS = 60
START_SPREAD_DAYS = 6  # first attempts fall in the first days of a campaign
GAP_DAYS = (2, 4)  # between attempts, both included

# Sleeping dogs: long-standing quiet customers on flat fees, mostly.
DOG_LOG_ODDS = -3.75
DOG_LONG_TENURE = 1.3  # more than three years
DOG_QUIET = 0.9  # no recent calls
DOG_FLAT = 1.0  # tariff "flat"
DOG_BOOST = 1.25  # on the log hazard of leaving, once reached
DOG_DAYS = 90
SAVED_BOOST = -1.1  # after a retention offer was taken
SAVED_DAYS = 180
EFFECT_DAYS = 90

NO_ANSWER, REFUSED, CALL_BACK, SALE = range(4)
OUTCOMES = ("no_answer", "refused", "call_back", "sale")


@dataclass(frozen=True)
class Campaign:
    """One campaign of the plan."""

    campaign_id: str
    first_day: int
    product: int  # index into names.PRODUCTS
    retention: bool
    ease: float  # shift of the log odds of a sale


def _day(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - FIRST_DAY).days


PLAN = (
    Campaign("cmp-2025-03-data", _day(2025, 3, 3), 0, False, 0.0),
    Campaign("cmp-2025-05-keep", _day(2025, 5, 12), 3, True, 0.1),
    Campaign("cmp-2025-08-roam", _day(2025, 8, 4), 1, False, -0.1),
    Campaign("cmp-2025-10-device", _day(2025, 10, 13), 2, False, -0.2),
    Campaign("cmp-2026-01-keep", _day(2026, 1, 19), 3, True, 0.1),
    Campaign("cmp-2026-04-data", _day(2026, 4, 13), 0, False, 0.0),
)


def sleeping_dog_probability(tenure_days: Floats, heat: Floats, tariff: Ints) -> Floats:
    """Return the probability that a contact drives a customer away."""
    score = (
        DOG_LOG_ODDS
        + DOG_LONG_TENURE * (tenure_days > 3 * 365)
        + DOG_QUIET * (heat < 0.15)
        + DOG_FLAT * (tariff == names.TARIFFS.index("flat"))
    )
    return floats(1.0 / (1.0 + np.exp(-score)))


def attempt_hour(rng: np.random.Generator, size: int) -> Ints:
    """Draw the local hour of attempts, 9 to 19."""
    return rng.integers(9, 20, size)


def draw_outcome(
    rng: np.random.Generator, attempt: Attempt, ease: float
) -> tuple[Ints, Floats]:
    """Draw what attempts bring; also return the probability of a sale of each."""
    sale = sale_when_reached(attempt, ease)
    silent = no_answer_probability(attempt.hour)
    reached = rng.random(len(sale)) >= silent
    sold = rng.random(len(sale)) < sale
    answer = rng.random(len(sale))
    undecided = np.where(answer < REFUSE_SHARE + CALL_BACK_SHARE, CALL_BACK, NO_ANSWER)
    talk = np.where(answer < REFUSE_SHARE, REFUSED, undecided)
    said = np.where(sold, SALE, talk)
    return np.where(reached, said, NO_ANSWER), (1.0 - silent) * sale


def whole_campaign(attempt: Attempt, ease: float) -> tuple[Floats, Floats]:
    """Return P(sale) and P(spoken to) within all attempts of a campaign.

    The customer's state stays as at the start; the hour of each attempt and the wish
    to be called back are averaged out.
    """
    size = len(attempt.tariff)
    fresh, waiting = np.ones(size), np.zeros(size)  # without and with that wish
    silent_so_far = np.ones(size)
    sold = np.zeros(size)
    for number in range(1, ATTEMPTS + 1):
        reach_a, sale_a = _average_attempt(attempt, number, False, ease)
        reach_b, sale_b = _average_attempt(attempt, number, True, ease)
        sale = fresh * sale_a + waiting * sale_b
        spoke = fresh * (reach_a - sale_a) + waiting * (reach_b - sale_b)
        alive = fresh + waiting
        talked = sale + spoke * (REFUSE_SHARE + CALL_BACK_SHARE)
        # Whoever was spoken to before may be spoken to again: count once.
        share = np.divide(talked, alive, out=np.zeros(size), where=alive > 0)
        silent_so_far *= 1.0 - share
        sold += sale
        waiting = spoke * CALL_BACK_SHARE
        fresh = alive - sale - spoke * REFUSE_SHARE - waiting
    return sold, 1.0 - silent_so_far


EVENING_SHARE = 3 / 11  # of the hours 9 to 19


def _average_attempt(
    attempt: Attempt, number: int, wants: bool, ease: float
) -> tuple[Floats, Floats]:
    """Return P(reached) and P(sale) of one attempt, averaged over the hours."""
    size = len(attempt.tariff)
    reach, sale = np.zeros(size), np.zeros(size)
    for hour, weight in ((14, 1 - EVENING_SHARE), (18, EVENING_SHARE)):
        now = replace(
            attempt,
            number=np.full(size, number),
            hour=np.full(size, hour),
            wants_call_back=np.full(size, wants),
        )
        reached = 1.0 - no_answer_probability(now.hour)
        reach += weight * reached
        sale += weight * reached * sale_when_reached(now, ease)
    return reach, sale


def eligible(
    active: Bools, tenure_days: Floats, opted_out: Bools, do_not_call: Bools
) -> Bools:
    """Tell who may be drawn for a campaign."""
    return active & (tenure_days > ELIGIBLE_TENURE_DAYS) & ~opted_out & ~do_not_call
