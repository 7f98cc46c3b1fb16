"""Who refuses, from every row of the customer export, also those set aside."""

import ibis

from ccml.contracts.split import FAULT

FLAGS = ("opted_out", "do_not_call")
ABOUT = "one row per customer of the export, also of rows set aside"
UNREADABLE = tuple(
    f"unparsable {name}" for name in ("valid_from", "valid_to", "known_at")
)


def refusals(judged: ibis.Table) -> ibis.Table:
    """Tell what each customer refuses by the newest row of the whole export.

    Of several newest rows the more cautious one counts. A row whose dates are bad could
    be the newest one, so its refusal counts, and that it refuses nothing does not.

    Args:
        judged: Rows with their first fault, before any is set aside.

    Returns:
        One row per readable customer_id: opted_out, do_not_call.
    """
    rows = judged.filter(judged.customer_id.notnull())
    rows = rows.mutate(_is_dated=_is_dated(rows))
    newest_first = ibis.window(
        group_by=[rows.customer_id, rows["_is_dated"]],
        order_by=[ibis.desc(rows.valid_from), ibis.desc(rows.known_at)],
    )
    ranked = rows.mutate(_rank=ibis.rank().over(newest_first))
    counts = ~ranked["_is_dated"] | (ranked["_rank"] == 0)
    flags = {name: (ranked[name] & counts).any() for name in FLAGS}
    return ranked.group_by("customer_id").agg(**flags)


def _is_dated(rows: ibis.Table) -> ibis.Value:
    """Tell whether the dates of a row can be read and agree with each other."""
    is_read = ~rows[FAULT].isin(UNREADABLE).fill_null(False)
    is_backward = (rows.valid_to < rows.valid_from).fill_null(False)
    return is_read & rows.valid_from.notnull() & ~is_backward
