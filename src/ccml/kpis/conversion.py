"""Outbound contacts, and what calls lead to."""

from datetime import datetime, timedelta

import ibis
import numpy as np
import pandas as pd

from ccml.kpis.figures import Figure, rate
from ccml.kpis.intervals import Z
from ccml.kpis.queueing import is_answered

NO_EVENTS = "no events of conversion are named (kpis.conversion)"
ATTEMPT_COLUMNS = (
    "attempt",
    "at_risk",
    "converted",
    "censored",
    "share_converted",
    "low",
    "high",
)


def contact_rate(calls: ibis.Table, right_party: list[str]) -> list[Figure]:
    """Build the share of outbound calls that reached a person, or the right one."""
    tried = calls.direction == "outbound"
    answered = "answered outbound calls / outbound calls"
    figures = [rate("contact_rate", answered, calls.answered, tried)]
    if right_party:
        right = calls.disposition.isin(right_party).fill_null(False)
        words = "outbound calls with a disposition of the right party / outbound calls"
        figures.append(rate("contact_rate", words, right, tried))
    return figures


def followed_calls(calls: ibis.Table, events: ibis.Table) -> ibis.Table:
    """Give calls with the customer's next event at or after each.

    Args:
        calls: Calls with customer_id, started_at.
        events: Rows with customer_id, event_at.

    Returns:
        The calls' columns and event_at, null when there is none on record.
    """
    later = events.filter(events.event_at.notnull())
    later = later.select(event_customer="customer_id", event_at="event_at")
    return calls.asof_join(
        later,
        calls.started_at <= later.event_at,
        predicates=calls.customer_id == later.event_customer,
    ).drop("event_customer")


def is_followed(rows: ibis.Table, window_days: int) -> ibis.Value:
    """Tell which calls have an event within so many days."""
    edge = rows.started_at + ibis.interval(days=window_days)
    return (rows.event_at <= edge).fill_null(False)


def is_over(rows: ibis.Table, window_days: int, data_end: datetime) -> ibis.Value:
    """Tell which calls' windows are over at the end of the data."""
    return rows.started_at <= pd.Timestamp(data_end - timedelta(days=window_days))


def conversion_figures(
    rows: ibis.Table, window_days: int, data_end: datetime
) -> list[Figure]:
    """Build conversion per call, of calls whose window is over.

    One event may follow several calls; each of them counts.

    Args:
        rows: Rows of `followed_calls`.
        window_days: An event counts within so many days of the call's start.
        data_end: Up to when the data are complete.
    """
    won = is_followed(rows, window_days)
    over = is_over(rows, window_days, data_end) & rows.customer_id.notnull()
    tried = rows.direction == "outbound"
    bases = {
        "outbound calls": tried,
        "answered outbound calls": tried & rows.answered,
        "answered inbound calls": is_answered(rows),
    }
    return [
        rate(
            "conversion_rate",
            f"{words} of known customers with an event within {window_days} d / these "
            f"calls",
            won,
            over & base,
            window_days=window_days,
        )
        for words, base in bases.items()
    ]


def numbered_attempts(calls: ibis.Table) -> ibis.Table:
    """Number the outbound calls to each customer in each campaign from 1.

    Returns:
        The calls' columns, attempt, next_try_at.
    """
    tried = calls.filter(
        (calls.direction == "outbound") & calls.customer_id.notnull()
    ).mutate(drive=calls.campaign.fill_null(""))
    lead = ibis.window(
        group_by=[tried.customer_id, tried.drive],
        order_by=[tried.started_at, tried.call_id],
    )
    return tried.mutate(
        attempt=(ibis.row_number() + 1).over(lead),
        next_try_at=tried.started_at.lead().over(lead),
    )


def attempts_to_conversion(rows: ibis.Table, window_days: int) -> pd.DataFrame:
    """Follow leads from attempt to attempt until they convert.

    A lead is a customer in a campaign. An event belongs to the last attempt before it,
    if it falls into that attempt's window. Leads that were not called again without
    converting are censored: what they would have done is not known.

    Args:
        rows: Numbered attempts with event_at.
        window_days: An event counts within so many days of the attempt.

    Returns:
        One row per attempt number: attempt, at_risk, converted, censored,
        share_converted (by this attempt, product limit) with low and high (95 %).
    """
    before_next = rows.next_try_at.isnull() | (rows.event_at <= rows.next_try_at)
    won = is_followed(rows, window_days) & before_next.fill_null(False)
    flagged = rows.mutate(won_at=ibis.ifelse(won, rows.attempt, None))
    leads = flagged.group_by("customer_id", "drive").agg(
        won_at=flagged.won_at.min(), last=flagged.attempt.max()
    )
    ends = leads.mutate(
        attempt=leads.won_at.coalesce(leads.last), is_won=leads.won_at.notnull()
    )
    counts = ends.group_by("attempt").agg(
        converted=ends.is_won.cast("int64").sum(), leads=ends.count()
    )
    return product_limit(counts.order_by("attempt").to_pandas())


def product_limit(counts: pd.DataFrame) -> pd.DataFrame:
    """Work out the share converted by each attempt (Kaplan and Meier).

    Args:
        counts: attempt, converted, leads (that ended with this attempt), by attempt.
    """
    leads = counts.leads.to_numpy(float)
    won = counts.converted.to_numpy(float)
    at_risk = leads[::-1].cumsum()[::-1]
    left = np.cumprod(1 - won / at_risk)
    rest = at_risk - won
    steps = won / (at_risk * np.where(rest > 0, rest, np.nan))
    spread = np.sqrt(np.nancumsum(steps))
    half = Z * left * spread  # Greenwood
    share = 1 - left
    return pd.DataFrame(
        {
            "attempt": counts.attempt.astype("int64"),
            "at_risk": at_risk.astype("int64"),
            "converted": won.astype("int64"),
            "censored": (leads - won).astype("int64"),
            "share_converted": share,
            "low": np.clip(share - half, 0, 1),
            "high": np.clip(share + half, 0, 1),
        },
        columns=list(ATTEMPT_COLUMNS),
    )
