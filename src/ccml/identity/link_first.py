"""Candidates of one rule: who could be the caller, at the first moment it can be told."""

import ibis


def first_known(pairs: ibis.Table) -> ibis.Table:
    """Count the customers of each call who were known when the first one was known.

    Args:
        pairs: call_id, customer_id and `at`, the moment when both were known.

    Returns:
        One row per call: call_id, at, customer_id (one of them), customers.
    """
    moments = pairs.group_by("call_id", at=pairs["at"]).agg(
        customer_id=pairs.customer_id.min(), customers=pairs.customer_id.nunique()
    )
    # Who is known at the first moment became known at that very moment.
    return moments.group_by("call_id").agg(
        customer_id=moments.customer_id.argmin(moments["at"]),
        customers=moments.customers.argmin(moments["at"]),
        at=moments["at"].min(),
    )


def by_key(calls: ibis.Table, customers: ibis.Table | None) -> ibis.Table:
    """Pair calls with the customer whose CRM key they carry.

    Returns:
        call_id, customer_id, at.
    """
    keyed = calls.filter(calls.customer_key.notnull())
    pairs = keyed.select("call_id", customer_id=keyed.customer_key, at=keyed.known_at)
    return when_customers_known(pairs, customers)


def by_key_map(
    calls: ibis.Table, keys: ibis.Table, customers: ibis.Table | None
) -> ibis.Table:
    """Pair calls with the customers for whom the platform's key stands.

    Args:
        calls: Canonical calls.
        keys: platform_key, customer_id, known_at.
        customers: Known customers.

    Returns:
        call_id, customer_id, at.
    """
    keyed = calls.filter(calls.customer_key.notnull()).select(
        "call_id", "customer_key", call_at="known_at"
    )
    known = keys.select("platform_key", "customer_id", recorded_at="known_at")
    found = keyed.join(known, keyed.customer_key == known.platform_key)
    pairs = found.select(
        "call_id", "customer_id", at=ibis.greatest(found.call_at, found.recorded_at)
    )
    return when_customers_known(pairs, customers)


def by_call_link(
    calls: ibis.Table, links: ibis.Table, customers: ibis.Table | None
) -> ibis.Table:
    """Pair calls with the customers of CRM records that name the call's id.

    Ids match with and without the platform's name before them, on either side.

    Args:
        calls: Canonical calls.
        links: call_ref, platform (null: any), customer_id, known_at.
        customers: Known customers.

    Returns:
        call_id, customer_id, at.
    """
    start = calls.source_platform + ":"
    own = calls.select(
        "call_id",
        "source_platform",
        call_at=calls.known_at,
        bare=_without(calls.call_id, start),
    )
    named = _bare_links(links, calls.select("source_platform").distinct())
    found = own.join(
        named,
        [
            own.bare == named.bare,
            named.platform.isnull() | (named.platform == own.source_platform),
        ],
    )
    pairs = found.select(
        "call_id", "customer_id", at=ibis.greatest(found.call_at, found.recorded_at)
    )
    return when_customers_known(pairs, customers)


def _bare_links(links: ibis.Table, platforms: ibis.Table) -> ibis.Table:
    """Part references into the platform's name, if it is one, and its own id."""
    first = links.call_ref.split(":")[0]
    slim = links.select(
        "call_ref",
        "customer_id",
        given="platform",
        recorded_at="known_at",
        start=ibis.ifelse(links.call_ref.contains(":"), first, ibis.null("string")),
    )
    joined = slim.left_join(platforms, slim.start == platforms.source_platform)
    found = joined.source_platform
    sign = found.fill_null("") + ":"
    return joined.select(
        "customer_id",
        "recorded_at",
        platform=ibis.coalesce(found, joined.given),
        bare=ibis.ifelse(
            found.isnull(), joined.call_ref, _without(joined.call_ref, sign)
        ),
    )


def _without(text: ibis.Value, start: ibis.Value) -> ibis.Value:
    return ibis.ifelse(text.startswith(start), text.substr(start.length()), text)


def when_customers_known(pairs: ibis.Table, customers: ibis.Table | None) -> ibis.Table:
    """Keep pairs whose customer the CRM knows, from when it knew both.

    Without customers every key is one.
    """
    if customers is None:
        return pairs
    since = customers.group_by(known_id=customers.customer_id).agg(
        since=customers.known_at.min()
    )
    found = pairs.join(since, pairs.customer_id == since.known_id)
    return found.select(
        "call_id", "customer_id", at=ibis.greatest(found["at"], found.since)
    )
