"""Visits of the web site: some fail, and a failed visit can end in a call."""

from dataclasses import dataclass

import numpy as np

from ccml.demo.arrays import Bools, Floats, Ints, pick, repeat_index
from ccml.demo.clock import DAY, DAYS, HOUR
from ccml.demo.population import Population

VISIT_CALL_SHARE = 0.35  # of failed visits that end in a call
CALL_DELAY_MEAN_S = 3.0 * HOUR
TOPIC_WEIGHTS = np.array([0.38, 0.26, 0.20, 0.16])


@dataclass(frozen=True)
class Visits:
    """Visits of one chunk in order of time."""

    customer: Ints
    at: Floats  # local seconds
    topic: Ints
    succeeded: Bools
    call_at: Floats  # local seconds; infinite when no call follows


def draw_visits(rng: np.random.Generator, people: Population) -> Visits:
    """Draw every visit a customer would make if they stayed to the end."""
    first = np.maximum(people.joined_day, 0)
    customer = repeat_index(rng.poisson(people.visit_rate * (DAYS - first)))
    start = first[customer].astype(np.float64)
    day = np.floor(start + rng.random(len(customer)) * (DAYS - start))
    at = day * DAY + np.clip(rng.normal(16.0, 4.0, len(customer)), 6.0, 21.0) * HOUR
    order = np.lexsort((customer, at))
    customer, at = customer[order], at[order]
    succeeded = rng.random(len(customer)) >= people.visit_fail[customer]
    calls = ~succeeded & (rng.random(len(customer)) < VISIT_CALL_SHARE)
    delay = 300.0 + rng.standard_exponential(len(customer)) * CALL_DELAY_MEAN_S
    return Visits(
        customer=customer,
        at=at,
        topic=pick(rng, TOPIC_WEIGHTS, len(customer)),
        succeeded=succeeded,
        call_at=np.where(calls, at + delay, np.inf),
    )
