"""Handle time, hold, transfers, satisfaction and self-service."""

import ibis

from ccml.kpis.figures import Figure, count_rows, mean, quantile, rate
from ccml.kpis.queueing import is_answered, is_inbound


def handle_time(calls: ibis.Table) -> list[Figure]:
    """Build AHT per call with its range; a range to watch, no agent's target."""
    handled = calls.answered
    levels = [
        quantile(
            f"handle_p{level}",
            "talk + hold + wrap per call",
            "s",
            calls.handle_s,
            handled,
            level / 100,
        )
        for level in (10, 50, 90)
    ]
    average = mean("aht", "talk + hold + wrap per call", "s", calls.handle_s, handled)
    return [average, *levels]


def hold(calls: ibis.Table) -> list[Figure]:
    """Build the share of answered calls put on hold, and how long."""
    handled = calls.answered
    held = calls.hold_s > 0
    return [
        rate(
            "hold_share", "answered calls with a hold / answered calls", held, handled
        ),
        mean("hold_time", "per held call", "s", calls.hold_s, handled & held),
        mean("hold_time", "per answered call", "s", calls.hold_s, handled),
    ]


def transfers(calls: ibis.Table) -> list[Figure]:
    """Build the share of answered inbound calls that were passed on."""
    variant = "transferred / answered inbound calls"
    return [rate("transfer_rate", variant, calls.transferred, is_answered(calls))]


def satisfaction(calls: ibis.Table, top_from: float = 4.0) -> list[Figure]:
    """Build mean CSAT, the share of top answers, and how many answered at all.

    Args:
        calls: Calls with csat in its native scale.
        top_from: Lowest answer of the top two boxes.
    """
    score = calls.csat
    replied = score.notnull()
    answers = replied.cast("int64").sum()
    base = count_rows(calls.answered)
    asked = ibis.ifelse(answers > 0, base, None)
    return [
        mean("csat", "mean of the answers", "points", score, replied),
        rate(
            "csat_top", f"answers of {top_from:g} and more", score >= top_from, replied
        ),
        Figure(
            "csat_response",
            "answers / answered calls",
            "share",
            base,
            count_rows(replied & calls.answered),
            asked,
        ),
    ]


def containment(calls: ibis.Table, menu_s: float = 10.0) -> list[Figure]:
    """Build the share of callers whom the voice menu served, loosely counted.

    Args:
        calls: Calls with ivr_s, ivr_only.
        menu_s: A hang-up sooner than this happened in the first menu: not served.
    """
    entered = is_inbound(calls) & calls.ivr_s.notnull()
    served = calls.ivr_only & (calls.ivr_s >= menu_s)
    variant = f"ended in the menu after {menu_s:g} s or more / calls that entered it"
    return [rate("ivr_containment", variant, served, entered)]
