"""Which calls are repeats: the rules of the repeat-call rate, seen from a cutoff."""

from collections.abc import Mapping

import ibis

from ccml.config.labels import RepeatsConfig
from ccml.kpis.repeats import RepeatRule, merged_contacts

FAMILY = "family"
"""Column by which the calls of one customer are told apart further."""


def repeat_rule(repeats: RepeatsConfig) -> RepeatRule:
    """Say the choices of a label as those of the repeat-call rate."""
    return RepeatRule(
        answered_only=repeats.answered_only,
        merge_redials_minutes=repeats.merge_redials_minutes,
        same=repeats.same,
    )


def later_contacts(calls: ibis.Table, repeats: RepeatsConfig) -> ibis.Table:
    """Take what may repeat a call, each contact at the start of its first call.

    Left out are callbacks that somebody asked for, calls that continue a transferred
    one, and calls for which `counts` is not true; then redials are merged.

    Args:
        calls: Calls with customer_id and `counts`.
        repeats: The rules.

    Returns:
        One row per contact: customer_id, event_at, and `family` where only calls of
        one reason or queue are repeats.
    """
    inbound = calls.filter((calls.direction == "inbound") & calls.callback_of.isnull())
    first = inbound.filter(~_continues(inbound, repeats.continued_within_s))
    rule = repeat_rule(repeats)
    carried = [repeats.same] if repeats.same else []
    contacts = merged_contacts(first.filter(first.counts), rule, carried)
    if repeats.answered_only:
        contacts = contacts.filter(contacts.answered)
    families = [family(contacts[c], repeats.family_of).name(FAMILY) for c in carried]
    return contacts.select("customer_id", *families, event_at="first_at")


def family(value: ibis.Value, family_of: Mapping[str, str]) -> ibis.Value:
    """Put the value that stands for its family in place of each value."""
    return value.substitute(dict(family_of)) if family_of else value


def _continues(calls: ibis.Table, seconds: float) -> ibis.Value:
    """Tell which calls start before, or soon after, the end of a transferred one."""
    ended = ibis.ifelse(calls.transferred.fill_null(False), calls.ended_at, None)
    before = ibis.window(
        group_by=calls.customer_id,
        order_by=[calls.started_at, calls.call_id],
        preceding=(None, 1),
    )
    slack = ibis.interval(microseconds=round(seconds * 1e6))
    return (calls.started_at <= ended.max().over(before) + slack).fill_null(False)
