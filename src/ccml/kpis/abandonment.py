"""Callers who gave up, counted in five ways."""

import ibis

from ccml.kpis.figures import Figure, count_rows, rate
from ccml.kpis.queueing import is_inbound, is_offered

LEGAL_S = 2.0
"""An agent must be there within this time of a live answer, by the US rules."""


def abandonment(calls: ibis.Table, menu_s: float = 10.0) -> list[Figure]:
    """Build the share of callers who hung up, in the queue or in the menu.

    AB2 is null as soon as one abandoned call does not tell whether it was short.

    Args:
        calls: Calls with queued, answered, abandoned, short_abandon, ivr_only, ivr_s.
        menu_s: A hang-up in the menu sooner than this is an IVR hang-up of AB4.
    """
    offered = is_offered(calls) & calls.abandoned.notnull()
    lost = offered & calls.abandoned
    short = count_rows(lost & calls.short_abandon)
    untold = count_rows(lost & calls.short_abandon.isnull())
    base = count_rows(offered)
    every = is_inbound(calls)
    hung_up = calls.abandoned | (calls.ivr_only & (calls.ivr_s < menu_s))
    return [
        rate(
            "abandonment",
            "AB1: abandoned / offered",
            calls.abandoned,
            is_offered(calls),
        ),
        Figure(
            "abandonment",
            "AB2: without short abandons above and below the line",
            "share",
            base,
            ibis.ifelse(untold == 0, count_rows(lost) - short, None),
            ibis.ifelse(untold == 0, base - short, None),
            gap="no such call, or an abandoned call does not tell whether it was short",
        ),
        rate(
            "abandonment",
            "AB3: abandoned / all inbound calls, voice menu included",
            calls.abandoned,
            every,
        ),
        rate(
            "abandonment",
            f"AB4: (abandoned + hung up in the menu within {menu_s:g} s) / all inbound "
            f"calls",
            hung_up,
            every & calls.ivr_only.notnull(),
        ),
        _compliance(calls),
    ]


def _compliance(calls: ibis.Table) -> Figure:
    """Build AB5, a figure of the law on dialling, not of waiting callers."""
    live = (calls.direction == "outbound") & (calls.answered | calls.abandoned)
    late = calls.abandoned | (calls.wait_s > LEGAL_S)
    return rate(
        "compliance_abandonment",
        f"AB5: live answers without an agent within {LEGAL_S:g} s / live answers",
        late,
        live & calls.wait_s.notnull(),
    )
