"""The section on the operation: key figures, trend, hours, reasons."""

from typing import Any

import pandas as pd

from ccml.reports.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    Tile,
    each_row,
    figure,
    table,
)
from ccml.reports.figures_operation import (
    DAY_NAMES,
    hour_heatmap,
    monthly_volume,
    repeat_trend,
    repeats_by_day,
)
from ccml.reports.numbers import (
    count,
    day,
    duration,
    is_known,
    percent,
    plain,
    plural,
    with_unit,
)
from ccml.reports.operation_alerts import (
    agent_figures,
    agent_table,
    alert_cards,
    alert_note,
    call_type_table,
)
from ccml.reports.operation_bands import band, counted_on, facts
from ccml.reports.stored import ReportData

ALL = "all"
SHOWN_DAYS = 56
NEEDED = "Needed for this section: a call log (`sources.calls` in the config)."
# Label, figure, and the start of the variant that is shown.
TILES = (
    ("Inbound calls", "calls", "inbound"),
    ("Answered in time", "service_level", "SL2"),
    ("Gave up in the queue", "abandonment", "AB1"),
    ("Wait for an answer", "asa", "queue wait of answered calls"),
    ("Handle time", "aht", "talk + hold + wrap per call"),
    ("Hold per held call", "hold_time", "per held call"),
    ("Transferred", "transfer_rate", ""),
    ("Satisfaction", "csat", ""),
    ("Unknown callers", "unknown_callers", ""),
)
GROUP_COLUMNS = (
    ("calls", "calls", "inbound"),
    ("handle time", "aht", "talk + hold + wrap per call"),
    ("transferred", "transfer_rate", ""),
    ("gave up", "abandonment", "AB1"),
)


def operation_section(data: ReportData) -> Section:
    """Build the section from the tables of key figures."""
    if data.kpis is None:
        return Section("operation", "Operation", "", missing=NEEDED)
    kpis, window = data.kpis, data.config.kpis.main_window_days
    parts: dict[str, Any] = {
        "tiles": [*_repeat_tiles(data, kpis), *_tiles(data, kpis)],
        "counted_on": counted_on(data, kpis),
        "alerts": alert_cards(data.alerts),
        "alert_note": alert_note(data.alerts),
        "figures": [*_figures(data, window), *agent_figures(data.agents)],
        "call_types": call_type_table(data.call_types),
        "agents": agent_table(data.agents),
        "windows": _windows(kpis),
        "groups": [
            block
            for kind in ("reason", "queue")
            if (block := _groups(kpis, kind, window)) is not None
        ],
    }
    return Section("operation", "Operation", _lead(kpis, window), parts)


def pick(
    kpis: pd.DataFrame, kpi: str, variant: str, group: tuple[str, str] = (ALL, ALL)
) -> "pd.Series[Any] | None":
    """Find one figure over the whole period; nothing when it is unknown."""
    kind, name = group
    rows = kpis[
        (kpis.period == ALL)
        & (kpis.group_kind == kind)
        & (kpis["group"] == name)
        & (kpis.kpi == kpi)
    ]
    fits = [_starts(str(text), variant) for text in rows.variant]
    rows = rows[pd.Series(fits, rows.index, dtype=bool) & rows.value.map(is_known)]
    return None if rows.empty else rows.iloc[0]


def _starts(text: str, start: str) -> bool:
    rest = text[len(start) :]
    return text.startswith(start) and (not start or not rest[:1].isalnum())


def window_variant(window: int) -> str:
    """Give the start of the variant of repeat figures for one window."""
    return f"within {window:g} d"


def _lead(kpis: pd.DataFrame, window: int) -> str:
    repeat = pick(kpis, "repeat_rate", window_variant(window))
    inbound = pick(kpis, "calls", "inbound")
    if repeat is None or inbound is None:
        return "How the contact centre did over the whole period."
    return (
        f"{percent(repeat.value)} of {count(repeat.n)} calls were followed by another "
        f"call of the same customer within {window} days; so "
        f"{percent(1 - repeat.value)} were settled with one call."
    )


