import copy
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from ccml.predictors.explain import long_sample
from ccml.reports.figures_judgement import gains_curve, pr_curve, roc_curve
from ccml.reports.figures_reasons import beeswarm, importance_rows
from ccml.reports.figures_skill import skill_over_time, slice_rows, slices
from ccml.reports.figures_windows import (
    data_window,
    label_rows,
    label_window,
    window_rows,
)
from ccml.reports.folds import at_site, fold_rows, judged_as, short_period
from ccml.reports.predictor_figures import predictor_figures, predictor_pictures
from ccml.reports.predictor_tables import figure_table

FLAT = {"from": 1, "until": 900}


@pytest.fixture
def changed(evaluation):
    return copy.deepcopy(evaluation)


def test_every_figure_is_a_valid_chart_with_a_title_and_a_table(evaluation, sample):
    figures = predictor_figures(evaluation, sample)
    assert set(figures) == {
        "skill_over_time",
        "data_window",
        "roc",
        "pr",
        "gains",
        "calibration",
        "importance",
        "beeswarm",
        "dependence",
        "typical_scores",
        "slices",
        "months",
        "staleness",
        "drift",
    }
    for name, chart in figures.items():
        chart.to_dict()
        assert len(chart.title) > 10
        assert figure_table(name, evaluation, sample).rows


def test_pictures_for_the_model_store_are_png_files(evaluation, sample):
    pictures = predictor_pictures({**evaluation, "curves": {}, "slices": {}}, sample)
    assert "skill_over_time.png" in pictures
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())


def test_what_is_not_known_is_left_out(evaluation):
    poor = {**evaluation, "curves": {}, "slices": {}, "importance": []}
    poor |= {"dependence": [], "typical_scores": [], "months": []}
    poor |= {"staleness": None, "drift": None}
    assert set(predictor_figures(poor, None)) == {"skill_over_time", "data_window"}


def test_rows_without_days_have_no_data_window(changed):
    changed["split"] |= {"train_period": FLAT, "test_period": FLAT, "folds": []}
    assert data_window(changed) is None
    assert "data_window" not in predictor_figures(changed, None)


def test_labels_of_the_training_part_end_before_the_test_begins(evaluation):
    rows = {row["row"]: row for row in window_rows(evaluation)}
    assert rows["training"]["known"] <= rows["test"]["from"]
    assert data_window(evaluation).title.startswith("The model was judged on cutoffs")


def test_a_single_cutoff_is_still_seen(evaluation):
    checks = [r for r in window_rows(evaluation) if r["row"].startswith("check")]
    assert checks
    assert all(row["shown"] > row["from"] for row in checks)


def test_without_an_embargo_no_label_time_is_named(changed):
    changed["split"]["embargo_days"] = 0
    assert "looks" not in data_window(changed).title


def test_the_parts_of_a_label_follow_each_other():
    rows = label_rows(7, 60, 3)
    assert [row["name"].split(":")[0] for row in rows] == [
        "past",
        "gap",
        "horizon",
        "settling",
    ]
    assert all(a["until"] == b["from"] for a, b in pairwise(rows))


def test_a_label_without_gap_has_no_gap_to_draw():
    assert [r["name"] for r in label_rows(0, 7, 0)] == [
        "past: features",
        "horizon: label",
    ]
    assert "7 days that start 0 days" in label_window(0, 7, 0).title


def test_folds_come_in_order_and_the_test_last(evaluation):
    rows = fold_rows(evaluation)
    assert [row["is_test"] for row in rows] == [False] * (len(rows) - 1) + [True]
    assert rows[-1]["auc"] == evaluation["metrics"]["roc_auc"]["value"]
    assert rows[0]["label"] == "Apr 25"


def test_folds_of_a_flat_table_are_numbered(changed):
    for fold in changed["split"]["folds"]:
        fold.update(FLAT)
    assert [r["label"] for r in fold_rows(changed)][:2] == ["fold 1", "fold 2"]


@pytest.mark.parametrize(
    ("recommended", "judged"),
    [("lightgbm", "tuned"), ("unheard_of", "lightgbm_default")],
)
def test_a_recommendation_that_no_fold_knows_is_judged_by_its_kin(
    changed, recommended, judged
):
    changed["recommended"] = recommended
    assert judged_as(changed) == judged


def test_without_folds_only_the_test_is_shown(changed):
    changed["split"]["folds"] = []
    assert skill_over_time(changed).title.startswith("In the test period")


def test_skill_is_drawn_down_to_the_worst_value(changed):
    chosen = changed["recommended"]
    changed["split"]["folds"][0]["metrics"][chosen]["roc_auc"] = 0.31
    text = str(skill_over_time(changed).to_dict())
    assert "'domain': [0.27, 1.0]" in text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2025-03-01", "2025-03-01", "Mar 25"),
        ("2024-12-01", "2025-02-01", "Dec-Feb 25"),
        (1, 900, ""),
    ],
)
def test_periods_are_written_shortly(start, end, text):
    assert short_period(start, end) == text


