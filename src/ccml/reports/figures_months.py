"""The predictor month by month: what was promised, and what came."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, share_y, whiskers
from ccml.reports.blocks import TableBlock, table
from ccml.reports.candidates import interval, metric
from ccml.reports.numbers import (
    MONTHS,
    count,
    percent,
    percent_with,
    plural,
    score_with,
)
from ccml.reports.theme import BLUE, QUIET, VERMILION

Evaluation = Mapping[str, Any]
FEW = 6
COLUMNS = (
    "month",
    "part",
    "rows",
    "positives",
    "came",
    "promised",
    "AUC",
    "log loss",
)


def month_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """List the months of folds and test in order; those too small have no figures."""
    found = evaluation.get("months") or []
    months = [str(row.get("month")) for row in found]
    return [
        {
            "label": _label(month, str(row.get("part")), twice=months.count(month) > 1),
            "part": str(row.get("part")),
            "is_test": row.get("part") == "test",
            "rows": row.get("rows"),
            "positives": row.get("positives"),
            "why_too_small": row.get("why_too_small"),
            "came": metric(row, "base_rate"),
            "ends": interval(row, "base_rate"),
            "promised": metric(row, "mean_probability"),
            "roc_auc": row.get("roc_auc"),
            "log_loss": row.get("log_loss"),
        }
        for month, row in zip(months, found, strict=True)
    ]


def _label(month: str, part: str, *, twice: bool) -> str:
    year, number = month.split("-")
    name = f"{MONTHS[int(number) - 1]} {year[2:]}"
    return f"{name}, {part}" if twice else name


def months(evaluation: Evaluation) -> alt.LayerChart | None:
    """Draw the share that came and the mean probability, month by month."""
    rows = [
        {**row, "low": row["ends"][0], "high": row["ends"][1]}
        for row in month_rows(evaluation)
        if row["ends"] is not None and row["promised"] is not None
    ]
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    place = alt.X(
        "label:N",
        sort=[row["label"] for row in rows],
        title=None,
        axis=alt.Axis(labelAngle=0 if len(rows) < FEW else -45),
    )
    y = share_y("came", "share of positives", full=False)
    colour = alt.condition("datum.is_test", alt.value(VERMILION), alt.value(BLUE))
    base = alt.Chart(frame).encode(x=place)
    width = max(10, min(34, 240 // len(rows)))
    layers = [
        whiskers(frame, x=place, y="low:Q", y2="high:Q"),
        base.mark_tick(color=QUIET, thickness=3, width=width).encode(y="promised:Q"),
        base.mark_point(filled=True, size=90, opacity=1).encode(y=y, color=colour),
    ]
    return framed(alt.layer(*layers), _title(rows))


def _title(rows: list[dict[str, Any]]) -> str:
    held = sum(row["low"] <= row["promised"] <= row["high"] for row in rows)
    return (
        f"In {held} of {plural(len(rows), 'month')} what was promised (grey bar) lies "
        "within the interval of what came (folds blue, test orange)"
    )


def months_table(evaluation: Evaluation) -> TableBlock:
    """Give the months with all their figures, or why they have none."""
    rows = [
        (
            row["label"],
            row["part"],
            (count(row["rows"]), row["rows"]),
            (count(row["positives"]), row["positives"]),
            _came(row),
            (percent(row["promised"]), row["promised"]),
            (score_with(row["roc_auc"]), metric(row, "roc_auc")),
            (score_with(row["log_loss"]), metric(row, "log_loss")),
        )
        for row in month_rows(evaluation)
    ]
    return table(
        "Months at the site's clock; of the first fold nothing before it could make a "
        "promise",
        COLUMNS,
        rows,
        (0, 1),
    )


def _came(row: Mapping[str, Any]) -> tuple[str, float | None]:
    if row["ends"] is None:
        return f"too few: {row['why_too_small']}", None
    return percent_with(row["came"], *row["ends"]), row["came"]
