"""How persistent callers were told from chance, and what being sure costs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccml.reports.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    figure,
    table,
)
from ccml.reports.callers_report.figures import fit_bars, thresholds
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.small_numbers import LEAST, cell
from ccml.reports.figures_callers import call_counts
from ccml.reports.numbers import count, is_known, percent

SURE = 0.05


def evidence_section(data: CallersData) -> Section:
    """Build the section."""
    title = "How persistent callers were told from chance"
    found = data.callers
    if not found:
        words = data.missing("callers_summary", "How sure it is who calls persistently")
        return Section("evidence", title, "", missing=words)
    parts: dict[str, Any] = {
        "sentences": list(_sentences(data, found)),
        "figures": list(_figures(data, found)),
        "tables": [block for block in (_models(found),) if block],
    }
    return Section("evidence", title, "", parts)


def _sentences(data: CallersData, found: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "Some customers have many calls by bad luck alone. So for each customer the call "
        "rate behind the calls was estimated from their own calls and from how rates are "
        "spread over all customers; one call more or less moves it little."
    )
    threshold = found.get("threshold_per_30d")
    if threshold is not None:
        yield (
            f"Persistent is who calls more than {float(threshold):.2g} times in 30 days, "
            f"and of whom that is {percent(data.least_probability, 0)} sure or more."
        )
    yield from _placebo(found)
    verdict = (found.get("diagnostics") or {}).get("verdict")
    if verdict:
        yield str(verdict)
    following = (found.get("next_period") or {}).get("words")
    if following:
        yield str(following)


def _placebo(found: Mapping[str, Any]) -> Iterator[str]:
    placebo = found.get("placebo") or {}
    flagged = placebo.get("flagged")
    if not is_known(flagged):
        return
    said = (
        f"Tried on customers who are all alike and differ by luck only, the same rule "
        f"names {percent(flagged, 1) if flagged else 'nobody'}"
    )
    simple = placebo.get("rule_of_three")
    if is_known(simple):
        said += f"; the usual rule of three or more calls would name {percent(simple)}"
    yield f"{said}."


def _figures(data: CallersData, found: Mapping[str, Any]) -> Iterator[FigureBlock]:
    rows = found.get("thresholds")
    if rows:
        chart = thresholds(rows, data.least_probability)
        yield figure("thresholds", chart, threshold_table(rows))
    diagnostics = found.get("diagnostics") or {}
    fit = merged_tail(diagnostics.get("rootogram") or found.get("fit") or [])
    if len(fit) > 1:
        note = f"The last bar holds {fit[-1]['calls']:.0f} calls and more."
        yield figure("call-counts", call_counts(fit), _fit_table(fit), note)
    if diagnostics.get("pit"):
        yield _pit(diagnostics)


def threshold_table(rows: Sequence[Mapping[str, Any]]) -> TableBlock:
    """List what each degree of care costs."""
    made = [
        (
            (percent(row["probability"], 0), row["probability"]),
            cell(row.get("customers")),
            (percent(row.get("expected_precision"), 0), row.get("expected_precision")),
            (percent(row.get("expected_recall"), 0), row.get("expected_recall")),
        )
        for row in rows
    ]
    columns = (
        "sure to at least",
        "customers named",
        "of these rightly",
        "found of all",
    )
    return table("What being more or less careful gives", columns, made, ())


def merged_tail(fit: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Add up the last numbers of calls, so that no bar stands for a few customers.

    Args:
        fit: calls, observed customers, expected customers; calls rising.
    """
    rows = [
        {name: float(row[name]) for name in ("calls", "observed", "expected")}
        for row in fit
    ]
    while len(rows) > 1 and rows[-1]["observed"] < LEAST:
        last = rows.pop()
        for name in ("observed", "expected"):
            rows[-1][name] += last[name]
    # In the middle, too, a few customers go with those who call a little less.
    kept: list[dict[str, float]] = []
    for row in rows:
        if kept and 0 < row["observed"] < LEAST:
            for name in ("observed", "expected"):
                kept[-1][name] += row[name]
        else:
            kept.append(row)
    return kept


def _fit_table(fit: Sequence[Mapping[str, float]]) -> TableBlock:
    last = fit[-1]["calls"]
    rows = [
        (
            (
                f"{row['calls']:.0f}{' or more' if row['calls'] == last else ''}",
                row["calls"],
            ),
            (count(row["observed"]), row["observed"]),
            (count(row["expected"]), row["expected"]),
        )
        for row in fit
    ]
    caption = "Customers by their number of calls, and what the spread of rates expects"
    return table(caption, ("calls", "customers", "expected"), rows, ())


def _pit(diagnostics: Mapping[str, Any]) -> FigureBlock:
    shares = [float(share) for share in diagnostics["pit"]]
    p_value = diagnostics.get("pit_p_value")
    fits = p_value is None or float(p_value) >= SURE
    title = (
        "The bars are as level as chance lets them be, so the spread of call rates fits"
        if fits
        else "The bars are not level: the spread of call rates does not fit everywhere"
    )
    rows = [
        ((str(place), place), (percent(share), share))
        for place, share in enumerate(shares, start=1)
    ]
    block = table(
        "Customers by the tenth of what was expected of them",
        ("tenth", "customers"),
        rows,
        (),
    )
    return figure("fit", fit_bars(shares, title), block)


def _models(found: Mapping[str, Any]) -> TableBlock | None:
    models = found.get("models")
    if not models:
        return None
    rows = [
        (
            str(model.get("words") or model.get("name")),
            (count(model.get("bic")), model.get("bic")),
            "chosen" if model.get("chosen") else "",
        )
        for model in models
    ]
    caption = "Ways to spread call rates over customers; the smaller number fits better"
    return table(caption, ("way", "misfit (BIC)", ""), rows, (0, 2))
