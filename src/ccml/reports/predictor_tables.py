"""The numbers behind the pictures of a predictor, as tables."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd

from ccml.reports.blocks import TableBlock, table
from ccml.reports.candidates import (
    COMPARED,
    candidate_name,
    digits,
    measure_name,
    metric,
)
from ccml.reports.figures_dependence import dependence_rows, waterfall_rows
from ccml.reports.figures_judgement import calibration_rows
from ccml.reports.figures_months import months_table
from ccml.reports.figures_reasons import importance_rows
from ccml.reports.figures_survival import survival_table
from ccml.reports.figures_windows import window_rows
from ccml.reports.folds import fold_rows
from ccml.reports.numbers import (
    count,
    day,
    is_known,
    percent,
    percent_with,
    plain,
    score,
    score_with,
)
from ccml.reports.profit_tables import curve_table, sensitivity_table
from ccml.reports.slice_tables import ranked_slices_table
from ccml.reports.use_tables import (
    ablation_table,
    drift_table,
    fairness_table,
    learning_table,
    staleness_table,
)

Evaluation = Mapping[str, Any]
CURVE_SHARES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)


def comparison(evaluation: Evaluation) -> TableBlock:
    """Compare every candidate on the test, with intervals."""
    recommended = str(evaluation.get("recommended", ""))
    rows = [
        [_marked(name, recommended)]
        + [
            (
                score_with(metrics.get(measure), digits(measure)),
                metric(metrics, measure),
            )
            for measure in COMPARED
        ]
        + [_difference(evaluation, name, recommended)]
        for name, metrics in _judged(evaluation).items()
    ]
    columns = ("candidate", *(measure_name(name) for name in COMPARED))
    return table(
        "Test period; 95 % intervals in brackets, of differences drawn customer by "
        "customer",
        (*columns, "AUC of the recommended minus this"),
        rows,
    )


def _judged(evaluation: Evaluation) -> Mapping[str, Any]:
    """Leave out the tuned model where it is the default one."""
    kept = (evaluation.get("tuning") or {}).get("kept_default")
    found = evaluation.get("baselines") or {}
    return {name: found[name] for name in found if not (kept and name == "tuned")}


def _marked(name: str, recommended: str) -> str:
    return (
        f"{candidate_name(name)} \u2190 recommended"
        if name == recommended
        else (candidate_name(name))
    )


def _difference(evaluation: Evaluation, name: str, recommended: str) -> Any:
    if name == recommended:
        return "\u2013"
    found = (evaluation.get("comparison") or {}).get(name) or {}
    return score_with(found.get("roc_auc")), metric(found, "roc_auc")


def measures(evaluation: Evaluation) -> TableBlock:
    """List all measures of the recommended candidate."""
    rows = [
        (
            measure_name(name),
            (score_with(value, digits(name)), metric({"m": value}, "m")),
        )
        for name, value in (evaluation.get("metrics") or {}).items()
    ]
    return table("Recommended candidate on the test period", ("measure", "value"), rows)


def figure_table(
    name: str, evaluation: Evaluation, sample: pd.DataFrame | None
) -> TableBlock:
    """Give the table that belongs to a picture of `predictor_figures`."""
    if name in ("roc", "pr", "gains"):
        return _curve_table(name, evaluation)
    if name == "beeswarm" and sample is not None:
        return _sample_table(sample)
    makers: dict[str, Callable[[Evaluation], TableBlock]] = {
        "skill_over_time": _folds,
        "data_window": _windows,
        "calibration": _bins,
        "importance": _importance,
        "dependence": _dependence,
        "typical_scores": _typical,
        "slices": ranked_slices_table,
        "months": months_table,
        "profit": curve_table,
        "profit_sensitivity": sensitivity_table,
        "staleness": staleness_table,
        "learning_curve": partial(learning_table, of="rows"),
        "learning_history": partial(learning_table, of="history"),
        "drift": drift_table,
        "ablation": ablation_table,
        "fairness": fairness_table,
        "survival": survival_table,
    }
    return makers[name](evaluation)


def _folds(evaluation: Evaluation) -> TableBlock:
    rows = [
        (
            row["label"],
            (day(row["from"]), str(row["from"])),
            (day(row["until"]), str(row["until"])),
            (count(row["rows"]), row["rows"]),
            (percent(row["base_rate"]), row["base_rate"]),
            (
                score_with(
                    {"value": row["auc"], "low": row["low"], "high": row["high"]}
                ),
                row["auc"],
            ),
            (score(row["rule"]), row["rule"]),
        )
        for row in fold_rows(evaluation)
    ]
    return table(
        "One row per period that judged; the test last",
        ("period", "from", "until", "rows", "base rate", "AUC", "AUC of the rule"),
        rows,
    )


def _windows(evaluation: Evaluation) -> TableBlock:
    rows = [
        (row["row"], day(row["first"]), day(row["last"]))
        for row in window_rows(evaluation)
    ]
    return table("Periods of the cutoffs", ("part", "first", "last"), rows)


def _bins(evaluation: Evaluation) -> TableBlock:
    rows = [
        (
            (percent(row["promised"]), row["promised"]),
            (percent_with(row["observed"], row["low"], row["high"]), row["observed"]),
            (count(row["n"]), row["n"]),
        )
        for row in calibration_rows(evaluation)
    ]
    return table(
        "Rows in groups of rising probability",
        ("promised", "observed", "rows"),
        rows,
        (),
    )


def _importance(evaluation: Evaluation) -> TableBlock:
    rows = [
        (str(row["feature"]), (plain(row["mean_abs_shap"]), row["mean_abs_shap"]))
        for row in importance_rows(evaluation)
    ]
    return table("Mean move of the score, in log-odds", ("feature", "mean move"), rows)


def _dependence(evaluation: Evaluation) -> TableBlock:
    rows = [
        (
            str(row["feature"]),
            row["value"],
            (count(row["rows"]), row["rows"]),
            *((score(row[name], 2), row[name]) for name in ("mean", "low", "high")),
        )
        for row in dependence_rows(evaluation)
    ]
    return table(
        "Move of the score by value, in log-odds; groups of 20 rows or more",
        ("feature", "value", "rows", "mean", "10th percentile", "90th percentile"),
        rows,
        (0, 1),
    )


def _typical(evaluation: Evaluation) -> TableBlock:
    rows = [
        (
            str(one["name"]),
            str(row["step"]),
            (score(row["end"] - row["start"], 3), row["end"] - row["start"]),
        )
        for one in evaluation["typical_scores"]
        for row in waterfall_rows(one)
    ]
    return table(
        "How typical scores add up, in log-odds; usual value of the rows behind a name",
        ("score", "step", "part"),
        rows,
        (0, 1),
    )


def _curve_table(name: str, evaluation: Evaluation) -> TableBlock:
    words = {
        "roc": ("negatives taken in", "positives found"),
        "pr": ("positives found", "hits among those taken"),
        "gains": ("customers taken, likeliest first", "positives found"),
    }
    points = evaluation["curves"][name]
    rows = [
        tuple((percent(v), v) for v in _nearest(points, share))
        for share in CURVE_SHARES
    ]
    return table("Points of the curve", words[name], dict.fromkeys(rows), ())


def _nearest(points: Any, share: float) -> tuple[float, float]:
    x, y = min(points, key=lambda point: abs(point[0] - share))
    return float(x), float(y)


def _sample_table(sample: pd.DataFrame) -> TableBlock:
    rows: list[Any] = []
    for feature, part in sample.groupby("feature", sort=True):
        low, high = part[part.value_scaled < 1 / 3], part[part.value_scaled > 2 / 3]
        size = part["shap"].abs().mean()
        rows.append(
            (str(feature), (plain(size), size), *(_mean(p) for p in (low, high)))
        )
    rows.sort(key=lambda row: (-row[1][1], row[0]))
    return table(
        "Mean move of the score in a sample of rows, in log-odds",
        ("feature", "mean size", "at low values", "at high values"),
        rows,
    )


def _mean(part: pd.DataFrame) -> tuple[str, float | None]:
    value = part["shap"].mean()
    return (score(value), float(value)) if is_known(value) else ("\u2013", None)
