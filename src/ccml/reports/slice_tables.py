"""The parts of the test as a table and in words."""

from collections.abc import Mapping
from typing import Any

from ccml.reports.blocks import TableBlock, table
from ccml.reports.candidates import metric
from ccml.reports.figures_skill import slice_rows
from ccml.reports.numbers import count, percent, score_with

Evaluation = Mapping[str, Any]
COLUMNS = (
    "part",
    "rows",
    "positives",
    "came",
    "promised",
    "AUC",
    "log loss",
    "lift in the top 10 %",
    "log loss above that of its own share",
)
MOST_NAMED = 6


def slices_table(evaluation: Evaluation) -> TableBlock:
    """List the parts of the test with all figures, the worst one marked."""
    worst = evaluation.get("worst_slice") or {}
    rows = [_row(name, found, worst) for name, found in _worst_first(evaluation)]
    return table(
        "Parts of the test, worst first; above 0 in the last column: the part's own "
        "share of positives would have told more than the model",
        COLUMNS,
        rows,
    )


def ranked_slices_table(evaluation: Evaluation) -> TableBlock:
    """List what the picture of the slices shows, and those too small for it."""
    rows = [
        (
            row["name"],
            (count(row["rows"]), row["rows"]),
            (count(row["positives"]), row["positives"]),
            (percent(row["base_rate"]), row["base_rate"]),
            (_ranking(row), row["auc"]),
        )
        for row in slice_rows(evaluation)
    ]
    columns = ("part", "rows", "positives", "base rate", "AUC")
    return table("Parts of the test, ranked worst first", columns, rows)


def _ranking(row: Mapping[str, Any]) -> str:
    if row["too_small"]:
        return "too few to judge"
    return score_with({"value": row["auc"], "low": row["low"], "high": row["high"]})


def _worst_first(evaluation: Evaluation) -> list[tuple[str, Mapping[str, Any]]]:
    """Sort by the excess, else by the AUC; parts too small come last."""

    def place(item: tuple[str, Mapping[str, Any]]) -> tuple[bool, float]:
        found = item[1]
        excess, auc = metric(found, "excess"), metric(found, "roc_auc")
        return bool(found.get("too_small")), (auc or 0) if excess is None else -excess

    return sorted((evaluation.get("slices") or {}).items(), key=place)


def _row(name: str, found: Mapping[str, Any], worst: Mapping[str, Any]) -> list[Any]:
    mark = ""
    if name == worst.get("name"):
        mark = " \u2190 weakest" + (
            "" if worst.get("clear") else ", but not clearly weak"
        )
    counted: list[Any] = [
        f"{plain_name(name)}{mark}",
        (count(found.get("rows")), found.get("rows")),
        (count(found.get("positives")), found.get("positives")),
        (percent(found.get("base_rate")), found.get("base_rate")),
    ]
    if found.get("too_small"):
        why = found.get("why_too_small")
        said = f"too few to judge: {why}" if why else "too few to judge"
        return [*counted, *[("\u2013", None)] * 4, (said, None)]
    promised = metric(found, "mean_probability")
    measured = (("roc_auc", 3), ("log_loss", 3), ("lift_at_10pct", 2), ("excess", 3))
    return [
        *counted,
        (percent(promised), promised),
        *(
            (score_with(found.get(key), digits), metric(found, key))
            for key, digits in measured
        ),
    ]


def plain_name(name: str) -> str:
    """Write the name of a part for people."""
    return str(name).replace("_", " ")


def weakest_words(evaluation: Evaluation) -> str:
    """Say which part is told worst."""
    return str((evaluation.get("worst_slice") or {}).get("sentence") or "")


def too_small_words(evaluation: Evaluation) -> str:
    """Name the parts that were too small to judge, with the reason."""
    small = [
        f"{plain_name(name)} ({found['why_too_small']})"
        for name, found in (evaluation.get("slices") or {}).items()
        if found.get("why_too_small")
    ]
    more = len(small) - MOST_NAMED
    return "; ".join(small[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
