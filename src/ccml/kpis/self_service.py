"""Callers whom the voice menu served, and callers who were called back."""

from dataclasses import replace
from datetime import datetime, timedelta

import ibis
import pandas as pd

from ccml.kpis.figures import Figure, count_rows, count_true, mean, rate
from ccml.kpis.queueing import is_inbound

STRICT_HOURS = 24
NOBODY_ASKED = "no call tells that it asked for a callback"


def containment(
    calls: ibis.Table, data_end: datetime, menu_s: float = 10.0
) -> list[Figure]:
    """Build the share of callers whom the voice menu served, loosely and strictly.

    Strictly, the customer reaches no agent within a day either. That can be told of known
    customers only, and of calls whose day is over at the data's end.

    Args:
        calls: Calls with ivr_s, ivr_only, customer_id, agent_at.
        data_end: Up to when the data are complete.
        menu_s: A hang-up sooner than this happened in the first menu: not served.
    """
    entered = is_inbound(calls) & calls.ivr_s.notnull()
    served = calls.ivr_only & (calls.ivr_s >= menu_s)
    day = ibis.interval(hours=STRICT_HOURS)
    came_back = (calls.agent_at <= calls.started_at + day).fill_null(False)
    over = calls.started_at <= pd.Timestamp(data_end - timedelta(hours=STRICT_HOURS))
    known = entered & over & calls.customer_id.notnull()
    words = f"ended in the menu after {menu_s:g} s or more"
    return [
        rate(
            "ivr_containment",
            f"loose: {words} / calls that entered it",
            served,
            entered,
        ),
        rate(
            "ivr_containment",
            f"strict: {words}, and no agent within {STRICT_HOURS} h / calls of known "
            f"customers that entered it",
            served & ~came_back,
            known,
            window_days=STRICT_HOURS / 24,
        ),
    ]


def callbacks(calls: ibis.Table) -> list[Figure]:
    """Build how many callers asked to be called back, and what became of it.

    Args:
        calls: Calls with queued, answered, callback, asked_callback, callback_at,
            callback_reached, ended_at.
    """
    wait = calls.callback_at.epoch_seconds() - calls.ended_at.epoch_seconds()
    number = count_rows(calls.asked_callback)
    # Nobody asked, or the platform does not tell who did: that looks the same.
    asked = ibis.ifelse(number > 0, number, None)
    made = count_rows(calls.asked_callback & calls.callback_at.notnull())
    reached = count_rows(calls.asked_callback & calls.callback_reached)
    figures = [
        Figure("callbacks", "asked for", "calls", calls.count(), value=asked),
        Figure(
            "callbacks",
            "calls that are one",
            "calls",
            calls.callback.count(),
            value=count_true(calls.callback),
        ),
        Figure("callback_made", "called back / asked for", "share", asked, made, asked),
        Figure(
            "callback_reached", "answered / asked for", "share", asked, reached, asked
        ),
    ]
    figures = [replace(figure, gap=NOBODY_ASKED) for figure in figures]
    after = mean(
        "time_to_callback",
        "end of the call that asked to the first callback",
        "s",
        ibis.ifelse(wait.notnull(), ibis.greatest(wait, 0), None).cast("float64"),
        calls.asked_callback,
    )
    return [*figures, after]
