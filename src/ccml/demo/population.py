"""Who the customers are: what the CRM shows and what only the truth knows."""

from dataclasses import dataclass

import numpy as np

from ccml.demo import names
from ccml.demo.arrays import Bools, Floats, Ints, pick
from ccml.demo.clock import DAYS

# The latent rate of ordinary calls: gamma over customers, calls per day.
RATE_SHAPE = 0.95
RATE_MEAN_PER_DAY = 0.0090
JOINED_IN_PERIOD_SHARE = 0.26
OLDEST_TENURE_DAYS = 4_000
MEAN_TENURE_DAYS = 900

PLANTED_SHARE = 0.07
# Customers with a lasting planted cause: billing, fault, self-service, habit.
PLANTED_CAUSES = np.array(
    [names.BILLING_ERROR, names.FAULT, names.SELF_SERVICE, names.HABIT]
)
PLANTED_WEIGHTS = np.array([0.24, 0.16, 0.22, 0.38])
FAULT_PRONE_REGIONS = np.array([2, 6, 10])
ONBOARDING_SHARE = 0.6  # of those who join in the period

HABIT_RATE_PER_DAY = 0.066
BILL_ERROR_SHARE = 0.012
BILL_ERROR_SHARE_PLANTED = 0.45
VISITS_PER_DAY = 0.010
VISITS_FACTOR_PLANTED = 5.0
VISIT_FAIL_SHARE = 0.10
VISIT_FAIL_SHARE_PLANTED = 0.50
PRICE_RISES_PER_DAY = 0.40 / 365
PRICE_RISE_SLOTS = 3
FIRST_PRICE_RISE_DAY = -100


@dataclass(frozen=True)
class Population:
    """One chunk of customers, one array entry per customer."""

    first: int  # number of the first customer of the chunk
    region: Ints
    tariff: Ints
    age: Ints
    value: Ints
    channel: Ints
    fee_eur: Floats
    joined_day: Ints  # negative: before the period
    bill_day: Ints  # day of the month, 1 to 28
    rate: Floats  # ordinary calls per day
    habit_rate: Floats
    habit_hour: Floats
    planted: Bools  # has a lasting planted cause
    cause: Ints
    onboarding: Bools
    error_share: Floats  # probability that a bill is wrong
    visit_rate: Floats
    visit_fail: Floats
    late_mean_days: Floats
    price_rise_day: Ints  # customers x slots, DAYS + 999 = never
    opt_out_day: Ints
    do_not_call_day: Ints
    move_day: Ints
    new_region: Ints

    @property
    def size(self) -> int:
        """Return the number of customers."""
        return len(self.region)


def draw_population(rng: np.random.Generator, first: int, size: int) -> Population:
    """Draw the customers of one chunk."""
    joined = _joined_days(rng, size)
    planted = rng.random(size) < PLANTED_SHARE
    lasting = PLANTED_CAUSES[pick(rng, PLANTED_WEIGHTS, size)]
    onboarding = (joined >= 0) & (rng.random(size) < ONBOARDING_SHARE)
    cause = np.where(planted, lasting, onboarding * names.ONBOARDING)
    region = pick(rng, names.REGION_WEIGHTS, size)
    prone = FAULT_PRONE_REGIONS[rng.integers(0, 3, size)]
    region = np.where(cause == names.FAULT, prone, region)
    tariff = pick(rng, names.TARIFF_WEIGHTS, size)
    fee = names.TARIFF_FEES_EUR[tariff] * np.exp(rng.normal(0, 0.15, size))
    habit = cause == names.HABIT
    wrong_bills = cause == names.BILLING_ERROR
    web = cause == names.SELF_SERVICE
    return Population(
        first=first,
        region=region,
        tariff=tariff,
        age=pick(rng, np.array([0.22, 0.31, 0.27, 0.20]), size),
        value=np.clip(np.digitize(fee * rng.uniform(0.8, 1.2, size), [13, 26]), 0, 2),
        channel=pick(rng, np.array([0.70, 0.20, 0.10]), size),
        fee_eur=np.round(fee, 2),
        joined_day=joined,
        bill_day=rng.integers(1, 29, size),
        rate=rng.gamma(RATE_SHAPE, RATE_MEAN_PER_DAY / RATE_SHAPE, size),
        habit_rate=habit * HABIT_RATE_PER_DAY * rng.gamma(4.0, 0.25, size),
        habit_hour=rng.uniform(8.5, 18.5, size),
        planted=planted,
        cause=cause,
        onboarding=onboarding,
        error_share=np.where(wrong_bills, BILL_ERROR_SHARE_PLANTED, BILL_ERROR_SHARE),
        visit_rate=VISITS_PER_DAY
        * rng.gamma(1.2, 1 / 1.2, size)
        * np.where(web, VISITS_FACTOR_PLANTED, 1.0),
        visit_fail=np.where(web, VISIT_FAIL_SHARE_PLANTED, VISIT_FAIL_SHARE),
        late_mean_days=_lateness(rng, size),
        price_rise_day=_price_rises(rng, joined),
        opt_out_day=_some_day(rng, size, 0.06),
        do_not_call_day=_some_day(rng, size, 0.03),
        move_day=_some_day(rng, size, 0.03),
        new_region=pick(rng, names.REGION_WEIGHTS, size),
    )


def _joined_days(rng: np.random.Generator, size: int) -> Ints:
    age = np.minimum(rng.exponential(MEAN_TENURE_DAYS, size), OLDEST_TENURE_DAYS)
    inside = rng.integers(0, DAYS - 20, size)
    new = rng.random(size) < JOINED_IN_PERIOD_SHARE
    return np.where(new, inside, -1 - age.astype(np.int64))


def _lateness(rng: np.random.Generator, size: int) -> Floats:
    """Draw each customer's mean days late: most near zero, some always late."""
    return rng.gamma(0.45, 9.0, size)


def _some_day(rng: np.random.Generator, size: int, share: float) -> Ints:
    """Draw a day for a share of the customers, half of them before the period."""
    day = rng.integers(-DAYS, DAYS, size)
    return np.where(rng.random(size) < share, day, DAYS + 999)


def _price_rises(rng: np.random.Generator, joined: Ints) -> Ints:
    """Draw the days of up to three price rises, each at least 60 days after joining."""
    gaps = rng.exponential(1 / PRICE_RISES_PER_DAY, (len(joined), PRICE_RISE_SLOTS))
    start = np.maximum(joined + 60, FIRST_PRICE_RISE_DAY)
    days = start[:, None] + np.cumsum(gaps + 60, axis=1).astype(np.int64) - 60
    return np.where(days < DAYS, days, DAYS + 999)


def segment_names(people: Population) -> list[str]:
    """Name each customer's kind, for the truth table."""
    relative = people.rate / RATE_MEAN_PER_DAY
    ordinary = np.array(["quiet", "usual", "frequent"])[
        np.digitize(relative, [0.4, 2.4])
    ]
    fresh = np.where(people.onboarding, "new", ordinary)
    lasting = np.array([f"planted_{name}" for name in names.CAUSES])[people.cause]
    return [str(name) for name in np.where(people.planted, lasting, fresh)]
