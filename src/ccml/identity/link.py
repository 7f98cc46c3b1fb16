"""Which customer a call belongs to, as the company could know it.

Rule 1: the platform's customer key, when it is a known customer. Rule 2: the caller's
number, when at the call's start it belonged to one customer only. A link is made at the
first moment when a rule can be applied, and never changes afterwards: what is recorded
later cannot reach back into features of an earlier cutoff.
"""

import ibis

from ccml.engine.store import Store

KEY_RULE = "customer_key"
PHONE_RULE = "phone"
NO_RULE = "none"
COLUMNS = ("call_id", "customer_id", "rule", "status", "known_at")


def identity_map(
    calls: ibis.Table,
    customers: ibis.Table | None,
    phones: ibis.Table | None,
) -> ibis.Table:
    """Link each call to one customer or to none.

    Args:
        calls: The canonical calls.
        customers: Known customers; without them the platform's key is the customer.
        phones: Whose number was whose, and when.

    Returns:
        One row per call: call_id, customer_id, rule, status, known_at.
    """
    by_key = _by_key(calls, customers)
    by_phone = _by_phone(calls, phones)
    joined = calls.select("call_id", "known_at", "phone_status")
    joined = joined.left_join(by_key, "call_id").drop("call_id_right")
    joined = joined.left_join(by_phone, "call_id").drop("call_id_right")
    return _decided(joined).select(*COLUMNS)


def _by_key(calls: ibis.Table, customers: ibis.Table | None) -> ibis.Table:
    keyed = calls.filter(calls.customer_key.notnull())
    if customers is None:
        return keyed.select(
            "call_id", key_customer=keyed.customer_key, key_at=keyed.known_at
        )
    first = customers.group_by("customer_id").agg(since=customers.known_at.min())
    found = keyed.join(first, keyed.customer_key == first.customer_id)
    return found.select(
        "call_id",
        key_customer=found.customer_key,
        key_at=ibis.greatest(found.known_at, found.since),
    )


def _by_phone(calls: ibis.Table, phones: ibis.Table | None) -> ibis.Table:
    """Count the customers who had the number, as known when the first was known."""
    callers = calls.filter(calls.phone_key.notnull()).select(
        "call_id", "phone_key", "started_at", call_at="known_at"
    )
    if phones is None:
        return callers.limit(0).select(
            "call_id",
            phone_customer=ibis.null("string"),
            phone_at=callers.call_at,
            owners=ibis.literal(0, "int64"),
        )
    owners = phones.select(
        "phone_key", "customer_id", "valid_from", "valid_to", recorded_at="known_at"
    )
    pairs = callers.join(owners, "phone_key")
    is_valid = (pairs.valid_from <= pairs.started_at) & (
        pairs.valid_to.isnull() | (pairs.started_at < pairs.valid_to)
    )
    pairs = pairs.filter(is_valid).mutate(
        at=ibis.greatest(pairs.call_at, pairs.recorded_at)
    )
    firsts = pairs.group_by("call_id").agg(phone_at=pairs["at"].min())
    known = pairs.join(firsts, "call_id")
    known = known.filter(known["at"] <= known.phone_at)
    return known.group_by("call_id").agg(
        phone_customer=known.customer_id.min(),
        phone_at=known.phone_at.min(),
        owners=known.customer_id.nunique(),
    )


def _decided(calls: ibis.Table) -> ibis.Table:
    has_phone = calls.phone_at.notnull()
    key_wins = calls.key_at.notnull() & (~has_phone | (calls.key_at <= calls.phone_at))
    phone_wins = ~key_wins & has_phone & (calls.owners == 1)
    ambiguous = ~key_wins & has_phone & (calls.owners > 1)
    unlinked = ibis.ifelse(
        calls.phone_status.isin(["anonymous", "internal"]),
        calls.phone_status,
        "unknown",
    )
    return calls.select(
        "call_id",
        customer_id=ibis.cases(
            (key_wins, calls.key_customer),
            (phone_wins, calls.phone_customer),
            else_=ibis.null("string"),
        ),
        rule=ibis.cases((key_wins, KEY_RULE), (phone_wins, PHONE_RULE), else_=NO_RULE),
        status=ibis.cases(
            (key_wins | phone_wins, "matched"), (ambiguous, "ambiguous"), else_=unlinked
        ),
        known_at=ibis.cases(
            (key_wins, calls.key_at), (has_phone, calls.phone_at), else_=calls.known_at
        ),
    )


def linked_calls(store: Store) -> ibis.Table:
    """Open all calls with `customer_id` (null when unknown) and `event_at`.

    `event_at` is the call's start; `known_at` is when both the call and its customer
    were known.
    """
    calls = store.read("calls")
    links = store.read("identity_map").select(
        "call_id", "customer_id", "rule", "status", linked_at="known_at"
    )
    joined = calls.left_join(links, "call_id").drop("call_id_right")
    return joined.mutate(
        event_at=joined.started_at,
        known_at=ibis.greatest(joined.known_at, joined.linked_at),
    ).drop("linked_at")
