"""Events of many customers in memory, ordered by customer and time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from ccml.features.walks import Floats, Ints, bounds, next_same

MICROSECONDS_PER_DAY = 86_400_000_000
KEYS = ("person", "event_at", "known_at", "event_id")
Codes = NDArray[np.int32]
T = TypeVar("T")


@dataclass(frozen=True)
class Rows:
    """Spine rows: the customer's number (rows) and the cutoff in microseconds (rows)."""

    person: NDArray[np.int32]
    cutoff: Ints


@dataclass(frozen=True)
class History:
    """The events of customers 0 to n - 1, each customer's in order of time.

    Args:
        starts: Where each customer's events begin (customers + 1).
        event_at: When they happened, microseconds (events).
        known_at: When they were known, microseconds (events).
        table: The events' other columns, in the same order (events).
    """

    starts: Ints
    event_at: Ints
    known_at: Ints
    table: pa.Table

    memory: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def numbers(self, column: str) -> Floats:
        """Give a number or true/false column; null is NaN (events)."""
        return self._once(("numbers", column), lambda: _numbers(self.table[column]))

    def codes(self, column: str) -> tuple[Codes, list[str]]:
        """Number the values of a text column, null as -1 (events), and list them."""
        return self._once(("codes", column), lambda: _codes(self.table[column]))

    def slots(self, column: str, values: tuple[str, ...]) -> tuple[Codes, int]:
        """Number given values by their place, others by how many there are (events)."""
        return self._once(
            ("slots", column, values), lambda: _slots(*self.codes(column), values)
        )

    def flags(self, column: str) -> tuple[Codes, int]:
        """Number true as the one value that is told apart, false as another (events)."""
        return self._once(("flags", column), lambda: (_flags(self.numbers(column)), 1))

    def repeats(self, column: str) -> tuple[Codes, Ints]:
        """Number the values of a column, and find each one's next of its customer."""
        codes, values = self.codes(column)
        following = self._once(
            ("next", column), lambda: next_same(self.starts, codes, len(values))
        )
        return codes, following

    def _once(self, key: Any, make: Callable[[], T]) -> T:
        """Keep what many rows need; threads may both make it, with one result."""
        if key not in self.memory:
            self.memory.setdefault(key, make())
        return cast("T", self.memory[key])


def _numbers(column: pa.ChunkedArray) -> Floats:
    values = pc.cast(column, pa.float64())
    return values.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _flags(values: Floats) -> Codes:
    return np.where(np.isnan(values), -1, values != 1).astype(np.int32)


def _codes(column: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    encoded = column.combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int32), encoded.dictionary.to_pylist()


def _slots(
    codes: Codes, found: list[str], values: tuple[str, ...]
) -> tuple[Codes, int]:
    places = {value: place for place, value in enumerate(values)}
    slot_of = [places.get(value, len(values)) for value in found]
    slots = np.array([*slot_of, -1], np.int32)
    return slots[codes], len(values)


@dataclass(frozen=True)
class View:
    """A history as spine rows see it, over windows in microseconds, widest last."""

    history: History
    rows: Rows
    windows: Ints
    top: Ints = field(init=False)
    low: Ints = field(init=False)

    def __post_init__(self) -> None:
        history, rows = self.history, self.rows
        top, low = bounds(
            history.starts, history.event_at, rows.person, rows.cutoff, self.windows
        )
        object.__setattr__(self, "top", top)
        object.__setattr__(self, "low", low)


def pack(events: pa.Table, customers: int) -> History:
    """Order events by customer, event_at, known_at and event_id.

    Args:
        events: Columns person (int32), event_at and known_at (int64, microseconds),
            event_id (text) and whatever is described.
        customers: Number of customers; persons are below it.
    """
    person = events["person"].to_numpy()
    event_at, known_at = events["event_at"].to_numpy(), events["known_at"].to_numpy()
    starts = np.zeros(customers + 1, np.int64)
    np.cumsum(np.bincount(person, minlength=customers), out=starts[1:])
    order = _order(person, event_at, known_at, starts)
    for p in np.flatnonzero(np.diff(starts) > FEW):
        part = order[starts[p] : starts[p + 1]]
        part[:] = part[np.lexsort((known_at[part], event_at[part]))]
    event_at, known_at = event_at[order], known_at[order]
    order = _break_ties(order, event_at, known_at, person, events["event_id"])
    described = [name for name in events.column_names if name not in KEYS]
    columns = {name: _compact(events[name]).take(order) for name in described}
    return History(starts, event_at, known_at, pa.table(columns))


def _compact(column: pa.ChunkedArray) -> pa.Array:
    """Join the pieces of a column; texts become numbers of a list of values."""
    whole = column.combine_chunks()
    is_text = pa.types.is_string(whole.type) or pa.types.is_large_string(whole.type)
    return whole.dictionary_encode() if is_text else whole


FEW = 64
"""Events of one customer that are sorted by insertion: most have fewer."""


@njit(cache=True, nogil=True)
def _order(person, event_at, known_at, starts):  # type: ignore[no-untyped-def]
    """Sort by customer by counting, and the events of most customers by time."""
    order = np.empty(len(person), np.int64)
    place = starts[:-1].copy()
    for i in range(len(person)):
        order[place[person[i]]] = i
        place[person[i]] += 1
    for p in range(len(starts) - 1):
        if starts[p + 1] - starts[p] <= FEW:
            _sort_few(order, starts[p], starts[p + 1], event_at, known_at)
    return order


@njit(cache=True)
def _sort_few(order, begin, end, event_at, known_at):  # type: ignore[no-untyped-def]
    for i in range(begin + 1, end):
        moved = order[i]
        at, known = event_at[moved], known_at[moved]
        j = i - 1
        while j >= begin and (
            event_at[order[j]] > at
            or (event_at[order[j]] == at and known_at[order[j]] > known)
        ):
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = moved


def _break_ties(
    order: Ints,
    event_at: Ints,
    known_at: Ints,
    person: NDArray[np.int32],
    event_id: pa.ChunkedArray,
) -> Ints:
    """Order events of one customer at one time, known at one time, by their ids."""
    whose = person[order]
    same = (
        (whose[1:] == whose[:-1])
        & (event_at[1:] == event_at[:-1])
        & (known_at[1:] == known_at[:-1])
    )
    if not same.any():
        return order
    tied = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    places = np.flatnonzero(tied)
    group = np.cumsum(~np.concatenate([[False], same]))[places]
    ids = pc.cast(event_id.take(order[places]), pa.binary())
    ranked = pa.table({"group": group, "id": ids, "at": order[places]})
    sorted_ = ranked.sort_by([("group", "ascending"), ("id", "ascending")])
    order[places] = sorted_["at"].to_numpy()
    return order
