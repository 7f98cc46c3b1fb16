"""Compiled walks back through customers' histories, from a cutoff into the past.

The one place where time is cut for features: `bounds` finds the events before a cutoff
and inside each window, `_is_known` leaves out those that were not known yet. All walks
visit the events of a row newest first, each event once for all windows, so that their
sums do not depend on what came after the cutoff or on other customers. They hold no lock
of the interpreter: slices of rows are walked side by side by threads.

Arrays: `starts` (customers + 1) gives where a customer's events begin; `event_at` and
`known_at` (events) are microseconds, ordered by customer, event_at, known_at, event_id;
`cutoff` (rows) is microseconds; `top` (rows) is the first event not before the cutoff;
`low` (windows, rows) is the first event inside each window, widest window last.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

EVER = np.iinfo(np.int64).max
"""A window that takes all that is known."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@njit(cache=True, inline="always")
def _is_known(known_at, i, cutoff):  # type: ignore[no-untyped-def]
    return known_at[i] < cutoff


@njit(cache=True)
def _first_from(times, begin, end, moment):  # type: ignore[no-untyped-def]
    """Find the first of the ordered times that is not before a moment."""
    while begin < end:
        middle = (begin + end) // 2
        if times[middle] < moment:
            begin = middle + 1
        else:
            end = middle
    return begin


@njit(cache=True, nogil=True)
def bounds(starts, event_at, person, cutoff, windows):  # type: ignore[no-untyped-def]
    """Find `top` and `low` of each row: the half-open windows [cutoff - window, cutoff)."""
    rows = len(cutoff)
    top = np.empty(rows, np.int64)
    low = np.empty((len(windows), rows), np.int64)
    for r in range(rows):
        begin = starts[person[r]]
        top[r] = _first_from(event_at, begin, starts[person[r] + 1], cutoff[r])
        edge = top[r]
        for w in range(len(windows)):
            if windows[w] == EVER:
                edge = begin
            else:
                edge = _first_from(event_at, begin, edge, cutoff[r] - windows[w])
            low[w, r] = edge
    return top, low


