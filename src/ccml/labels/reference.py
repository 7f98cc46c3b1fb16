"""Labels worked out slowly, row by row, to check the fast ones against.

It shares no code with them. The audit runs it on samples of users' own data.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ccml.config.labels import EventLabelConfig, RepeatsConfig

Row = Mapping[str, Any]
TICK = timedelta(microseconds=1)


def slow_label(
    row: Row,
    events: Sequence[Row],
    label: EventLabelConfig,
    until: datetime,
    *,
    skips_own: bool,
) -> int | None:
    """Give the label of one spine row, or nothing when it has none.

    Args:
        row: customer_id, cutoff_at, is_eligible and, of spines of events, event_id.
        events: event_id, customer_id, event_at and `counts` of any customers; for
            repeats also call_id, started_at, ended_at, direction, answered,
            transferred, callback_of and the column of `same`.
        label: What is looked for.
        until: End of the data.
        skips_own: The row is one of the events, and does not count itself.
    """
    starts = row["cutoff_at"] + timedelta(days=label.gap_days)
    ends = starts + timedelta(days=label.horizon_days)
    if not row["is_eligible"] or ends + timedelta(days=label.settle_days) > until:
        return None
    own = _own(row, events) if skips_own else None
    theirs = [e for e in events if e["customer_id"] == row["customer_id"]]
    if label.repeats:
        moments = _contact_starts(theirs, label.repeats, own)
        if own:
            starts = max(starts, own["event_at"] + TICK)
    else:
        moments = [e["event_at"] for e in theirs if e["counts"] and e is not own]
    if moments is None:
        return None
    return _answer(sum(starts <= moment < ends for moment in moments), label)


def _own(row: Row, events: Sequence[Row]) -> Row | None:
    return next((e for e in events if e["event_id"] == row["event_id"]), None)


def _answer(number: int, label: EventLabelConfig) -> int:
    if label.kind == "inactivity":
        return int(number == 0)
    if label.kind == "count" and label.at_least is None:
        return number
    return int(number >= (label.at_least or 1))


def _contact_starts(
    calls: Sequence[Row], repeats: RepeatsConfig, own: Row | None
) -> list[datetime] | None:
    """List when a customer's contacts began that may be repeats; nothing if untold."""
    told = _family(own, repeats) if own and repeats.same else None
    if own and repeats.same and told is None:
        return None
    moments = []
    for contact in _contacts(calls, repeats):
        fits = told is None or _family(contact[-1], repeats) == told
        answered = any(call["answered"] for call in contact)
        if fits and (answered or not repeats.answered_only):
            moments.append(contact[0]["started_at"])
    return moments


def _contacts(calls: Sequence[Row], repeats: RepeatsConfig) -> Iterator[list[Row]]:
    """Put calls that follow each other soon into one contact."""
    soon = timedelta(minutes=repeats.merge_redials_minutes)
    contact: list[Row] = []
    for call in _new_calls(calls, repeats):
        if not call["counts"] or (repeats.same and call[repeats.same] is None):
            continue
        merged = (
            soon and contact and call["started_at"] <= contact[-1]["started_at"] + soon
        )
        if contact and not merged:
            yield contact
            contact = []
        contact.append(call)
    if contact:
        yield contact


def _new_calls(calls: Sequence[Row], repeats: RepeatsConfig) -> Iterator[Row]:
    """Take inbound calls in order, without callbacks and continued transfers."""
    slack = timedelta(seconds=repeats.continued_within_s)
    handed_over_at = None
    for call in sorted(calls, key=lambda c: (c["started_at"], c["call_id"])):
        if call["direction"] != "inbound" or call["callback_of"] is not None:
            continue
        if handed_over_at is None or call["started_at"] > handed_over_at + slack:
            yield call
        if call["transferred"]:
            handed_over_at = max(handed_over_at or call["ended_at"], call["ended_at"])


def _family(call: Row, repeats: RepeatsConfig) -> str | None:
    value = call[str(repeats.same)]
    for family in repeats.families.values():
        if value in family:
            return family[0]
    return None if value is None else str(value)
