"""Regional network faults: the same for every chunk, because the world is one."""

from dataclasses import dataclass

import numpy as np

from ccml.demo import names
from ccml.demo.arrays import WORLD_CHUNK, Floats, Ints, floats, stream
from ccml.demo.clock import DAY, DAYS, HOUR
from ccml.demo.population import FAULT_PRONE_REGIONS, Population

FAULTS = 70
PRONE_SHARE = 0.6  # of all faults fall on the fault-prone regions
CALL_SHARE = 0.18  # of customers hit by a fault call about it
CALL_SHARE_PLANTED = 0.85
CALL_DELAY_MEAN_S = 1.5 * HOUR


@dataclass(frozen=True)
class Faults:
    """All faults of the period, one array entry per fault."""

    region: Ints
    start: Floats  # local seconds
    hours: Floats
    hit_share: Floats  # of the region's customers


@dataclass(frozen=True)
class Notices:
    """Which customers of a chunk a fault hit, one entry per customer and fault."""

    customer: Ints
    fault: Ints
    call_at: Floats  # local seconds; infinite when the customer does not call


def draw_faults(seed: int) -> Faults:
    """Draw the faults of the whole company."""
    rng = stream(seed, WORLD_CHUNK, "faults")
    prone = FAULT_PRONE_REGIONS[rng.integers(0, len(FAULT_PRONE_REGIONS), FAULTS)]
    anywhere = rng.integers(0, len(names.REGIONS), FAULTS)
    day = np.sort(rng.integers(3, DAYS - 3, FAULTS))
    return Faults(
        region=np.where(rng.random(FAULTS) < PRONE_SHARE, prone, anywhere),
        start=day * float(DAY) + rng.uniform(7.0, 18.0, FAULTS) * HOUR,
        hours=np.round(rng.uniform(2.0, 14.0, FAULTS), 1),
        hit_share=rng.uniform(0.15, 0.5, FAULTS),
    )


def draw_notices(
    rng: np.random.Generator, people: Population, faults: Faults
) -> Notices:
    """Draw who is hit by each fault and who calls within hours."""
    day = (faults.start // DAY).astype(np.int64)
    moved = people.move_day[:, None] <= day[None, :]
    region = np.where(moved, people.new_region[:, None], people.region[:, None])
    here = (region == faults.region) & (people.joined_day[:, None] < day)
    hit = here & (rng.random(here.shape) < faults.hit_share)
    customer, fault = np.nonzero(hit)
    share = call_share(people)[customer]
    calls = rng.random(len(customer)) < share
    delay = 600.0 + rng.standard_exponential(len(customer)) * CALL_DELAY_MEAN_S
    at = faults.start[fault] + delay
    return Notices(customer, fault, np.where(calls, at, np.inf))


def call_share(people: Population) -> Floats:
    """Return each customer's probability to call when a fault hits them."""
    lasting = people.cause == names.FAULT
    return np.where(lasting, CALL_SHARE_PLANTED, CALL_SHARE)


def expected_calls_per_day(people: Population, faults: Faults) -> Floats:
    """Return each customer's mean rate of fault calls over the period."""
    per_region = np.bincount(
        faults.region, weights=faults.hit_share, minlength=len(names.REGIONS)
    )
    rate = per_region[people.region] / DAYS * call_share(people)
    return floats(rate)
