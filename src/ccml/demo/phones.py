"""Telephone lines: second numbers, shared numbers, changed and handed-on numbers."""

from dataclasses import dataclass

import numpy as np

from ccml.demo.arrays import Bools, Floats, Ints
from ccml.demo.clock import DAY, DAYS
from ccml.demo.population import Population
from ccml.demo.text import PER_PREFIX, PREFIXES

LINES = len(PREFIXES) * PER_PREFIX
STRANGER_LINES = LINES // 2  # rows from here on belong to no customer
CHANGED_ROWS = LINES // 4
SECOND_SHARE = 0.12
SECOND_USED_SHARE = 0.25
SHARED_SHARE = 0.03
CHANGED_SHARE = 0.03
QUARANTINE_DAYS = 45  # before a given-up number is handed on
_STEP = 77_777_777  # prime to LINES: spreads neighbours over all numbers


@dataclass(frozen=True)
class Phones:
    """The lines of one chunk, one array entry per customer."""

    line: Ints
    second: Ints  # -1 = none
    changed_at: Floats  # local seconds; infinite = never
    line_after: Ints


def draw_phones(rng: np.random.Generator, people: Population, salt: int) -> Phones:
    """Draw the lines of a chunk."""
    size = people.size
    number = people.first + np.arange(size, dtype=np.int64)
    line = spread(2 * number, salt)
    second = rng.random(size) < SECOND_SHARE
    changes = rng.random(size) < CHANGED_SHARE
    day = np.maximum(people.joined_day, 0) + rng.integers(30, 400, size)
    changes &= day < DAYS - 10
    shares = (rng.random(size) < SHARED_SHARE) & ~changes & ~np.roll(changes, 1)
    shares[:1] = False
    line = np.where(shares, np.roll(line, 1), line)
    _hand_on(line, people, np.where(changes, day, DAYS + 999), shares)
    return Phones(
        line=line,
        second=np.where(second, spread(2 * number + 1, salt), -1),
        changed_at=np.where(changes, day * float(DAY) + 43_200.0, np.inf),
        line_after=spread(CHANGED_ROWS + number, salt),
    )


def spread(row: Ints, salt: int) -> Ints:
    """Map rows to lines one to one."""
    return (row * _STEP + salt) % LINES


def _hand_on(line: Ints, people: Population, change_day: Ints, shares: Bools) -> None:
    """Give numbers that were given up to customers who join later."""
    neighbour = np.roll(shares, -1)
    owners = np.flatnonzero((change_day < DAYS) & ~shares & ~neighbour)
    owners = owners[np.argsort(change_day[owners], kind="stable")]
    free = (people.joined_day > 0) & (change_day > DAYS) & ~shares & ~neighbour
    joiners = np.flatnonzero(free)
    joiners = joiners[np.argsort(people.joined_day[joiners], kind="stable")]
    ready = change_day[owners] + QUARANTINE_DAYS
    slot = np.searchsorted(people.joined_day[joiners], ready) + np.arange(len(owners))
    fits = slot < len(joiners)
    line[joiners[slot[fits]]] = line[owners[fits]]


def line_at(
    rng: np.random.Generator, phones: Phones, customer: Ints, at: Floats
) -> Ints:
    """Draw the line from which a customer calls."""
    old = at < phones.changed_at[customer]
    line = np.where(old, phones.line[customer], phones.line_after[customer])
    second = phones.second[customer]
    other = (second >= 0) & (rng.random(len(customer)) < SECOND_USED_SHARE)
    return np.where(other, second, line)


def stranger_lines(rng: np.random.Generator, size: int, salt: int) -> Ints:
    """Draw lines that no customer has."""
    return spread(rng.integers(STRANGER_LINES, LINES, size), salt)
