"""How many events of its customer lie in each row's window, by one sort."""

from collections.abc import Sequence

import ibis

from ccml.engine.local_time import UTC_INSTANT

ORDER = ("moment", "is_event")


def count_between(
    rows: ibis.Table, events: ibis.Table, by: Sequence[str] = ("customer_id",)
) -> ibis.Table:
    """Count the events in [starts_at, ends_at) of each row.

    Events and both ends of every window are sorted together, and the events so far are
    counted along: the work grows as one sort does, however much one customer calls. An
    end stands before the events of its own instant.

    Args:
        rows: row_id, starts_at, ends_at and the columns of `by`.
        events: event_at and the columns of `by`.
        by: Whose events count: those that are equal in these columns.

    Returns:
        One row per row: row_id, happened.
    """
    nobody = ibis.null(rows.row_id.type())
    line = [_marks(events, by, "event_at", nobody, is_event=1, sign=0)]
    for moment, sign in (("starts_at", -1), ("ends_at", 1)):
        line.append(_marks(rows, by, moment, rows.row_id, is_event=0, sign=sign))
    so_far = ibis.cumulative_window(group_by=list(by), order_by=list(ORDER))
    together = ibis.union(*line)
    seen = together.is_event.sum().over(so_far)
    edges = together.mutate(seen=seen).filter(together.row_id.notnull())
    return edges.group_by("row_id").agg(happened=(edges.seen * edges.sign).sum())


def _marks(
    table: ibis.Table,
    by: Sequence[str],
    moment: str,
    row_id: ibis.Value,
    *,
    is_event: int,
    sign: int,
) -> ibis.Table:
    """Put one kind of moment on the line of time."""
    return table.select(
        *by,
        moment=table[moment].cast(UTC_INSTANT),
        is_event=ibis.literal(is_event, "int8"),
        sign=ibis.literal(sign, "int8"),
        row_id=row_id,
    )
