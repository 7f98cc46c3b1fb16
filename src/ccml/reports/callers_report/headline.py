"""The answer first: who calls again and again, whether it got better, what it costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ccml.reports.blocks import Tile
from ccml.reports.callers import top_row
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.periods import MonthRate
from ccml.reports.callers_report.small_numbers import customers, few
from ccml.reports.callers_report.windows import window_words
from ccml.reports.numbers import (
    DASH,
    GAP,
    count,
    is_known,
    money,
    percent,
    percent_with,
    plain,
    plural,
)

WORTH_A_NOTE, WORTH_A_WARNING = 0.02, 0.2
UNEVEN = 0.15  # points of share between queues that chance does not make
LEAST_CALLS = 200


@dataclass(frozen=True)
class Headline:
    """What stands on top of the page.

    Args:
        sentences: The answer.
        tiles: Its four figures.
        warnings: What makes the figures much less than they seem.
        notes: What else a reader must know.
    """

    sentences: tuple[str, ...]
    tiles: tuple[Tile, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def headline(data: CallersData) -> Headline:
    """Build the answer."""
    sentences = (
        concentration_sentence(data),
        repeat_sentence(data),
        persistent_sentence(data),
    )
    return Headline(
        tuple(text for text in sentences if text),
        tuple(_tiles(data)),
        tuple(_warnings(data)),
        (*_lesser(data), *data.notes),
    )


def concentration_sentence(data: CallersData) -> str:
    """Say which share of the customers makes which share of the calls."""
    top = top_row({"concentration": data.concentration})
    if top is None:
        return data.missing("callers_summary", "Which customers make most calls")
    found = data.summary("segment_summary")
    base = found.get("population", "customers")
    said = (
        f"{percent(top['top'], 0)} of the {base} made "
        f"{percent_with(top['share'], top.get('low'), top.get('high'))} of the calls"
        f"{window_words(data)}"
    )
    if is_known(found.get("customers")):
        people = plural(found["customers"], "customer")
        said += f" ({people}, {plural(found['calls'], 'call')})"
    if not is_known(top.get("by_chance")):
        return f"{said}."
    beyond = 100 * (float(top["share"]) - float(top["by_chance"]))
    return (
        f"{said}; about {beyond:.0f} points of that are more than chance, as chance alone "
        f"would give {percent(top['by_chance'], 0)}."
    )


def repeat_sentence(data: CallersData) -> str:
    """Say the newest month's repeat rate and what became of it."""
    if not data.months:
        return data.missing("identity_map", "The repeat rate of the month")
    now = data.months[-1]
    said = (
        f"{percent_with(now.rate, now.low, now.high)} of the answered calls of "
        f"{month_name(now)} were followed by another call of the same customer within "
        f"{plural(data.repeat_days, 'day')} ({plural(now.calls, 'call')})"
    )
    part = "" if now.is_whole else " The data do not hold the whole month."
    return f"{said}{_change(data)}.{part}"


def _change(data: CallersData) -> str:
    now = data.months[-1]
    if now.change is None or now.change_low is None or now.change_high is None:
        return ""
    before = month_name(data.months[-2], with_year=False)
    low, high = now.change_low, now.change_high
    if now.is_sure:
        way = "fewer" if now.change < 0 else "more"
        ends = sorted((abs(low), abs(high)))
        return (
            f", {100 * abs(now.change):.1f} points {way} than in {before} "
            f"({100 * ends[0]:.1f}{DASH}{100 * ends[1]:.1f} {way})"
        )
    return (
        f"; against {before} no change that chance could not explain "
        f"({_signed(now.change)} points, between {_signed(low)} and {_signed(high)})"
    )


def _signed(share: float) -> str:
    text = f"{100 * abs(share):.1f}"
    if float(text) == 0:
        return "0"
    return f"+{text}" if share > 0 else f"\u2212{text}"


def month_name(rate: MonthRate, *, with_year: bool = True) -> str:
    """Name a month: June 2026."""
    return f"{rate.month:%B %Y}" if with_year else f"{rate.month:%B}"


def persistent_sentence(data: CallersData) -> str:
    """Say how many persistent callers there are, what they cost, and how sure it is."""
    found = data.callers
    number = found.get("persistent_customers")
    if not is_known(number):
        return data.missing("callers_summary", "Persistent repeat callers")
    if not number:
        return (
            "No customer surely calls more often than chance would have it, so nobody "
            "is named a persistent caller."
        )
    share, calls = found.get("share_of_customers"), found.get("share_of_calls")
    said = (
        f"{customers(number).capitalize()} ({percent(share)}) call again and again: they "
        f"made {percent(calls)} of the calls{_cost(data)}."
    )
    return f"{said} {how_sure(found)}".strip()


def _cost(data: CallersData) -> str:
    work = data.work
    if work is None:
        return ""
    if work.hours is None:
        return "; hours and money are not known, as no handle time is reported"
    price = data.cost_per_hour_eur
    hours = range_words(work.hours, work.low, work.high)
    if not price:
        return f" and took {hours} hours of agents' time a month"
    low, high = _times(work.low, price), _times(work.high, price)
    return (
        f" and took {hours} hours of agents' time a month, "
        f"{money(work.hours * price, low, high)}"
    )


