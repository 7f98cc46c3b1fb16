"""What was done, and whether the repeat rate fell more than that of the rest."""

from typing import Any

from ccml.reports.blocks import Section, TableBlock, each_row, table
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.segments import names
from ccml.reports.numbers import DASH, MINUS, count, day, is_known, percent

NONE_NAMED = (
    "the config names no actions; add what was done, and when, under "
    "`segments.history.actions`"
)
PERSISTENT = "persistent"


def actions_section(data: CallersData) -> Section:
    """Build the section."""
    title = "What was done, and what came of it"
    rows = data.frame("action_effects")
    if rows.empty:
        words = data.missing("action_effects", "Effects of actions", NONE_NAMED)
        return Section("actions", title, "", missing=words)
    lead = (
        "The change of the repeat rate of those it was done for, less the change of all "
        "others over the same weeks: what moves everybody drops out."
    )
    items = [
        f"{_title(row.action)} (from {day(row.began)}, for {_group(data, row.group)}): "
        f"{row.verdict}"
        for row in each_row(rows)
    ]
    parts: dict[str, Any] = {"items": items, "tables": [_table(data)]}
    return Section("actions", title, lead, parts)


def _title(name: object) -> str:
    text = str(name).replace("_", " ")
    return f"{text[:1].upper()}{text[1:]}"


def _group(data: CallersData, group: object) -> str:
    if group == PERSISTENT:
        return "persistent callers"
    return names(data).get(str(group), str(group))


def _table(data: CallersData) -> TableBlock:
    rows = [
        (
            _title(row.action),
            (day(row.began), str(row.began)),
            _group(data, row.group),
            _both(row.rate_before, row.rate_after),
            _both(row.rest_before, row.rest_after),
            (_effect(row), row.effect),
            (count(row.n), row.n),
        )
        for row in each_row(data.frame("action_effects"))
    ]
    columns = (
        "action", "from", "for", "repeat rate before, after", "the rest before, after",
        "effect in points (95 %)", "calls",
    )  # fmt: skip
    return table("One row per action", columns, rows, (0, 1, 2))


def _both(before: Any, after: Any) -> str:
    if not (is_known(before) and is_known(after)):
        return ""
    return f"{percent(before)} \u2192 {percent(after)}"


def _effect(row: Any) -> str:
    if not is_known(row.effect):
        return "not known yet"
    return f"{_points(row.effect)} ({_points(row.low)} {DASH} {_points(row.high)})"


def _points(share: Any) -> str:
    return f"{100 * float(share):+.1f}".replace("-", MINUS)
