"""Did an event happen in the horizon after each cutoff."""

from datetime import datetime

import ibis

from ccml.windows import Horizon


def event_label(
    spine: ibis.Table,
    events: ibis.Table,
    horizon: Horizon,
    until: datetime,
    *,
    skip_own: bool = False,
) -> ibis.Table:
    """Label each spine row by what happened in [cutoff + gap, cutoff + gap + horizon).

    Args:
        spine: Columns row_id, customer_id, cutoff_at and the keys.
        events: The events looked for: customer_id, event_at.
        horizon: Gap, horizon and settling time.
        until: End of the data.
        skip_own: The spine's rows are events of this table that were over at the
            cutoff, so none counts for itself (`event_id` is in both tables).

    Returns:
        The spine's columns and `label`: 1, 0, or null while
        cutoff + gap + horizon + settle lies after the end of the data.
    """
    starts = ibis.interval(seconds=int(horizon.starts_after.total_seconds()))
    ends = ibis.interval(seconds=int(horizon.ends_after.total_seconds()))
    known = ibis.interval(seconds=int(horizon.known_after.total_seconds()))
    predicates = [
        spine.customer_id == events.customer_id,
        events.event_at >= spine.cutoff_at + starts,
        events.event_at < spine.cutoff_at + ends,
    ]
    if skip_own:
        predicates.append(events.event_id != spine.event_id)
    happened = spine.semi_join(events, predicates)
    happened = happened.select("row_id", happened=ibis.literal(value=True))
    joined = spine.left_join(happened, "row_id", rname="found_{name}")
    is_mature = joined.cutoff_at + known <= ibis.literal(until)
    outcome = joined.happened.fill_null(False).cast("int8")
    label = ibis.ifelse(is_mature, outcome, ibis.null("int8"))
    return joined.select(*spine.columns, label=label)