def _times(value: float | None, price: float) -> float | None:
    return None if value is None else value * price


def range_words(value: Any, low: Any, high: Any) -> str:
    """Write a number with its interval: 412 (390-434)."""
    if not (is_known(low) and is_known(high)):
        return plain(value)
    if float(high) >= 10:
        return f"{count(value)} ({count(low)}{DASH}{count(high)})"
    return f"{float(value):.2g} ({float(low):.2g}{DASH}{float(high):.2g})"


def how_sure(found: Any) -> str:
    """Say how many of those named are truly so, and how many are missed."""
    precision, recall = found.get("expected_precision"), found.get("expected_recall")
    if not is_known(precision):
        return ""
    said = (
        f"How sure: of 100 so named, about {100 * precision:.0f} truly call that often"
    )
    if is_known(recall):
        said += (
            f"; being so careful, it finds about {100 * recall:.0f} of 100 who truly do"
        )
    return f"{said}."


def _tiles(data: CallersData) -> Iterator[Tile]:
    top = top_row({"concentration": data.concentration})
    if top is not None:
        yield Tile(
            f"Calls by the top {percent(top['top'], 0)} of customers",
            percent(top["share"], 0),
            f"chance alone: {percent(top.get('by_chance'), 0)}",
        )
    if data.months:
        now = data.months[-1]
        yield Tile(
            f"Repeat rate, {month_name(now)}",
            percent(now.rate),
            _tile_change(data),
            f"another call within {data.repeat_days}{GAP}days",
            _tone(now),
        )
    number = data.callers.get("persistent_customers")
    if is_known(number):
        share = percent(data.callers.get("share_of_calls"), 0)
        yield Tile("Persistent callers", few(number), f"{share} of the calls")
    work = data.work
    if work is not None and work.hours is not None and number:
        price = data.cost_per_hour_eur
        yield Tile(
            "What they cost a month",
            money(work.hours * price) if price else f"{count(work.hours)}{GAP}h",
            f"{count(work.hours)} hours of agents' time",
        )


def _tile_change(data: CallersData) -> str:
    now = data.months[-1]
    if now.change is None:
        return "no month before it to compare with"
    before = month_name(data.months[-2], with_year=False)
    if not now.is_sure:
        return f"no sure change against {before}"
    return f"{_signed(now.change)} points against {before}"


def _tone(now: MonthRate) -> str:
    if not now.is_sure or now.change is None:
        return ""
    return "good" if now.change < 0 else "bad"


def _warnings(data: CallersData) -> Iterator[str]:
    unknown = unknown_share(data)
    if unknown is not None and unknown >= WORTH_A_WARNING:
        how = "Nearly half" if 0.4 <= unknown < 0.5 else percent(unknown, 0)
        yield (
            f"{how} of the inbound calls ({percent(unknown)}) belong to no known "
            f"customer. All that is said here is said of the others."
            f"{_not_at_random(data)}"
        )
    yield from _base_warnings(data)


def _lesser(data: CallersData) -> Iterator[str]:
    unknown = unknown_share(data)
    if unknown is not None and WORTH_A_NOTE <= unknown < WORTH_A_WARNING:
        yield (
            f"{percent(unknown)} of the inbound calls belong to no known customer and "
            f"take no part here.{_not_at_random(data)}"
        )


def _base_warnings(data: CallersData) -> Iterator[str]:
    for name in ("segment_summary", "callers_summary"):
        for note in data.summary(name).get("notes") or ():
            yield str(note)
        if data.summary(name).get("notes"):
            return


def unknown_share(data: CallersData) -> float | None:
    """Give the share of inbound calls that belong to no known customer."""
    kpis = data.frame("kpis")
    if kpis.empty:
        return None
    rows = kpis[
        (kpis["kpi"] == "unknown_callers")
        & (kpis["period"] == "all")
        & (kpis["group_kind"] == "all")
    ]
    values = rows["value"].dropna()
    return float(values.iloc[0]) if len(values) else None


def _not_at_random(data: CallersData) -> str:
    """Say where fewest and most callers are known, if that differs by much."""
    quality = data.frame("match_quality")
    if quality.empty or not {"queue", "calls", "matched"} <= set(quality.columns):
        return ""
    sums = quality.groupby("queue")[["calls", "matched"]].sum()
    sums = sums[sums["calls"] >= LEAST_CALLS]
    shares = (sums["matched"] / sums["calls"]).sort_values()
    if len(shares) < 2 or shares.iloc[-1] - shares.iloc[0] < UNEVEN:
        return ""
    return (
        f" They are not missing at random: {percent(shares.iloc[0], 0)} of the callers "
        f"are known in {shares.index[0]}, {percent(shares.iloc[-1], 0)} in "
        f"{shares.index[-1]}."
    )
