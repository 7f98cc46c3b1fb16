"""Which calls each action concerns, and figures of segments made of their calls."""

from collections.abc import Mapping

import ibis
import pandas as pd

from ccml.config.strategies import ActionConfig
from ccml.engine.conditions import condition
from ccml.segments.strategies.playbook import WHERE, Fit

OWN_FIGURES = (
    "follow_up_share",
    "menu_share",
    "redial_share",
    "agents_met",
    "persistent_share",
)
"""Figures that conditions may use beside the stored ones."""
REDIAL_HOURS = 24


def calls_of_segments(calls: ibis.Table, people: ibis.Table) -> ibis.Table:
    """Add segment_id and row_id of the customers who have a segment to their calls."""
    ids = people.select("customer_id", "segment_id", "row_id")
    return calls.join(ids, "customer_id")


def own_figures(calls: ibis.Table, callers: ibis.Table) -> pd.DataFrame:
    """Work out figures of each segment from its calls of the period.

    Args:
        calls: Calls with segment_id and what came before them.
        callers: customer_id, segment_id, is_persistent.

    Returns:
        segment_id; follow_up_share (calls that repeat one / calls), menu_share (calls
        that ended in the voice menu), redial_share (calls within 24 h after one given
        up), agents_met (different agents per customer with two answered calls or more),
        persistent_share (of customers).
    """
    redial = calls.previous_abandoned & (calls.hours_since_previous <= REDIAL_HOURS)
    shares = calls.group_by("segment_id").agg(
        follow_up_share=_share(calls.is_repeat),
        menu_share=_share(calls.ivr_only),
        redial_share=_share(redial.fill_null(False)),
    )
    answered = calls.filter(calls.answered & calls.agent_id.notnull())
    met = answered.group_by("segment_id", "customer_id").agg(
        agents=answered.agent_id.nunique(), calls=answered.count()
    )
    met = met.filter(met.calls >= 2)
    agents = met.group_by("segment_id").agg(agents_met=met.agents.mean())
    people = callers.group_by("segment_id").agg(
        persistent_share=_share(callers.is_persistent)
    )
    joined = people.left_join(shares, "segment_id").drop("segment_id_right")
    joined = joined.left_join(agents, "segment_id").drop("segment_id_right")
    frame: pd.DataFrame = joined.to_pandas()
    return frame.sort_values("segment_id", ignore_index=True)


def concerned_calls(
    calls: ibis.Table,
    callers: ibis.Table,
    actions: Mapping[str, ActionConfig],
    found: Mapping[str, Fit],
) -> pd.DataFrame:
    """Count each customer's calls by the actions that concern them.

    Args:
        calls: Calls with segment_id, row_id and what came before them.
        callers: row_id, exposure_days, expected_calls_30d.
        actions: The playbook.
        found: Where each action fits.

    Returns:
        place (of the segment, in alphabetical order), row_id (of the customer), mark (bit
        k is set when action k concerns the calls), calls, work_s (calls that nobody
        answered take none), all_calls (of the customer), exposure_days,
        expected_calls_30d; numbers only, as texts of a million customers are slow.

    Raises:
        ConfigError: A condition names a column that calls do not have.
    """
    mark = ibis.literal(0, "int64")
    for place, (name, action) in enumerate(actions.items()):
        is_one = condition(calls, action.calls, f"{WHERE}.{name}.calls")
        here = calls.segment_id.isin(found[name].segments or [""])
        mark = mark + ibis.ifelse((is_one & here).fill_null(False), 1 << place, 0)
    rows = calls.select("segment_id", "row_id", "work_s", mark=mark.cast("int64"))
    made = rows.group_by("segment_id", "row_id", "mark").agg(
        calls=rows.count(), work_s=rows.work_s.sum().fill_null(0.0)
    )
    made = made.join(callers, "row_id")
    made = made.select(
        "row_id",
        "mark",
        "calls",
        "work_s",
        "exposure_days",
        "expected_calls_30d",
        place=ibis.dense_rank().over(order_by=made.segment_id),
        all_calls=made.calls.sum().over(group_by="row_id"),
    )
    frame: pd.DataFrame = made.order_by("row_id", "mark").to_pandas()
    return frame


def _share(flag: ibis.Value) -> ibis.Value:
    return flag.cast("float64").mean()
