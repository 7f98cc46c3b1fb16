import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from ccml.predictors.curves import curves
from ccml.predictors.metrics import (
    METRICS,
    Scored,
    fit_line,
    measure,
    pr_auc,
    roc_auc,
    sampled_measures,
)
from ccml.predictors.resampling import cluster_weights

scores = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=4, max_size=60
).filter(lambda rows: 0 < sum(label for _, label in rows) < len(rows))


@settings(deadline=None)
@given(rows=scores)
def test_auc_and_precision_agree_with_scikit_learn_under_ties(
    rows: list[tuple[int, int]],
) -> None:
    raw = np.array([score for score, _ in rows], dtype=float)
    y = np.array([label for _, label in rows], dtype=float)
    assert roc_auc(y, raw) == pytest.approx(roc_auc_score(y, raw))
    assert pr_auc(y, raw) == pytest.approx(average_precision_score(y, raw))


def made_up(rows: int, *, seed: int = 0) -> tuple[np.ndarray, Scored]:
    rng = np.random.default_rng(seed)
    raw = rng.normal(-1, 1, rows)
    y = (rng.random(rows) < expit(raw)).astype(float)
    return y, Scored(raw, np.asarray(expit(raw)))


def test_weights_count_like_repeated_rows() -> None:
    y, scored = made_up(60)
    clusters = np.arange(60) // 2
    weights = cluster_weights(30, 5, seed=1)
    found = sampled_measures(y, {"a": scored}, clusters, weights)["a"]
    columns = [METRICS.index(name) for name in ("roc_auc", "log_loss", "brier")]
    for drawn, row in zip(weights, found[1:], strict=True):
        rows = np.repeat(np.arange(60), drawn[clusters])
        again, p = y[rows], scored.probability[rows]
        expected = [
            roc_auc_score(again, p),
            log_loss(again, p, labels=[0, 1]),
            ((p - again) ** 2).mean(),
        ]
        assert row[columns] == pytest.approx(expected)


def test_good_probabilities_measure_as_good() -> None:
    y, scored = made_up(20_000)
    found = measure(y, scored, np.arange(len(y)), seed=1, resamples=100)
    slope, ece = found["calibration_slope"], found["ece"]
    assert slope["low"] < 1 < slope["high"]  # type: ignore[operator]
    assert ece["value"] < 0.02  # type: ignore[operator]
    assert found["lift_at_10pct"]["value"] > found["lift_at_10pct"]["low"] > 1  # type: ignore[operator]


def test_clusters_that_repeat_widen_the_interval() -> None:
    y, scored = made_up(300)
    many = np.tile(np.arange(300), 10)
    repeated = Scored(scored.raw[many], scored.probability[many])

    def width(clusters: np.ndarray) -> float:
        auc = measure(y[many], repeated, clusters, seed=1, resamples=100)["roc_auc"]
        return float(auc["high"] - auc["low"])  # type: ignore[operator]

    assert width(many) > 2 * width(np.arange(3000))


def test_a_line_is_found_and_stays_finite_when_the_outcomes_separate() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=50_000)
    y = (rng.random(50_000) < expit(0.5 * x - 1)).astype(float)
    assert fit_line(x, y) == pytest.approx((0.5, -1), abs=0.05)
    slope, intercept = fit_line(np.array([-1.0, 1.0] * 50), np.array([0.0, 1.0] * 50))
    assert np.isfinite([slope, intercept]).all()
    assert slope > 1


def test_a_constant_score_has_no_slope_and_an_auc_of_a_half() -> None:
    y = np.array([0.0, 1.0] * 20)
    constant = Scored(np.zeros(40), np.full(40, 0.5))
    found = measure(y, constant, np.arange(40), seed=1, resamples=20)
    assert found["calibration_slope"]["value"] is None
    assert found["roc_auc"]["value"] == 0.5


def test_curves_start_and_end_where_they_must() -> None:
    y, scored = made_up(1000)
    drawn = curves(y, scored)
    for name in ("roc", "gains"):
        assert drawn[name][0] == [0.0, 0.0]
        assert drawn[name][-1] == [1.0, 1.0]
    assert max(len(drawn[name]) for name in ("roc", "pr", "gains")) <= 200
    bins = drawn["calibration"]
    assert sum(part["n"] for part in bins) == 1000
    assert all(part["low"] <= part["observed"] <= part["high"] for part in bins)
