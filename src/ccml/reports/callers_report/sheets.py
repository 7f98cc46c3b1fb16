"""What each sheet of the workbook holds: the stored tables, free of customers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ccml.reports.blocks import each_row
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.movement import known_names
from ccml.reports.callers_report.people import PSEUDONYMS
from ccml.reports.callers_report.segments import by_cost, names
from ccml.reports.callers_report.sheet_columns import (
    ACTIONS,
    DEVIATIONS,
    EARLY,
    FIGURES,
    ISSUES,
    MEMBERS,
    MOVES,
    OUTLOOK,
    PROPOSED,
    SEGMENTS,
    SURE,
    TOPS,
    TRAITS,
    TRIGGERS,
    UNUSUAL,
    WEEKS,
    WORDS,
)
from ccml.reports.callers_report.small_numbers import LEAST, is_small
from ccml.reports.callers_report.windows import last_day, local
from ccml.reports.numbers import is_known
from ccml.reports.workbook.cells import Cell, Column

Rows = list[tuple[Any, ...]]
MONTHLY = " per 30 days"


@dataclass(frozen=True)
class Sheet:
    """One sheet: its columns with their meaning, and its rows."""

    name: str
    title: str
    about: str
    columns: Sequence[Column]
    rows: Rows


@dataclass(frozen=True)
class _Plan:
    """A sheet that is made when its table holds something."""

    name: str
    title: str
    about: str
    columns: Sequence[Column]
    source: str
    rows: Callable[[CallersData], Rows]


def sheets(data: CallersData) -> tuple[list[Sheet], list[str]]:
    """Build all sheets, and say for those that are missing what to do."""
    made, missing = [], []
    for plan in PLANS:
        rows = plan.rows(data)
        if rows:
            made.append(Sheet(plan.name, plan.title, plan.about, plan.columns, rows))
        else:
            missing.append(data.missing(plan.source, plan.title))
    return made, missing


def people(number: Any) -> Any:
    """Give a number of customers, if they are none or enough."""
    return f"<{LEAST}" if is_small(number) else number


def _tops(data: CallersData) -> Rows:
    found = data.concentration.get("top") or []
    keys = ("top", "share", "low", "high", "by_chance")
    return [tuple(row.get(key) for key in keys) for row in found]


def _weeks(data: CallersData) -> Rows:
    rows = []
    for row in each_row(data.frame("repeat_trend")):
        final, so_far = (None, row.rate) if row.is_censored else (row.rate, None)
        week = pd.Timestamp(row.week).date()
        rows.append((week, row.base, row.repeated, final, so_far))
    return rows


def _plain(name: str, columns: Sequence[str]) -> Callable[[CallersData], Rows]:
    """Take columns of a stored table as they are."""

    def rows(data: CallersData) -> Rows:
        frame = data.frame(name)
        if frame.empty:
            return []
        present = [
            frame.get(column, pd.Series(None, frame.index)) for column in columns
        ]
        return list(zip(*(values.tolist() for values in present), strict=True))

    return rows


def _triggers(data: CallersData) -> Rows:
    rows = _plain("repeat_matrix", MATRIX)(data)
    # The dearest first; where no cost is known, those with most repeats.
    return sorted(
        rows,
        key=lambda row: (-(row[9] if is_known(row[9]) else 0), -row[3], row[0], row[1]),
    )


def _segments(data: CallersData) -> Rows:
    keys = (
        "share_of_customers", "calls", "share_of_calls", "handle_hours_per_30d",
        "cost_per_30d_eur",
    )  # fmt: skip
    return [
        (
            one["name"],
            people(one["customers"]),
            *(one.get(key) for key in keys),
            _rule(one),
        )
        for one in by_cost(data)
        if not is_small(one["customers"])
    ]


def _rule(one: dict[str, Any]) -> str | None:
    rule = one.get("rule")
    return rule.get("words") if isinstance(rule, dict) else rule


def _large(data: CallersData) -> dict[str, str]:
    """Name the segments of enough customers."""
    small = {str(one["id"]) for one in by_cost(data) if is_small(one["customers"])}
    return {key: name for key, name in names(data).items() if key not in small}


def _figures(data: CallersData) -> Rows:
    told = _large(data)
    rows = []
    for row in each_row(data.frame("segment_figures")):
        if row.segment_id not in told:
            continue
        unit = str(row.unit)
        base, word = unit.removesuffix(MONTHLY), str(row.figure)
        values = [Cell(value, base) for value in (row.value, row.low, row.high)]
        name = word.replace("_", " ").replace(":", ": ")
        rows.append((told[row.segment_id], name, *values, unit, row.n, row.period))
    return rows


def _traits(data: CallersData) -> Rows:
    told = _large(data)
    rows = []
    for row in each_row(data.frame("segment_profiles")):
        if row.segment_id not in told or not is_known(row.value):
            continue
        unit = str(row.unit)
        ends = (getattr(row, "effect_low", None), getattr(row, "effect_high", None))
        values = (Cell(row.value, unit), Cell(row.overall, unit))
        rows.append(
            (told[row.segment_id], row.meaning, *values, unit, row.effect, *ends)
        )
    return rows


def _proposed(data: CallersData) -> Rows:
    told = _large(data)
    return [
        (told[row.segment_id], *(getattr(row, key, None) for key in STRATEGY))
        for row in each_row(data.frame("strategies"))
        if row.segment_id in told
    ]


def _moves(data: CallersData) -> Rows:
    moves = data.frame("segment_migration")
    if moves.empty:
        return []
    told = known_names(data, moves)
    return [
        (
            _day(data, row.from_cutoff_at),
            _day(data, row.to_cutoff_at),
            told[str(row.from_segment)],
            told[str(row.to_segment)],
            people(row.customers),
            row.expected_by_chance,
        )
        for row in each_row(moves)
        if row.customers
    ]


def _members(data: CallersData) -> Rows:
    told = {"persistent": "Persistent callers", "top_14": "Top 14 % of the month"}
    told |= names(data)
    return [
        (
            _day(data, row.cutoff_at),
            told.get(str(row.group), f"Former segment {row.group}"),
            people(row.customers),
            None if is_small(row.customers) else row.share_of_calls,
            *(people(value) for value in (row.stayed, row.entered, row.left)),
            row.left_by_chance,
            row.left_by_chance_low,
            row.left_by_chance_high,
        )
        for row in each_row(data.frame("membership"))
    ]


def _day(data: CallersData, moment: Any) -> Any:
    return last_day(local(moment, data.zone)).date()


def _outlook(data: CallersData) -> Rows:
    told = _large(data)
    return [
        (
            told[row.segment_id],
            data.predictors.get(str(row.predictor), str(row.predictor)),
            people(row.customers),
            *(None if is_small(row.customers) else value for value in _expected(row)),
            *(None if is_small(row.realised_n) else value for value in _realised(row)),
            people(row.realised_n),
            getattr(row, "note", None),
        )
        for row in each_row(data.frame("segment_outlook"))
        if row.segment_id in told
    ]


def _expected(row: Any) -> tuple[Any, Any, Any]:
    return row.mean_probability, row.low, row.high


def _realised(row: Any) -> tuple[Any, Any, Any]:
    return row.realised_rate, row.realised_low, row.realised_high


def _early(data: CallersData) -> Rows:
    found = data.warned
    if found is None or is_small(found.customers):
        return []
    return [
        (row.low, row.high, people(row.customers))
        for row in each_row(found.bands)
        if row.customers
    ]


def _unusual(data: CallersData) -> Rows:
    rows = data.unusual
    if rows is None or rows.empty:
        return []
    named = rows[~rows["kind"].isin(PSEUDONYMS)]
    return [
        (
            row.kind,
            row.value,
            pd.Timestamp(row.day).date(),
            row.calls,
            row.expected,
            row.ratio,
            row.known_cause,
        )
        for row in each_row(named)
    ]


def _actions(data: CallersData) -> Rows:
    told = names(data) | {"persistent": "Persistent callers"}
    keys = (
        "rate_before", "rate_after", "rest_before", "rest_after", "effect", "low",
        "high", "n", "verdict",
    )  # fmt: skip
    return [
        (
            str(row.action).replace("_", " "),
            pd.Timestamp(row.began).date(),
            told.get(str(row.group), str(row.group)),
            *(getattr(row, key) for key in keys),
        )
        for row in each_row(data.frame("action_effects"))
    ]


def _sure(data: CallersData) -> Rows:
    keys = ("expected_precision", "expected_recall")
    return [
        (row["probability"], people(row.get("customers")), *(row.get(k) for k in keys))
        for row in data.callers.get("thresholds") or []
    ]


MATRIX = (
    "reason", "queue", "calls", "repeated", "rate", "low", "high", "expected_rate",
    "repeat_hours", "repeat_cost_eur", "share_of_repeats",
)  # fmt: skip
NEXT = (
    "reason", "next_reason", "follow_ups", "share", "share_by_chance", "lift",
    "median_days",
)  # fmt: skip
STRATEGY = (
    "rank", "title", "why", "channel", "channel_reason", "calls_per_30d", "spared",
    "spared_low", "spared_high", "hours", "hours_low", "hours_high", "eur", "eur_low",
    "eur_high", "cost_eur", "assumptions",
)  # fmt: skip
OF_ALL = (
    "Calls of known customers; intervals hold the true number with 95 % confidence."
)
PLANS = (
    _Plan("Top callers", "How concentrated calls are", OF_ALL, TOPS,
          "callers_summary", _tops),
    _Plan("Repeat rate", "Repeat rate by week",
          "Weeks from Monday, local. Of the last weeks some calls may still be followed "
          "by another: their rate so far can only rise.",
          WEEKS, "repeat_trend", _weeks),
    _Plan("What triggers", "What triggers repeat calls",
          "One row per reason and queue, over the whole period; the dearest first.",
          TRIGGERS, "repeat_matrix", _triggers),
    _Plan("Next issues", "What the next call is about",
          "One row per reason and reason of the call that followed.",
          ISSUES, "next_issues", _plain("next_issues", NEXT)),
    _Plan("Segments", "Segments, the dearest first",
          "Segments of fewer than 5 customers are left out.",
          SEGMENTS, "segment_summary", _segments),
    _Plan("Segment figures", "Figures of segments", OF_ALL, FIGURES,
          "segment_figures", _figures),
    _Plan("What stands out", "What sets segments apart",
          f"By how many {DEVIATIONS} between customers: {WORDS}.",
          TRAITS, "segment_profiles", _traits),
    _Plan("What to do", "What to do about each segment",
          "Calls, hours and EUR are those of 30 days.", PROPOSED, "strategies", _proposed),
    _Plan("Moves", "Moves between segments",
          "One row per two days and pair of segments.", MOVES,
          "segment_migration", _moves),
    _Plan("Who stayed", "Who stayed, came and left",
          "One row per day and group, since the day before it in this list.", MEMBERS,
          "membership", _members),
    _Plan("Outlook", "What predictors expect of segments", OF_ALL, OUTLOOK,
          "segment_outlook", _outlook),
    _Plan("Early warnings", "Early warnings by chance",
          "How many, never who: the list itself stays in the workspace.", EARLY,
          "early_warnings", _early),
    _Plan("Unusual", "More calls than usual",
          "Regions, reasons and queues; customers and numbers are never named.",
          UNUSUAL, "anomalies", _unusual),
    _Plan("Actions", "What was done, and what came of it",
          "The change of the repeat rate, less that of all others.", ACTIONS,
          "action_effects", _actions),
    _Plan("How sure", "What being more or less careful gives",
          "Persistent callers, by how sure one wants to be.", SURE,
          "callers_summary", _sure),
)  # fmt: skip
