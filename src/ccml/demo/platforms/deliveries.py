"""Which rows of a platform's export come in which file, and which come again.

Real exports are cut by time, overlap, and repeat themselves: a record comes twice, or
first while the call is still going on, or first without the work after it. Every
platform's writer asks here, so that all of them tell the same story.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ccml.demo.arrays import Ints, ints, take
from ccml.demo.clock import FIRST_DAY, MONTHS

COMPLETE, EARLY, OPEN = range(3)
"""State of a delivered row: EARLY lacks work after the call, OPEN lacks its end too."""
TWICE_SHARE = 0.006  # of units come again, identical, in the same or the next file
EARLY_SHARE = 0.010  # come first without after-call work, then complete
OPEN_SHARE = 0.006  # come first while open, then complete in the next file
LATER_S = 3_600  # between the end of all work and the newer version
_HALF = 2


@dataclass(frozen=True)
class Delivery:
    """The rows of one file, in order; the arrays have one entry per row.

    Args:
        name: Name of the file without an ending: "2025-03", or "late" for what closes
            the last month.
        rows: Row in the platform's table; a row may stand here twice.
        state: COMPLETE, EARLY or OPEN.
        version_at: When this version was written, UTC epoch seconds; never before the
            instant that the state allows, and later for a later version.
    """

    name: str
    rows: Ints
    state: Ints
    version_at: Ints


def deliveries(
    started_at: pa.ChunkedArray,
    known_at: pa.ChunkedArray,
    unit: pa.ChunkedArray,
    part: int,
) -> list[Delivery]:
    """Split rows over files of a month each, and deliver some again.

    Args:
        started_at: Start of each row's unit; it decides the month.
        known_at: End of all work of each row.
        unit: Text by which rows are delivered together: the call, or the row itself
            where the platform delivers each row alone.
        part: Number of the company's part; it varies who comes twice.
    """
    month = _months(started_at)
    draw = _draws(unit, part)
    known = _epoch(known_at)
    first = _first(draw, month, known, _epoch(started_at))
    both = zip(first, _again(draw, month, known), strict=True)
    file, rows, state, version = (np.concatenate(column) for column in both)
    order = np.lexsort((version, rows, file))
    file, rows, state, version = take(order, file, rows, state, version)
    cuts = np.searchsorted(file, np.arange(MONTHS + 2))
    return [
        Delivery(_name(number), rows[a:b], state[a:b], version[a:b])
        for number, (a, b) in enumerate(pairwise(cuts))
        if b > a
    ]


def frame_deliveries(
    begin: "pd.Series[Any]", known: "pd.Series[Any]", unit: "pd.Series[Any]", part: int
) -> list[Delivery]:
    """Split the rows of a frame over files, by its columns of instants with a zone."""
    instants = (
        pa.array(column.dt.tz_convert(None).to_numpy(), pa.timestamp("us"))
        for column in (begin, known)
    )
    begins, ends, units = (
        pa.chunked_array([column]) for column in (*instants, pa.array(unit))
    )
    return deliveries(begins, ends, units, part)


Plan = tuple[Ints, Ints, Ints, Ints]  # file, row, state, version_at


def _first(draw: Ints, month: Ints, known: Ints, started: Ints) -> Plan:
    """Deliver every row in the file of its month, some of them unfinished."""
    state = np.select(
        [
            draw < _per_million(EARLY_SHARE),
            draw < _per_million(EARLY_SHARE + OPEN_SHARE),
        ],
        [EARLY, OPEN],
        COMPLETE,
    )
    version = np.where(state == OPEN, started + 1, known + 1)
    return month, np.arange(len(draw)), ints(state), version


def _again(draw: Ints, month: Ints, known: Ints) -> Plan:
    """Deliver rows again: the unfinished ones complete, a few others as they were."""
    changed = draw < _per_million(EARLY_SHARE + OPEN_SHARE)
    twice = draw >= 1_000_000 - _per_million(TWICE_SHARE)
    rows = np.flatnonzero(changed | twice)
    next_file = changed[rows] | (draw[rows] % _HALF == 0)
    later = np.where(changed[rows], LATER_S, 1)
    state = np.full(len(rows), COMPLETE)
    return month[rows] + next_file, rows, state, known[rows] + later


def _per_million(share: float) -> int:
    return round(share * 1_000_000)


def _draws(unit: pa.ChunkedArray, part: int) -> Ints:
    """Draw 0 to 999,999 for each unit; the same for all its rows."""
    names = pc.dictionary_encode(pc.cast(unit, pa.string())).combine_chunks()
    rng = np.random.default_rng(part)
    fate = rng.integers(0, 1_000_000, len(names.dictionary))
    return ints(fate[names.indices.to_numpy(zero_copy_only=False)])


def _epoch(instants: pa.ChunkedArray) -> Ints:
    micros = pc.cast(instants, pa.int64()).to_numpy()
    return ints(micros // 1_000_000)


def _months(started_at: pa.ChunkedArray) -> Ints:
    """Number the months of the period in UTC from 0."""
    year, month = pc.year(started_at).to_numpy(), pc.month(started_at).to_numpy()
    number = (year - FIRST_DAY.year) * 12 + month - FIRST_DAY.month
    return ints(np.clip(number, 0, MONTHS - 1))


def _name(number: int) -> str:
    if number >= MONTHS:
        return "late"
    return f"{FIRST_DAY.year + number // 12}-{number % 12 + 1:02d}"