def _repeat_tiles(data: ReportData, kpis: pd.DataFrame) -> list[Tile]:
    window = data.config.kpis.main_window_days
    found = pick(kpis, "repeat_rate", window_variant(window))
    fcr = pick(kpis, "fcr", "1 - repeat rate " + window_variant(window))
    tiles = []
    if found is not None:
        tiles.append(
            Tile(
                f"Repeated within {window} days",
                percent(found.value),
                facts(found),
                str(found.variant),
            )
        )
    if fcr is not None:
        tone, words = band(fcr, data.config.kpis.benchmarks)
        tiles.append(
            Tile(
                "Settled with one call",
                percent(fcr.value),
                "; ".join([facts(fcr), words]),
                str(fcr.variant),
                tone,
            )
        )
    return tiles


def _tiles(data: ReportData, kpis: pd.DataFrame) -> list[Tile]:
    tiles = []
    for label, kpi, variant in TILES:
        row = pick(kpis, kpi, variant)
        if row is None:
            continue
        tone, words = band(row, data.config.kpis.benchmarks)
        said = [facts(row), words or _range(kpis, kpi)]
        words = "; ".join(text for text in said if text)
        value = (
            count(row.value) if row.unit == "calls" else with_unit(row.value, row.unit)
        )
        how = str(row.variant)
        tiles.append(
            Tile(label, value, words, "" if how in label.lower() else how, tone)
        )
    return tiles


def _range(kpis: pd.DataFrame, kpi: str) -> str:
    if kpi == "aht":
        low, high = pick(kpis, "handle_p10", ""), pick(kpis, "handle_p90", "")
        if low is not None and high is not None:
            ends = f"{duration(low.value)} to {duration(high.value)}"
            return f"8 in 10 calls: {ends}"
    if kpi == "asa":
        half, late = pick(kpis, "wait_p50", ""), pick(kpis, "wait_p95", "")
        if half is not None and late is not None:
            return f"half: {duration(half.value)}; 1 in 20: {duration(late.value)}"
    return ""


def _figures(data: ReportData, window: int) -> list[FigureBlock]:
    blocks = []
    if data.trend is not None and len(data.trend):
        blocks.append(
            figure(
                "repeat-trend",
                repeat_trend(data.trend, window),
                _trend_table(data.trend),
                "Hatched weeks have calls whose window is still open: their rate can "
                "only rise, so it is not drawn.",
            )
        )
    if data.days is not None and data.days.base.sum():
        rows = data.days.sort_values("day").tail(SHOWN_DAYS)
        blocks.append(
            figure(
                "repeat-days",
                repeats_by_day(rows, window),
                _days_table(rows),
                "Hatched days have calls whose window is still open; what was seen so "
                "far stands in the table.",
            )
        )
    if data.hours is not None and len(data.hours):
        blocks.append(
            figure("calls-by-hour", hour_heatmap(data.hours), _hours_table(data.hours))
        )
    months = _months(data)
    if len(months) > 1:
        blocks.append(
            figure("calls-by-month", monthly_volume(months), _months_table(months))
        )
    return blocks


def _months(data: ReportData) -> pd.DataFrame:
    kpis = data.kpis
    if kpis is None:
        return pd.DataFrame()
    rows = kpis[
        (kpis.period != ALL)
        & (kpis.group_kind == ALL)
        & (kpis.kpi == "calls")
        & (kpis.variant == "inbound")
    ].sort_values("period")
    start, end = data.calls_period
    first, last = (str(day_)[:7] if day_ else "" for day_ in (start, end))
    whole = [_is_whole(period, start, end, first, last) for period in rows.period]
    return pd.DataFrame(
        {"month": rows.period + "-01", "calls": rows.value, "is_complete": whole}
    ).reset_index(drop=True)


def _is_whole(period: str, start: Any, end: Any, first: str, last: str) -> bool:
    """Tell whether the data cover a month; a day's slack at either end is allowed."""
    if period == first and start is not None and start.day > 1:
        return False
    if period == last and end is not None:
        return bool((end + pd.Timedelta(days=1)).month != end.month)
    return True


