"""How many stay in a group from one cutoff to the next, and what chance alone gives."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.segments.groups import QUIET
from ccml.segments.history.chance import (
    Leavers,
    persistent_leavers,
    quiet_leavers,
    top_leavers,
)
from ccml.segments.history.law import TodaysLaw
from ccml.segments.history.migration import GONE, Moves
from ccml.segments.history.snapshot import Pair, Snapshot
from ccml.segments.history.top import Top

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
PERSISTENT, TOP_GROUP = "persistent", "top_14"
TOP_SHARE = 0.14


@dataclass(frozen=True)
class Membership:
    """A group at one cutoff, and what became of those who were in it before.

    Args:
        cutoff_at: The cutoff.
        group: `persistent`, `top_14` or the id of a segment.
        customers: Members.
        share_of_calls: Of the calls in the window; of top_14 in the calendar month.
        stayed: Former members who are still in it.
        entered: Members who were not before.
        left: Former members who are not in it now.
        gone: Those of them who are no customers any more.
        chance: Expected leavers by chance alone; null = not known.
    """

    cutoff_at: datetime
    group: str
    customers: int
    share_of_calls: float
    stayed: int | None = None
    entered: int | None = None
    left: int | None = None
    gone: int | None = None
    chance: Leavers | None = None

    @property
    def former(self) -> int | None:
        """How many were in it at the former cutoff."""
        if self.stayed is None or self.left is None:
            return None
        return self.stayed + self.left


def persistent_membership(
    at: Snapshot, pair: Pair | None, law: TodaysLaw, seed: int
) -> Membership:
    """Follow the persistent repeat callers."""
    size, share = int(at.is_persistent.sum()), _share(at.is_persistent, at.calls)
    cutoff = at.people.cutoff
    if pair is None:
        return Membership(cutoff, PERSISTENT, size, share)
    stays = pair.at_next(at.is_persistent, 0) > 0
    members = pair.before.is_persistent
    chance = persistent_leavers(pair, law, seed)
    moved = _moved(members, stays, size, members & pair.is_gone)
    return Membership(cutoff, PERSISTENT, size, share, *moved, chance)


def top_membership(
    at: Snapshot, pair: Pair | None, clumps: float, seed: int
) -> Membership:
    """Follow the top callers of a calendar month."""
    rule = Top.of(at.calls, TOP_SHARE)
    weight = rule.weights(at.calls)
    size, share = round(float(weight.sum())), _share(weight, at.calls)
    cutoff = at.people.cutoff
    if pair is None:
        return Membership(cutoff, TOP_GROUP, size, share)
    former = Top.of(pair.before.calls, TOP_SHARE)
    members = former.weights(pair.before.calls)
    stays = pair.at_next(weight, 0)
    chance = top_leavers(pair, former, rule, clumps, seed)
    moved = _moved(members, stays, size, members * pair.is_gone)
    return Membership(cutoff, TOP_GROUP, size, share, *moved, chance)


def segment_memberships(
    at: Snapshot, ids: NDArray[np.object_], moves: Moves | None, seed: int
) -> list[Membership]:
    """Follow every segment; what chance gives is known of `quiet` only.

    Args:
        at: The customers.
        ids: Segment of each.
        moves: Where they come from; nothing at the first cutoff.
        seed: Seed of the intervals.
    """
    names = {*ids, *(moves.before if moves else ())}
    return [_segment(at, name, ids, moves, seed) for name in sorted(names)]


def membership_table(rows: list[Membership]) -> pd.DataFrame:
    """Put all groups at all cutoffs into one table."""
    whole = ("customers", "stayed", "entered", "left", "gone")
    chance = ("left_by_chance", "left_by_chance_low", "left_by_chance_high")
    frame = pd.DataFrame([{**_plain(row), **chance_values(row)} for row in rows])
    frame["cutoff_at"] = pd.to_datetime(frame["cutoff_at"], utc=True)
    return frame.astype(
        {"cutoff_at": "datetime64[us, UTC]", "group": "str"}
        | dict.fromkeys(whole, "Int64")
        | dict.fromkeys(("share_of_calls", *chance), "float64")
    )


def chance_values(one: Membership) -> dict[str, float | None]:
    """Give what chance alone would do, null where it is not known."""
    chance = one.chance
    return {
        "left_by_chance": chance.expected if chance else None,
        "left_by_chance_low": chance.low if chance else None,
        "left_by_chance_high": chance.high if chance else None,
    }


def _plain(one: Membership) -> dict[str, Any]:
    return {key: value for key, value in vars(one).items() if key != "chance"}


def _segment(
    at: Snapshot,
    segment: str,
    ids: NDArray[np.object_],
    moves: Moves | None,
    seed: int,
) -> Membership:
    inside = ids == segment
    size, share = int(inside.sum()), _share(inside, at.calls)
    cutoff = at.people.cutoff
    if moves is None:
        return Membership(cutoff, segment, size, share)
    members, now = moves.before == segment, moves.to
    moved = _moved(members, now == segment, size, members & (now == GONE))
    is_quiet = segment == QUIET
    chance = (
        quiet_leavers(moves.pair, members, moves.clumps, seed) if is_quiet else None
    )
    return Membership(cutoff, segment, size, share, *moved, chance)


def _moved(
    members: Bools | Floats, stays: Bools | Floats, size: int, gone: Bools | Floats
) -> tuple[int, int, int, int]:
    """Count who stayed, entered, left, and who is gone; rounded so that they add up."""
    former = round(float(members.sum()))
    stayed = round(float((members * stays).sum()))
    return stayed, size - stayed, former - stayed, round(float(gone.sum()))


def _share(weight: Bools | Floats, calls: NDArray[np.int64]) -> float:
    total = int(calls.sum())
    return float((weight * calls).sum() / total) if total else 0.0
