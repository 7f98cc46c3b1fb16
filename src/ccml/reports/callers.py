"""The section on repeat callers and segments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ccml.reports.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    each_row,
    figure,
    table,
)
from ccml.reports.figures_callers import (
    call_counts,
    lorenz,
    persistence,
    segment_shares,
)
from ccml.reports.numbers import (
    GAP,
    count,
    is_known,
    money,
    percent,
    percent_with,
    plain,
)
from ccml.reports.stored import ReportData
from ccml.reports.theme import SERIES, VARIABLES, series_colour

NEEDED = (
    "Needed for this section: calls that are linked to customers, and a `segments` "
    "section in the config."
)
SHOWN_TOP = 0.14
PLAIN = frozenset({"quiet", "together"})  # no cluster, so no colour


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
        "cards": segment_cards(found.get("segments") or []),
        "verdict": str(found.get("verdict") or ""),
        "notes": [str(note) for note in found.get("notes") or []],
    }
    lead = f"{who_calls_again(found)}{over_all(data)}"
    return Section("callers", title, lead, parts)


def over_all(data: ReportData) -> str:
    """Say what share of all calls the busiest customers made, over all the data."""
    kpis = data.kpis
    if kpis is None:
        return ""
    top = percent(SHOWN_TOP, 0)
    rows = kpis[(kpis["kpi"] == "concentration") & kpis["value"].notna()]
    rows = rows[rows["variant"].str.contains(f"top {100 * SHOWN_TOP:.0f} %")]
    if rows.empty:
        return ""
    row = rows.sort_values("variant").iloc[0]
    whom = str(row["variant"]).split(" of customers ")[-1]
    return (
        f" Over all the data, the top {top} of {count(row['n'])} customers {whom} made "
        f"{percent(row['value'], 0)} of the inbound calls."
    )


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
        f"all) call again and again and made {percent(callers.get('share_of_calls'))} "
        f"of the calls{_window(found)}; chance is accounted for."
    )


def _window(found: Mapping[str, Any]) -> str:
    days = found.get("window_days")
    return f" of the last {days} days" if is_known(days) else ""


def top_row(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Choose the top of the customers that sentences name: 14 % when it is there."""
    tops = [row for row in _tops(found) if is_known(row.get("share"))]
    if not tops:
        return None
    return min(tops, key=lambda row: abs(float(row["top"]) - SHOWN_TOP))


def _tops(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in (found.get("concentration") or {}).get("top") or []]


def _figures(data: ReportData, found: Mapping[str, Any]) -> list[FigureBlock]:
    blocks = []
    curve, top = (found.get("concentration") or {}).get("lorenz"), top_row(found)
    if curve and top:
        blocks.append(figure("lorenz", lorenz(curve, top), tops_table(found)))
    segments = coloured(found.get("segments") or [])
    if any(segment["id"] not in PLAIN for segment in segments):
        chart = segment_shares(segments)
        blocks.append(figure("segment-shares", chart, _segment_table(segments)))
    callers = found.get("repeat_callers") or {}
    if callers.get("fit"):
        blocks.append(
            figure(
                "call-counts", call_counts(callers["fit"]), fit_table(callers["fit"])
            )
        )
    if data.rates is not None and len(data.rates):
        chart = persistence(data.rates, callers.get("threshold_per_30d"))
        note = _recall(callers)
        blocks.append(figure("persistence", chart, _rates_table(data.rates), note))
    return blocks


def _recall(callers: Mapping[str, Any]) -> str:
    """Say what being sure costs: who is flagged wrongly, and who is missed."""
    precision, recall = (
        callers.get("expected_precision"),
        callers.get("expected_recall"),
    )
    if not (is_known(precision) and is_known(recall)):
        return ""
    return (
        f"Of those flagged, {percent(precision, 0)} are expected to be truly above the "
        f"threshold; the price of being sure is that only {percent(recall, 0)} of all "
        "who are above it are found."
    )


def _rates_table(rates: pd.DataFrame) -> TableBlock:
    rows = [
        (
            (f"{plain(row.low)} to {plain(row.high)}", row.low),
            (count(row.customers), row.customers),
            (count(row.persistent), row.persistent),
        )
        for row in each_row(rates)
    ]
    return table(
        "Customers by estimated calls per 30 days",
        ("calls per 30 days", "customers", "persistent"),
        rows,
    )


def fit_table(fit: Sequence[Mapping[str, Any]]) -> TableBlock:
    """List customers by their number of calls, beside what the fit expects."""
    rows = [
        (
            (count(row["calls"]), row["calls"]),
            (count(row["observed"]), row["observed"]),
            (count(row["expected"]), row["expected"]),
        )
        for row in fit
    ]
    return table(
        "Customers by their number of calls, and what the fitted spread expects",
        ("calls", "customers", "expected"),
        rows,
        (),
    )


def tops_table(found: Mapping[str, Any]) -> TableBlock:
    """List the shares of the calls that the busiest customers make."""
    rows = [
        (
            (percent(row["top"], 0), row["top"]),
            (
                percent_with(row.get("share"), row.get("low"), row.get("high")),
                row.get("share"),
            ),
            (percent(row.get("by_chance")), row.get("by_chance")),
        )
        for row in _tops(found)
    ]
    return table(
        "Share of the calls by the busiest customers, with 95 % intervals",
        ("busiest share of customers", "share of calls", "by chance alone"),
        rows,
    )


def coloured(segments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the five clusters with the most calls a colour each, the others grey."""
    clusters = [s for s in segments if str(s["id"]) not in PLAIN]
    clusters.sort(key=lambda s: (-float(s["share_of_calls"]), str(s["id"])))
    places = {str(segment["id"]): place for place, segment in enumerate(clusters)}
    return [
        {
            **segment,
            "colour": series_colour(places.get(str(segment["id"]), len(SERIES))),
        }
        for segment in segments
    ]


def segment_cards(segments: Sequence[Mapping[str, Any]]) -> list[SegmentCard]:
    """Build the cards, those with the most calls first."""
    ordered = sorted(coloured(segments), key=lambda s: -float(s["share_of_calls"]))
    return [
        SegmentCard(
            name=str(segment["name"]),
            size=_size(segment),
            sentences=tuple(_sentences(segment)),
            colour=VARIABLES[segment["colour"]],
        )
        for segment in ordered
    ]


def _sentences(segment: Mapping[str, Any]) -> list[str]:
    """Take the sentences, without the one that repeats the size."""
    size = f"{count(segment['customers'])} customers"
    texts = [str(text) for text in segment.get("sentences") or ()]
    return [text for text in texts if not text.startswith(size)]


def _size(segment: Mapping[str, Any]) -> str:
    share, hours = (
        segment.get("share_of_customers"),
        segment.get("handle_hours_per_30d"),
    )
    words = f"{count(segment.get('customers'))} customers"
    if is_known(share):
        words += f" ({percent(share)})"
    words += f", {percent(segment.get('share_of_calls'))} of the calls"
    if is_known(hours) and hours:
        words += f", {plain(hours)}{GAP}hours of agents' time a month"
        if segment.get("cost_per_30d_eur"):
            words += f" ({money(segment['cost_per_30d_eur'])})"
    return words


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
