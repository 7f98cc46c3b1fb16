"""Callers by their number: validity in time, shared numbers, switchboards."""

import ibis

from ccml.identity.link_first import first_known


def by_phone(
    calls: ibis.Table, phones: ibis.Table, shared_by_at_most: int, waits_hours: float
) -> ibis.Table:
    """Find who had each caller's number at the call's start, as known by then.

    A number of very many customers is a switchboard from the moment on when one
    customer too many was known; it links no call after that. Its calls are never paired
    with its customers, so that such numbers cost nothing.

    Args:
        calls: Canonical calls.
        phones: Whose number was whose, and when.
        shared_by_at_most: Customers of one number, at the most.
        waits_hours: Time after the call before its number decides.

    Returns:
        One row per call whose number somebody had: call_id, customer_id (one of them),
        customers, at, is_switchboard; and started_at, phone_key.
    """
    wait = ibis.interval(seconds=round(waits_hours * 3600))
    callers = calls.filter(calls.phone_key.notnull())
    callers = callers.select(
        "call_id", "phone_key", "started_at", call_at=callers.known_at + wait
    )
    crowded = _crowded(phones, shared_by_at_most)
    callers = callers.left_join(crowded, "phone_key").drop("phone_key_right")
    found = first_known(_pairs(callers, phones, crowded))
    joined = callers.left_join(found, "call_id").drop("call_id_right")
    is_switchboard = joined["at"].isnull() & joined.crowded_at.notnull()
    kept = joined.mutate(
        is_switchboard=is_switchboard,
        customers=joined.customers.fill_null(0),
        at=ibis.coalesce(
            joined["at"],
            ibis.ifelse(
                is_switchboard, ibis.greatest(joined.call_at, joined.crowded_at), None
            ),
        ),
    )
    return kept.filter(kept["at"].notnull()).drop("crowded_at", "call_at")


def _crowded(phones: ibis.Table, shared_by_at_most: int) -> ibis.Table:
    """Tell since when each number has had one customer too many."""
    firsts = phones.group_by("phone_key", "customer_id").agg(
        crowded_at=phones.known_at.min()
    )
    order = ibis.window(
        group_by=firsts.phone_key, order_by=[firsts.crowded_at, firsts.customer_id]
    )
    ranked = firsts.mutate(rank=ibis.row_number().over(order))
    return ranked.filter(ranked["rank"] == shared_by_at_most).select(
        "phone_key", "crowded_at"
    )


def _pairs(callers: ibis.Table, phones: ibis.Table, crowded: ibis.Table) -> ibis.Table:
    """Pair calls with those whose number it was, known before it became crowded."""
    sparse = callers.crowded_at.isnull() | (callers.call_at < callers.crowded_at)
    pairs = _valid(callers.filter(sparse).drop("crowded_at"), phones, crowded)
    return pairs.select(
        "call_id", "customer_id", at=ibis.greatest(pairs.call_at, pairs.recorded_at)
    )


def _valid(callers: ibis.Table, phones: ibis.Table, crowded: ibis.Table) -> ibis.Table:
    """Pair calls with the number's records that held when the call began."""
    owners = phones.left_join(crowded, "phone_key").drop("phone_key_right")
    in_time = owners.crowded_at.isnull() | (owners.known_at < owners.crowded_at)
    owners = owners.filter(in_time).select(
        "phone_key", "customer_id", "valid_from", "valid_to", recorded_at="known_at"
    )
    pairs = callers.join(owners, "phone_key")
    is_open = pairs.valid_to.isnull() | (pairs.started_at < pairs.valid_to)
    return pairs.filter((pairs.valid_from <= pairs.started_at) & is_open)


def by_recent_contact(
    shared: ibis.Table, phones: ibis.Table, shared_by_at_most: int, sure: ibis.Table
) -> ibis.Table:
    """Choose, among those who share a number, the one whose own call came last.

    Args:
        shared: Calls of shared numbers, as `by_phone` gives them.
        phones: Whose number was whose, and when.
        shared_by_at_most: Customers of one number, at the most.
        sure: Calls that are linked for sure: customer_id, started_at, known_at.

    Returns:
        call_id, customer_id, at; calls without such a customer, or with two, are left out.
    """
    callers = shared.select("call_id", "phone_key", "started_at", call_at="at")
    pairs = _valid(callers, phones, _crowded(phones, shared_by_at_most))
    pairs = pairs.filter(pairs.recorded_at <= pairs.call_at)
    before = sure.select("customer_id", last_at="started_at", linked_at="known_at")
    seen = pairs.join(
        before,
        [
            pairs.customer_id == before.customer_id,
            before.last_at < pairs.started_at,
            before.linked_at <= pairs.call_at,
        ],
    )
    latest = seen.group_by("call_id", "customer_id", "call_at").agg(
        last_at=seen.last_at.max()
    )
    ranked = latest.mutate(newest=latest.last_at.max().over(group_by=latest.call_id))
    ranked = ranked.filter(ranked.last_at == ranked.newest)
    chosen = ranked.group_by("call_id").agg(
        customer_id=ranked.customer_id.min(),
        customers=ranked.customer_id.nunique(),
        at=ranked.call_at.min(),
    )
    return chosen.filter(chosen.customers == 1).drop("customers")
