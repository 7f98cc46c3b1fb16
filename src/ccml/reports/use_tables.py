"""The numbers behind the pictures of `figures_use`, as tables."""

from collections.abc import Mapping
from typing import Any

from ccml.reports.blocks import TableBlock, table
from ccml.reports.figures_use import learning_label
from ccml.reports.numbers import count, percent, score, score_with

Evaluation = Mapping[str, Any]
TOO_FEW = "too few to judge"


def _measured(measure: Mapping[str, Any], digits: int = 3) -> tuple[str, Any]:
    return score_with(measure, digits), measure["value"]


def staleness_table(evaluation: Evaluation) -> TableBlock:
    """List what models lose by age."""
    found = evaluation["staleness"]
    rows = [
        (
            (f"{point['age']:,.1f}", point["age"]),
            _measured(point["excess_log_loss"], 4),
            (percent(point["share_of_skill"]), point["share_of_skill"]),
            _measured(point["auc_lost"]),
        )
        for point in found["ages"]
    ]
    return table(
        "What models lose by age on later folds, against the model of that fold",
        (f"age ({found['unit']})", "log loss lost", "of what it gains", "AUC lost"),
        rows,
        (),
    )


def learning_table(evaluation: Evaluation, of: str) -> TableBlock:
    """List the points of a learning curve."""
    rows = [
        (
            learning_label(point),
            (count(point["rows"]), point["rows"]),
            (score(point["log_loss"], 4), point["log_loss"]),
            (score(point["roc_auc"]), point["roc_auc"]),
            _measured(point["behind"], 4),
        )
        for point in evaluation["learning_curve"][of]
    ]
    first = "customers" if of == "rows" else "latest months"
    return table(
        "Learnt from a part, judged on the latest fold",
        (first, "rows", "log loss", "AUC", "log loss above that of all"),
        rows,
    )


def drift_table(evaluation: Evaluation) -> TableBlock:
    """List the features that moved most."""
    rows = [
        (
            str(row["name"]),
            (score(row["psi"]), row["psi"]),
            (score(row["chance"]), row["chance"]),
            (percent(row["share"]), row["share"]),
            _change(row, "missing", percent),
            _change(row, "mean", lambda value: score(value, 2)),
        )
        for row in evaluation["drift"]["features"]
    ]
    return table(
        "Features whose values moved most from the training to the test rows",
        (
            "feature",
            "PSI",
            "by chance up to",
            "share of the explanation",
            "missing",
            "mean",
        ),
        rows,
    )


def _change(row: Mapping[str, Any], what: str, written: Any) -> str:
    before, now = row[f"{what}_before"], row[f"{what}_now"]
    if before is None or now is None:
        return "\u2013"
    return f"{written(before)} \u2192 {written(now)}"


def ablation_table(evaluation: Evaluation) -> TableBlock:
    """List what every family is worth."""
    rows = [
        (
            str(row["name"]),
            (count(len(row["features"])), len(row["features"])),
            _measured(row["worth"], 5),
            str(row["verdict"]),
        )
        for row in evaluation["ablation"]["families"]
    ]
    return table(
        "Rise of the log loss on later folds without a family; 95 % intervals for all "
        "together",
        ("family", "features", "worth", "verdict"),
        rows,
        (0, 3),
    )


def fairness_table(evaluation: Evaluation) -> TableBlock:
    """List how every group fares; those too small are only counted."""
    found = evaluation["fairness"]
    rows = [
        (
            f"{column}: {group['name']}",
            (count(group["rows"]), group["rows"]),
            (percent(group["base_rate"]), group["base_rate"]),
            *_of_group(group),
        )
        for column, judged in found["columns"].items()
        for group in judged["groups"]
    ]
    left_out = sum(c["left_out"]["groups"] for c in found["columns"].values())
    more = f"; {left_out} groups of under 20 customers left out" if left_out else ""
    return table(
        f"Groups of the test, {percent(found['share'], 0)} of the rows chosen{more}",
        ("group", "rows", "base rate", "ratio", "promised / came", "AUC"),
        rows,
    )


def _of_group(group: Mapping[str, Any]) -> tuple[Any, ...]:
    if group["too_small"]:
        return (TOO_FEW, TOO_FEW, TOO_FEW)
    return (
        _measured(group["ratio"], 2),
        _measured(group["calibration"], 2),
        _measured(group["roc_auc"], 2),
    )