def test_the_worst_slice_comes_first_and_small_ones_last(changed):
    changed["slices"]["tiny"] = {
        "rows": 3,
        "positives": 0,
        "base_rate": 0.0,
        "roc_auc": {"value": None},
        "too_small": True,
    }
    rows = slice_rows(changed)
    known = [row["auc"] for row in rows if row["auc"] is not None]
    assert known == sorted(known)
    assert rows[-1]["name"] == "tiny"
    assert "tiny" not in str(slices(changed).to_dict())
    cells = figure_table("slices", changed, None).rows[-1]
    assert cells[-1].text == "too few to judge"


def test_titles_of_the_curves_say_what_they_show(evaluation):
    auc = evaluation["metrics"]["roc_auc"]["value"]
    assert f"{100 * auc:.0f} of 100 pairs" in roc_curve(evaluation).title
    assert pr_curve(evaluation).title.startswith("Of the 10")
    assert gains_curve(evaluation).title.startswith("The likeliest 20")


def test_precision_is_drawn_from_the_first_hit_on(changed):
    changed["curves"]["pr"] = [[0.0, 0.0], [0.1, 0.3], [1.0, 0.12]]
    datasets = pr_curve(changed).to_dict()["datasets"].values()
    curve = next(rows for rows in datasets if "order" in rows[0])
    assert [row["y"] for row in curve] == [0.3, 0.12]


def test_cutoffs_are_told_in_days_of_the_site(changed):
    changed["split"]["test_period"] = {
        "from": "2026-02-28T23:00:00+00:00",
        "until": "2026-03-31T22:00:00+00:00",
    }
    local = at_site(changed, "Europe/Warsaw")
    assert local["split"]["test_period"] == {
        "from": "2026-03-01",
        "until": "2026-04-01",
    }
    assert fold_rows(local)[-1]["label"] == "test Mar-Apr 26"


def test_rows_of_a_flat_table_are_left_as_they_are(changed):
    changed["split"]["test_period"] = FLAT
    assert at_site(changed, "Europe/Warsaw")["split"]["test_period"] == FLAT


def test_gains_are_read_between_the_points_of_the_curve(changed):
    changed["curves"]["gains"] = [[0.0, 0.0], [0.1, 0.4], [0.3, 0.8], [1.0, 1.0]]
    assert "60\u00a0%" in gains_curve(changed).title


def test_a_curve_of_one_point_does_not_break(changed):
    changed["curves"]["gains"] = [[0.0, 0.0]]
    assert gains_curve(changed).title


def test_unknown_measures_do_not_break_the_curves(changed):
    changed["metrics"] = {"roc_auc": {"value": None}, "base_rate": {"value": 0.1}}
    assert roc_curve(changed).title
    assert pr_curve(changed).title.startswith("Chance alone")


def test_features_that_move_nothing_are_not_drawn(changed):
    changed["importance"] = [
        {"feature": "b", "mean_abs_shap": 0.1},
        {"feature": "idle", "mean_abs_shap": 0.0},
        {"feature": "a", "mean_abs_shap": 0.3},
    ]
    assert [row["feature"] for row in importance_rows(changed)] == ["a", "b"]


def swarm_of(values: list[float], moves: list[float]) -> pd.DataFrame:
    return long_sample(
        pd.DataFrame({"calls": moves, "bias": 1.0}), pd.DataFrame({"calls": values})
    )


@pytest.mark.parametrize(
    ("moves", "word"), [([-1.0, 0.0, 1.0], "raise"), ([1.0, 0.0, -1.0], "lower")]
)
def test_the_swarm_says_which_way_high_values_move_the_score(moves, word):
    ranked = {"importance": [{"feature": "calls", "mean_abs_shap": 1.0}]}
    chart = beeswarm(ranked, swarm_of([1.0, 5.0, 9.0], moves))
    assert f"mostly {word} the score" in chart.title


def test_texts_have_no_high_values():
    long = long_sample(
        pd.DataFrame({"tariff": [0.1, -0.1]}),
        pd.DataFrame({"tariff": ["flex", "basic"]}),
    )
    ranked = {"importance": [{"feature": "tariff", "mean_abs_shap": 0.1}]}
    assert long.value_scaled.isna().all()
    assert beeswarm(ranked, long).title.startswith("How the values of tariff")


def test_values_of_a_sample_become_ranks_and_missing_stays_missing():
    long = swarm_of([3.0, np.nan, 500.0, 4.0], [0.1, 0.2, 0.3, 0.4])
    assert set(long.feature) == {"calls"}
    assert long.value_scaled.tolist()[::2] == [0.0, 1.0]
    assert np.isnan(long.value_scaled[1])


def test_a_constant_feature_stands_in_the_middle():
    assert swarm_of([2.0, 2.0], [0.1, 0.2]).value_scaled.tolist() == [0.5, 0.5]


def test_the_swarm_stays_small_and_within_its_row():
    rng = np.random.default_rng(1)
    many = swarm_of(list(rng.normal(size=3000)), list(rng.normal(size=3000)))
    ranked = {"importance": [{"feature": "calls", "mean_abs_shap": 1.0}]}
    datasets = beeswarm(ranked, many).to_dict()["datasets"].values()
    rows = [row for data in datasets for row in data if "offset" in row]
    assert len(rows) <= 300
    assert max(abs(row["offset"]) for row in rows) <= 1
