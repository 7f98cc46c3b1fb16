"""The one place where time is cut: what was known before a cutoff."""

from collections.abc import Sequence
from datetime import datetime

import ibis
import pandas as pd


def events_known_at(
    spine: ibis.Table, events: ibis.Table, window_days: int | None
) -> ibis.Table:
    """Pair each spine row with the events it may use.

    An event counts when it happened in [cutoff - window, cutoff) and was known before
    the cutoff.

    Args:
        spine: Columns row_id, customer_id, cutoff_at.
        events: Columns customer_id, event_at, known_at and whatever is described.
        window_days: Trailing window; null takes all that is known.
    """
    predicates = [
        spine.customer_id == events.customer_id,
        events.event_at < spine.cutoff_at,
        events.known_at < spine.cutoff_at,
    ]
    if window_days is not None:
        edge = spine.cutoff_at - ibis.interval(days=window_days)
        predicates.append(events.event_at >= edge)
    return spine.join(events, predicates, rname="event_{name}")


def rows_valid_at(
    spine: ibis.Table, customers: ibis.Table, attributes: Sequence[str]
) -> ibis.Table:
    """Read customers' attributes as they were known at each cutoff.

    The row that counts is the one with the latest `valid_from` among those that began
    and were known before the cutoff. A customer whose row had ended before the cutoff
    is gone: a later row that was not known yet cannot bring them back.

    Args:
        spine: Columns row_id, customer_id, cutoff_at.
        customers: Validity intervals: customer_id, valid_from, valid_to, known_at.
        attributes: Columns to read.

    Returns:
        One row per spine row with a valid row: row_id, first_valid_from, attributes.
    """
    seen = spine.join(
        customers,
        [
            spine.customer_id == customers.customer_id,
            customers.valid_from < spine.cutoff_at,
            customers.known_at < spine.cutoff_at,
        ],
        rname="customer_{name}",
    )
    newest_first = ibis.window(
        group_by=seen.row_id, order_by=[seen.valid_from.desc(), seen.known_at.desc()]
    )
    seen = seen.mutate(
        rank=ibis.row_number().over(newest_first),
        first_valid_from=seen.valid_from.min().over(group_by=seen.row_id),
    )
    is_open = (seen.valid_to >= seen.cutoff_at).fill_null(True)
    latest = seen.filter((seen["rank"] == 0) & is_open)
    return latest.select("row_id", "first_valid_from", *attributes)


def customers_on_record(customers: ibis.Table, cutoff: datetime) -> ibis.Table:
    """Find who was a customer at one cutoff, by the rule of `rows_valid_at`.

    One pass over the customers instead of a row number for each: for a cutoff of
    millions.

    Args:
        customers: Validity intervals: customer_id, valid_from, valid_to, known_at.
        cutoff: The cutoff.

    Returns:
        customer_id, first_valid_from.
    """
    moment = pd.Timestamp(cutoff)
    seen = customers.filter(
        (customers.valid_from < moment) & (customers.known_at < moment)
    )
    newest = ibis.struct({"valid_from": seen.valid_from, "known_at": seen.known_at})
    is_open = (seen.valid_to >= moment).fill_null(True)
    found = seen.group_by("customer_id").agg(
        first_valid_from=seen.valid_from.min(), is_open=is_open.argmax(newest)
    )
    return found.filter(found.is_open).drop("is_open")
