"""One record of a CRM as its opening and its closing event.

An export holds today's values. The opening event keeps those columns only that never
change after a record was created: the others would tell, at the time of the opening,
what became of it.
"""

from collections.abc import Sequence

import ibis

from ccml.config.crm import EVENT, OWN, CrmConfig
from ccml.contracts.split import PART
from ccml.sources.cast import as_instant
from ccml.sources.crm.dates import end_of_day
from ccml.sources.crm.export import Export, Lifecycle
from ccml.sources.scratch import drop, keep_aside
from ccml.sources.staging import NOTE

HIDDEN = f"{NOTE}opening without today's values (crm.known_from_start keeps more)"
BY_DATE = f"{NOTE}closing known from its editable close date (crm.closing_known_at)"
BY_CHANGE = f"{NOTE}closing known from the record's last change"
STILL_OPEN = f"{NOTE}open by its stage or state (crm.ends names those that close)"
MOVED = f"{NOTE}closed before it was opened, closing moved to the opening"


def split_events(
    rows: ibis.Table,
    export: Export,
    crm: CrmConfig,
    zone: str | None,
    columns: Sequence[str],
) -> ibis.Table:
    """Make one row per event of each record; they share its row number.

    Args:
        rows: Records, with known names.
        export: What they are.
        crm: Switches of the config.
        zone: Zone of times without one.
        columns: Columns that are kept as values.
    """
    life = export.lifecycle
    if life is None:
        return rows
    ended = rows.mutate(_ended=life.ended(rows, crm))
    both = ibis.ifelse(ended["_ended"].notnull(), ibis.array([0, 1]), ibis.array([0]))
    steps = as_table(ended.mutate(_step=both).unnest("_step"), rows)
    is_end = steps["_step"] == 1
    part = steps["_step"] + (steps[PART] * 2 if PART in steps.columns else 0)
    event = ibis.ifelse(is_end, steps["_ended"], life.start)
    hidden = sorted(set(columns) - _lasting(export, crm))
    return steps.mutate(
        **_times(steps, life, crm, zone),
        **{name: ibis.ifelse(is_end, steps[name], None) for name in hidden},
        **{STILL_OPEN: steps["_ended"].isnull() & ibis.literal(bool(crm.ends))},
        **{EVENT: event, PART: part, OWN["id"]: _event_id(steps, event, export)},
    )


def split_customers(rows: ibis.Table, column: str) -> ibis.Table:
    """Make one row per customer of records that name several, joined by semicolons."""
    several = rows[column].split(";")
    several = several.map(lambda one: one.strip()).filter(lambda one: one != "")
    parts = rows.mutate(_several=several).unnest(
        "_several", offset=PART, keep_empty=True
    )
    one = {column: parts["_several"], PART: parts[PART].fill_null(0)}
    return parts.mutate(**one).drop("_several")


def as_table(rows: ibis.Table, before: ibis.Table) -> ibis.Table:
    """Compute rows, and let go of those that they were made of."""
    backend = ibis.get_backend(before)
    table = keep_aside(backend, rows)
    drop(backend, before)
    return table


def _event_id(rows: ibis.Table, event: ibis.Value, export: Export) -> ibis.Value:
    """Name an event by its record, what happened, and its customer if there are many."""
    name = rows[export.id] + ":" + event
    if export.joined_key is None:
        return name
    return name + ":" + rows[export.joined_key].fill_null("")


def _times(
    rows: ibis.Table, life: Lifecycle, crm: CrmConfig, zone: str | None
) -> dict[str, ibis.Value]:
    is_end, opened = rows["_step"] == 1, rows[life.start_at]
    closed, changed = rows[life.end_at], rows[life.modified]
    by_change = (crm.closing_known_at == "last_modified") & changed.notnull()
    by_change = by_change | closed.isnull() | ibis.literal(life.end_at == life.modified)
    closed = closed.fill_null(changed)
    known = ibis.ifelse(by_change, changed.fill_null(closed), end_of_day(closed))
    is_early = as_instant(closed, zone).value < as_instant(opened, zone).value
    is_early = is_early.fill_null(False)
    is_moved = is_end & is_early & (end_of_day(closed) == closed)
    return {
        OWN["event_at"]: ibis.ifelse(
            is_end, ibis.ifelse(is_early, opened, closed), opened
        ),
        OWN["known_at"]: ibis.ifelse(
            is_end, ibis.ifelse(is_moved, opened, known), end_of_day(opened)
        ),
        HIDDEN: ~is_end,
        BY_DATE: is_end & ~by_change,
        BY_CHANGE: is_end & by_change,
        MOVED: is_moved,
    }


def _lasting(export: Export, crm: CrmConfig) -> set[str]:
    """Name the columns that were known from the start."""
    times = {export.lifecycle.start_at} if export.lifecycle else set()
    return {export.id, *export.ids, *times, *crm.known_from_start}
