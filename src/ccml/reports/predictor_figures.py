"""Every picture of a predictor with its name: for the model store and the report."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.figures_dependence import dependence_figures
from ccml.reports.figures_judgement import (
    calibration,
    gains_curve,
    pr_curve,
    roc_curve,
)
from ccml.reports.figures_months import months
from ccml.reports.figures_profit import profit_figures
from ccml.reports.figures_reasons import beeswarm, importance, importance_rows
from ccml.reports.figures_skill import skill_over_time, slice_rows, slices
from ccml.reports.figures_survival import survival_figures
from ccml.reports.figures_use import use_figures
from ccml.reports.figures_windows import data_window
from ccml.reports.render import png


def predictor_figures(
    evaluation: Mapping[str, Any], shap_sample: pd.DataFrame | None
) -> dict[str, alt.TopLevelMixin]:
    """Draw all that is known of a predictor; what is not known is left out.

    Args:
        evaluation: As `ccml.predictors.evaluate` describes it.
        shap_sample: feature, value_scaled, shap; see `ccml.predictors.explain.long_sample`.
    """
    curves = evaluation.get("curves") or {}
    made: dict[str, alt.TopLevelMixin | None] = {
        "skill_over_time": skill_over_time(evaluation),
        "data_window": data_window(evaluation),
    }
    for name, draw in (
        ("roc", roc_curve),
        ("pr", pr_curve),
        ("gains", gains_curve),
        ("calibration", calibration),
    ):
        if curves.get(name):
            made[name] = draw(evaluation)
    if importance_rows(evaluation):
        made["importance"] = importance(evaluation)
    if importance_rows(evaluation) and shap_sample is not None and len(shap_sample):
        made["beeswarm"] = beeswarm(evaluation, shap_sample)
    if any(row["auc"] is not None for row in slice_rows(evaluation)):
        made["slices"] = slices(evaluation)
    made["months"] = months(evaluation)
    made |= dependence_figures(evaluation)
    made |= profit_figures(evaluation)
    made |= use_figures(evaluation)
    made |= survival_figures(evaluation)
    return {name: chart for name, chart in made.items() if chart is not None}


def predictor_pictures(
    evaluation: Mapping[str, Any], shap_sample: pd.DataFrame | None
) -> dict[str, bytes]:
    """Draw the same as PNG files, by file name, for the model store."""
    charts = predictor_figures(evaluation, shap_sample)
    return {f"{name}.png": png(chart) for name, chart in charts.items()}
