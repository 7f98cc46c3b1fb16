"""The three laws of the company: who calls again, who leaves, who buys.

Each law is one formula over things that the raw tables show. The truth tables hold its
values, so that a model can be compared with the best possible one.
"""

from dataclasses import dataclass

import numpy as np

from ccml.demo.arrays import Bools, Floats, Ints, floats

# --- calling again: log odds after an answered call
AGAIN_BASE = -3.1
AGAIN_REASON = np.array([0.35, 0.55, 0.0, -0.7, -0.6, 0.35, 0.1, 0.6])
AGAIN_DISPOSITION = np.array([0.0, 0.0, 2.15, 1.1, -0.4])
AGAIN_TRANSFERRED = 0.7
AGAIN_WAIT_PER_MINUTE = 0.12
AGAIN_WAIT_CAP_MINUTES = 6.0
AGAIN_CHAIN = 0.32  # per earlier call of the chain
AGAIN_CHAIN_CAP = 4.0
AGAIN_HEAT = 0.40  # on log(1 + recent calls)
AGAIN_ABANDONED = 0.2  # log odds of calling again after giving up in the queue
AGAIN_IVR_ONLY = -2.4

# --- leaving: log of the daily hazard
CHURN_BASE = -9.2
CHURN_TARIFF = np.array([0.65, 0.15, -0.35, -0.80, 0.45])
CHURN_VALUE = np.array([0.15, 0.0, -0.15])
CHURN_NEW = 1.2  # at the first day, fading with the tenure
CHURN_NEW_FADES_DAYS = 200.0
CHURN_LATE_PER_DAY = 0.11  # mean days late of the last 90 days
CHURN_CONTRACT_END = 1.8  # from 30 days before to 30 days after a contract year
CONTRACT_WINDOW_DAYS = 30
CHURN_PRICE_RISE = 1.6
PRICE_RISE_MEMORY_DAYS = 90
CHURN_COMPLAINT = 1.3
CHURN_TROUBLE = 0.5  # per recent call without a solution, fading
CHURN_TROUBLE_CAP = 4.0

# --- buying: log odds of a sale when the customer is reached, by attempt
BUY_BY_ATTEMPT = np.array([-5.2, -4.1, -1.95, -1.75, -3.2, -3.7, -2.7, -2.7])
BUY_TARIFF = np.array([0.35, 0.15, -0.35, 0.0, -0.15])
BUY_TENURE_PER_YEAR = 0.12
BUY_TENURE_CAP_YEARS = 6.0
BUY_INTEREST = 0.9  # on log(1 + recent visits to offers)
BUY_HEAT = -0.35  # on log(1 + recent calls)
BUY_EVENING = 0.35
BUY_CALL_BACK = 0.8
BUY_SLEEPING_DOG = -1.2
NO_ANSWER_BASE = 0.46
NO_ANSWER_EVENING = -0.14
REFUSE_SHARE = 0.13  # of those reached who do not buy
CALL_BACK_SHARE = 0.50  # of those too; the rest hang up at once: no answer


def logistic(x: Floats) -> Floats:
    """Turn log odds into a probability."""
    return floats(1.0 / (1.0 + np.exp(-x)))


@dataclass(frozen=True)
class CallEnd:
    """What is known when a call ends, one array entry per call."""

    reason: Ints
    disposition: Ints
    answered: Bools
    ivr_only: Bools
    transferred: Bools
    wait_s: Floats
    chain: Floats  # earlier calls, each within seven days of the next
    heat: Floats  # earlier calls, fading with a half-life of 14 days


