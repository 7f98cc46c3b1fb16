"""The section on the data: what came in, what was set aside, who could be matched."""

from typing import Any

import pandas as pd

from ccml.reports.blocks import Section, TableBlock, table
from ccml.reports.numbers import count, percent
from ccml.reports.stored import ReportData

NEEDED = "Needed for this section: data that were read (`ccml run prepare`)."
MATCH_PARTS = ("matched", "ambiguous", "anonymous", "internal", "unknown")


def quality_section(data: ReportData) -> Section:
    """Build the section from the summaries of ingest and linking."""
    if data.sources is None and data.match_quality is None:
        return Section("quality", "Data quality", "", missing=NEEDED)
    totals = source_totals(data.sources)
    parts = {
        "sources": _sources_table(totals),
        "reasons": _reasons_table(data.sources),
        "matching": _matching_table(data.match_quality),
    }
    return Section("quality", "Data quality", _lead(totals), parts)


def source_totals(sources: pd.DataFrame | None) -> pd.DataFrame:
    """Count rows in, kept and set aside per source.

    Args:
        sources: source, rows_in, rows_kept, reason (null for a source without any),
            rows; one row per source and reason.
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
            row.source,
            (count(row.rows_in), row.rows_in),
            (count(row.rows_kept), row.rows_kept),
            (count(row.set_aside), row.set_aside),
            (percent(row.set_aside / row.rows_in if row.rows_in else 0), row.set_aside),
        )
        for row in totals.itertuples()
    ]
    return table(
        "One row per source", ("source", "rows in", "kept", "set aside", "share"), rows
    )


def _reasons_table(sources: pd.DataFrame | None) -> TableBlock | None:
    if sources is None:
        return None
    found = sources[sources.reason.notna() & (sources.rows > 0)]
    if found.empty:
        return None
    found = found.sort_values(
        ["source", "rows", "reason"], ascending=[True, False, True]
    )
    rows = [
        (
            row.source,
            str(row.reason),
            (count(row.rows), row.rows),
            (percent(row.rows / row.rows_in), row.rows / row.rows_in),
        )
        for row in found.itertuples()
    ]
    return table(
        "Why rows were set aside",
        ("source", "reason", "rows", "of the source"),
        rows,
        (0, 1),
    )


def _matching_table(quality: pd.DataFrame | None) -> TableBlock | None:
    if quality is None or quality.empty:
        return None
    rows: list[Any] = []
    counts = match_counts(quality)
    total = sum(counts.values())
    for name, calls in counts.items():
        share = calls / total if total else 0.0
        rows.append((name, (count(calls), calls), (percent(share), share)))
    return table(
        "Calls by how their caller was found", ("caller", "calls", "share"), rows
    )


def match_counts(quality: pd.DataFrame) -> dict[str, int]:
    """Count calls by status of their match, over all months and queues."""
    if "status" in quality.columns:
        sums = quality.groupby("status").calls.sum()
        return {str(name): int(n) for name, n in sums.items()}
    return {
        name.replace("_", " "): int(quality[name].sum())
        for name in quality.columns
        if name.startswith(MATCH_PARTS)
    }
