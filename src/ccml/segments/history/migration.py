"""Who entered, stayed in and left each segment between two cutoffs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.segments.groups import QUIET
from ccml.segments.history.chance import few_calls
from ccml.segments.history.snapshot import Pair

Ids = NDArray[np.object_]
Bools = NDArray[np.bool_]
NEW, GONE = "new", "gone"
COLUMNS = ("from_segment", "to_segment", "customers", "expected_by_chance")


@dataclass(frozen=True)
class Moves:
    """Segments of customers at two cutoffs in a row.

    Args:
        pair: The customers.
        before: Segment of each at the former cutoff.
        after: Segment of each at the next.
        is_known: Who of the next customers had called before the former cutoff; only
            needed where there is no record of customers.
        clumps: Variance over mean of the calls of a customer whose rate is known.
    """

    pair: Pair
    before: Ids
    after: Ids
    is_known: Bools
    clumps: float = 1.0

    @cached_property
    def to(self) -> Ids:
        """Where each former customer is now; `gone` are customers no more.

        Without a record of customers, who is not seen is quiet.
        """
        absent = GONE if self.pair.before.people.has_base else QUIET
        found = np.full(len(self.before), absent, dtype=object)
        found[self.pair.is_there] = self.after[self.pair.place[self.pair.is_there]]
        return found

    @property
    def came_from(self) -> Ids:
        """Where those who were not there at the former cutoff come from."""
        new = self.pair.is_new
        if self.pair.before.people.has_base:
            return np.full(int(new.sum()), NEW, dtype=object)
        return np.where(self.is_known[new], QUIET, NEW).astype(object)


def migration(moves: Moves) -> pd.DataFrame:
    """Count customers by where they were and where they are.

    Every customer of either cutoff is counted once. By chance is how many would make no
    call in the window if nobody's rate changed; who is new or gone is known. What chance
    gives between segments of callers is not known.

    Returns:
        from_segment, to_segment, customers, expected_by_chance (null when not known).
    """
    pair = moves.pair
    came = moves.after[pair.is_new]
    start = np.concatenate([moves.before, moves.came_from])
    end = np.concatenate([moves.to, came])
    rows = pd.DataFrame({"from_segment": start, "to_segment": end})
    silent = np.concatenate([_silent(moves), np.zeros(len(came))])
    rows = rows.assign(customers=1, silent=silent)
    made = rows.groupby(["from_segment", "to_segment"], sort=True, observed=True)
    counted = made.agg(customers=("customers", "sum")).reset_index()
    quiet = rows.groupby("from_segment", sort=True)["silent"].sum()
    counted = _with_quiet(counted, set(moves.before))
    settled = (counted["from_segment"] == NEW) | (counted["to_segment"] == GONE)
    falls_silent = counted["to_segment"] == QUIET
    expected = counted["from_segment"].map(quiet).where(falls_silent)
    counted["expected_by_chance"] = expected.mask(settled, counted["customers"])
    return counted[list(COLUMNS)].astype(
        {"from_segment": "str", "to_segment": "str", "expected_by_chance": "float64"}
    )


def segment_rows(
    moves: Sequence[tuple[pd.Timestamp, pd.Timestamp, pd.DataFrame]],
) -> pd.DataFrame:
    """Put the matrices of all pairs of cutoffs into one table."""
    parts = [
        rows.assign(from_cutoff_at=start, to_cutoff_at=end)
        for start, end, rows in moves
    ]
    keys = ["from_cutoff_at", "to_cutoff_at"]
    if not parts:
        empty = pd.DataFrame(columns=list(COLUMNS)).astype(
            {"from_segment": "str", "to_segment": "str"}
            | {"customers": "int64", "expected_by_chance": "float64"}
        )
        return empty.assign(**dict.fromkeys(keys, NO_INSTANTS))[[*keys, *COLUMNS]]
    return pd.concat(parts, ignore_index=True)[[*keys, *COLUMNS]]


NO_INSTANTS = pd.Series([], dtype="datetime64[us, UTC]")


def _silent(moves: Moves) -> NDArray[np.float64]:
    """Compute the probability that no call lies in the next window."""
    pair = moves.pair
    kept = pair.at_next(pair.after.calls - pair.after.recent, 0)
    may = (kept == 0) & ~pair.is_gone
    silent = np.zeros(len(kept))
    silent[may] = few_calls(pair, may, 0.0, moves.clumps)
    return silent


def _with_quiet(counted: pd.DataFrame, starts: set[str]) -> pd.DataFrame:
    """Add cells from which nobody fell silent, as chance may expect some."""
    if QUIET not in {*counted["from_segment"], *counted["to_segment"]}:
        return counted
    cells = pd.DataFrame({"from_segment": sorted(starts), "to_segment": QUIET})
    keys = ["from_segment", "to_segment"]
    made = counted.merge(cells, on=keys, how="outer")
    made["customers"] = made["customers"].fillna(0).astype("int64")
    return made.sort_values(keys, ignore_index=True)
