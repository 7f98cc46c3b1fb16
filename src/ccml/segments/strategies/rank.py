"""Which actions a segment should get, in which order, and what they spare together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ccml.config.strategies import ActionConfig
from ccml.segments.strategies.playbook import Fit
from ccml.segments.strategies.savings import (
    Amount,
    Floats,
    Resampled,
    Spared,
    shares_drawn,
    spared,
)


@dataclass(frozen=True)
class Proposal:
    """One action for one segment.

    Args:
        segment_id: The segment.
        action: The action.
        rank: Its place; nothing when it is not proposed.
        reason: Why it is not proposed.
        amounts: calls, hours, eur and net_eur spared in 30 days.
        spared: What they were worked out from.
        chance_to_pay: Share of draws in which it saves more than it costs.
        added_calls: Calls spared that no better action of the segment spares.
        overlap: What it shares with better actions, in words.
    """

    segment_id: str
    action: str
    rank: int | None
    reason: str | None
    amounts: dict[str, Amount]
    spared: Spared
    chance_to_pay: float
    added_calls: float
    overlap: str | None


@dataclass(frozen=True)
class Together:
    """What the proposed actions of a segment spare, each call once.

    Args:
        spared: Calls spared.
        hours: Hours spared.
        cost_eur: Cost of all of them, without the fixed parts.
        calls_drawn: Draws of the calls.
        hours_drawn: Draws of the hours.
        cost_drawn: Draws of the cost, likewise.
    """

    spared: float
    hours: float
    cost_eur: float
    calls_drawn: Floats
    hours_drawn: Floats
    cost_drawn: Floats


@dataclass(frozen=True)
class Playbook:
    """The actions with where they fit, and what counting needs.

    Args:
        actions: Actions by name; their order numbers their marks.
        found: Where each fits.
        most: Most actions proposed for a segment.
        cost_per_hour_eur: Cost of an agent's hour.
        seed: Seed of the draws.
    """

    actions: Mapping[str, ActionConfig]
    found: Mapping[str, Fit]
    most: int
    cost_per_hour_eur: float
    seed: int

    def of(self, segment: str) -> list[str]:
        """List the actions that fit a segment."""
        return [name for name, fit in self.found.items() if segment in fit.segments]

    def bit(self, action: str) -> int:
        """Give the number of an action's mark."""
        return list(self.actions).index(action)

    def shares(self, action: str) -> Floats:
        """Draw what share of calls an action spares."""
        return shares_drawn(action, self.actions[action], self.seed)


def proposals(segment: Resampled, book: Playbook) -> list[Proposal]:
    """Judge all actions that fit a segment; those proposed come first, by net money."""
    judged = [
        _judged(segment, book, name) for name in book.of(segment.calls.segment_id)
    ]
    judged.sort(key=lambda one: (-one.amounts["net_eur"].value, one.action))
    good = [one for one in judged if one.reason is None]
    ranked = [
        _placed(segment, book, one, rank, good[: rank - 1])
        for rank, one in enumerate(good[: book.most], 1)
    ]
    beyond = [_beyond(one, book.most) for one in good[book.most :]]
    return [*ranked, *beyond, *(one for one in judged if one.reason is not None)]


def _judged(segment: Resampled, book: Playbook, name: str) -> Proposal:
    action = book.actions[name]
    concerned = segment.calls.concerned(book.bit(name))
    found = spared(segment, action, concerned, book.shares(name))
    price = book.cost_per_hour_eur
    net_drawn = found.hours_drawn * price - found.cost_drawn
    net = found.hours * price - found.cost_eur
    amounts = {
        "calls": Amount.of(found.spared, found.calls_drawn),
        "hours": Amount.of(found.hours, found.hours_drawn),
        "eur": Amount.of(found.hours * price, found.hours_drawn * price),
        "net_eur": Amount.of(net, net_drawn),
    }
    chance = float((net_drawn > 0).mean())
    reason = _not_worth_it(found, amounts) if net <= 0 else None
    segment_id = segment.calls.segment_id
    return Proposal(
        segment_id, name, None, reason, amounts, found, chance, found.spared, None
    )


def _not_worth_it(found: Spared, amounts: Mapping[str, Amount]) -> str:
    if found.calls == 0:
        return "Not worth it: no call that it concerns was seen in the window."
    eur = amounts["eur"]
    return (
        f"Not worth it: it costs {found.cost_eur:,.0f} EUR and spares work of "
        f"{eur.value:,.0f} EUR ({eur.low:,.0f}-{eur.high:,.0f}) in 30 days."
    )


def _beyond(one: Proposal, most: int) -> Proposal:
    reason = f"It pays, but less than the {most} proposed."
    return replace(one, reason=reason)


def _placed(
    segment: Resampled,
    book: Playbook,
    one: Proposal,
    rank: int,
    better: Sequence[Proposal],
) -> Proposal:
    """Give an action its rank, and tell which of its calls better ones spare too."""
    mine = segment.calls.concerned(book.bit(one.action))
    total = segment.calls.calls[mine].sum()
    words = []
    for place, other in enumerate(better, 1):
        both = mine & segment.calls.concerned(book.bit(other.action))
        share = segment.calls.calls[both].sum() / total if total else 0.0
        if share > 0:
            title = book.actions[other.action].title
            words.append(
                f"{100 * share:.0f} % of these calls are also those of {place}, {title}"
            )
    bits = [book.bit(other.action) for other in better]
    new = segment.calls.concerned(book.bit(one.action), bits)
    share_spared = sum(book.actions[one.action].spares) / 2
    added = float(segment.calls.calls[new].sum() * share_spared)
    overlap = f"{'; '.join(words)}. A call is spared once." if words else None
    return replace(one, rank=rank, added_calls=added, overlap=overlap)


def together(
    segment: Resampled, book: Playbook, proposed: Sequence[Proposal]
) -> Together:
    """Sum what the proposed actions spare; a call counts for the best of them only."""
    before: list[int] = []
    parts = []
    for one in proposed:
        bit = book.bit(one.action)
        new = segment.calls.concerned(bit, before)
        action = book.actions[one.action]
        parts.append(spared(segment, action, new, book.shares(one.action)))
        before.append(bit)
    nothing = np.zeros(segment.weights.shape[0])
    costs = [one.spared.cost_eur - one.spared.fixed_eur for one in proposed]
    drawn = [one.spared.cost_drawn - one.spared.fixed_eur for one in proposed]
    return Together(
        spared=sum(part.spared for part in parts),
        hours=sum(part.hours for part in parts),
        cost_eur=sum(costs),
        calls_drawn=sum((part.calls_drawn for part in parts), nothing),
        hours_drawn=sum((part.hours_drawn for part in parts), nothing),
        cost_drawn=sum(drawn, nothing),
    )
