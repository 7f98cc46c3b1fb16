"""One row per customer of a campaign: group, attempts, what happened before and after."""

from datetime import datetime, timedelta

import ibis
import pandas as pd

from ccml.config.campaigns import CampaignOutcomeConfig, CampaignsConfig
from ccml.engine.conditions import condition
from ccml.features.events import customer_events
from ccml.project import Project

BEFORE = "before__"
"""Columns named so hold what happened as long before the campaign."""
EUR = "eur__"


def campaign_customers(project: Project, campaigns: CampaignsConfig) -> pd.DataFrame:
    """Put every customer of every campaign into one of its two groups.

    Returns:
        One row per campaign and customer: campaign, customer_id, held_out, attempts,
        first_at. Who was held out and contacted all the same counts as held out, with
        the attempts, so that nobody leaves a group by what happened later.
    """
    rows = customer_events(project, campaigns.table)
    held_out = rows[campaigns.held_out].fill_null(False)
    named = rows.filter(rows[campaigns.campaign].notnull())
    units = named.group_by(
        campaign=named[campaigns.campaign], customer_id=named.customer_id
    ).agg(
        held_out=held_out.any(),
        attempts=(~held_out).cast("int64").sum(),
        first_at=named.event_at.min(),
    )
    order = ["campaign", "customer_id"]
    frame: pd.DataFrame = units.to_pandas()
    return frame.sort_values(order, ignore_index=True)


def with_outcomes(
    project: Project,
    campaigns: CampaignsConfig,
    units: pd.DataFrame,
    begins: datetime,
) -> pd.DataFrame:
    """Add what the customers of one campaign did before it, and from it on.

    Args:
        project: Its tables hold the outcomes.
        campaigns: What counts.
        units: Rows of one campaign.
        begins: The campaign's first contact: the same window for both groups.

    Returns:
        The rows with, for each outcome, the number of events (`NAME`), their value
        (`eur__NAME`), and the number of events as long before (`before__NAME`).
    """
    length = timedelta(days=campaigns.days)
    ends = begins + length
    for name, outcome in campaigns.outcomes.items():
        place = f"campaigns.outcomes.{name}"
        after = _counted(project, outcome, (begins, ends), place)
        before = _counted(project, outcome, (begins - length, begins), place)
        ids = units["customer_id"]
        units = units.assign(
            **{
                name: _of(ids, after["events"]),
                f"{EUR}{name}": _of(ids, after["eur"]),
                f"{BEFORE}{name}": _of(ids, before["events"]),
            }
        )
    return units


def _of(customer_ids: pd.Series, counted: pd.Series) -> pd.Series:
    return customer_ids.map(counted).fillna(0.0).astype("float64")


def _counted(
    project: Project,
    outcome: CampaignOutcomeConfig,
    window: tuple[datetime, datetime],
    place: str,
) -> pd.DataFrame:
    """Count the events in a half-open window by customer, with their value."""
    rows = customer_events(project, outcome.table)
    first, last = (
        ibis.literal(pd.Timestamp(edge).tz_convert("UTC")) for edge in window
    )
    counts = condition(rows, outcome.where, f"{place}.where").fill_null(False)
    found = rows.filter(counts & (rows.event_at >= first) & (rows.event_at < last))
    if outcome.value:
        value = found[outcome.value].fill_null(0.0)
    else:
        value = ibis.literal(outcome.value_per_event_eur)
    valued = found.mutate(_eur=value.cast("float64"))
    summed = valued.group_by("customer_id").agg(
        events=valued.count(), eur=valued["_eur"].sum()
    )
    frame: pd.DataFrame = summed.to_pandas()
    return frame.set_index("customer_id")
