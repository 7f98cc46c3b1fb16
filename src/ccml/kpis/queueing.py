"""Which calls count, and how many there are."""

import ibis

from ccml.kpis.figures import Figure, count_true, rate


def is_inbound(calls: ibis.Table) -> ibis.Value:
    """Tell which calls the customer placed."""
    return calls.direction == "inbound"


def is_offered(calls: ibis.Table) -> ibis.Value:
    """Tell which inbound calls asked for an agent: they queued, or were answered."""
    return is_inbound(calls) & (calls.queued | calls.answered)


def is_answered(calls: ibis.Table) -> ibis.Value:
    """Tell which inbound calls an agent answered."""
    return is_inbound(calls) & calls.answered


def volume(calls: ibis.Table) -> list[Figure]:
    """Count calls, and tell how many callers are unknown."""
    everything = calls.count()
    inbound = is_inbound(calls)
    counts = {
        "inbound": inbound,
        "outbound": calls.direction == "outbound",
        "inbound, asked for an agent": is_offered(calls),
        "inbound, answered": is_answered(calls),
    }
    found = [Figure("calls", "all directions", "calls", everything, value=everything)]
    for variant, flag in counts.items():
        number = count_true(flag)
        known = flag.count()
        found.append(Figure("calls", variant, "calls", known, value=number))
    unknown = rate(
        "unknown_callers",
        "inbound calls that belong to no known customer / inbound calls",
        calls.customer_id.isnull(),
        inbound,
    )
    return [*found, unknown]
