import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

from ccml.config.calibration import CalibrationConfig
from ccml.predictors.base_rate import corrected, real_weights
from ccml.predictors.calibrate import Sample, fit_calibrator
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.calibrators import FITS, fit_beta, fit_venn_abers, shift
from ccml.predictors.metrics import Scored, measure, row_log_loss, sampled_measures
from ccml.predictors.resampling import error_of_mean

KINDS = ["sigmoid", "isotonic", "beta", "venn_abers"]


def asked(kind: str = "auto", **other: object) -> CalibrationConfig:
    return CalibrationConfig.model_validate({"kind": kind, **other})


def drawn(
    rows: int, *, slope: float = 1.0, offset: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    raw = rng.normal(-1, 1.5, rows)
    y = (rng.random(rows) < expit(slope * raw + offset)).astype(float)
    return raw, y


def test_sigmoid_mends_bold_and_shifted_scores() -> None:
    raw, y = drawn(20_000, slope=0.5, offset=-1)
    made, note = fit_calibrator(Sample.of(raw, y), asked())
    assert made.kind == "sigmoid"
    assert note is None
    assert (made.slope, made.intercept) == pytest.approx((0.5, -1), abs=0.1)
    assert made.apply(raw).mean() == pytest.approx(y.mean(), abs=1e-3)


def test_isotonic_is_taken_where_the_curve_is_no_sigmoid_and_stays_so() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(0, 1.5, 8000)
    y = (rng.random(8000) < np.where(raw < 0.5, 0.05, 0.5)).astype(float)
    first, second = Sample.of(raw[:4000], y[:4000]), Sample.of(raw[4000:], y[4000:])
    assert fit_calibrator(second, asked())[0].kind == "isotonic"
    assert fit_calibrator(second, asked(), earlier=first)[0].kind == "isotonic"
    turned = Sample.of(first.raw, (rng.random(4000) < 0.3).astype(float))
    assert fit_calibrator(second, asked(), earlier=turned)[0].kind == "sigmoid"
    few = Sample.of(first.raw[:400], first.y[:400])
    assert fit_calibrator(second, asked(), earlier=few)[0].kind == "sigmoid"
    strict = asked(min_isotonic_rows=5000)
    assert fit_calibrator(second, strict, earlier=first)[0].kind != "isotonic"


def test_beta_is_taken_where_only_one_end_is_too_bold() -> None:
    rng = np.random.default_rng(1)
    raw = rng.normal(0, 2.5, 12_000)
    true = 2.0 * np.logaddexp(0, raw) - 0.25 * np.logaddexp(0, -raw) - 1.5
    y = (rng.random(len(raw)) < expit(true)).astype(float)
    half = len(raw) // 2
    first, second = Sample.of(raw[:half], y[:half]), Sample.of(raw[half:], y[half:])
    no_steps = asked(min_isotonic_rows=100_000)
    made, note = fit_calibrator(second, no_steps, earlier=first)
    assert (made.kind, note) == ("beta", None)
    fitted = (made.slope, made.upper, made.intercept)
    assert fitted == pytest.approx((0.25, 2.0, -1.5), abs=0.2)


def test_beta_with_equal_stretch_is_the_sigmoid() -> None:
    raw, y = drawn(20_000, slope=0.7, offset=0.5, seed=3)
    made = fit_beta(raw, y)
    assert (made.slope, made.upper) == pytest.approx((0.7, 0.7), abs=0.1)


def test_customers_that_repeat_a_gain_are_not_counted_as_many_rows() -> None:
    rng = np.random.default_rng(0)
    gain = rng.normal(0.1, 1, 50)
    owner = np.arange(50).repeat(40)
    alone = error_of_mean(gain, np.arange(50))
    assert error_of_mean(gain.repeat(40), owner) == pytest.approx(alone)
    assert error_of_mean(gain.repeat(40), np.arange(2000)) < alone / 5
    assert alone == pytest.approx(gain.std(ddof=1) / np.sqrt(50))
    assert error_of_mean(gain, np.zeros(50, dtype=np.int64)) == np.inf


def test_venn_abers_is_that_of_its_definition() -> None:
    raw, y = drawn(60, seed=5)
    raw = np.round(raw, 1)
    made = fit_venn_abers(raw, y)
    assert set(made.knots) == set(raw)
    for score, found in zip(made.knots, made.rates, strict=True):
        p0, p1 = (
            IsotonicRegression()
            .fit(np.append(raw, score), np.append(y, outcome))
            .predict([score])[0]
            for outcome in (0.0, 1.0)
        )
        assert found == pytest.approx(p1 / (1 - p0 + p1))


def test_venn_abers_of_few_rows_beats_isotonic_steps_and_claims_no_certainty() -> None:
    raw, y = drawn(200, seed=7)
    later, outcome = drawn(20_000, seed=8)
    made, _ = fit_calibrator(Sample.of(raw, y), asked("venn_abers"))
    steps = FITS["isotonic"](raw, y)
    losses = [row_log_loss(outcome, c.apply(later)).mean() for c in (made, steps)]
    assert losses[0] < losses[1]
    assert 0 < min(made.rates) < max(made.rates) < 1
    many = fit_venn_abers(*drawn(5000))
    assert len(many.knots) == 100
    assert all(a <= b + 1e-12 for a, b in pairwise(many.rates))


def test_isotonic_with_few_rows_falls_back_and_says_so() -> None:
    made, note = fit_calibrator(Sample.of(*drawn(500)), asked("isotonic"))
    assert made.kind == "sigmoid"
    assert note is not None
    assert "needs 1000 rows" in note
    allowed = asked("isotonic", min_isotonic_rows=400, min_isotonic_positives=50)
    assert fit_calibrator(Sample.of(*drawn(500)), allowed)[0].kind == "isotonic"


def test_scores_that_rank_backwards_are_only_shifted() -> None:
    raw, y = drawn(5000, slope=-1)
    made, note = fit_calibrator(Sample.of(raw, y), asked("sigmoid"))
    assert made.kind == "shift"
    assert note is not None
    assert "did not mean more positives" in note
    assert made.apply(raw).mean() == pytest.approx(y.mean(), abs=1e-3)


def test_none_keeps_the_scores() -> None:
    raw, y = drawn(100)
    made, _ = fit_calibrator(Sample.of(raw, y), asked("none"))
    assert (made.apply(raw) == expit(raw)).all()


@settings(deadline=None, max_examples=40)
@given(
    kind=st.sampled_from([*KINDS, "shift"]),
    offset=st.sampled_from([0.0, -3.0]),
    raw=st.lists(st.integers(-600, 600), min_size=2, max_size=40, unique=True),
)
def test_no_calibrator_changes_the_ranking(
    kind: str, offset: float, raw: list[int]
) -> None:
    made = LEARNT[kind]
    assert made.kind == kind
    scores = np.sort(np.array(raw) / 100)
    probabilities = Calibrator(**vars(made) | {"offset": offset}).apply(scores)
    assert (np.diff(probabilities) > 0).all()
    assert ((probabilities > 0) & (probabilities < 1)).all()


LEARNT = {kind: FITS[kind](*drawn(3000)) for kind in KINDS} | {
    "shift": shift(*drawn(3000))
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_calibrator_survives_json(kind: str) -> None:
    made = corrected(LEARNT[kind], 0.3, 0.01)
    stored = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert Calibrator.from_json(stored) == made
    # Files written before beta and oversampling came have neither field.
    del stored["upper"], stored["offset"]
    old = Calibrator.from_json(stored)
    assert (old.upper, old.offset) == (0.0, 0.0)


def test_oversampled_rows_give_the_probabilities_and_figures_of_reality() -> None:
    rng = np.random.default_rng(2)
    raw = rng.normal(-4, 1.2, 200_000)
    y = (rng.random(len(raw)) < expit(raw)).astype(float)
    real = float(y.mean())
    keep = (y > 0) | (rng.random(len(y)) < 0.05)
    few_raw, few_y = raw[keep], y[keep]
    rate = float(few_y.mean())
    made = corrected(FITS["sigmoid"](few_raw, few_y), rate, real)
    assert made.apply(raw).mean() == pytest.approx(real, rel=0.02)
    assert made.offset == pytest.approx(logit(real) - logit(rate))
    assert corrected(LEARNT["beta"], rate, None) == LEARNT["beta"]

    clusters = np.arange(len(few_y))
    none_drawn = np.zeros((0, len(few_y)), dtype=np.int8)
    scored = {"it": Scored(few_raw, made.apply(few_raw))}
    importance = real_weights(few_y, rate, real)
    found = sampled_measures(few_y, scored, clusters, none_drawn, importance)["it"][0]
    whole = Scored(raw, made.apply(raw))
    none = np.zeros((0, len(y)), dtype=np.int8)
    wanted = sampled_measures(y, {"it": whole}, np.arange(len(y)), none)["it"][0]
    assert found == pytest.approx(wanted, rel=0.08, abs=0.02)
    plain = measure(few_y, scored["it"], clusters, seed=0, resamples=2)
    assert plain["log_loss"]["value"] != pytest.approx(wanted[2], rel=0.2)


def test_balanced_weights_need_a_calibration_and_a_word_is_a_kind() -> None:
    assert CalibrationConfig.model_validate("beta") == asked("beta")
    with pytest.raises(ValidationError, match="spoils the probabilities"):
        asked("none", class_weights="balanced")
    with pytest.raises(ValidationError, match="venn_abers"):
        CalibrationConfig.model_validate("platt")
