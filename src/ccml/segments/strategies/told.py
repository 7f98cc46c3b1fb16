"""Strategies as a table, and as a summary in words and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from ccml.segments.strategies.channel import Chosen
from ccml.segments.strategies.rank import Playbook, Proposal, Together
from ccml.segments.strategies.savings import Amount, Floats

COLUMNS = {
    "segment_id": "str",
    "rank": "int64",
    "action": "str",
    "title": "str",
    "why": "str",
    "channel": "str",
    "channel_reason": "str",
    "calls_per_30d": "float64",
    "seen_calls_per_30d": "float64",
    "customers_reached": "float64",
    "spared_low": "float64",
    "spared": "float64",
    "spared_high": "float64",
    "hours_low": "float64",
    "hours": "float64",
    "hours_high": "float64",
    "eur_low": "float64",
    "eur": "float64",
    "eur_high": "float64",
    "cost_eur": "float64",
    "net_eur_low": "float64",
    "net_eur": "float64",
    "net_eur_high": "float64",
    "chance_to_pay": "float64",
    "added_calls": "float64",
    "overlap": "str",
    "assumptions": "str",
}
"""Columns of the table `strategies`; calls, hours and EUR are those of 30 days."""
ONCE = (
    "A call that several actions concern is counted once, for the best of them; so the "
    "total is less than the sum of the lines."
)


@dataclass(frozen=True)
class Advice:
    """One action for one segment with its channel."""

    proposal: Proposal
    channel: Chosen


def strategy_table(
    advice: Sequence[Advice], book: Playbook, period: str
) -> pd.DataFrame:
    """Lay the proposed actions out, one row per segment and action."""
    rows = [_row(one, book, period) for one in advice if one.proposal.rank is not None]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype(COLUMNS)


def _row(one: Advice, book: Playbook, period: str) -> dict[str, Any]:
    found, action = one.proposal, book.actions[one.proposal.action]
    row: dict[str, Any] = {
        "segment_id": found.segment_id,
        "rank": found.rank,
        "action": found.action,
        "title": action.title,
        "why": action.why,
        "channel": one.channel.channel,
        "channel_reason": one.channel.reason,
        "calls_per_30d": found.spared.calls,
        "seen_calls_per_30d": found.spared.seen,
        "customers_reached": found.spared.reached,
        "cost_eur": found.spared.cost_eur,
        "chance_to_pay": found.chance_to_pay,
        "added_calls": found.added_calls,
        "overlap": found.overlap,
        "assumptions": assumptions(found, book, period),
    }
    names = {"calls": "spared", "hours": "hours", "eur": "eur", "net_eur": "net_eur"}
    for kind, name in names.items():
        amount = found.amounts[kind]
        row |= {f"{name}_low": amount.low, name: amount.value}
        row[f"{name}_high"] = amount.high
    return row


def assumptions(found: Proposal, book: Playbook, period: str) -> str:
    """Say what the numbers of one line rest on."""
    action = book.actions[found.action]
    low, high = (f"{100 * share:g}" for share in action.spares)
    share = found.spared.calls / found.spared.seen if found.spared.seen else 1.0
    rest = "; the rest is taken for chance" if share < 1 else ""
    return (
        f"It spares {low}-{high} % of the calls concerned ({action.source}). Of "
        f"{found.spared.seen:,.0f} such calls in 30 days, seen in {period}, "
        f"{found.spared.calls:,.0f} ({100 * share:.0f} %) are expected again{rest}. "
        f"An agent's hour costs {book.cost_per_hour_eur:g} EUR; the "
        f"action reaches {found.spared.reached:,.0f} customers."
    )


def summary(
    advice: Mapping[str, Sequence[Advice]],
    names: Mapping[str, str],
    totals: Mapping[str, Together],
    book: Playbook,
    head: Mapping[str, Any],
) -> dict[str, Any]:
    """Put the summary together.

    Args:
        advice: All actions judged, by segment.
        names: Names of all segments.
        totals: What the proposed ones spare together, by segment.
        book: The playbook.
        head: What else is told: cutoff, window, notes.
    """
    fixed = {
        one.proposal.action: one.proposal.spared.fixed_eur
        for own in advice.values()
        for one in own
        if one.proposal.rank is not None
    }
    return {
        **head,
        "unit": "calls, agent hours and EUR in 30 days, with 95 % intervals",
        "cost_per_agent_hour_eur": book.cost_per_hour_eur,
        "segments": [
            _segment(segment, names[segment], advice.get(segment, ()), totals, book)
            for segment in sorted(names)
        ],
        "total": _total(list(totals.values()), sum(fixed.values()), book),
        "total_words": ONCE,
        "does_not_apply": [
            {"action": name, "reason": _why_nowhere(book, name)}
            for name, fit in book.found.items()
            if not fit.segments
        ],
    }


def _why_nowhere(book: Playbook, name: str) -> str:
    missing = " ".join(book.found[name].missing)
    return f"No segment meets {book.actions[name].where!r}. {missing}".strip()


def _segment(
    segment: str,
    name: str,
    advice: Sequence[Advice],
    totals: Mapping[str, Together],
    book: Playbook,
) -> dict[str, Any]:
    proposed = [one for one in advice if one.proposal.rank is not None]
    others = [one.proposal for one in advice if one.proposal.rank is None]
    fixed = sum(one.proposal.spared.fixed_eur for one in proposed)
    return {
        "segment_id": segment,
        "name": name,
        "proposed": [_line(one.proposal, book, one.channel) for one in proposed],
        "not_proposed": [_line(one, book) | {"reason": one.reason} for one in others],
        "total": _total([totals[segment]], fixed, book) if proposed else None,
        "words": _words(proposed, others),
    }


def _words(proposed: Sequence[Advice], others: Sequence[Proposal]) -> str:
    if proposed:
        return f"{len(proposed)} proposed, {len(others)} not."
    if others:
        return "Nothing in the playbook pays here."
    return "Nothing in the playbook fits here."


def _line(
    one: Proposal, book: Playbook, channel: Chosen | None = None
) -> dict[str, Any]:
    line = {
        "rank": one.rank,
        "action": one.action,
        "title": book.actions[one.action].title,
        "calls_per_30d": one.spared.calls,
        "cost_eur": one.spared.cost_eur,
        "chance_to_pay": one.chance_to_pay,
        "overlap": one.overlap,
        **{name: asdict(amount) for name, amount in one.amounts.items()},
    }
    if channel is not None:
        line |= {"channel": channel.channel, "channel_reason": channel.reason}
    return line


def _total(
    parts: Sequence[Together], fixed_eur: float, book: Playbook
) -> dict[str, Any] | None:
    if not parts:
        return None
    price = book.cost_per_hour_eur

    def drawn(name: str) -> Floats:
        found: Floats = sum(getattr(part, f"{name}_drawn") for part in parts)
        return found

    hours = sum(part.hours for part in parts)
    cost = sum(part.cost_eur for part in parts) + fixed_eur
    saved = drawn("hours") * price
    amounts = {
        "calls": Amount.of(sum(part.spared for part in parts), drawn("calls")),
        "hours": Amount.of(hours, drawn("hours")),
        "eur": Amount.of(hours * price, saved),
        "net_eur": Amount.of(hours * price - cost, saved - drawn("cost") - fixed_eur),
    }
    return {"cost_eur": cost, **{name: asdict(a) for name, a in amounts.items()}}
