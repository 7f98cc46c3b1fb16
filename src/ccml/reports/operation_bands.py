"""How a key figure stands against its thresholds, and what it was counted on."""

from typing import Any

import pandas as pd

from ccml.config.benchmarks import BenchmarksConfig
from ccml.kpis.thresholds import judge
from ccml.reports.numbers import (
    count,
    day,
    duration,
    is_known,
    percent,
    with_unit,
)
from ccml.reports.stored import ReportData


def band(row: "pd.Series[Any]", benchmarks: BenchmarksConfig) -> tuple[str, str]:
    """Give the tone of a figure and its threshold in words; empty without one.

    Handle time has no tone: it is a range to watch, not a target.
    """
    if row.kpi == "aht":
        return "", ""
    told: dict[str, Any] = {"low": float("nan"), "high": float("nan")}
    told |= {str(name): value for name, value in row.items()}
    judged = judge(told, benchmarks)
    if judged is None:
        return "", ""
    limit = judged.threshold
    words = percent(limit, 0) if row.unit == "share" else duration(limit)
    side = "from" if row.kpi == "fcr" else "above"
    good = "good" if row.kpi == "fcr" else "bad"
    if row.kpi == "hold_time":
        side, good = "up to", "usual"
    return judged.band, f"{side} {words} is {good}: {judged.source(benchmarks)}"


def facts(row: "pd.Series[Any]") -> str:
    """Say the interval of a figure, where it has one, and among how many calls."""
    if row.unit == "calls":
        return ""
    pieces = [f"{count(row.n)} calls"]
    low, high = row.get("low"), row.get("high")
    if is_known(low) and is_known(high):
        ends = f"{with_unit(low, row.unit)} to {with_unit(high, row.unit)}"
        pieces.insert(0, f"({ends})")
    return ", ".join(pieces)


def counted_on(data: ReportData, kpis: pd.DataFrame) -> str:
    """Say what every figure of the section was counted on."""
    config = data.config
    until = kpis["data_until"].iloc[0] if "data_until" in kpis and len(kpis) else None
    parts = []
    if until is not None and pd.notna(until):
        local = pd.Timestamp(until).tz_convert(config.time_zone)
        parts.append(f"data complete to {day(local)} {local:%H:%M}")
    parts.append(f"time zone {config.time_zone}")
    parts.append(f"repeat window {config.kpis.main_window_days} days")
    unknown = kpis[(kpis.kpi == "unknown_callers") & (kpis.group_kind == "all")]
    unknown = unknown[(unknown.period == "all") & unknown.value.map(is_known)]
    if len(unknown):
        share = percent(unknown.value.iloc[0])
        parts.append(f"{share} of inbound calls come from unknown callers")
    text = "; ".join(parts)
    return f"Counted on: {text}. Ranges in brackets hold the true value 19 times in 20."
