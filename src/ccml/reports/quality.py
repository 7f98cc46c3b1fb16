"""The section on the data: what came in, what was set aside, who could be matched."""

from typing import Any

import pandas as pd

from ccml.contracts.summary import NOTE, SET_ASIDE
from ccml.identity.quality import match_alerts
from ccml.reports.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    each_row,
    figure,
    table,
)
from ccml.reports.figures_quality import matched_by_month, monthly_shares
from ccml.reports.numbers import count, percent
from ccml.reports.stored import ReportData

NEEDED = "Needed for this section: data that were read by `ccml run prepare CONFIG`."
CALLERS = {
    "matched_by_call_link": "named by a CRM record of the call",
    "matched_by_key_map": "known by the platform's key, through the table of keys",
    "matched_by_key": "known by the customer number on the call",
    "matched_by_phone": "known by the phone number",
    "matched_by_recent_contact": "number shared: the one whose call came last",
    "matched_by_caller": "number taken for a customer: no CRM is there",
    "ambiguous": "number shared by several customers: nobody's",
    "anonymous": "number withheld",
    "internal": "internal number",
    "unknown": "number of no customer, or none",
}
DOUBTS = {
    "rules_disagree": ("a weaker rule of that moment named another customer", "found"),
    "switchboard": ("number of too many customers, as a switchboard's", "shared"),
    "sip": ("address of internet telephony", "number of no customer, or none"),
    "invalid": ("no valid number", "number of no customer, or none"),
}
MOST_ALERTS = 12


def quality_section(data: ReportData) -> Section:
    """Build the section from the summaries of ingest and linking."""
    if data.sources is None and data.match_quality is None:
        return Section("quality", "Data quality", "", missing=NEEDED)
    totals = source_totals(data.sources)
    parts = {
        "sources": _sources_table(totals),
        "reasons": _reasons_table(data.sources, SET_ASIDE, "Why rows were set aside"),
        "mended": _reasons_table(data.sources, NOTE, "What was mended in rows kept"),
        "matching": _matching_table(data.match_quality),
        "doubts": _doubts_table(data.match_quality),
        "platforms": _platforms_table(data.match_quality),
        "matched": _matched_figure(data.match_quality),
        "alerts": _alerts(data.match_quality),
    }
    return Section("quality", "Data quality", _lead(totals), parts)


def source_totals(sources: pd.DataFrame | None) -> pd.DataFrame:
    """Count rows in, kept and set aside per source.

    Args:
        sources: source, kind, reason, rows, rows_in, rows_kept, as
            `ccml.contracts.summary` writes them.
    """
    columns = ["source", "rows_in", "rows_kept", "set_aside"]
    if sources is None or sources.empty:
        return pd.DataFrame(columns=columns)
    first = sources.groupby("source", sort=True)[["rows_in", "rows_kept"]].first()
    totals = first.assign(set_aside=first.rows_in - first.rows_kept)
    return totals.reset_index()[columns]


def _lead(totals: pd.DataFrame) -> str:
    if totals.empty:
        return ""
    rows, aside = int(totals.rows_in.sum()), int(totals.set_aside.sum())
    share = percent(aside / rows) if rows else percent(0)
    return (
        f"{count(rows)} rows came in; {count(aside)} ({share}) were set aside, each with "
        "its reason, and none was lost."
    )


def _sources_table(totals: pd.DataFrame) -> TableBlock | None:
    if totals.empty:
        return None
    rows = [
        (
            _spoken(row.source),
            (count(row.rows_in), row.rows_in),
            (count(row.rows_kept), row.rows_kept),
            (count(row.set_aside), row.set_aside),
            (percent(row.set_aside / row.rows_in if row.rows_in else 0), row.set_aside),
        )
        for row in each_row(totals)
    ]
    return table(
        "One row per source", ("source", "rows in", "kept", "set aside", "share"), rows
    )


def _reasons_table(
    sources: pd.DataFrame | None, kind: str, caption: str
) -> TableBlock | None:
    if sources is None:
        return None
    found = sources[(sources.kind == kind) & (sources.rows > 0)]
    if found.empty:
        return None
    order = found.sort_values(
        ["source", "rows", "reason"], ascending=[True, False, True]
    )
    rows = [
        (
            _spoken(row.source),
            str(row.reason),
            (count(row.rows), row.rows),
            (percent(row.rows / row.rows_in), row.rows / row.rows_in),
        )
        for row in each_row(order)
    ]
    return table(caption, ("source", "reason", "rows", "of the source"), rows, (0, 1))


def _spoken(source: Any) -> str:
    return str(source).removeprefix("flat__").replace("_", " ")


def _matching_table(quality: pd.DataFrame | None) -> TableBlock | None:
    if quality is None or quality.empty:
        return None
    total = int(quality.calls.sum())
    rows = [
        (words, (count(calls), calls), (percent(calls / total), calls / total))
        for name, words in CALLERS.items()
        if name in quality.columns and (calls := int(quality[name].sum())) > 0
    ]
    return table(
        f"{count(total)} calls by how their customer was found",
        ("caller", "calls", "share"),
        rows,
    )


def _doubts_table(quality: pd.DataFrame | None) -> TableBlock | None:
    if quality is None or quality.empty:
        return None
    rows = [
        (words, within, (count(calls), calls))
        for name, (words, within) in DOUBTS.items()
        if name in quality.columns and (calls := int(quality[name].sum())) > 0
    ]
    if not rows:
        return None
    caption = "Some of these calls, looked at more closely"
    return table(caption, ("what", "counted above as", "calls"), rows, (0, 1))


def _by_platform(quality: pd.DataFrame | None) -> bool:
    """Tell whether the counts are by platform; those of older workspaces are not."""
    return (
        quality is not None
        and not quality.empty
        and "source_platform" in quality.columns
    )


def _platforms_table(quality: pd.DataFrame | None) -> TableBlock | None:
    if quality is None or not _by_platform(quality):
        return None
    names = ["calls", "matched", "ambiguous", "anonymous", "internal", "unknown"]
    sums = quality.groupby("source_platform", sort=True)[names].sum().reset_index()
    rows = [
        (
            str(row.source_platform),
            (count(row.calls), row.calls),
            *(
                (
                    percent(getattr(row, name) / row.calls),
                    getattr(row, name) / row.calls,
                )
                for name in names[1:]
            ),
        )
        for row in each_row(sums)
    ]
    return table("Calls by platform", ("platform", *names), rows)


def _matched_figure(quality: pd.DataFrame | None) -> FigureBlock | None:
    if quality is None or not _by_platform(quality):
        return None
    shares = monthly_shares(quality)
    rows = [
        (row.platform, row.month, (count(row.calls), row.calls), percent(row.share))
        for row in each_row(shares)
    ]
    numbers = table(
        "One row per platform and month",
        ("platform", "month", "calls", "with a known customer"),
        rows,
        (0, 1),
    )
    return figure("matched-calls", matched_by_month(quality), numbers)


def _alerts(quality: pd.DataFrame | None) -> list[str]:
    if quality is None or not _by_platform(quality):
        return []
    found = match_alerts(quality)
    more = len(found) - MOST_ALERTS
    return found[:MOST_ALERTS] + ([f"And {more} more."] if more > 0 else [])
