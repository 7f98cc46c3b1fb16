"""Which customer a call belongs to, as the company could know it.

The rules, the surest first: a CRM record that names the call (CTI); the platform's
customer key, by a table of keys or as the CRM's own; the caller's number, when at the
call's start it belonged to one customer only. A link is made at the first moment when a
rule can be applied, by the surest rule of that moment, and never changes afterwards: what
is recorded later cannot reach back into features of an earlier cutoff. A call that nobody
could be found for may still be linked later, and is known from then on.
"""

from collections.abc import Sequence

import ibis

from ccml.config.identity import IdentityConfig
from ccml.engine.store import Store
from ccml.identity.link_first import by_call_link, by_key, by_key_map, first_known
from ccml.identity.link_phone import by_phone, by_recent_contact

LINK_RULE = "call_link"
MAP_RULE = "key_map"
KEY_RULE = "customer_key"
PHONE_RULE = "phone"
RECENT_RULE = "recent_contact"
CALLER_RULE = "caller"
NO_RULE = "none"
RULES = (LINK_RULE, MAP_RULE, KEY_RULE, PHONE_RULE, RECENT_RULE, CALLER_RULE)
"""All rules, the surest first."""
SWITCHBOARD = "switchboard"
CONFLICT = "rules disagree"
CALLER_PREFIX = "p:"
COLUMNS = ("call_id", "customer_id", "rule", "status", "known_at", "note")
DEFAULTS = IdentityConfig()


def identity_map(
    calls: ibis.Table,
    customers: ibis.Table | None,
    phones: ibis.Table | None,
    call_links: ibis.Table | None = None,
    customer_keys: ibis.Table | None = None,
    config: IdentityConfig = DEFAULTS,
) -> ibis.Table:
    """Link each call to one customer or to none.

    Args:
        calls: The canonical calls.
        customers: Known customers; without them every key is a customer.
        phones: Whose number was whose, and when.
        call_links: CRM records that name calls.
        customer_keys: Whom the platform's keys stand for.
        config: The `identity` section.

    Returns:
        One row per call: call_id, customer_id, rule, status, known_at, note.
    """
    # A key stands for one customer: there is nothing to count.
    found = {KEY_RULE: by_key(calls, customers).mutate(customers=1)}
    if call_links is not None:
        found[LINK_RULE] = first_known(by_call_link(calls, call_links, customers))
    if customer_keys is not None:
        found[MAP_RULE] = first_known(by_key_map(calls, customer_keys, customers))
    if phones is not None:
        waits = config.phone_waits_hours
        found[PHONE_RULE] = by_phone(calls, phones, config.shared_by_at_most, waits)
    elif customers is None and config.callers_without_crm == "phone":
        found[CALLER_RULE] = _callers(calls)
    if phones is None or config.ambiguous == "leave":
        return _decided(calls, found)
    shared = found[PHONE_RULE] = found[PHONE_RULE].cache()
    sure = _sure(calls, found)
    found[RECENT_RULE] = by_recent_contact(
        shared.filter(shared.customers > 1), phones, config.shared_by_at_most, sure
    ).mutate(customers=1)
    return _decided(calls, found)


def _callers(calls: ibis.Table) -> ibis.Table:
    """Make each number a customer of its own, where nothing is known of customers."""
    callers = calls.filter(calls.phone_key.notnull())
    return callers.select(
        "call_id",
        customer_id=CALLER_PREFIX + callers.phone_key,
        customers=ibis.literal(1, "int64"),
        at=callers.known_at,
    )


def _sure(calls: ibis.Table, found: dict[str, ibis.Table]) -> ibis.Table:
    """Link calls by the rules that leave no doubt: customer_id, started_at, known_at."""
    links = _decided(calls, found)
    links = links.filter(links.customer_id.notnull())
    slim = links.select("call_id", "customer_id", "known_at")
    starts = calls.select("call_id", "started_at")
    return slim.join(starts, "call_id").cache()


def _decided(calls: ibis.Table, found: dict[str, ibis.Table]) -> ibis.Table:
    """Take the first rule that names one customer, of equally early ones the surest."""
    rules = [rule for rule in RULES if rule in found]
    joined = calls.select("call_id", "known_at", "phone_status")
    for rule in rules:
        joined = _beside(joined, rule, found[rule])
    joined = joined.mutate(linked_at=_earliest([joined[_at(rule)] for rule in rules]))
    wins = [(joined[_at(rule)] == joined.linked_at, rule) for rule in rules]
    named = [(is_won, joined[_who(rule)]) for is_won, rule in wins]
    nobody = ibis.null("string")
    return joined.mutate(
        customer_id=ibis.cases(*named, else_=nobody),
        rule=ibis.cases(*wins, else_=NO_RULE),
        doubt_at=_earliest([joined[_doubt(rule)] for rule in rules]),
    ).pipe(_judged, rules)


def _judged(joined: ibis.Table, rules: Sequence[str]) -> ibis.Table:
    """Add status, the moment at which it was known, and a note."""
    is_linked, in_doubt = joined.linked_at.notnull(), joined.doubt_at.notnull()
    unlinked = ibis.ifelse(
        joined.phone_status.isin(["anonymous", "internal"]),
        joined.phone_status,
        "unknown",
    )
    others = [
        (joined[_at(rule)] == joined.linked_at)
        & (joined[_who(rule)] != joined.customer_id)
        for rule in rules
    ]
    disagree = ibis.or_(*(other.fill_null(False) for other in others))
    crowd = joined["is_crowd"] if PHONE_RULE in rules else ibis.literal(False)
    return joined.mutate(
        status=ibis.cases(
            (is_linked, "matched"), (in_doubt, "ambiguous"), else_=unlinked
        ),
        known_at=ibis.coalesce(joined.linked_at, joined.doubt_at, joined.known_at),
        note=ibis.cases(
            (disagree, CONFLICT),
            (~is_linked & crowd.fill_null(False), SWITCHBOARD),
            else_=ibis.null("string"),
        ),
    ).select(*COLUMNS)


def _beside(calls: ibis.Table, rule: str, found: ibis.Table) -> ibis.Table:
    """Put a rule's customer beside each call: who, when, and when it was in doubt."""
    is_sure = found.customers == 1
    moment = found["at"]
    columns = {
        _who(rule): found.customer_id,
        _at(rule): ibis.ifelse(is_sure, moment, None),
        _doubt(rule): ibis.ifelse(is_sure, None, moment),
    }
    if rule == PHONE_RULE:
        columns["is_crowd"] = found.is_switchboard
    slim = found.select("call_id", **columns)
    return calls.left_join(slim, "call_id").drop("call_id_right")


def _earliest(moments: Sequence[ibis.Value]) -> ibis.Value:
    return ibis.least(*moments) if len(moments) > 1 else moments[0]


def _who(rule: str) -> str:
    return f"{rule}_customer"


def _at(rule: str) -> str:
    return f"{rule}_at"


def _doubt(rule: str) -> str:
    return f"{rule}_doubt_at"


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
