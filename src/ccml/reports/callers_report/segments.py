"""Segments: a map, and a card for each by what it costs."""

from collections.abc import Mapping
from typing import Any

from ccml.reports.blocks import FigureBlock, Section, TableBlock, table
from ccml.reports.callers import coloured
from ccml.reports.callers_report.cards import card
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.headline import range_words
from ccml.reports.callers_report.segment_map import segment_map
from ccml.reports.callers_report.small_numbers import cell, is_small
from ccml.reports.callers_report.windows import window_words
from ccml.reports.numbers import count, is_known, money, percent, plain
from ccml.reports.render import inline_svg, title_of
from ccml.reports.theme import VARIABLES

SPREADS = (
    "Much more or less means beyond 0.8 of the usual difference between customers (a "
    "standard deviation), clearly beyond 0.5; the workbook has the numbers."
)


def segments_section(data: CallersData) -> Section:
    """Build the section."""
    title = "Segments, by what they cost"
    segments = by_cost(data)
    if not segments:
        what = "Segments of customers"
        return Section(
            "segments", title, "", missing=data.missing("segment_summary", what)
        )
    found = data.summary("segment_summary")
    judged = window_words(data)
    lead = f"Judged by their calls{judged}. " if judged else ""
    lead = f"{lead}{found.get('verdict') or ''}".strip()
    drawn = [
        one
        for one in segments
        if str(one["id"]) not in {"quiet"} and not is_small(one["customers"])
    ]
    parts: dict[str, Any] = {
        "cards": [card(data, one) for one in segments],
        "notes": [SPREADS, *_strategy_notes(data)],
        "sentences": _together(data),
    }
    if len(drawn) > 1 and is_known(found.get("window_days")):
        parts["wide"] = [_map(drawn, float(found["window_days"]), segments)]
    return Section("segments", title, lead, parts)


def by_cost(data: CallersData) -> list[dict[str, Any]]:
    """Give the segments with their colours, the dearest first."""
    segments = data.summary("segment_summary").get("segments") or []
    return sorted(
        coloured(segments),
        key=lambda one: (
            str(one["id"]) == "quiet",
            -float(one.get("cost_per_30d_eur") or 0),
            -float(one.get("share_of_calls") or 0),
            str(one["id"]),
        ),
    )


def names(data: CallersData) -> dict[str, str]:
    """Give the names of segments by id, the dearest first."""
    return {str(one["id"]): str(one["name"]) for one in by_cost(data)}


def colours(data: CallersData) -> dict[str, str]:
    """Give the CSS variable of each segment's colour, the same in every figure."""
    return {str(one["id"]): VARIABLES[one["colour"]] for one in by_cost(data)}


def _map(
    drawn: list[dict[str, Any]], days: float, segments: list[dict[str, Any]]
) -> FigureBlock:
    from markupsafe import Markup

    chart = segment_map(drawn, days)
    # The SVG comes from our own renderer, which escapes every text.
    svg = Markup(inline_svg(chart, "segment-map"))  # noqa: S704
    return FigureBlock(
        "segment-map",
        title_of(chart),
        svg,
        _table(segments, days),
        "Customers without a call in the window are not drawn."
        if any(str(one["id"]) == "quiet" for one in segments)
        else "",
    )


def _table(segments: list[dict[str, Any]], days: float) -> TableBlock:
    rows = [
        (
            str(one["name"]),
            cell(one["customers"]),
            (percent(one["share_of_customers"]), one["share_of_customers"]),
            (count(one["calls"]), one["calls"]),
            (percent(one["share_of_calls"]), one["share_of_calls"]),
            _rate(one, days),
            (count(one.get("handle_hours_per_30d")), one.get("handle_hours_per_30d")),
            (money(one.get("cost_per_30d_eur")), one.get("cost_per_30d_eur")),
        )
        for one in segments
        if not is_small(one["customers"])
    ]
    columns = (
        "segment", "customers", "of all customers", "calls", "of all calls",
        "calls per customer in 30 days", "agents' hours a month", "EUR a month",
    )  # fmt: skip
    return table(f"One row per segment; calls of {days:.0f} days", columns, rows)


def _rate(one: Mapping[str, Any], days: float) -> tuple[str, float]:
    rate = float(one["calls"]) / max(float(one["customers"]), 1) * 30 / days
    return plain(rate), rate


def _together(data: CallersData) -> list[str]:
    """Say what all actions would spare together."""
    found = data.summary("strategies_summary")
    total = found.get("total")
    if not total:
        return []
    calls, eur = total["calls"], total["eur"]
    said = (
        f"All actions proposed below would together spare "
        f"{range_words(calls['value'], calls['low'], calls['high'])} calls a month"
    )
    if is_known(eur.get("value")):
        said += f", {money(eur['value'], eur['low'], eur['high'])} of agents' time"
    if is_known(total.get("cost_eur")):
        said += f", and cost {money(total['cost_eur'])}"
    return [f"{said}. {found.get('total_words') or ''}".strip()]


def _strategy_notes(data: CallersData) -> list[str]:
    if "strategies" not in data.stored:
        return [data.missing("strategies", "What to do about each segment")]
    return [str(note) for note in data.summary("strategies_summary").get("notes") or ()]
