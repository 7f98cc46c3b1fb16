"""Pictures of where a predictor ranks well: period by period, slice by slice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, whiskers
from ccml.reports.candidates import interval, metric
from ccml.reports.folds import fold_rows
from ccml.reports.numbers import is_known, score
from ccml.reports.theme import BLUE, CONTEXT, INK, QUIET, VERMILION

Evaluation = Mapping[str, Any]
AUC = "pairs ranked rightly (AUC)"
CHANCE = 0.5
CROWDED = 6
FEW_SLICES, MOST_DRAWN = 8, 14
SHORT_LABEL, LONG_LABEL = 170, 260
LONG_NAME = 26
TEST_LABEL = """datum.label == 'test' ? 'test'
 : substring(datum.label, 0, 5) == 'test ' ? ['test', substring(datum.label, 5)]
 : datum.label"""


def skill_over_time(evaluation: Evaluation) -> alt.LayerChart:
    """Draw the AUC of every fold and of the test period, against the simple rule."""
    rows = fold_rows(evaluation)
    frame = pd.DataFrame(rows)
    scale = _auc_scale([v for name in ("auc", "low", "rule") for v in frame[name]])
    place = alt.X(
        "label:N",
        sort=[row["label"] for row in rows],
        title=None,
        axis=alt.Axis(
            labelAngle=0 if len(rows) < CROWDED else -30, labelExpr=TEST_LABEL
        ),
    )
    base = alt.Chart(frame).encode(x=place)
    colour = alt.condition("datum.is_test", alt.value(VERMILION), alt.value(BLUE))
    dots = base.mark_point(filled=True, size=110, opacity=1)
    rule = base.mark_tick(color=QUIET, thickness=2.5, width=34)
    numbers = base.mark_text(align="left", dx=20, color=INK)
    sure = frame.dropna(subset=["low", "high"])
    layers = [
        _dashed(CHANCE).encode(y=scale.y("at")),
        whiskers(sure, x=place, y=scale.y("low"), y2="high:Q"),
        rule.encode(y=scale.y("rule")),
        dots.encode(y=scale.y("auc"), color=colour),
        numbers.encode(y=scale.y("auc"), text=alt.Text("auc:Q", format=".2f")),
    ]
    return framed(alt.layer(*layers), _skill_title(evaluation, frame))


def _skill_title(evaluation: Evaluation, frame: pd.DataFrame) -> str:
    folds = frame[~frame.is_test].auc.dropna()
    test = score(metric(evaluation.get("metrics"), "roc_auc"), 2)
    if not len(folds):
        return f"In the test period the model ranks with an AUC of {test}"
    return (
        f"In {len(folds)} earlier periods the AUC was {score(folds.min(), 2)} to "
        f"{score(folds.max(), 2)} (blue), in the test period {test} (orange); the grey "
        "bar is the simple rule"
    )


def slices(evaluation: Evaluation) -> alt.LayerChart:
    """Draw the AUC of every slice with its interval, worst first."""
    measured = pd.DataFrame(slice_rows(evaluation)).dropna(subset=["auc"])
    frame = measured.head(MOST_DRAWN)
    whole = metric(evaluation["metrics"], "roc_auc")
    scale = _auc_scale([*frame.low, *frame.auc, whole])
    limit = LONG_LABEL if frame.name.str.len().max() > LONG_NAME else SHORT_LABEL
    place = alt.Y(
        "name:N",
        sort=list(frame.name),
        title=None,
        axis=alt.Axis(labelLimit=limit, labelColor=INK, grid=False),
    )
    base = alt.Chart(frame).encode(y=place)
    dots = base.mark_point(color=BLUE, filled=True, size=90, opacity=1)
    numbers = base.mark_text(color=INK, dy=-13)
    layers = [
        *([_dashed(whole).encode(x=scale.x("at"))] if whole is not None else []),
        whiskers(frame, x=scale.x("low"), x2="high:Q", y=place),
        dots.encode(x=scale.x("auc")),
        numbers.encode(x=scale.x("auc"), text=alt.Text("auc:Q", format=".2f")),
    ]
    worst = frame.iloc[0]
    title = (
        f"Ranked worst is {worst['name']} with {score(worst.auc, 2)}; all together "
        f"{score(whole, 2)} (dashed)"
    )
    if len(measured) > len(frame):
        title += f"; {len(measured) - len(frame)} further parts in the table"
    step = 44 if len(frame) <= FEW_SLICES else 30
    chart = framed(alt.layer(*layers), title, height=max(80, step * len(frame)))
    return chart.properties(width=490 - limit)


@dataclass(frozen=True)
class _AucScale:
    """One scale for all layers of a chart."""

    lowest: float

    def x(self, field: str) -> alt.X:
        """Put a column on it, across."""
        return alt.X(f"{field}:Q", scale=self._scale, axis=self._axis)

    def y(self, field: str) -> alt.Y:
        """Put a column on it, upright."""
        return alt.Y(f"{field}:Q", scale=self._scale, axis=self._axis)

    @property
    def _scale(self) -> alt.Scale:
        return alt.Scale(domain=[self.lowest, 1.0], nice=False, zero=False)

    @property
    def _axis(self) -> alt.Axis:
        return alt.Axis(title=AUC, tickCount=5, format=".2f")


def _auc_scale(values: list[Any]) -> _AucScale:
    """Make a scale wide enough for chance and for the worst value."""
    known = [float(value) for value in values if is_known(value)]
    return _AucScale(max(0.0, min([CHANCE, *known]) - 0.04))


def _dashed(value: float) -> alt.Chart:
    frame = pd.DataFrame({"at": [value]})
    mark = alt.Chart(frame).mark_rule(strokeDash=[5, 4], strokeWidth=1.5)
    return mark.encode(color=alt.value(CONTEXT))


def slice_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """List slices with their AUC, worst first; those too small come last."""
    rows = []
    for name, found in (evaluation.get("slices") or {}).items():
        auc = metric(found, "roc_auc")
        low, high = interval(found, "roc_auc") or (auc, auc)
        rows.append(
            {
                "name": str(name).replace("_", " "),
                "rows": found.get("rows"),
                "positives": found.get("positives"),
                "base_rate": found.get("base_rate"),
                "auc": None if found.get("too_small") else auc,
                "low": low,
                "high": high,
                "too_small": bool(found.get("too_small")),
                "why_too_small": found.get("why_too_small"),
            }
        )
    return sorted(rows, key=lambda row: (row["auc"] is None, row["auc"] or 0.0))
