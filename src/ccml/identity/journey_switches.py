"""What came before a contact: the channel, how long ago, and whether it had failed."""

import ibis

from ccml.identity.journey_contacts import COLUMNS

SPOKEN = ("voice", "callback")


def with_previous(contacts: ibis.Table, within_hours: int) -> ibis.Table:
    """Add the customer's contact before, as it was known with each contact.

    Only contacts of the last hours count, and only those that were known when the
    contact itself was: what is recorded later changes nothing.

    Args:
        contacts: Contacts with `failed` and `answered_at`.
        within_hours: How far back to look.

    Returns:
        The contacts with previous_channel, hours_since_previous (null when there was no
        contact so shortly before) and is_channel_switch: a call after a contact on
        another channel that had failed, or was not answered by then.
    """
    pairs = _pairs(contacts, within_hours)
    order = [
        pairs.before_at.desc(),
        pairs.before_known_at.desc(),
        pairs.before_id.desc(),
    ]
    newest = ibis.window(group_by=pairs.contact_id, order_by=order)
    ranked = pairs.mutate(rank=ibis.row_number().over(newest))
    is_last = ranked["rank"] == 0
    found = ranked.group_by("contact_id").agg(
        previous_channel=ranked.before_channel.max(where=is_last),
        previous_at=ranked.before_at.max(where=is_last),
        switched=ranked.left_open.any(),
    )
    joined = contacts.left_join(found, "contact_id").drop("contact_id_right")
    seconds = joined.event_at.delta(joined.previous_at, unit="second")
    is_call = joined.channel.isin(SPOKEN) & (joined.direction == "inbound")
    return joined.select(
        *COLUMNS,
        previous_channel=joined.previous_channel,
        hours_since_previous=seconds / 3600.0,
        is_channel_switch=is_call & joined.switched.fill_null(False),
    )


def _pairs(contacts: ibis.Table, within_hours: int) -> ibis.Table:
    """Pair contacts with those of the same customer in the hours before.

    Both are put into spans as long as the window, so that a contact meets those of its
    own span and of the one before, and not all that a customer ever made.
    """
    span = within_hours * 3600
    later = contacts.select(
        "contact_id",
        "customer_id",
        "event_at",
        "known_at",
        "channel",
        span=contacts.event_at.epoch_seconds() // span,
    )
    earlier = contacts.select(
        "customer_id",
        "failed",
        before_id="contact_id",
        before_at="event_at",
        before_known_at="known_at",
        before_channel="channel",
        before_answered_at="answered_at",
        own_span=contacts.event_at.epoch_seconds() // span,
    )
    twice = earlier.mutate(ahead=ibis.array([0, 1])).unnest("ahead")
    twice = twice.mutate(span=twice.own_span + twice.ahead).drop("own_span", "ahead")
    pairs = later.join(
        twice,
        [
            later.customer_id == twice.customer_id,
            later.span == twice.span,
            twice.before_at < later.event_at,
            twice.before_known_at <= later.known_at,
            twice.before_at >= later.event_at - ibis.interval(hours=within_hours),
        ],
        rname="before_{name}",
    )
    left_open = pairs.failed | (pairs.before_answered_at > pairs.event_at)
    return pairs.select(
        "contact_id",
        "before_id",
        "before_at",
        "before_known_at",
        "before_channel",
        left_open=(left_open & (pairs.before_channel != pairs.channel)).fill_null(
            False
        ),
    )
