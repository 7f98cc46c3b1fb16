"""The label of each spine row, and why a row has none."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis

from ccml.config.labels import EventLabelConfig
from ccml.labels.counting import count_between
from ccml.labels.repeats import FAMILY, family, later_contacts
from ccml.windows import Horizon

LABELLED = "labelled"
NOT_MATURE = "not mature"
NOT_ELIGIBLE = "not eligible"
UNTOLD = "{} not told"
"""Why a row has a label or none; the last takes `reason` or `queue`."""


@dataclass(frozen=True)
class Looked:
    """What is looked for, and up to when the data are complete.

    Args:
        events: event_id, customer_id, event_at and `counts`; of repeats the calls.
        label: The predictor's label.
        until: End of the data.
        skips_own: The spine's rows are events of this table, and none counts for
            itself.
    """

    events: ibis.Table
    label: EventLabelConfig
    until: datetime
    skips_own: bool = False


def horizon(label: EventLabelConfig) -> Horizon:
    """Give the window of a label."""
    return Horizon(label.horizon_days, label.gap_days, label.settle_days)


def label_rows(spine: ibis.Table, looked: Looked) -> ibis.Table:
    """Label each spine row by what happened in [cutoff + gap, cutoff + gap + horizon).

    An event counts when it happened in the window, however late it was known.

    Args:
        spine: row_id, customer_id, cutoff_at, is_eligible and the keys.
        looked: What is looked for.

    Returns:
        The spine's columns, `label` (null unless labelled) and `status`.
    """
    if looked.label.repeats:
        rows, found = _by_repeats(spine, looked)
    else:
        rows, found = _by_events(spine, looked)
    joined = rows.left_join(found, "row_id").drop("row_id_right")
    status = _status(joined, looked)
    value = ibis.ifelse(status == LABELLED, _answer(joined, looked.label), None)
    return joined.select(*spine.columns, label=value, status=status)


def _by_events(spine: ibis.Table, looked: Looked) -> tuple[ibis.Table, ibis.Table]:
    """Count the events that meet the condition, without the row's own."""
    events = looked.events.filter(looked.events.counts)
    rows = _with_window(spine, looked.label)
    found = count_between(rows, events)
    if not looked.skips_own:
        return rows, found
    own = events.select("event_id", own_at="event_at")
    rows = rows.left_join(own, "event_id").drop("event_id_right")
    counted = (rows.own_at >= rows.starts_at) & (rows.own_at < rows.ends_at)
    return rows.mutate(own=counted.fill_null(False).cast("int64")), found


def _by_repeats(spine: ibis.Table, looked: Looked) -> tuple[ibis.Table, ibis.Table]:
    """Count later contacts; a call of the spine is repeated by later starts only."""
    repeats = looked.label.repeats
    assert repeats is not None  # noqa: S101 - label_rows asks first
    contacts = later_contacts(looked.events, repeats)
    rows = _with_window(spine, looked.label)
    if not looked.skips_own:
        return rows, count_between(rows, contacts)
    calls = looked.events
    told = (
        {FAMILY: family(calls[repeats.same], repeats.family_of)} if repeats.same else {}
    )
    own = calls.select("event_id", own_at="event_at", **told)
    rows = rows.left_join(own, "event_id").drop("event_id_right")
    after = (rows.own_at + ibis.interval(microseconds=1)).fill_null(rows.starts_at)
    rows = rows.mutate(starts_at=ibis.greatest(rows.starts_at, after))
    rows = rows.mutate(ends_at=ibis.greatest(rows.starts_at, rows.ends_at))
    if not repeats.same:
        return rows, count_between(rows, contacts)
    known = rows.filter(rows[FAMILY].notnull())
    return rows, count_between(known, contacts, ("customer_id", FAMILY))


def _with_window(spine: ibis.Table, label: EventLabelConfig) -> ibis.Table:
    window = horizon(label)
    return spine.mutate(
        starts_at=spine.cutoff_at + _seconds(window.starts_after),
        ends_at=spine.cutoff_at + _seconds(window.ends_after),
    )


def _status(rows: ibis.Table, looked: Looked) -> ibis.Value:
    known_at = rows.cutoff_at + _seconds(horizon(looked.label).known_after)
    cases = [
        (~rows.is_eligible, NOT_ELIGIBLE),
        (known_at > ibis.literal(looked.until), NOT_MATURE),
    ]
    if FAMILY in rows.columns:
        same = looked.label.repeats.same if looked.label.repeats else None
        cases.insert(1, (rows[FAMILY].isnull(), UNTOLD.format(same)))
    return ibis.cases(*cases, else_=LABELLED)


def _answer(rows: ibis.Table, label: EventLabelConfig) -> ibis.Value:
    number = rows.happened.fill_null(0)
    if "own" in rows.columns:
        number = number - rows.own
    if label.is_number:
        return number.cast("int32")
    if label.kind == "inactivity":
        return (number == 0).cast("int8")
    return (number >= (label.at_least or 1)).cast("int8")


def _seconds(length: timedelta) -> ibis.Value:
    return ibis.interval(seconds=int(length.total_seconds()))
