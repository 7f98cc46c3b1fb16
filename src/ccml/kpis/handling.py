"""Handle time with its parts, hold and transfers."""

import ibis

from ccml.contracts.calls import TRANSFER_TYPES
from ccml.kpis.figures import Figure, count_rows, mean, quantile, rate
from ccml.kpis.queueing import is_answered, is_inbound

PER_CALL = "talk + hold + wrap per call"
LEG = "talk + hold + wrap per agent leg"


def handle_time(calls: ibis.Table) -> list[Figure]:
    """Build AHT per call with its range; a range to watch, no agent's target.

    Outbound calls are told apart; dialling is the ringing of an outbound call.
    """
    handled, amount = calls.answered, calls.handle_s
    outbound = handled & (calls.direction == "outbound")
    kinds = {
        PER_CALL: (amount, handled),
        f"{PER_CALL}, inbound only": (amount, handled & is_inbound(calls)),
        f"{PER_CALL}, outbound only": (amount, outbound),
        f"{PER_CALL}, outbound only, dialling included": (
            amount + calls.ring_s,
            outbound,
        ),
        f"{PER_CALL}, where the platform gives the parts": (
            amount,
            handled & (calls.handle_src == "parts"),
        ),
        f"{PER_CALL}, as the platform says": (
            amount,
            handled & (calls.handle_src != "parts"),
        ),
    }
    means = [mean("aht", v, "s", value, rows) for v, (value, rows) in kinds.items()]
    levels = [
        quantile(f"handle_p{level}", PER_CALL, "s", amount, handled)
        for level in (10, 50, 90)
    ]
    return [*means, *levels]


def handle_parts(calls: ibis.Table) -> list[Figure]:
    """Build the means of what handle time is made of, per answered call."""
    parts = {
        "talk_time": ("without hold", calls.talk_s),
        "wrap_time": ("work after the call", calls.wrap_s),
        "consult_time": ("agent to agent, in no handle time", calls.consult_s),
    }
    return [
        mean(kpi, f"per answered call, {words}", "s", amount, calls.answered)
        for kpi, (words, amount) in parts.items()
    ]


def leg_handle_time(legs: ibis.Table) -> list[Figure]:
    """Build AHT per agent leg: a transferred call has two of them.

    Args:
        legs: Legs with leg_type, answered, talk_s, hold_s, wrap_s.
    """
    parts = [legs.talk_s, legs.hold_s, legs.wrap_s]
    total = sum((part.fill_null(0.0) for part in parts), start=ibis.literal(0.0))
    amount = ibis.ifelse(ibis.coalesce(*parts).notnull(), total, None)
    by_agent = (legs.leg_type == "agent") & legs.answered.fill_null(True)
    return [mean("aht", LEG, "s", amount, by_agent)]


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
    """Build the share of answered inbound calls that were passed on, and how.

    The shares by kind are null where no transfer tells its kind.
    """
    answered = is_answered(calls)
    passed = calls.transferred
    every = rate(
        "transfer_rate", "transferred / answered inbound calls", passed, answered
    )
    return [every, *(_transfers_of(calls, answered, kind) for kind in TRANSFER_TYPES)]


def _transfers_of(calls: ibis.Table, answered: ibis.Value, kind: str) -> Figure:
    base = count_rows(answered & calls.transferred.notnull())
    hits = count_rows(answered & calls.transferred & (calls.transfer_type == kind))
    told = ibis.ifelse(calls.transfer_type.count() > 0, base, None)
    variant = f"{kind} transfers / answered inbound calls"
    return Figure(
        "transfer_rate_by_kind",
        variant,
        "share",
        base,
        ibis.ifelse(told.notnull(), hits, None),
        told,
    )
