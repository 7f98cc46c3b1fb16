"""What became of repeat callers and segments over time, in numbers and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from ccml.kpis.intervals import wilson
from ccml.segments.history.follow import Followed
from ccml.segments.history.membership import (
    PERSISTENT,
    TOP_SHARE,
    Membership,
    chance_values,
)

ONLY_CALLERS = (
    "There is no record of customers without a call: who is not seen again counts as "
    "quiet, and nobody as gone."
)


@dataclass(frozen=True)
class Found:
    """All that was found.

    Args:
        seen: The customers of every cutoff.
        groups: Persistent callers and segments at every cutoff, the oldest first.
        tops: Top callers of each month, the oldest first.
        callers: Customers who called in each of these months.
        whole: Concentration over the whole log.
        actions: The effects of actions.
    """

    seen: Followed
    groups: Sequence[Membership]
    tops: Sequence[Membership]
    callers: Sequence[int]
    whole: Mapping[str, Any]
    actions: pd.DataFrame


def history_summary(found: Found, zone: ZoneInfo) -> dict[str, Any]:
    """Put the summary together.

    Args:
        found: All that was found.
        zone: Time zone of the site.
    """
    today = found.seen.shots[-1].people
    window_days = today.window_days
    followed = [one for one in found.groups if one.group == PERSISTENT]
    cutoffs = [_day(one, zone) for one in followed]
    newest = max(one.cutoff_at for one in found.groups)
    persistent = [_moved(one, zone) for one in followed]
    return {
        "cutoffs": cutoffs,
        "window_days": window_days,
        "notes": [] if today.has_base else [ONLY_CALLERS],
        "placed_alike": found.seen.placed_alike,
        "judged_alike": found.seen.judged_alike,
        "persistent": {
            "by_cutoff": persistent,
            "words": _persistent_words(followed, cutoffs),
        },
        "top_14": {
            "by_month": _months(found, zone),
            "words": _top_words(found.tops),
        },
        "whole_period": dict(found.whole),
        "segments": [
            _moved(one, zone) | {"words": moved_words(one)}
            for one in found.groups
            if one.cutoff_at == newest and one.group != PERSISTENT
        ],
        "actions": [
            {key: _plain(value) for key, value in row.items()}
            for row in found.actions.to_dict("records")
        ],
    }


def moved_words(one: Membership) -> str:
    """Say who stayed, entered and left, and what chance alone would give."""
    if not one.former:
        return f"{one.customers:,} customers; nobody was in it before."
    share = 100 * (one.stayed or 0) / one.former
    text = f"{share:.0f} % of {one.former:,} stayed, {one.entered:,} new, {one.left:,} left"
    if one.chance is None:
        return f"{text}."
    return (
        f"{text} (chance alone: {one.chance.expected:,.0f}, 95 %: {one.chance.low:,.0f} "
        f"to {one.chance.high:,.0f})."
    )


def _moved(one: Membership, zone: ZoneInfo) -> dict[str, Any]:
    former = one.former
    return {
        "cutoff_at": one.cutoff_at.isoformat(),
        "day": _day(one, zone),
        "group": one.group,
        "customers": one.customers,
        "share_of_calls": one.share_of_calls,
        "former": former,
        "stayed": one.stayed,
        "entered": one.entered,
        "left": one.left,
        "gone": one.gone,
        **chance_values(one),
        **_stayed_share(one.stayed, former),
    }


def _stayed_share(stayed: int | None, former: int | None) -> dict[str, float | None]:
    if not former or stayed is None:
        return {"stayed_share": None, "stayed_low": None, "stayed_high": None}
    low, high = wilson([stayed], [former])
    return {
        "stayed_share": stayed / former,
        "stayed_low": float(low[0]),
        "stayed_high": float(high[0]),
    }


def _months(found: Found, zone: ZoneInfo) -> list[dict[str, Any]]:
    rows = []
    for one, callers in zip(found.tops, found.callers, strict=True):
        last_day = one.cutoff_at.astimezone(zone) - pd.Timedelta(days=1)
        by_chance = None
        if one.former and one.chance:
            by_chance = 1 - one.chance.expected / one.former
        told = {"month": f"{last_day:%Y-%m}", "callers": callers}
        rows.append(told | _moved(one, zone) | {"stayed_share_by_chance": by_chance})
    return rows


def _persistent_words(followed: Sequence[Membership], days: Sequence[str]) -> str:
    one = followed[-1]
    if one.former is None:
        return "There is no former cutoff to compare with."
    if not one.former:
        return f"Nobody was a persistent repeat caller on {days[-2]}."
    start = (
        f"Of the persistent repeat callers of {days[-2]}, on {days[-1]}: "
        f"{moved_words(one)}"
    )
    return f"{start} {_judgement(one)}"


def _judgement(one: Membership) -> str:
    """Say whether more left than by chance."""
    left = one.left or 0
    if one.chance is None:
        return ""
    if left > one.chance.high:
        return (
            f"{left - one.chance.expected:,.0f} more left than by chance: what made them "
            f"call has passed, by itself or by what was done."
        )
    if left < one.chance.low:
        return "Fewer left than by chance: they stay what they are."
    return "So many leave by chance alone: it is no sign that anything has changed."


def _top_words(tops: Sequence[Membership]) -> str:
    if not tops:
        return "There is no whole calendar month of calls."
    shares = [one.share_of_calls for one in tops]
    top = f"top {TOP_SHARE * 100:.0f} %"
    made = f"The {top} of a month's callers made {_range(shares)} of its calls."
    stays = [(one.stayed or 0) / one.former for one in tops if one.former]
    chance = [
        1 - one.chance.expected / one.former
        for one in tops
        if one.former and one.chance
    ]
    if not stays:
        return made
    return (
        f"{made} {_range(stays)} of them were in the {top} of the next month, too; by "
        f"chance alone it would be {_range(chance)}."
    )


def _range(shares: Sequence[float]) -> str:
    low, high = 100 * min(shares), 100 * max(shares)
    return (
        f"{low:.0f} %"
        if f"{low:.0f}" == f"{high:.0f}"
        else f"{low:.0f} to {high:.0f} %"
    )


def _day(one: Membership, zone: ZoneInfo) -> str:
    return f"{one.cutoff_at.astimezone(zone):%Y-%m-%d}"


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124