def _months_table(months: pd.DataFrame) -> TableBlock:
    rows = [
        (
            (str(row.month)[:7], str(row.month)),
            (count(row.calls), row.calls),
            "" if row.is_complete else "not the whole month",
        )
        for row in each_row(months)
    ]
    return table("One row per month", ("month", "inbound calls", ""), rows, (0, 2))


def _trend_table(trend: pd.DataFrame) -> TableBlock:
    rows = [
        (
            (day(row.week), str(row.week)),
            (count(row.base), row.base),
            (count(row.repeated), row.repeated),
            ("not final yet" if row.is_censored else percent(row.rate), row.rate),
        )
        for row in each_row(trend.sort_values("week", ascending=False))
    ]
    return table(
        "One row per week, newest first",
        ("week from", "calls", "repeated", "rate"),
        rows,
    )


def _days_table(days: pd.DataFrame) -> TableBlock:
    rows = [
        (
            (day(row.day), str(row.day)),
            (count(row.calls), row.calls),
            (count(row.abandoned), row.abandoned),
            (count(row.base), row.base),
            (count(row.repeated), row.repeated),
            "not final yet" if row.is_censored is True else percent(row.rate),
        )
        for row in each_row(days.sort_values("day", ascending=False))
    ]
    return table(
        "One row per day, newest first",
        ("day", "inbound calls", "gave up", "can be repeated", "repeated", "rate"),
        rows,
    )


def _hours_table(hours: pd.DataFrame) -> TableBlock:
    wide = hours.pivot_table(
        index="hour", columns="weekday", values="calls", aggfunc="sum", fill_value=0
    ).reindex(columns=range(7), fill_value=0)
    rows = [
        ((f"{hour}:00", hour), *((count(n), n) for n in wide.loc[hour]))
        for hour in wide.index
    ]
    return table("Calls per local hour and weekday", ("hour", *DAY_NAMES), rows)


def _windows(kpis: pd.DataFrame) -> TableBlock | None:
    found = kpis[
        (kpis.period == ALL) & (kpis.group_kind == ALL) & (kpis.kpi == "repeat_rate")
    ]
    if found.empty:
        return None
    days = found.variant.map(_window_days)
    rows = [
        (
            (plural(row.days, "day"), row.days),
            (percent(row.value), row.value),
            (percent(1 - row.value), 1 - row.value),
            (count(row.n), row.n),
        )
        for row in each_row(found.assign(days=days).sort_values("days"))
    ]
    rule = str(found.variant.iloc[0]).partition("; ")[2]
    return table(
        f"Repeat rate by window: {rule}",
        ("within", "repeated", "settled with one call", "calls whose window is over"),
        rows,
    )


def _window_days(variant: str) -> float:
    """Read the days out of "within 7 d; ..."."""
    words = variant.split()
    return float(words[1]) if len(words) > 1 else 0.0


def _groups(kpis: pd.DataFrame, kind: str, window: int) -> TableBlock | None:
    names = sorted(set(kpis.loc[kpis.group_kind == kind, "group"]))
    if len(names) < 2:
        return None
    wanted = (
        *GROUP_COLUMNS,
        (f"repeated in {window} d", "repeat_rate", window_variant(window)),
    )
    rows = []
    for name in names:
        found = [pick(kpis, kpi, variant, (kind, name)) for _, kpi, variant in wanted]
        rows.append(((name, name), *(_group_cell(row) for row in found)))
    rows = [row for row in rows if row[1][1]]  # without inbound calls: not shown
    rows.sort(key=lambda row: (-row[1][1], row[0]))
    return table(
        f"One row per {kind}, most calls first",
        (kind, *(label for label, *_ in wanted)),
        rows,
    )


def _group_cell(row: "pd.Series[Any] | None") -> tuple[str, float | None]:
    if row is None:
        return plain(None), None
    value = float(row.value)
    return (count(value) if row.unit == "calls" else with_unit(value, row.unit)), value
