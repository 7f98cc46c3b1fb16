"""Dimensions and figures for BI tools: a star of small tables around the facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from ccml.kpis.cuts import EVERYTHING
from ccml.kpis.groups import UNNAMED
from ccml.reports.bi_measures import Formula

FIGURE = ("kpi", "variant")
DATE_WORDS = {
    "date": "local day",
    "year": "calendar year",
    "quarter": "1 to 4",
    "month": "1 to 12",
    "month_name": "January, ...; sort it by month",
    "period": "YYYY-MM, as in fact_kpis",
    "month_start": "first day of the month",
    "week_start": "Monday of the week",
    "iso_year": "year of the ISO week",
    "iso_week": "ISO week, 1 to 53",
    "weekday": "1 = Monday to 7",
    "weekday_name": "Monday, ...; sort it by weekday",
    "is_weekend": "Saturday or Sunday",
    "is_covered": "the data hold the whole day",
}
FIGURE_WORDS = {
    "period": "local month YYYY-MM, or all",
    "month_start": "first day of the month, joins dim_date; null for all",
    "group_kind": "what the figure is told apart by: all, queue, reason, ...",
    "group_name": "the queue, reason, ...; all",
    "queue_key": "joins dim_queue; null unless group_kind is queue",
    "reason_key": "joins dim_reason; null unless group_kind is reason",
    "kpi_key": "joins dim_kpi",
    "value": "the figure; shares lie between 0 and 1",
    "numerator": "sum above the line",
    "denominator": "sum below the line",
    "n": "calls that could be used",
    "low": "lower end of the 95 % interval",
    "high": "upper end of the 95 % interval",
    "why_null": "why there is no value",
    "window_days": "days looked ahead, where it does",
    "unknown_callers": "share of unknown callers of this group and period",
}
WEEK_WORDS = {
    "week_start": "Monday of the week, local; joins dim_date.date",
    "base": "answered calls of known customers",
    "repeated": "of these, calls that the customer repeated within the main window",
    "rate": "repeated / base; may still rise while is_censored",
    "is_censored": "the window of some calls of this week is not over yet",
}


@dataclass(frozen=True)
class StarTable:
    """A table for BI tools: what one row is, its keys, and what each column is."""

    name: str
    about: str
    keys: Sequence[str]
    rows: Any
    columns: Mapping[str, str]


def dim_names(kind: str, names: Sequence[str]) -> StarTable:
    """List queues or reasons; the key 0 stands for calls without any.

    Args:
        kind: `queue` or `reason`.
        names: Its names, in any order.
    """
    given = sorted({*names} - {UNNAMED})
    everyone = [UNNAMED, *given]
    frame = pd.DataFrame({f"{kind}_key": range(len(everyone)), kind: everyone})
    words = {
        f"{kind}_key": "number within this export; it may change with the next",
        kind: f"name of the {kind}",
    }
    return StarTable(
        f"dim_{kind}", f"one row per {kind}", [f"{kind}_key"], frame, words
    )


def dim_date(first: pd.Timestamp, last: pd.Timestamp, until: pd.Timestamp) -> StarTable:
    """List all days from the Monday before the first month to the last month's end.

    Args:
        first: Local day of the first call.
        last: Local day of the last call.
        until: Local moment up to which the data are complete.
    """
    begin = first.normalize().replace(day=1)
    begin -= pd.Timedelta(days=begin.day_of_week)
    days = pd.Series(pd.date_range(begin, last.normalize() + pd.offsets.MonthEnd(0)))
    week = days.dt.isocalendar()
    frame = pd.DataFrame(
        {
            "date": days.dt.date,
            "year": days.dt.year,
            "quarter": days.dt.quarter,
            "month": days.dt.month,
            "month_name": days.dt.month_name(),
            "period": days.dt.strftime("%Y-%m"),
            "month_start": days.dt.to_period("M").dt.start_time.dt.date,
            "week_start": (
                days - pd.to_timedelta(days.dt.day_of_week, unit="D")
            ).dt.date,
            "iso_year": week.year.astype("int64"),
            "iso_week": week.week.astype("int64"),
            "weekday": days.dt.day_of_week + 1,
            "weekday_name": days.dt.day_name(),
            "is_weekend": days.dt.day_of_week >= 5,
            "is_covered": (days >= first.normalize())
            & (days + pd.Timedelta(days=1) <= until),
        }
    )
    return StarTable("dim_date", "one row per local day", ["date"], frame, DATE_WORDS)


def dim_kpi(kpis: pd.DataFrame, sums: Mapping[tuple[str, str], str]) -> StarTable:
    """List figures with their variant; `sums` has the formulas that hold."""
    frame = kpis[[*FIGURE, "unit"]].drop_duplicates(list(FIGURE))
    frame = frame.sort_values(list(FIGURE)).reset_index(drop=True)
    frame.insert(0, "kpi_key", frame.index + 1)
    pairs = zip(frame.kpi, frame.variant, strict=True)
    frame["hourly_formula"] = pd.Series(
        [sums.get(pair) for pair in pairs], dtype="object"
    )
    words = {
        "kpi_key": "number within this export; it may change with the next",
        "kpi": "short name of the figure",
        "variant": "how exactly it is counted",
        "unit": "share, s, calls, ...",
        "hourly_formula": "the same figure from fact_calls_hourly, as SQL; null where "
        "sums do not give it",
    }
    return StarTable(
        "dim_kpi", "one row per figure and variant", ["kpi_key"], frame, words
    )


def formula_of(kpi: str, variant: str, known: Sequence[Formula]) -> Formula | None:
    """Find the formula of a figure: the one that names most of its variant."""
    fits = [f for f in known if f.kpi == kpi and _begins(variant, f.variant)]
    return max(fits, key=lambda formula: len(formula.variant), default=None)


def _begins(text: str, start: str) -> bool:
    rest = text[len(start) :]
    return text.startswith(start) and (not start or not rest[:1].isalnum())


def fact_kpis(
    kpis: pd.DataFrame, figures: pd.DataFrame, names: Mapping[str, pd.DataFrame]
) -> StarTable:
    """Give the stored key figures with the keys of the dimensions.

    Args:
        kpis: Rows of the table kpis that may be exported.
        figures: Rows of dim_kpi.
        names: Rows of dim_queue and dim_reason, by kind.
    """
    frame = kpis.merge(figures[["kpi_key", *FIGURE]], on=list(FIGURE))
    frame = frame.rename(columns={"group": "group_name"})
    months = frame.period.where(frame.period != EVERYTHING)
    frame["month_start"] = pd.to_datetime(months, format="%Y-%m").dt.date
    for kind, rows in names.items():
        keys = rows.set_index(kind)[f"{kind}_key"]
        own = frame.group_name.where(frame.group_kind == kind)
        frame[f"{kind}_key"] = own.map(keys).astype("Int64")
    columns = {name: words for name, words in FIGURE_WORDS.items() if name in frame}
    return StarTable(
        name="fact_kpis",
        about="one row per period, group and figure, as worked out by ccml; values of "
        "several rows must not be added or averaged",
        keys=("period", "group_kind", "group_name", "kpi_key"),
        rows=frame[list(columns)],
        columns=columns,
    )


def fact_weeks(trend: ibis.Table) -> StarTable:
    """Give the repeat rate by week."""
    rows = trend.select(
        week_start="week", **{name: trend[name] for name in list(WEEK_WORDS)[1:]}
    )
    return StarTable(
        "fact_repeat_weeks",
        "one row per week",
        ["week_start"],
        rows.mutate(
            week_start=rows.week_start.cast("date"),
            repeated=rows.repeated.cast("int64"),
        ),
        WEEK_WORDS,
    )