@njit(cache=True, nogil=True)
def counts(known_at, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Count the events in each window: (windows, rows)."""
    found = np.empty(low.shape, np.int32)
    for r in range(len(cutoff)):
        n = 0
        end = top[r]
        for w in range(len(low)):
            for i in range(low[w, r], end):
                n += _is_known(known_at, i, cutoff[r])
            end = low[w, r]
            found[w, r] = n
    return found


@njit(cache=True, nogil=True)
def totals(known_at, values, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Count, sum, least and greatest of the values that are not null.

    Sums carry what rounding loses (Neumaier 1974): a large amount and its reversal leave
    the small ones between them whole.

    Returns:
        (4, windows, rows); the last three are null without a value.
    """
    found = np.empty((4, low.shape[0], low.shape[1]), np.float64)
    for r in range(len(cutoff)):
        n, total, lost, least, greatest = 0, 0.0, 0.0, np.inf, -np.inf
        end = top[r]
        for w in range(len(low)):
            for i in range(end - 1, low[w, r] - 1, -1):
                value = values[i]
                if value == value and _is_known(known_at, i, cutoff[r]):  # noqa: PLR0124
                    n += 1
                    added = total + value
                    if abs(total) >= abs(value):
                        lost += (total - added) + value
                    else:
                        lost += (value - added) + total
                    total = added
                    least = min(least, value)
                    greatest = max(greatest, value)
            end = low[w, r]
            found[0, w, r] = n
            found[1, w, r] = total + lost if n else np.nan
            found[2, w, r] = least if n else np.nan
            found[3, w, r] = greatest if n else np.nan
    return found


@njit(cache=True, nogil=True)
def spreads(known_at, values, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Give the sample standard deviation, null below two values: (windows, rows).

    Welford's method: it does not lose digits where the spread is small beside the mean.
    """
    found = np.empty(low.shape, np.float64)
    for r in range(len(cutoff)):
        n, mean, squares = 0, 0.0, 0.0
        end = top[r]
        for w in range(len(low)):
            for i in range(end - 1, low[w, r] - 1, -1):
                value = values[i]
                if value == value and _is_known(known_at, i, cutoff[r]):  # noqa: PLR0124
                    n += 1
                    off = value - mean
                    mean += off / n
                    squares += off * (value - mean)
            end = low[w, r]
            found[w, r] = np.sqrt(squares / (n - 1)) if n > 1 else np.nan
    return found


@njit(cache=True, nogil=True)
def value_counts(known_at, slots, cutoff, top, low, n_slots):  # type: ignore[no-untyped-def]
    """Count the events of each value, and of any value: (slots + 1, windows, rows).

    `slots` (events) numbers the values that are told apart, with n_slots for the
    others and -1 for null. The last count is that of events with any value.
    """
    found = np.empty((n_slots + 1, low.shape[0], low.shape[1]), np.int32)
    n = np.empty(n_slots + 1, np.int32)
    for r in range(len(cutoff)):
        n[:] = 0
        end = top[r]
        for w in range(len(low)):
            for i in range(low[w, r], end):
                slot = slots[i]
                if slot >= 0 and _is_known(known_at, i, cutoff[r]):
                    n[slot] += 1
            end = low[w, r]
            # The last place has counted the other values: with those told apart, all.
            total = n[n_slots]
            for s in range(n_slots):
                found[s, w, r] = n[s]
                total += n[s]
            found[n_slots, w, r] = total
    return found


@njit(cache=True, nogil=True)
def newest_of_value(known_at, event_at, slots, cutoff, top, low, n_slots):  # type: ignore[no-untyped-def]
    """Give when each value was last seen in the widest window: (slots, rows), or -1."""
    found = np.full((n_slots, len(cutoff)), np.int64(-1))
    for r in range(len(cutoff)):
        for i in range(low[-1, r], top[r]):
            slot = slots[i]
            if 0 <= slot < n_slots and _is_known(known_at, i, cutoff[r]):
                found[slot, r] = event_at[i]
    return found


@njit(cache=True, nogil=True)
def next_same(starts, codes, n_codes):  # type: ignore[no-untyped-def]
    """Find each event's next event of the same customer and value, or none (-1)."""
    found = np.full(len(codes), np.int64(-1))
    last = np.full(n_codes, np.int64(-1))
    for p in range(len(starts) - 1):
        for i in range(starts[p + 1] - 1, starts[p] - 1, -1):
            if codes[i] >= 0:
                if last[codes[i]] >= starts[p]:
                    found[i] = last[codes[i]]
                last[codes[i]] = i
        for i in range(starts[p], starts[p + 1]):
            if codes[i] >= 0:
                last[codes[i]] = -1
    return found


@njit(cache=True, nogil=True)
def distinct(known_at, codes, following, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Count the different values in each window: (windows, rows).

    A value counts at its newest event: the one that no later known event repeats.
    """
    found = np.empty(low.shape, np.int32)
    for r in range(len(cutoff)):
        n = 0
        end = top[r]
        for w in range(len(low)):
            for i in range(low[w, r], end):
                if codes[i] >= 0 and _is_known(known_at, i, cutoff[r]):
                    later = following[i]
                    while 0 <= later < top[r] and not _is_known(
                        known_at, later, cutoff[r]
                    ):
                        later = following[later]
                    n += later < 0 or later >= top[r]
            end = low[w, r]
            found[w, r] = n
    return found


@njit(cache=True, nogil=True)
def switches(known_at, codes, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Count changes of value from one event to the next in a window: (windows, rows)."""
    found = np.empty(low.shape, np.int32)
    for r in range(len(cutoff)):
        n = 0
        newer = -1
        end = top[r]
        for w in range(len(low)):
            for i in range(end - 1, low[w, r] - 1, -1):
                if codes[i] >= 0 and _is_known(known_at, i, cutoff[r]):
                    n += newer >= 0 and newer != codes[i]
                    newer = codes[i]
            end = low[w, r]
            found[w, r] = n
    return found


@njit(cache=True, nogil=True)
def gaps(known_at, event_at, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Describe the times between events that follow each other inside a window.

    Returns:
        (3, windows, rows) in microseconds: mean, least and sample standard deviation;
        null without a gap, the last below two.
    """
    found = np.empty((3, low.shape[0], low.shape[1]), np.float64)
    for r in range(len(cutoff)):
        n, mean, squares, least = 0, 0.0, 0.0, np.inf
        newer = -1
        end = top[r]
        for w in range(len(low)):
            for i in range(end - 1, low[w, r] - 1, -1):
                if _is_known(known_at, i, cutoff[r]):
                    if newer >= 0:
                        gap = np.float64(event_at[newer] - event_at[i])
                        n += 1
                        off = gap - mean
                        mean += off / n
                        squares += off * (gap - mean)
                        least = min(least, gap)
                    newer = i
            end = low[w, r]
            found[0, w, r] = mean if n else np.nan
            found[1, w, r] = least if n else np.nan
            found[2, w, r] = np.sqrt(squares / (n - 1)) if n > 1 else np.nan
    return found


@njit(cache=True, nogil=True)
def chains(known_at, event_at, cutoff, top, low, longest_gap):  # type: ignore[no-untyped-def]
    """Follow the chain that runs at the cutoff: each event soon after the one before.

    Returns:
        (2, rows): number of events and microseconds since the first of them; 0 and null
        when the newest event is further back than the longest gap.
    """
    found = np.empty((2, len(cutoff)), np.float64)
    for r in range(len(cutoff)):
        n = 0
        begin = cutoff[r]
        for i in range(top[r] - 1, low[-1, r] - 1, -1):
            if _is_known(known_at, i, cutoff[r]):
                if begin - event_at[i] > longest_gap:
                    break
                n += 1
                begin = event_at[i]
        found[0, r] = n
        found[1, r] = np.float64(cutoff[r] - begin) if n else np.nan
    return found


@njit(cache=True, nogil=True)
def streaks(known_at, values, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Count the newest events in a row whose flag is true; null ends a streak: (rows)."""
    found = np.zeros(len(cutoff), np.int32)
    for r in range(len(cutoff)):
        for i in range(top[r] - 1, low[-1, r] - 1, -1):
            if _is_known(known_at, i, cutoff[r]):
                if values[i] != 1.0:
                    break
                found[r] += 1
    return found


@njit(cache=True, nogil=True)
def ends(known_at, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Find the oldest and the newest event in the widest window, or -1: (2, rows)."""
    found = np.full((2, len(cutoff)), np.int64(-1))
    for r in range(len(cutoff)):
        for i in range(low[-1, r], top[r]):
            if _is_known(known_at, i, cutoff[r]):
                found[0, r] = i
                break
        for i in range(top[r] - 1, low[-1, r] - 1, -1):
            if _is_known(known_at, i, cutoff[r]):
                found[1, r] = i
                break
    return found


@njit(cache=True, nogil=True)
def same_since(known_at, event_at, codes, cutoff, top, low):  # type: ignore[no-untyped-def]
    """Find since when the newest value has stood without a change: (rows), or -1."""
    found = np.full(len(cutoff), np.int64(-1))
    for r in range(len(cutoff)):
        newest = -1
        for i in range(top[r] - 1, low[-1, r] - 1, -1):
            if _is_known(known_at, i, cutoff[r]):
                if newest < 0:
                    newest = i
                if codes[i] != codes[newest]:
                    break
                found[r] = event_at[i]
    return found
