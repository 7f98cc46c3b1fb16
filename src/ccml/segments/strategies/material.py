"""What strategies are made of: customers of segments, their calls and their contacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import ibis
import pandas as pd

from ccml.config.expressions import condition_columns
from ccml.config.segments import SegmentsConfig
from ccml.config.strategies import ActionConfig
from ccml.engine.store import Store
from ccml.errors import unknown_name
from ccml.features.as_of import rows_valid_at
from ccml.identity import link
from ccml.project import Project
from ccml.segments.strategies.concerned import calls_of_segments
from ccml.segments.strategies.followups import Period, calls_with_past
from ccml.segments.strategies.playbook import WHERE

READ = (
    "customer_id",
    "channel",
    "started_at",
    "answered",
    "ivr_only",
    "agent_id",
    "is_repeat",
    "previous_abandoned",
    "hours_since_previous",
    "work_s",
)
"""Columns of calls that are read whatever the playbook says."""


@dataclass(frozen=True)
class Material:
    """What all parts of the stage work on.

    Args:
        people: customer_id, segment_id, cutoff_at, row_id (in the order of customers).
        callers: Their row_id, segment_id, exposure_days, is_persistent and
            expected_calls_30d.
        calls: Calls of the window with segment_id, row_id and what came before them.
        period: The window.
    """

    people: ibis.Table
    callers: ibis.Table
    calls: ibis.Table
    period: Period


def read_material(project: Project, config: SegmentsConfig) -> Material:
    """Read the calls of the window before the segments' cutoff, and whose they are."""
    store = project.store
    segments = store.read("segments")
    order = ibis.window(order_by=segments.customer_id)
    people = segments.mutate(row_id=ibis.row_number().over(order)).cache()
    cutoff = pd.Timestamp(people.cutoff_at.max().execute()).to_pydatetime()
    period = Period(
        cutoff - timedelta(days=config.repeat_callers.window_days),
        cutoff,
        project.config.kpis.main_window_days,
        project.zone,
    )
    calls = calls_with_past(link.linked_calls(store), period, config.reason_families)
    columns = _columns(calls, config.strategies.actions)
    return Material(
        people,
        _callers(store.read("repeat_callers"), people),
        calls_of_segments(calls.select(*columns), people).cache(),
        period,
    )


def _columns(calls: ibis.Table, actions: Mapping[str, ActionConfig]) -> list[str]:
    """List the columns that figures and conditions read; the others stay on disk.

    Raises:
        ConfigError: A condition names a column that calls do not have.
    """
    wanted = dict.fromkeys(READ)
    for name, action in actions.items():
        for column in condition_columns(action.calls):
            if column not in calls.columns:
                where = f"{WHERE}.{name}.calls"
                raise unknown_name("column", column, calls.columns, where)
            wanted[column] = None
    return list(wanted)


def _callers(callers: ibis.Table, people: ibis.Table) -> ibis.Table:
    """Take what the model of call rates expects of each customer of a segment."""
    joined = callers.join(
        people.select("customer_id", "segment_id", "row_id"), "customer_id"
    )
    expected = (
        "expected_calls_30d"
        if "expected_calls_30d" in callers.columns
        else "posterior_rate_per_30d"
    )
    return joined.select(
        "row_id",
        "segment_id",
        "is_persistent",
        exposure_days=joined.exposure_days.cast("float64"),
        expected_calls_30d=joined[expected].cast("float64"),
    ).cache()


def inbound_contacts(store: Store, material: Material) -> ibis.Table:
    """Open the inbound contacts of the window, on every channel that is on record.

    Returns:
        customer_id, channel, event_at, is_call.
    """
    names, period = ("customer_id", "channel", "event_at", "is_call"), material.period
    if store.manifest("contacts") is None:
        calls = material.calls
        return calls.mutate(event_at=calls.started_at, is_call=True).select(*names)
    rows = store.read("contacts")
    kept = rows.filter(
        (rows.direction == "inbound")
        & rows.customer_id.notnull()
        & (rows.event_at >= pd.Timestamp(period.start))
        & (rows.event_at < pd.Timestamp(period.cutoff))
        & (rows.known_at < pd.Timestamp(period.cutoff))
    )
    return kept.mutate(is_call=kept.source_table == "calls").select(*names).cache()


def preferred_channels(
    store: Store, material: Material, attribute: str
) -> ibis.Table | None:
    """Read which channel customers say they prefer, as it was known at the cutoff."""
    if store.manifest("customers") is None:
        return None
    customers = store.read("customers")
    if attribute not in customers.columns:
        return None
    spine = material.people.select("row_id", "customer_id", "cutoff_at")
    valid = rows_valid_at(spine, customers, [attribute])
    joined = valid.join(spine, "row_id")
    return joined.select("customer_id", channel=joined[attribute].cast("string"))
