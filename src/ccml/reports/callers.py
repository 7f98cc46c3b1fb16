"""The section on repeat callers and segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ccml.reports.blocks import FigureBlock, Section, TableBlock, figure, table
from ccml.reports.figures_callers import lorenz, persistence, segment_shares
from ccml.reports.numbers import count, is_known, percent, percent_with, plain
from ccml.reports.stored import ReportData
from ccml.reports.theme import VARIABLES, series_colour

NEEDED = (
    "Needed for this section: calls that are linked to customers, and a `segments` "
    "section in the config."
)
SHOWN_TOP = 0.14


@dataclass(frozen=True)
class SegmentCard:
    """One segment for people; the colour is the same in every figure."""

    name: str
    size: str
    sentences: tuple[str, ...]
    colour: str


def callers_section(data: ReportData) -> Section:
    """Build the section from the summary of segments."""
    title = "Repeat callers and segments"
    if data.segments is None:
        return Section("callers", title, "", missing=NEEDED)
    found = data.segments
    parts = {
        "figures": _figures(data, found),
        "tops": _tops_table(found),
        "cards": segment_cards(found.get("segments") or []),
        "verdict": str(found.get("verdict") or ""),
        "notes": [str(note) for note in found.get("notes") or []],
    }
    return Section("callers", title, who_calls_again(found), parts)


def who_calls_again(found: Mapping[str, Any]) -> str:
    """Say who calls again and again, in a sentence or two."""
    callers = found.get("repeat_callers") or {}
    number = callers.get("persistent_customers")
    if not is_known(number):
        return "Persistent repeat callers could not be told apart from chance."
    if not number:
        return "No customer surely calls more often than chance would have it."
    return (
        f"{count(number)} customers ({percent(callers.get('share_of_customers'))} of "
        f"all) call again and again and make {percent(callers.get('share_of_calls'))} "
        "of the calls; chance is accounted for."
    )


def top_row(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Choose the share of customers that the sentence names: 14 % when it is there."""
    tops = [row for row in _tops(found) if is_known(row.get("value"))]
    if not tops:
        return None
    return min(tops, key=lambda row: abs(float(row["share"]) - SHOWN_TOP))


def _tops(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    concentration = found.get("concentration") or {}
    return [dict(row) for row in concentration.get("top_shares") or []]


def _figures(data: ReportData, found: Mapping[str, Any]) -> list[FigureBlock]:
    blocks = []
    concentration, top = found.get("concentration") or {}, top_row(found)
    curve = concentration.get("lorenz") or []
    if curve and top:
        chance = concentration.get("lorenz_chance") or []
        blocks.append(
            figure("lorenz", lorenz(curve, chance, top), _lorenz_table(curve, chance))
        )
    segments = found.get("segments") or []
    if segments:
        blocks.append(
            figure("segment-shares", segment_shares(segments), _segment_table(segments))
        )
    if data.rates is not None and len(data.rates):
        threshold = (found.get("repeat_callers") or {}).get("threshold_per_30d")
        rows = [
            (
                (f"{plain(r.low)} to {plain(r.high)}", r.low),
                (count(r.customers), r.customers),
                (count(r.persistent), r.persistent),
            )
            for r in data.rates.itertuples()
        ]
        blocks.append(
            figure(
                "persistence",
                persistence(data.rates, threshold),
                table(
                    "Customers by estimated calls per 30 days",
                    ("calls per 30 days", "customers", "persistent"),
                    rows,
                ),
            )
        )
    return blocks


def _lorenz_table(curve: Sequence[Any], chance: Sequence[Any]) -> TableBlock:
    shares = [0.01, 0.05, 0.1, 0.14, 0.2, 0.3, 0.5, 0.75, 1.0]
    rows = [
        ((percent(s, 0), s), _at(curve, s), _at(chance, s) if chance else "\u2013")
        for s in shares
    ]
    return table(
        "Share of the calls that the busiest customers make",
        ("busiest share of customers", "share of calls", "by chance alone"),
        rows,
    )


def _at(curve: Sequence[Any], share: float) -> tuple[str, float]:
    """Read a curve at a share, between its points."""
    before = (0.0, 0.0)
    for x, y in curve:
        if x >= share:
            width = x - before[0]
            part = (share - before[0]) / width if width > 0 else 1.0
            value = before[1] + part * (y - before[1])
            return percent(value), value
        before = (x, y)
    return percent(before[1]), before[1]


def _tops_table(found: Mapping[str, Any]) -> TableBlock | None:
    tops = _tops(found)
    if not tops:
        return None
    rows = [
        (
            (percent(row["share"], 0), row["share"]),
            (
                percent_with(row.get("value"), row.get("low"), row.get("high")),
                row.get("value"),
            ),
            (percent(row.get("chance")), row.get("chance")),
        )
        for row in tops
    ]
    return table(
        "Share of the calls by the busiest customers, with 95 % intervals",
        ("busiest share of customers", "share of calls", "by chance alone"),
        rows,
    )


def segment_cards(segments: Sequence[Mapping[str, Any]]) -> list[SegmentCard]:
    """Build the cards, those with the most calls first."""
    coloured = [
        (segment, VARIABLES[series_colour(position)])
        for position, segment in enumerate(segments)
    ]
    coloured.sort(key=lambda pair: -float(pair[0].get("share_of_calls") or 0))
    return [
        SegmentCard(
            name=str(segment["name"]),
            size=_size(segment),
            sentences=tuple(str(text) for text in segment.get("sentences") or ()),
            colour=colour,
        )
        for segment, colour in coloured
    ]


def _size(segment: Mapping[str, Any]) -> str:
    share = segment.get("share_of_customers")
    of_all = f" ({percent(share)})" if is_known(share) else ""
    return (
        f"{count(segment.get('customers'))} customers{of_all}, "
        f"{percent(segment.get('share_of_calls'))} of the calls"
    )


def _segment_table(segments: Sequence[Mapping[str, Any]]) -> TableBlock:
    rows = [
        (
            str(segment["name"]),
            (count(segment.get("customers")), segment.get("customers")),
            (
                percent(segment.get("share_of_customers")),
                segment.get("share_of_customers"),
            ),
            (percent(segment.get("share_of_calls")), segment.get("share_of_calls")),
        )
        for segment in segments
    ]
    return table(
        "One row per segment",
        ("segment", "customers", "of all customers", "of all calls"),
        rows,
    )
