"""Volume, service level, abandonment and speed of answer of inbound calls."""

import ibis

from ccml.kpis.figures import Figure, count_rows, count_true, mean, quantile, rate


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


def service_level(
    calls: ibis.Table, within_s: float, *, inclusive: bool = True
) -> list[Figure]:
    """Build the four usual service levels at one threshold.

    Calls whose wait is not reported are left out; without any wait all four are null.

    Args:
        calls: Calls with direction, queued, answered, abandoned, wait_s.
        within_s: Threshold T in seconds.
        inclusive: A wait of exactly T counts as within T.
    """
    wait = calls.wait_s
    in_time = wait <= within_s if inclusive else wait < within_s
    offered = is_offered(calls) & wait.notnull()
    answered = count_rows(offered & calls.answered)
    lost = count_rows(offered & calls.abandoned & in_time)
    good = count_rows(offered & calls.answered & in_time)
    base = count_rows(offered)
    at = f"{within_s:g} s"

    def level(variant: str, above: ibis.Value, below: ibis.Value) -> Figure:
        name = f"{variant} ({at})"
        return Figure("service_level", name, "share", base, above, below)

    return [
        level(
            "SL1: answered in time / (offered - lost in time)",
            good,
            base - lost,
        ),
        level("SL2: answered in time / offered", good, base),
        level("SL3: (answered + lost in time) / offered", good + lost, base),
        level("SL4: answered in time / answered", good, answered),
    ]


def abandonment(calls: ibis.Table) -> list[Figure]:
    """Build the share of callers who hung up in the queue, with and without short ones.

    The second is null as soon as one abandoned call does not tell whether it was short.
    """
    offered = is_offered(calls) & calls.abandoned.notnull()
    lost = offered & calls.abandoned
    short = count_rows(lost & calls.short_abandon)
    untold = count_rows(lost & calls.short_abandon.isnull())
    base = count_rows(offered)
    told = ibis.ifelse(untold == 0, base - short, None)
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
            told,
        ),
    ]


def speed_of_answer(calls: ibis.Table) -> list[Figure]:
    """Build ASA with three quantiles, and the time until callers gave up."""
    answered = is_answered(calls)
    waits = [
        quantile(
            f"wait_p{level}",
            "queue wait of answered calls",
            "s",
            calls.wait_s,
            answered,
            level / 100,
        )
        for level in (50, 80, 95)
    ]
    return [
        mean("asa", "queue wait of answered calls", "s", calls.wait_s, answered),
        *waits,
        mean(
            "time_to_abandon",
            "queue wait of abandoned calls",
            "s",
            calls.wait_s,
            is_inbound(calls) & calls.abandoned,
        ),
    ]