def call_again_probability(end: CallEnd) -> Floats:
    """Return the probability that the matter of this call makes the customer call."""
    minutes = np.minimum(end.wait_s / 60.0, AGAIN_WAIT_CAP_MINUTES)
    history = AGAIN_CHAIN * np.minimum(end.chain, AGAIN_CHAIN_CAP)
    history = history + AGAIN_HEAT * np.log1p(end.heat)
    answered = (
        AGAIN_BASE
        + AGAIN_REASON[end.reason]
        + AGAIN_DISPOSITION[end.disposition]
        + AGAIN_TRANSFERRED * end.transferred
        + AGAIN_WAIT_PER_MINUTE * minutes
        + history
    )
    lost = np.where(end.ivr_only, AGAIN_IVR_ONLY, AGAIN_ABANDONED) + 0.5 * history
    return logistic(np.where(end.answered, answered, lost))


def churn_profile(tariff: Ints, value: Ints) -> Floats:
    """Return the part of the log hazard that seldom changes."""
    return np.asarray(
        CHURN_BASE + CHURN_TARIFF[tariff] + CHURN_VALUE[value], dtype=np.float64
    )


def near_contract_end(tenure_days: Floats) -> Bools:
    """Tell who is within 30 days of the end of a contract year."""
    phase = np.mod(tenure_days + CONTRACT_WINDOW_DAYS, 365.0)
    return np.asarray(
        (phase < 2 * CONTRACT_WINDOW_DAYS) & (tenure_days > CONTRACT_WINDOW_DAYS)
    )


@dataclass(frozen=True)
class Standing:
    """What the hazard of leaving looks at, one array entry per customer."""

    profile: Floats
    tenure_days: Floats
    contract_days: Floats  # since the contract began or was renewed
    late_days: Floats
    price_rise: Floats  # 0..1: share of the time with a rise in the last 90 days
    complaint: Floats  # 0..1: probability that a complaint is open
    trouble: Floats
    boost: Floats  # what a campaign did to the log hazard


def churn_hazard(at: Standing) -> Floats:
    """Return the probability to leave on one day."""
    fresh = CHURN_NEW * np.exp(-np.maximum(at.tenure_days, 0) / CHURN_NEW_FADES_DAYS)
    log_hazard = (
        at.profile
        + fresh
        + CHURN_LATE_PER_DAY * at.late_days
        + CHURN_CONTRACT_END * near_contract_end(at.contract_days)
        + CHURN_TROUBLE * np.minimum(at.trouble, CHURN_TROUBLE_CAP)
        + at.boost
    )
    # Averages of exp over the two on-off states, exact when they are 0 or 1.
    price = 1.0 + at.price_rise * np.expm1(CHURN_PRICE_RISE)
    complaint = 1.0 + at.complaint * np.expm1(CHURN_COMPLAINT)
    hazard = np.exp(log_hazard) * price * complaint
    return floats(np.minimum(hazard, 0.2))


@dataclass(frozen=True)
class Attempt:
    """What a contact attempt meets, one array entry per attempt."""

    number: Ints  # 1 to 8
    hour: Ints
    tariff: Ints
    tenure_days: Floats
    interest: Floats
    heat: Floats
    wants_call_back: Bools
    sleeping_dog: Bools


def no_answer_probability(hour: Ints) -> Floats:
    """Return the probability that nobody picks up."""
    silent = NO_ANSWER_BASE + NO_ANSWER_EVENING * (hour >= 17)
    return floats(silent)


def sale_when_reached(attempt: Attempt, ease: float) -> Floats:
    """Return the probability of a sale once the customer picked up."""
    years = np.clip(attempt.tenure_days / 365.0, 0, BUY_TENURE_CAP_YEARS)
    score = (
        ease
        + BUY_BY_ATTEMPT[attempt.number - 1]
        + BUY_TARIFF[attempt.tariff]
        + BUY_TENURE_PER_YEAR * years
        + BUY_INTEREST * np.log1p(attempt.interest)
        + BUY_HEAT * np.log1p(attempt.heat)
        + BUY_EVENING * (attempt.hour >= 17)
        + BUY_CALL_BACK * attempt.wants_call_back
        + BUY_SLEEPING_DOG * attempt.sleeping_dog
    )
    return logistic(score)
