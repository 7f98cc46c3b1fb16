"""Sentences about chains of repeat calls."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def chain_words(summary: dict[str, Any]) -> list[str]:
    """Say what the summary means, each sentence with its period and its base."""
    return list(_sentences(summary))


def day_of(microseconds: int, zone: ZoneInfo) -> str:
    """Name the local day of an instant."""
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return instant.astimezone(zone).date().isoformat()


def _sentences(made: dict[str, Any]) -> Iterator[str]:
    totals, rules = made["totals"], made["rules"]
    yield (
        f"{made['period']}: {totals['calls']['value']:,} inbound calls of "
        f"{totals['customers']['value']:,} known customers make "
        f"{totals['episodes']['value']:,} episodes (a call within "
        f"{rules['window_days']:g} days of the one before continues an episode"
        f"{' if it is about the same matter' if rules['same_family'] else ''})."
    )
    chains = totals["episodes_with_repeats"]
    if chains["value"]:
        yield (
            f"{_percent(chains)} of the {chains['n']:,} finished episodes took more "
            f"than one attempt; those have {totals['calls_per_chain']['value']:.1f} "
            f"calls on average."
        )
    rate = totals["repeat_rate"]
    if rate["value"] is not None:
        yield (
            f"Repeat rate {_percent(rate)} within "
            f"{rules['repeat_window_days']:g} days, {rate['n']:,} calls."
        )
    yield from _cost(totals)
    yield from _cells(made)
    yield from _issues(made)
    if made["tail"]["open_episodes"]:
        yield (
            f"{made['tail']['open_episodes']:,} episodes whose last call was after "
            f"{made['tail']['last_call_after']} may still go on and are not counted as "
            f"finished."
        )


def _cost(totals: dict[str, Any]) -> Iterator[str]:
    hours, cost = totals["repeat_hours"], totals["repeat_cost_eur"]
    if hours["value"] is not None:
        yield (
            f"Calls after the first attempt took {hours['value']:,.0f} agent hours "
            f"({hours['low']:,.0f}-{hours['high']:,.0f}), {cost['value']:,.0f} EUR "
            f"({cost['low']:,.0f}-{cost['high']:,.0f})."
        )


def _cells(made: dict[str, Any]) -> Iterator[str]:
    worse = [cell for cell in made["top_cells"] if cell["is_worse"]]
    for cell in worse[:3]:
        yield (
            f"{cell['reason']} in {cell['queue']}: {_percent(cell | _of_rate(cell))} "
            f"of {cell['calls']:,} calls were followed by another one; "
            f"{100 * cell['expected_rate']:.1f} % is usual for such callers."
        )


def _issues(made: dict[str, Any]) -> Iterator[str]:
    other = made["totals"]["about_another_matter"]
    if other["value"] is not None:
        yield (
            f"{_percent(other)} of {other['n']:,} repeats were about another matter "
            f"than the call before."
        )
    for pair in made["top_next_issues"][:3]:
        again = "again" if pair["next_reason"] == pair["reason"] else "next"
        yield (
            f"After {pair['reason']}, {100 * pair['share']:.0f} % of the calls that "
            f"followed were about {pair['next_reason']} {again} (by chance "
            f"{100 * pair['share_by_chance']:.0f} %), half of them within "
            f"{pair['median_days']:.1f} days."
        )


def _of_rate(cell: dict[str, Any]) -> dict[str, Any]:
    return {"value": cell["rate"]}


def _percent(figure: dict[str, Any]) -> str:
    return (
        f"{100 * figure['value']:.1f} % "
        f"({100 * figure['low']:.1f}-{100 * figure['high']:.1f})"
    )
