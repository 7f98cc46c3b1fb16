"""Who uses or prefers which channel, and how often a contact there settled the matter."""

from datetime import datetime, timedelta

import ibis
import pandas as pd


def channel_use(
    people: ibis.Table,
    contacts: ibis.Table,
    preferred: ibis.Table | None,
    cutoff: datetime,
    settle_days: float,
) -> pd.DataFrame:
    """Count who uses or prefers which channel, and how often a contact settled it.

    Args:
        people: customer_id, segment_id.
        contacts: Inbound contacts of the window: customer_id, channel, event_at, is_call.
        preferred: customer_id, channel: the channel that customers say they prefer.
        cutoff: End of the window.
        settle_days: A contact settled it when no call came within so many days.

    Returns:
        One row per segment and channel: segment_id, channel, customers (in the segment),
        reached (those who used it in the window or prefer it), contacts (whose days are
        over), settled.
    """
    call_at = ibis.ifelse(contacts.is_call, contacts.event_at, None)
    ahead = ibis.range_window(
        group_by="customer_id",
        order_by="event_at",
        following=(ibis.interval(microseconds=1), None),
    )
    last = pd.Timestamp(cutoff - timedelta(days=settle_days))
    days = ibis.interval(seconds=round(settle_days * 86_400))
    rows = contacts.mutate(next_call_at=call_at.min().over(ahead))
    rows = rows.mutate(
        is_over=rows.event_at <= last,
        is_settled=(rows.next_call_at > rows.event_at + days).fill_null(True),
    )
    rows = rows.join(people, "customer_id")
    counted = rows.group_by("segment_id", "channel").agg(
        contacts=rows.is_over.sum(), settled=(rows.is_over & rows.is_settled).sum()
    )
    pairs = rows.select("customer_id", "channel")
    if preferred is not None:
        pairs = pairs.union(preferred.select("customer_id", "channel"))
    pairs = pairs.filter(pairs.channel.notnull()).distinct()
    pairs = pairs.join(people, "customer_id")
    reached = pairs.group_by("segment_id", "channel").agg(reached=pairs.count())
    sizes = people.group_by("segment_id").agg(customers=people.count()).to_pandas()
    keys = ["segment_id", "channel"]
    frame = reached.to_pandas().merge(counted.to_pandas(), "left", keys)
    frame = frame.merge(sizes, "left", "segment_id").fillna(
        {"contacts": 0, "settled": 0}
    )
    numbers = ["customers", "reached", "contacts", "settled"]
    frame = frame.astype(dict.fromkeys(numbers, "int64"))
    made: pd.DataFrame = frame.sort_values(keys, ignore_index=True)[[*keys, *numbers]]
    return made
