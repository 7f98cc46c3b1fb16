"""What the simulation remembers of each customer from day to day."""

from dataclasses import dataclass, field

import numpy as np

from ccml.demo.arrays import Bools, Floats, Ints
from ccml.demo.billing import Billing
from ccml.demo.clock import DAY, DAYS
from ccml.demo.hazards import PRICE_RISE_MEMORY_DAYS, Standing, churn_profile
from ccml.demo.population import Population

NEVER = DAYS + 999
CHAIN_S = 7.0 * DAY
HEAT_HALF_LIFE_DAYS = 14.0
TROUBLE_HALF_LIFE_DAYS = 21.0
INTEREST_HALF_LIFE_DAYS = 21.0
HEAT_DECAY = 0.5 ** (1 / HEAT_HALF_LIFE_DAYS)
TROUBLE_DECAY = 0.5 ** (1 / TROUBLE_HALF_LIFE_DAYS)
INTEREST_DECAY = 0.5 ** (1 / INTEREST_HALF_LIFE_DAYS)

Columns = dict[str, Floats | Ints | Bools]


@dataclass(frozen=True)
class Memory:
    """The arrays change from day to day; one entry per customer."""

    profile: Floats
    cancel_day: Ints
    contract_from: Ints
    again_at: Floats  # local seconds of the next repeat call; infinite = none
    again_cause: Ints
    again_reason: Ints
    busy_until: Floats  # local seconds
    chain: Floats
    heat: Floats
    trouble: Floats
    interest: Floats
    complaint_until: Ints  # first day without it
    boost: Floats
    boost_until: Ints
    campaign: Ints  # row of the plan; -1 = none
    attempt: Ints  # number of the next attempt
    next_attempt_day: Ints
    wants_call_back: Bools
    sleeping_dog: Bools
    churn_probability: Floats  # customers x cutoffs; NaN when not a customer
    records: dict[str, list[Columns]] = field(default_factory=dict)

    def keep(self, table: str, columns: Columns) -> None:
        """Add rows to a table of what happened."""
        self.records.setdefault(table, []).append(columns)


def new_memory(people: Population, cutoffs: int) -> Memory:
    """Start with nothing remembered."""
    size = people.size

    def zeros() -> Floats:
        return np.zeros(size)

    def never() -> Ints:
        return np.full(size, NEVER, dtype=np.int64)

    def codes(value: int) -> Ints:
        return np.full(size, value, dtype=np.int64)

    return Memory(
        profile=churn_profile(people.tariff, people.value),
        cancel_day=never(),
        contract_from=people.joined_day.copy(),
        again_at=np.full(size, np.inf),
        again_cause=codes(0),
        again_reason=codes(0),
        busy_until=np.full(size, -np.inf),
        chain=zeros(),
        heat=zeros(),
        trouble=zeros(),
        interest=zeros(),
        complaint_until=codes(-1),
        boost=zeros(),
        boost_until=codes(-1),
        campaign=codes(-1),
        attempt=codes(0),
        next_attempt_day=never(),
        wants_call_back=np.zeros(size, dtype=np.bool_),
        sleeping_dog=np.zeros(size, dtype=np.bool_),
        churn_probability=np.full((size, cutoffs), np.nan),
    )


def fade(memory: Memory) -> None:
    """Let a day pass over what fades."""
    np.multiply(memory.heat, HEAT_DECAY, out=memory.heat)
    np.multiply(memory.trouble, TROUBLE_DECAY, out=memory.trouble)
    np.multiply(memory.interest, INTEREST_DECAY, out=memory.interest)


def active_on(memory: Memory, people: Population, day: int) -> Bools:
    """Tell who is a customer at the start of a day."""
    return (people.joined_day < day) & (memory.cancel_day >= day)


def recent_price_rise(people: Population, day: int) -> Bools:
    """Tell whose price rose in the last 90 days."""
    age = day - people.price_rise_day
    recent = (age > 0) & (age <= PRICE_RISE_MEMORY_DAYS)
    return np.asarray(recent.any(axis=1))


def standing(
    memory: Memory, people: Population, billing: Billing, day: int, month: int
) -> Standing:
    """Return what the hazard of leaving looks at on a day."""
    return Standing(
        profile=memory.profile,
        tenure_days=(day - people.joined_day).astype(np.float64),
        contract_days=(day - memory.contract_from).astype(np.float64),
        late_days=billing.late_recent[:, month],
        price_rise=recent_price_rise(people, day).astype(np.float64),
        complaint=(memory.complaint_until > day).astype(np.float64),
        trouble=memory.trouble,
        boost=np.where(memory.boost_until > day, memory.boost, 0.0),
    )
