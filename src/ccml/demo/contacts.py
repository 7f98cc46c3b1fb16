"""The days of a campaign: drawing customers, holding out, attempts, effects."""

from dataclasses import dataclass

import numpy as np

from ccml.demo import campaigns as plan
from ccml.demo.arrays import Bools, Floats, Ints, floats
from ccml.demo.campaigns import PLAN, Campaign
from ccml.demo.clock import DAY, DAYS, HOUR, weekday
from ccml.demo.hazards import Attempt
from ccml.demo.memory import Memory
from ccml.demo.population import Population

SUNDAY = 6


@dataclass(frozen=True)
class Today:
    """Who is a customer today and how likely each is to leave today."""

    day: int
    active: Bools
    hazard: Floats


def start_campaigns(
    rng: np.random.Generator,
    memory: Memory,
    people: Population,
    today: Today,
) -> None:
    """Draw the customers of a campaign that begins today."""
    for row, campaign in enumerate(PLAN):
        if campaign.first_day == today.day:
            _start(rng, memory, people, today, row)


def _start(
    rng: np.random.Generator,
    memory: Memory,
    people: Population,
    today: Today,
    row: int,
) -> None:
    campaign, day = PLAN[row], today.day
    tenure = (day - people.joined_day).astype(np.float64)
    may = plan.eligible(
        today.active, tenure, people.opt_out_day <= day, people.do_not_call_day <= day
    )
    drawn = np.flatnonzero(may & (rng.random(people.size) < plan.DRAWN_SHARE))
    held_out = rng.random(len(drawn)) < plan.HELD_OUT_SHARE
    dog = rng.random(len(drawn)) < plan.sleeping_dog_probability(
        tenure[drawn], memory.heat[drawn], people.tariff[drawn]
    )
    first = day + rng.integers(0, plan.START_SPREAD_DAYS, len(drawn))
    memory.sleeping_dog[drawn] = dog
    memory.wants_call_back[drawn] = False
    memory.campaign[drawn] = row
    memory.attempt[drawn] = 1
    memory.next_attempt_day[drawn] = np.where(held_out, DAYS + 999, first)
    state = _attempt(memory, people, drawn, day, np.full(len(drawn), 14))
    chances = plan.whole_campaign(state, campaign.ease)
    memory.keep("drawn", _effects(memory, drawn, today, row, chances))
    silent = drawn[held_out]
    memory.keep(
        "contacts",
        {
            "customer": silent,
            "campaign": np.full(len(silent), row),
            "attempt": np.zeros(len(silent), dtype=np.int64),
            "at": np.full(len(silent), day * float(DAY) + 9 * HOUR),
            "outcome": np.full(len(silent), -1),
            "talk_s": np.zeros(len(silent)),
            "probability": np.zeros(len(silent)),
        },
    )


def _effects(
    memory: Memory,
    drawn: Ints,
    today: Today,
    row: int,
    chances: tuple[Floats, Floats],
) -> dict[str, Floats | Ints | Bools]:
    """Return what the campaign would do to each drawn customer."""
    sale, spoken = chances
    dog = memory.sleeping_dog[drawn]
    harm = spoken * np.expm1(np.where(dog, plan.DOG_BOOST, 0.0))
    saves = PLAN[row].retention & ~dog
    help_ = np.where(saves, sale * np.expm1(plan.SAVED_BOOST), 0.0)
    return {
        "customer": drawn,
        "campaign": np.full(len(drawn), row),
        "sale_effect": sale,
        "churn_effect": churn_effect(today.hazard[drawn], harm + help_),
    }


def _attempt(
    memory: Memory, people: Population, who: Ints, day: int, hour: Ints
) -> Attempt:
    return Attempt(
        number=np.clip(memory.attempt[who], 1, plan.ATTEMPTS),
        hour=hour,
        tariff=people.tariff[who],
        tenure_days=(day - people.joined_day[who]).astype(np.float64),
        interest=memory.interest[who],
        heat=memory.heat[who],
        wants_call_back=memory.wants_call_back[who],
        sleeping_dog=memory.sleeping_dog[who],
    )


def work_campaigns(
    rng: np.random.Generator,
    memory: Memory,
    people: Population,
    today: Today,
) -> None:
    """Make the attempts that are due today; nobody is called on a Sunday."""
    day = today.day
    if weekday(np.array([day]))[0] == SUNDAY:
        return
    willing = (people.opt_out_day > day) & (people.do_not_call_day > day)
    due = np.flatnonzero(today.active & willing & (memory.next_attempt_day <= day))
    for row in np.unique(memory.campaign[due]):
        _work(rng, memory, people, due[memory.campaign[due] == row], (int(row), day))


def _work(
    rng: np.random.Generator,
    memory: Memory,
    people: Population,
    who: Ints,
    when: tuple[int, int],
) -> None:
    row, day = when
    campaign = PLAN[row]
    hour = plan.attempt_hour(rng, len(who))
    state = _attempt(memory, people, who, day, hour)
    outcome, chance = plan.draw_outcome(rng, state, campaign.ease)
    talk_s = np.round(np.exp(rng.normal(4.3, 0.9, len(who))))
    at = day * float(DAY) + hour * HOUR + np.round(rng.uniform(0, 3000, len(who)))
    memory.keep(
        "contacts",
        {
            "customer": who,
            "campaign": np.full(len(who), row),
            "attempt": state.number,
            "at": at,
            "outcome": outcome,
            "talk_s": np.where(outcome == plan.NO_ANSWER, 0.0, talk_s),
            "probability": chance,
        },
    )
    _react(memory, who, outcome, campaign, day)
    low, high = plan.GAP_DAYS
    last = (state.number >= plan.ATTEMPTS) | np.isin(outcome, (plan.SALE, plan.REFUSED))
    gap = rng.integers(low, high + 1, len(who))
    memory.next_attempt_day[who] = np.where(last, DAYS + 999, day + gap)
    memory.attempt[who] = state.number + 1
    memory.wants_call_back[who] = outcome == plan.CALL_BACK


def _react(
    memory: Memory, who: Ints, outcome: Ints, campaign: Campaign, day: int
) -> None:
    """Let the contact change how likely the customers are to leave."""
    dog = who[memory.sleeping_dog[who] & (outcome != plan.NO_ANSWER)]
    memory.boost[dog] = plan.DOG_BOOST
    memory.boost_until[dog] = day + plan.DOG_DAYS
    if not campaign.retention:
        return
    saved = who[~memory.sleeping_dog[who] & (outcome == plan.SALE)]
    memory.boost[saved] = plan.SAVED_BOOST
    memory.boost_until[saved] = day + plan.SAVED_DAYS
    memory.contract_from[saved] = day
    memory.keep("renewed", {"customer": saved, "day": np.full(len(saved), day)})


def churn_effect(hazard_per_day: Floats, change: Floats) -> Floats:
    """Return the change of P(leave within 90 days) that a contact brings."""
    base = hazard_per_day * plan.EFFECT_DAYS
    return floats(np.exp(-base) - np.exp(-base * (1 + change)))
