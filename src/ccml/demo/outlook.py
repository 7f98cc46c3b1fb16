"""The true probability of leaving, as it stands at a cutoff."""

import numpy as np

from ccml.demo.arrays import Floats, Ints, floats
from ccml.demo.billing import LATE_CAP_DAYS, LATE_MEMORY_DAYS, Billing
from ccml.demo.clock import DAYS
from ccml.demo.hazards import (
    CHURN_LATE_PER_DAY,
    PRICE_RISE_MEMORY_DAYS,
    Standing,
    churn_hazard,
)
from ccml.demo.memory import (
    TROUBLE_DECAY,
    Memory,
    recent_price_rise,
    standing,
)
from ccml.demo.planned import Outlook
from ccml.demo.population import PRICE_RISES_PER_DAY, Population

GAP_DAYS = 7
HORIZON_DAYS = 60
STEP_DAYS = 5
COMPLAINT_MEAN_DAYS = 21.0
# Of a customer's planned calls: how many calls without a solution one brings, repeats
# included, and how many complaints. Measured on simulated companies.
TROUBLE_PER_PLANNED_CALL = 0.282
COMPLAINTS_PER_PLANNED_CALL = 0.042
SCATTER_CAP_DAYS = 12.0  # beyond it the cap of 30 days takes the scatter away
NEW_TROUBLE_SPREAD = 1.25  # mean of exp over exp of mean, for calls still to come


def churn_probability(
    memory: Memory, people: Population, billing: Billing, look: Outlook, when: Ints
) -> Floats:
    """Return P(cancel in the 60 days that begin 7 days after the cutoff).

    Args:
        memory: The state at the cutoff.
        people: The customers.
        billing: Their bills, for the lateness known at the cutoff.
        look: Their rates of planned calls.
        when: Day of the cutoff and its row in the list of months.

    Tenure, contract year, price rises and boosts so far go on as they must; complaints
    and troubles fade and come anew at their expected rate; lateness drifts from the
    recent mean to the customer's own.
    """
    day, month = int(when[0]), int(when[1])
    start = standing(memory, people, billing, day, month)
    before = _cumulated(start, memory, people, look, (day, 0, GAP_DAYS))
    inside = _cumulated(
        start, memory, people, look, (day, GAP_DAYS, GAP_DAYS + HORIZON_DAYS)
    )
    return floats(np.exp(-before) * -np.expm1(-inside))


def _cumulated(
    start: Standing,
    memory: Memory,
    people: Population,
    look: Outlook,
    span: tuple[int, int, int],
) -> Floats:
    """Sum the daily hazard over the days of a span, five days a step."""
    day, first, last = span
    total = np.zeros(people.size)
    for low in range(first, last, STEP_DAYS):
        high = min(low + STEP_DAYS, last)
        ahead = (low + high - 1) / 2
        later = _propagated(start, memory, people, look, (day, ahead))
        total += (high - low) * churn_hazard(later)
    return total


def _propagated(
    start: Standing,
    memory: Memory,
    people: Population,
    look: Outlook,
    when: tuple[int, float],
) -> Standing:
    """Return the standing expected some days after the cutoff."""
    day, ahead = when
    rate = np.minimum(look.steady, 0.1)
    keep = np.exp(-ahead / COMPLAINT_MEAN_DAYS)
    occupied = np.minimum(rate * COMPLAINTS_PER_PLANNED_CALL * COMPLAINT_MEAN_DAYS, 0.5)
    fresh = rate * TROUBLE_PER_PLANNED_CALL / (1 - TROUBLE_DECAY)
    fresh = fresh * (1 - TROUBLE_DECAY**ahead)
    own = _own_lateness(people.late_mean_days)
    weight = min(ahead / LATE_MEMORY_DAYS, 1.0)
    return Standing(
        profile=start.profile,
        tenure_days=start.tenure_days + ahead,
        contract_days=start.contract_days + ahead,
        late_days=(1 - weight) * start.late_days + weight * own,
        price_rise=_price_share(people, day, ahead),
        complaint=start.complaint * keep + (1 - keep) * occupied,
        trouble=start.trouble * TROUBLE_DECAY**ahead + NEW_TROUBLE_SPREAD * fresh,
        boost=np.where(memory.boost_until > day + ahead, memory.boost, 0.0),
    )


def _own_lateness(mean_days: Floats) -> Floats:
    """Return the lateness that stands for the payments still to come.

    The mean of whole exponential days late, each capped at 30, and a term for their
    scatter: the hazard is exponential in a mean of about three of them.
    """
    keep = np.exp(-1.0 / np.maximum(mean_days, 1e-3))
    mean = keep * (1 - keep**LATE_CAP_DAYS) / (1 - keep)
    scatter = np.minimum(mean, SCATTER_CAP_DAYS) ** 2 / 3
    return floats(mean + CHURN_LATE_PER_DAY / 2 * scatter)


def _price_share(people: Population, day: int, ahead: float) -> Floats:
    """Return the probability that a price rise is in the last 90 days by then."""
    known = np.where(people.price_rise_day <= day, people.price_rise_day, DAYS + 9_999)
    age = day + ahead - known
    still = ((age > 0) & (age <= PRICE_RISE_MEMORY_DAYS)).any(axis=1)
    may = 1.0 - np.exp(-PRICE_RISES_PER_DAY * ahead)
    cooling = recent_price_rise(people, day)  # two rises keep 60 days apart
    return np.where(still, 1.0, np.where(cooling, 0.5 * may, may))
