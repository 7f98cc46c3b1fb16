"""Figures beyond their thresholds, each with a sentence and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from ccml.config.benchmarks import BenchmarksConfig
from ccml.config.kpis import KpisConfig
from ccml.kpis.cuts import EVERYTHING
from ccml.kpis.groups import UNNAMED
from ccml.kpis.handling import PER_CALL
from ccml.kpis.measure import records
from ccml.kpis.thresholds import Judgement, judge

ALERT_COLUMNS = (
    "period",
    "group_kind",
    "group",
    "kpi",
    "variant",
    "value",
    "low",
    "high",
    "n",
    "band",
    "threshold",
    "source_of_threshold",
    "sentence",
    "what_to_do",
)
NAMES = {
    "fcr": "first-contact resolution",
    "abandonment": "abandonment",
    "hold_time": "hold per held call",
    "aht": "mean handle time",
}
TO_DO = {
    (
        "fcr",
        "below",
    ): "See in the table of call types which reasons come back most; let "
    "the first agent finish those cases or promise a callback, and look again when the "
    "next calls' window is over.",
    (
        "abandonment",
        "above",
    ): "Compare waits and staff by hour; move breaks or add agents "
    "in the worst hours, and offer a callback before callers give up.",
    (
        "hold_time",
        "above",
    ): "Find out what agents look up or ask while callers hold, and "
    "put it on their screen; it is a fault of tools, not of agents.",
    ("aht", "above"): "Listen to some of the longest tenth of these calls for missing "
    "information, slow systems and several issues in one call. It is no target for "
    "agents.",
    ("aht", "below"): "Check the repeat and transfer rates of these calls: short calls "
    "that come back save nothing. If they are settled, they may serve themselves. It is "
    "no target for agents.",
}


@dataclass(frozen=True)
class Watched:
    """A figure that is judged: its name and the start of its variant."""

    kpi: str
    start: str
    kinds: frozenset[str] | None = None


def kpi_alerts(
    tidy: pd.DataFrame, config: KpisConfig, data_end: datetime, zone: ZoneInfo
) -> pd.DataFrame:
    """List the figures whose interval lies beyond their threshold.

    Judged are the whole period and the last whole month, all calls and each group but
    agents: no threshold is a target for one of them. A figure whose interval holds the
    threshold may be beyond it by chance, so it raises no alert.

    Args:
        tidy: Rows of key figures.
        config: Thresholds and the main window.
        data_end: Up to when the data are complete.
        zone: Time zone of the site.

    Returns:
        The columns of `ALERT_COLUMNS`, worst first within a period.
    """
    rows = [
        row
        for watched in _watched(config)
        for row in _alerts(tidy, watched, config, data_end, zone)
    ]
    made = pd.DataFrame(rows, columns=list(ALERT_COLUMNS))
    numbers = dict.fromkeys(["value", "low", "high", "threshold"], "float64")
    return made.astype(numbers | {"n": "int64"})


def _watched(config: KpisConfig) -> list[Watched]:
    window = f"1 - repeat rate within {config.main_window_days:g} "
    has_reasons = "reason" in config.groups
    types = frozenset(["reason"] if has_reasons else [EVERYTHING])
    return [
        Watched("fcr", window),
        Watched("abandonment", "AB1"),
        Watched("hold_time", "per held call"),
        Watched("aht", PER_CALL, types),
    ]


def last_whole_month(data_end: datetime, zone: ZoneInfo, window_days: float = 0) -> str:
    """Name the last local month whose calls, and their windows, are over."""
    over = (data_end - timedelta(days=window_days)).astimezone(zone)
    last_day_before = over.replace(day=1) - timedelta(days=1)
    return f"{last_day_before:%Y-%m}"


def _alerts(
    tidy: pd.DataFrame,
    watched: Watched,
    config: KpisConfig,
    data_end: datetime,
    zone: ZoneInfo,
) -> Iterator[dict[str, Any]]:
    rows = tidy[(tidy.kpi == watched.kpi) & (tidy.group_kind != "agent")]
    rows = rows[rows.variant.str.startswith(watched.start) & rows.value.notna()]
    if watched.kpi == "aht":
        rows = rows[rows.variant == watched.start]
    if watched.kinds is not None:
        rows = rows[rows.group_kind.isin(watched.kinds)]
    rows = rows[(rows["group"] != UNNAMED) & ~_holds_all(rows)]
    for row in records(rows):
        month = last_whole_month(data_end, zone, _days(row["window_days"]))
        if row["period"] not in (EVERYTHING, month):
            continue
        judged = judge(row, config.benchmarks)
        if judged is not None and judged.is_sure:
            yield _alert(row, judged, config.benchmarks)


def _holds_all(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which groups are all calls over again."""
    every = rows[rows.group_kind == EVERYTHING].set_index("period").n
    return (rows.group_kind != EVERYTHING) & (rows.n == rows.period.map(every))


def _days(window: Any) -> float:
    return 0.0 if pd.isna(window) else float(window)


def _alert(
    row: dict[str, Any], judged: Judgement, benchmarks: BenchmarksConfig
) -> dict[str, Any]:
    limit = _number(judged.threshold, row["unit"])
    ends = (_number(row["low"], row["unit"]), _number(row["high"], row["unit"]))
    name = NAMES[row["kpi"]]
    start = name[0].upper() + name[1:]
    whose = (
        "of all calls"
        if row["group_kind"] == EVERYTHING
        else f"of the {row['group_kind'].replace('_', ' ')} {row['group']!r}"
    )
    when = (
        "over the whole period"
        if row["period"] == EVERYTHING
        else f"in {row['period']}"
    )
    sentence = (
        f"{start} {whose} {when} was {_number(row['value'], row['unit'])} "
        f"({ends[0]} to {ends[1]}, {row['n']:,} calls), {judged.side} {limit}."
    )
    told = {key: row[key] for key in ALERT_COLUMNS[:9]}
    return told | {
        "band": judged.band,
        "threshold": judged.threshold,
        "source_of_threshold": judged.source(benchmarks),
        "sentence": sentence,
        "what_to_do": TO_DO[row["kpi"], judged.side],
    }


def _number(value: float, unit: str) -> str:
    return f"{100 * value:.1f} %" if unit == "share" else f"{value:,.0f} s"
