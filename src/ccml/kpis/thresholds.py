"""Where a figure stands against its thresholds."""

from dataclasses import dataclass
from typing import Any, Literal

from ccml.config.benchmarks import BenchmarksConfig

Band = Literal["good", "watch", "bad", "note"]
Side = Literal["", "above", "below"]


@dataclass(frozen=True)
class Judgement:
    """What a figure's value means.

    Args:
        kpi: The figure.
        band: Colour of the value itself.
        side: On which side of the threshold it is, when it is on the wrong one.
        threshold: The threshold that is meant.
        is_sure: The whole interval is beyond the threshold.
    """

    kpi: str
    band: Band
    side: Side
    threshold: float
    is_sure: bool

    def source(self, benchmarks: BenchmarksConfig) -> str:
        """Say where the threshold comes from."""
        names = {"fcr": "fcr", "abandonment": "abandonment", "hold_time": "hold"}
        return str(getattr(benchmarks, f"{names.get(self.kpi, 'aht')}_source"))


def judge(row: dict[str, Any], benchmarks: BenchmarksConfig) -> Judgement | None:
    """Judge one figure; nothing for one without a threshold.

    Args:
        row: kpi, value, low, high, and group of a row of key figures. Without an
            interval nothing is sure.
        benchmarks: The thresholds.
    """
    kpi = row["kpi"]
    if kpi == "fcr":
        return _fcr(row, benchmarks)
    if kpi == "abandonment":
        return _abandonment(row, benchmarks)
    if kpi == "hold_time":
        limit = benchmarks.hold_good_to_s
        band: Band = "good" if row["value"] <= limit else "watch"
        return _above(row, band, limit)
    return _handle_time(row, benchmarks) if kpi == "aht" else None


def _fcr(row: dict[str, Any], benchmarks: BenchmarksConfig) -> Judgement:
    good, bad = benchmarks.fcr_good_from, benchmarks.fcr_bad_below
    band: Band = "watch" if row["value"] >= bad else "bad"
    if row["value"] >= good:
        return Judgement("fcr", "good", "", good, is_sure=False)
    return Judgement("fcr", band, "below", good, is_sure=bool(row["high"] < good))


def _abandonment(row: dict[str, Any], benchmarks: BenchmarksConfig) -> Judgement:
    good, bad = benchmarks.abandonment_good_to, benchmarks.abandonment_bad_above
    band: Band = "watch" if row["value"] > good else "good"
    return _above(row, "bad" if row["value"] > bad else band, bad)


def _above(row: dict[str, Any], band: Band, limit: float) -> Judgement:
    side: Side = "above" if row["value"] > limit else ""
    return Judgement(row["kpi"], band, side, limit, is_sure=bool(row["low"] > limit))


def _handle_time(row: dict[str, Any], benchmarks: BenchmarksConfig) -> Judgement:
    usual = benchmarks.aht_ranges.get(str(row.get("group")), benchmarks.aht_range)
    if row["value"] > usual.to_s:
        return _above(row, "note", usual.to_s)
    if row["value"] < usual.from_s:
        sure = bool(row["high"] < usual.from_s)
        return Judgement("aht", "note", "below", usual.from_s, is_sure=sure)
    return Judgement("aht", "good", "", usual.to_s, is_sure=False)
