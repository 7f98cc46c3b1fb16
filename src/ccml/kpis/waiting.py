"""How long callers waited, for an answer or until they gave up."""

import ibis

from ccml.kpis.figures import Figure, mean, quantile
from ccml.kpis.queueing import is_answered, is_inbound

QUEUE = "queue wait of answered calls"


def speed_of_answer(calls: ibis.Table) -> list[Figure]:
    """Build ASA in four variants with three quantiles, and the time until giving up.

    Ringing is a part of the queue wait and is never added to it.
    """
    answered = is_answered(calls)
    amounts = {
        QUEUE: calls.wait_s,
        "queue wait and voice menu of answered calls": calls.wait_s + calls.ivr_s,
        "queue wait of answered calls, later queues included": calls.wait_s
        + calls.requeue_wait_s,
        "ringing only, of answered calls": calls.ring_s,
    }
    means = [mean("asa", v, "s", amount, answered) for v, amount in amounts.items()]
    waits = [
        quantile(f"wait_p{level}", QUEUE, "s", calls.wait_s, answered)
        for level in (50, 80, 95)
    ]
    gave_up = is_inbound(calls) & calls.abandoned
    lost = "queue wait of abandoned calls"
    return [*means, *waits, mean("time_to_abandon", lost, "s", calls.wait_s, gave_up)]
