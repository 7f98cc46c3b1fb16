"""Which call each repeat follows."""

from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa

from ccml.kpis.repeats import Followed, window_end
from ccml.segments.episodes.chain import redials, window_us
from ccml.segments.episodes.ledger import Bools, Ints, Ledger, Rules, changes


@dataclass(frozen=True)
class FollowUps:
    """Calls that came after one that can be repeated; one array entry per call.

    Args:
        base: The last call before it that can be repeated, as a place in the ledger.
        call: The call itself.
        is_attempt: It is a repeat; redials, and further calls of the same instant, are
            only counted with their hours.
    """

    base: Ints
    call: Ints
    is_attempt: Bools


def follow_ups(calls: Ledger, rules: Rules) -> FollowUps:
    """Pair each call with the one it follows within the window of the repeat rate.

    That is the customer's last earlier call that can be repeated (answered ones, unless
    the config says all), and whose window is over at the end of the data: the calls of
    the repeat rate. So each repeat counts for one call only.
    """
    rows = np.arange(calls.size)
    can = calls.flags["answered"] | (rules.repeats.base == "all")
    instant = changes(calls.customer, calls.start)
    before = np.maximum.accumulate(np.where(instant, rows, 0)) - 1
    latest = np.maximum.accumulate(np.where(can, rows, -1))
    customer_first = np.maximum.accumulate(np.where(calls.is_new_customer(), rows, 0))
    base = np.where(before >= 0, latest[np.maximum(before, 0)], -1)
    ends = _window_ends(calls, rules)
    end = ends[np.maximum(base, 0)]
    follows = (base >= customer_first) & (calls.start <= end) & (end <= rules.end_us)
    is_attempt = instant & ~redials(calls, rules.episodes.redial_minutes)
    return FollowUps(base[follows], rows[follows], is_attempt[follows])


def _window_ends(calls: Ledger, rules: Rules) -> Ints:
    """Work out when each call's window ends; never, where business days are unknown."""
    if rules.repeats.business is None:
        return calls.start + window_us(rules.window_days)
    starts = pa.array(calls.start).cast(pa.timestamp("us", "UTC"))
    places = pa.array(np.arange(calls.size))
    rows = ibis.memtable(pa.table({"place": places, "started_at": starts}))
    none = ibis.null("timestamp('UTC', 6)")
    ends = window_end(Followed(rows.started_at, none), rules.window_days, rules.repeats)
    found = rows.select("place", ends=ends).order_by("place").to_pyarrow()["ends"]
    exact = found.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return np.asarray(exact.fill_null(np.iinfo(np.int64).max).to_numpy())
