"""Which calls make one episode.

Calls stand in the order of their starts; `call_id` decides between equal ones. A call
continues the episode of the customer's call before it when it starts at most the window
after that one's start (the edge itself is inside, as in the repeat rate), or when it is
a redial. So an episode ends when the customer is silent for longer than the window, and
may last much longer than the window.

Transfers lie inside one call and start nothing. Calls at the same instant belong
together, and none repeats the other.
"""

from dataclasses import dataclass

import numpy as np

from ccml.config.episodes import EpisodesConfig
from ccml.segments.episodes.ledger import DAY_US, Bools, Ints, Ledger, changes

MINUTE_US = 60_000_000


@dataclass(frozen=True)
class Chains:
    """Calls by episode; one array entry per call.

    Args:
        order: Place of the call in the ledger; episodes lie side by side.
        first: Where each episode begins in this order.
        episode: Number of each call's episode.
        is_redial: The call follows soon after the customer gave one up.
        is_repeat: The call begins a further attempt: it is neither the first of its
            episode, nor a redial, nor at the instant of the call before it.
    """

    order: Ints
    first: Ints
    episode: Ints
    is_redial: Bools
    is_repeat: Bools

    @property
    def size(self) -> int:
        """How many episodes there are."""
        return len(self.first)

    @property
    def last(self) -> Ints:
        """Where each episode ends in this order: its last call."""
        return np.append(self.first[1:], len(self.order)) - 1

    @property
    def place(self) -> Ints:
        """Place of each call in its episode, from 1."""
        return np.arange(len(self.order)) - self.first[self.episode] + 1


def chained(calls: Ledger, rule: EpisodesConfig) -> Chains:
    """Put each call into its episode."""
    redial = redials(calls, rule.redial_minutes)
    order, is_new_line = _lines(calls, redial, same_family=rule.same_family)
    start, redial = calls.start[order], redial[order]
    gap = np.diff(start, prepend=start[:1])
    goes_on = ~is_new_line & (redial | (gap <= window_us(rule.window_days)))
    first = np.flatnonzero(~goes_on)
    return Chains(
        order=order,
        first=first,
        episode=np.cumsum(~goes_on) - 1,
        is_redial=redial,
        is_repeat=goes_on & ~redial & (gap > 0),
    )


def window_us(days: float) -> int:
    """Turn days into microseconds, whole seconds as in the repeat rate."""
    return round(days * DAY_US / 1e6) * 1_000_000


def redials(calls: Ledger, minutes: float) -> Bools:
    """Tell which calls start soon after the customer gave the call before up.

    It counts from the moment of giving up, so a long wait makes no difference.
    """
    found = np.zeros(calls.size, dtype=np.bool_)
    start, given_up_at = calls.start, calls.times["ended_at"]
    edge = given_up_at[:-1] + round(minutes * MINUTE_US)
    soon = (start[1:] <= edge) & (start[1:] > start[:-1])
    found[1:] = calls.flags["abandoned"][:-1] & soon & ~calls.is_new_customer()[1:]
    return found


def _lines(calls: Ledger, redial: Bools, *, same_family: bool) -> tuple[Ints, Bools]:
    """Order the calls by the lines along which episodes run, and tell where one begins.

    A line is a customer, or a customer and a family of reasons. An attempt (a call with
    its redials) has the family of its last call that tells one; an attempt that tells
    none is a line of its own, since nobody knows what it would continue.
    """
    rows = np.arange(calls.size)
    if not same_family or not calls.size:
        return rows, calls.is_new_customer()
    matter = calls.codes["matter"]
    attempt = np.cumsum(~redial) - 1
    begins = np.flatnonzero(~redial)
    told = np.maximum.reduceat(np.where(matter >= 0, rows, -1), begins)
    families = len(calls.names["matter"])
    line = np.where(told >= 0, matter[told], families + np.arange(len(begins)))[attempt]
    order = np.lexsort((rows, line, calls.customer))
    return order, changes(calls.customer[order], line[order])
