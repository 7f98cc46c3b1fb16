"""What suddenly changed: known causes first."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ccml.reports.blocks import Section, TableBlock, each_row, table
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.people import PSEUDONYMS
from ccml.reports.callers_report.small_numbers import customers
from ccml.reports.numbers import count, day, is_known, plain

NOUNS = {"customer": "customer", "phone": "phone number"}
MOST_TOLD = 5


def unusual_section(data: CallersData) -> Section:
    """Build the section."""
    title = "What suddenly changed"
    rows = data.unusual
    if rows is None or rows.empty:
        why = "no customer, number, region, reason or queue called more than usual"
        words = data.missing("anomalies", "What is out of the ordinary", why)
        return Section("unusual", title, "", missing=words)
    named = rows[~rows["kind"].isin(PSEUDONYMS)]
    hidden = rows[rows["kind"].isin(PSEUDONYMS)]
    parts: dict[str, Any] = {"items": [*_named(named), *_hidden(hidden)]}
    if len(named):
        parts["tables"] = [_table(named)]
    lead = (
        "More calls than their own past lets expect. Those with a known cause stand first; "
        "the others are worth a look."
    )
    return Section("unusual", title, lead, parts)


def _by_cause(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows["known_cause"].map(lambda cause: not _text(cause))
    order = rows.assign(unexplained=known)
    keys = ["unexplained", "p_value", "kind", "value"]
    return order.sort_values(keys, kind="stable")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _named(rows: pd.DataFrame) -> Iterator[str]:
    for row in each_row(_by_cause(rows).head(MOST_TOLD)):
        yield _text(getattr(row, "words", None)) or _sentence(row)
    if len(rows) > MOST_TOLD:
        yield f"{len(rows) - MOST_TOLD} more regions, reasons and queues in the table."


def _sentence(row: Any) -> str:
    cause = _text(row.known_cause)
    tail = f"known cause: {cause}" if cause else "no known cause"
    seen = f"{count(row.calls)} calls where {plain(row.expected)} were usual"
    return f"{str(row.kind).capitalize()} {row.value}, {day(row.day)}: {seen}; {tail}."


def _hidden(rows: pd.DataFrame) -> Iterator[str]:
    """Count customers and numbers; who they are stays in the workspace."""
    for kind, noun in NOUNS.items():
        own = rows[rows["kind"] == kind]
        if own.empty:
            continue
        caused = own["known_cause"].map(_text)
        explained = int((caused != "").sum())
        said = f"{customers(len(own), noun).capitalize()} called far more than before"
        if explained:
            names = ", ".join(sorted({text for text in caused if text})[:3])
            said += (
                f"; for {customers(explained, noun)} there is a known cause ({names})"
            )
        yield f"{said}. Who they are stands in the table anomalies of the workspace."


def _table(rows: pd.DataFrame) -> TableBlock:
    made = [
        (
            str(row.kind),
            str(row.value),
            (day(row.day), str(row.day)),
            (count(row.calls), row.calls),
            (plain(row.expected), row.expected),
            (_times(row.ratio), row.ratio),
            _text(row.known_cause) or "none known",
        )
        for row in each_row(_by_cause(rows))
    ]
    columns = ("what", "which", "day", "calls", "usual", "times", "cause")
    return table(
        "More calls than usual, known causes first", columns, made, (0, 1, 2, 6)
    )


def _times(ratio: Any) -> str:
    return f"{float(ratio):.1f}" if is_known(ratio) else ""
