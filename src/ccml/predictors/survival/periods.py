"""Person-period rows: one per spell and period at risk, as logistic regression needs.

Singer and Willett (1993), J. Educ. Stat. 18; with features as of several cutoffs of one
customer these are stacked landmarks, van Houwelingen (2007), Scand. J. Stat. 34.

A period counts only where the spell is followed to its end, events or not: counting the
events of a half-seen period, but not its quiet rows, would raise the chance.

Spells of one customer overlap, as every cutoff begins one. The rows that tell of the
same days of a customer share a weight of one, so that one event seen from twelve cutoffs
counts once. The weight is known when the period begins. To divide by a customer's number
of spells instead would look ahead: who leaves early has few, and would weigh more.
"""

from dataclasses import dataclass

import numpy as np

from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.survival.kaplan_meier import Flags

ROUNDING_DAYS = 1e-6
"""Well over the rounding of instants as days, well below a second."""


@dataclass(frozen=True)
class Spells:
    """Spells in a fixed order.

    Attributes:
        customers: Customer of each spell, as a number from 0.
        starts: Its cutoff, as days since any moment.
        days: Time to the event or to censoring.
        happened: Whether it was the event.
        followed: Time to censoring, whether or not it happened.
    """

    customers: Rows
    starts: Floats
    days: Floats
    happened: Flags
    followed: Floats

    def __len__(self) -> int:
        return len(self.days)

    def take(self, rows: Rows) -> "Spells":
        """Return the spells at these positions."""
        return Spells(
            self.customers[rows],
            self.starts[rows],
            self.days[rows],
            self.happened[rows],
            self.followed[rows],
        )


@dataclass(frozen=True)
class PersonPeriods:
    """Rows of a spell and one of its periods.

    Attributes:
        spell: Position of the spell.
        period_no: The period, from 0.
        happened: 1.0 where the event came in this period.
        weight: Weight of the row.
    """

    spell: Rows
    period_no: Rows
    happened: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.spell)

    def take(self, rows: Rows, times: Floats) -> "PersonPeriods":
        """Return the rows at these positions, their weights multiplied."""
        return PersonPeriods(
            self.spell[rows],
            self.period_no[rows],
            self.happened[rows],
            self.weight[rows] * times,
        )


def person_periods(spells: Spells, period_days: int, max_periods: int) -> PersonPeriods:
    """Spread spells over the periods in which they are at risk.

    Args:
        spells: The spells.
        period_days: Length of a period.
        max_periods: Most periods of a spell.
    """
    whole = np.floor((spells.followed + ROUNDING_DAYS) / period_days)
    full = np.clip(whole, 0, max_periods).astype(np.int64)
    within = np.floor(spells.days / period_days).astype(np.int64)
    ends = spells.happened & (within < full)
    at_risk = np.where(ends, within + 1, full)
    spell = np.repeat(np.arange(len(spells), dtype=np.int64), at_risk)
    first = np.cumsum(at_risk) - at_risk
    period_no = np.arange(len(spell), dtype=np.int64) - first[spell]
    happened = ends[spell] & (period_no == within[spell])
    shared = _at_risk_together(
        spells, at_risk * period_days, spell, period_no, period_days
    )
    return PersonPeriods(spell, period_no, happened.astype(np.float64), 1.0 / shared)


def _at_risk_together(
    spells: Spells, lengths: Rows, spell: Rows, period_no: Rows, period_days: int
) -> Floats:
    """Count the customer's spells that are at risk when each row's period begins."""
    if not len(spell):
        return np.ones(0)
    starts = spells.starts - spells.starts.min() + 1.0
    apart = float(starts.max() + lengths.max() + 1.0)
    line = spells.customers * apart + starts
    moment = line[spell] + period_no * period_days + ROUNDING_DAYS
    begun = np.searchsorted(np.sort(line), moment, side="right")
    ended = np.searchsorted(np.sort(line + lengths), moment, side="right")
    return np.asarray(begun - ended, dtype=np.float64)


def drawn(rows: PersonPeriods, most: int, seed: int) -> PersonPeriods:
    """Draw at most so many rows, each standing for those that are left out.

    Rows with the event are rare and tell most: they may fill half of the places, the
    others the rest, and each side keeps its total weight.
    """
    rng = np.random.default_rng([seed, 7])
    sides = [np.flatnonzero(rows.happened > 0), np.flatnonzero(rows.happened == 0)]
    kept_events = min(len(sides[0]), most // 2)
    wanted = (kept_events, min(len(sides[1]), most - kept_events))
    chosen = [
        rng.choice(side, size, replace=False) if size < len(side) else side
        for side, size in zip(sides, wanted, strict=True)
    ]
    times = [
        np.full(len(some), len(side) / max(len(some), 1))
        for side, some in zip(sides, chosen, strict=True)
    ]
    positions, factors = np.concatenate(chosen), np.concatenate(times)
    order = np.argsort(positions, kind="stable")
    return rows.take(positions[order], factors[order])


def periods_learnt(rows: PersonPeriods, fewest: int) -> int:
    """Count the periods, from the first on, that enough rows are at risk in."""
    at_risk = np.bincount(rows.period_no) if len(rows) else np.zeros(1)
    enough = at_risk >= fewest
    return len(enough) if enough.all() else int(np.argmin(enough))
