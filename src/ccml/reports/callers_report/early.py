"""Early warnings: how many may become repeat callers, and how likely that is."""

from typing import Any

from ccml.reports.blocks import Section, TableBlock, each_row, table
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.people import Warned
from ccml.reports.callers_report.small_numbers import cell, customers, few, is_small
from ccml.reports.callers_report.windows import cutoff_words
from ccml.reports.numbers import chance, percent

SOURCES = {
    "predictor": "a predictor, trained on what became of customers like them",
    "call rates": "how often they have called so far",
}
STORED = (
    "Who they are is not in this report. The list is the table `early_warnings` of the "
    "workspace, the likeliest first; only those who may see customers can open it."
)


def early_section(data: CallersData) -> Section:
    """Build the section."""
    title = "Early warnings"
    found = data.warned
    if found is None or not found.customers:
        why = "nobody is likelier than others to become a repeat caller"
        words = data.missing("early_warnings", "The early-warning list", why)
        return Section("early", title, "", missing=words)
    parts: dict[str, Any] = {"sentences": _sentences(data, found), "commands": [STORED]}
    if not is_small(found.customers):
        parts["tables"] = [_bands(found), *_reasons(found)]
    return Section("early", title, "", parts)


def _sentences(data: CallersData, found: Warned) -> list[str]:
    said = (
        f"{customers(found.customers).capitalize()} who are no persistent callers now are "
        f"the likeliest to become so"
    )
    if found.cutoff is not None:
        said += f", as of {cutoff_words(found.cutoff, data.zone)}"
    if is_small(found.customers):
        return [f"{said}."]
    likely = (
        f"Of these, about {few(found.expected)} are expected to; for the first the chance "
        f"is {percent(found.most, 0)} ({chance(found.most)}), for the last "
        f"{percent(found.least, 0)} ({chance(found.least)})."
    )
    source = SOURCES.get(found.source, found.source)
    told = f"Told from {source}."
    meant = found.meaning.removeprefix("by ")
    meaning = f" What is meant: {meant}." if meant else ""
    return [f"{said}.", likely, f"{told}{meaning}"]


def _bands(found: Warned) -> TableBlock:
    rows = [
        (
            (f"{percent(row.low, 0)} to {percent(row.high, 0)}", row.low),
            cell(row.customers),
        )
        for row in each_row(found.bands)
        if row.customers
    ]
    return table(
        "Customers on the list by their chance", ("chance", "customers"), rows, ()
    )


def _reasons(found: Warned) -> list[TableBlock]:
    told = found.reasons[~found.reasons["customers"].map(is_small)]
    if told.empty:
        return []
    rows = [(str(row.reason), cell(row.customers)) for row in each_row(told)]
    caption = "What they called about most so far; fewer than 5 customers are left out"
    return [table(caption, ("reason", "customers"), rows)]
