import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from ccml.predictors.calibrate import Calibrator, fit_calibrator, shift


def drawn(
    rows: int, *, slope: float = 1.0, offset: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    raw = rng.normal(-1, 1.5, rows)
    y = (rng.random(rows) < expit(slope * raw + offset)).astype(float)
    return raw, y


def test_sigmoid_mends_bold_and_shifted_scores() -> None:
    raw, y = drawn(20_000, slope=0.5, offset=-1)
    made, note = fit_calibrator(raw, y, "auto")
    assert made.kind == "sigmoid"
    assert note is None
    assert (made.slope, made.intercept) == pytest.approx((0.5, -1), abs=0.1)
    assert made.apply(raw).mean() == pytest.approx(y.mean(), abs=1e-3)


def test_isotonic_is_taken_where_the_curve_is_no_sigmoid_and_stays_so() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(0, 1.5, 8000)
    y = (rng.random(8000) < np.where(raw < 0.5, 0.05, 0.5)).astype(float)
    first, second = (raw[:4000], y[:4000]), (raw[4000:], y[4000:])
    assert fit_calibrator(*second, "auto")[0].kind == "isotonic"
    assert fit_calibrator(*second, "auto", earlier=first)[0].kind == "isotonic"
    turned = (first[0], (rng.random(4000) < 0.3).astype(float))
    assert fit_calibrator(*second, "auto", earlier=turned)[0].kind == "sigmoid"
    few = (first[0][:500], first[1][:500])
    assert fit_calibrator(*second, "auto", earlier=few)[0].kind == "sigmoid"


def test_isotonic_with_few_rows_falls_back_and_says_so() -> None:
    made, note = fit_calibrator(*drawn(500), "isotonic")
    assert made.kind == "sigmoid"
    assert note is not None
    assert "needs 1000 rows" in note


def test_scores_that_rank_backwards_are_only_shifted() -> None:
    raw, y = drawn(5000, slope=-1)
    made, note = fit_calibrator(raw, y, "sigmoid")
    assert made.kind == "shift"
    assert note is not None
    assert "did not mean more positives" in note
    assert made.apply(raw).mean() == pytest.approx(y.mean(), abs=1e-3)


def test_none_keeps_the_scores() -> None:
    raw, y = drawn(100)
    made, _ = fit_calibrator(raw, y, "none")
    assert (made.apply(raw) == expit(raw)).all()


@settings(deadline=None, max_examples=40)
@given(
    kind=st.sampled_from(["sigmoid", "isotonic", "shift"]),
    raw=st.lists(st.integers(-600, 600), min_size=2, max_size=40, unique=True),
)
def test_no_calibrator_changes_the_ranking(kind: str, raw: list[int]) -> None:
    learnt = drawn(3000)
    made = shift(*learnt) if kind == "shift" else fit_calibrator(*learnt, kind)[0]
    assert made.kind == kind
    scores = np.sort(np.array(raw) / 100)
    probabilities = made.apply(scores)
    assert (np.diff(probabilities) > 0).all()
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_a_calibrator_survives_json() -> None:
    for kind in ("sigmoid", "isotonic"):
        made, _ = fit_calibrator(*drawn(2000), kind)
        stored = json.loads(json.dumps(made.to_json(), allow_nan=False))
        assert Calibrator.from_json(stored) == made
