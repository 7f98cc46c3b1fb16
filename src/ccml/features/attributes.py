"""Customers' attributes as they were known at each cutoff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.features import walks
from ccml.features.catalogue import Feature
from ccml.features.history import MICROSECONDS_PER_DAY, History, Rows, View
from ccml.features.walks import EVER, Ints

VALID_TO = "valid_to"


@dataclass(frozen=True)
class Standing:
    """Which row of the customers' table stands at each cutoff.

    The newest row that began and was known before the cutoff. A customer whose row had
    ended before the cutoff is gone: a later row that was not known yet cannot bring them
    back.

    Args:
        view: The validity intervals as the rows see them.
        newest: Place of the row, or -1 (rows).
        since: When the customer was first known, microseconds; EVER when never (rows).
    """

    view: View
    newest: Ints
    since: Ints


def standing(customers: History, rows: Rows) -> Standing:
    """Find each row's customer as known at its cutoff.

    Args:
        customers: Intervals as events at valid_from, with a column valid_to.
        rows: The spine rows.
    """
    view = View(customers, rows, np.array([EVER], np.int64))
    found = walks.ends(customers.known_at, rows.cutoff, view.top, view.low)
    oldest, newest = found[0], found[1]
    if not len(customers.event_at):
        return Standing(view, newest, np.full(len(rows.cutoff), EVER))
    since = np.where(oldest < 0, EVER, customers.event_at[np.maximum(oldest, 0)])
    ended = _instants(customers.table[VALID_TO])[np.maximum(newest, 0)]
    newest = np.where((newest >= 0) & (ended >= rows.cutoff), newest, -1)
    return Standing(view, newest, since)


def attribute_columns(
    found: Standing, features: Sequence[Feature]
) -> dict[str, pa.Array]:
    """Give the features of customers' attributes (rows)."""
    return {feature.name: _column(found, feature) for feature in features}


def _column(found: Standing, feature: Feature) -> pa.Array:
    cutoff, is_valid = found.view.rows.cutoff, found.newest >= 0
    if feature.statistic == "attribute":
        place = pa.array(found.newest, mask=~is_valid)
        return _whole(found.view.history.table[str(feature.column)]).take(place)
    moment = _moments(found, feature)
    is_known = is_valid & (moment != EVER)
    days = (cutoff - np.where(is_known, moment, 0)) / MICROSECONDS_PER_DAY
    if feature.window_days is not None:
        days = np.minimum(days, feature.window_days)
    return pa.array(days, mask=~is_known)


def _moments(found: Standing, feature: Feature) -> Ints:
    """Give the instant from which a feature counts its days; EVER for null (rows)."""
    history = found.view.history
    if feature.statistic in ("known", "exposure"):
        return found.since
    if feature.statistic == "attribute_age":
        codes = _codes(history, str(feature.column))
        since = walks.same_since(
            history.known_at,
            history.event_at,
            codes,
            found.view.rows.cutoff,
            found.view.top,
            found.view.low,
        )
        return np.where(since < 0, EVER, since)
    times = _instants(history.table[str(feature.column)])
    return times[np.maximum(found.newest, 0)] if len(times) else found.newest


def _codes(history: History, column: str) -> Any:
    encoded = pc.cast(history.table[column], pa.string()).combine_chunks()
    indices = encoded.dictionary_encode().indices.fill_null(-1)
    return indices.to_numpy(zero_copy_only=False).astype(np.int32)


def _instants(column: pa.ChunkedArray) -> Ints:
    """Read instants and dates as microseconds, null as EVER."""
    whole = _whole(column)
    if not pa.types.is_timestamp(whole.type):
        whole = pc.cast(whole, pa.timestamp("us"))
    plain = pc.cast(pc.cast(whole, pa.timestamp("us", whole.type.tz)), pa.int64())
    return plain.fill_null(EVER).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole
