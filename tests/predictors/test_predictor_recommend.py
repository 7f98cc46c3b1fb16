from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from ccml.config.predictors import PredictorConfig
from ccml.predictors.candidates import OutOfTime, tuning_before
from ccml.predictors.encode import fit_encoder
from ccml.predictors.fit import FoldData, Part
from ccml.predictors.fold_samples import FoldSamples, sample_folds
from ccml.predictors.recommend import Recommendation, recommend
from ccml.predictors.tune import Tuning

CONFIG = PredictorConfig.model_validate(
    {"table": "t", "label": {"column": "y"}, "split": {"kind": "ordered"}}
)
RISING = ("x", True)


def fold(rows: int, seed: int, *, level: float = -1.0) -> tuple[FoldData, np.ndarray]:
    """Rows whose true log-odds come back beside them."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(level, 1.2, rows)
    y = (rng.random(rows) < expit(odds)).astype(float)
    X = pd.DataFrame({"x": odds})
    clusters = np.arange(rows)
    part = Part(fit_encoder(X, y, "p"), X, y, 0, clusters, X[[]])
    return FoldData(part, X, y, clusters), odds


def seen(noise: dict[str, float], *, moving: bool = False) -> OutOfTime:
    """Candidates that see the true log-odds through more or less noise."""
    rng = np.random.default_rng(5)
    levels = (-1.0, -2.0, 0.0) if moving else (-1.0, -1.0, -1.0)
    made = [fold(3000, i, level=level) for i, level in enumerate(levels)]
    shared = [rng.normal(0, 1, len(odds)) for _, odds in made]
    raw = {
        name: tuple(
            odds + size * common + rng.normal(0, 0.02, len(odds))
            for (_, odds), common in zip(made, shared, strict=True)
        )
        for name, size in noise.items()
    }
    prior = tuple(np.full(len(odds), -1.0) for _, odds in made)
    tuned = {"tuned": raw["lightgbm_default"]}
    folds = tuple(data for data, _ in made)
    return OutOfTime(folds, {"prior": prior, **tuned, **raw}, (RISING,) * 3)


def chosen(scores: OutOfTime) -> Recommendation:
    samples = sample_folds(scores, CONFIG)
    return recommend(scores, samples, RISING, kept_default=True)


@pytest.mark.parametrize("moving", [False, True])
def test_the_simple_one_wins_when_as_good_and_loses_when_clearly_behind(
    *, moving: bool
) -> None:
    alike = {"rule": 0.3, "logistic": 0.3, "lightgbm_default": 0.3}
    assert chosen(seen(alike, moving=moving)).candidate == "rule"
    behind = alike | {"rule": 2.0}
    assert chosen(seen(behind, moving=moving)).candidate == "logistic"
    best = {"rule": 2.0, "logistic": 1.5, "lightgbm_default": 0.1}
    found = chosen(seen(best, moving=moving))
    assert found.candidate == "lightgbm_default"
    assert "nothing simpler comes within noise" in found.sentence
    gains = found.differences["rule"]
    assert gains["log_loss_gain_of_best"]["low"] > 0


def test_an_ensemble_replaces_the_single_booster_but_nothing_simpler() -> None:
    better = {"rule": 2.0, "logistic": 1.5, "lightgbm_default": 0.3, "ensemble": 0.29}
    found = chosen(seen(better))
    assert found.candidate == "ensemble"
    assert "lightgbm_default" not in found.differences
    alike = {"rule": 2.0, "logistic": 0.3, "lightgbm_default": 0.4, "ensemble": 0.3}
    assert chosen(seen(alike)).candidate == "logistic"


def test_scores_that_only_lack_calibration_are_not_held_against_a_candidate() -> None:
    scores = seen({"rule": 0.3, "logistic": 0.3, "lightgbm_default": 0.3})
    bold = tuple(3 * raw + 1 for raw in scores.raw["rule"])
    assert chosen(replace(scores, raw=scores.raw | {"rule": bold})).candidate == "rule"


def test_a_rule_that_turns_is_barred_and_the_prior_needs_noise() -> None:
    scores = seen({"rule": 0.3, "logistic": 0.3, "lightgbm_default": 0.3})
    turned = replace(scores, rules=(RISING, ("x", False), RISING))
    found = chosen(turned)
    assert found.candidate == "logistic"
    assert "different features or directions" in found.sentence
    nothing = seen({"rule": 300.0, "logistic": 300.0, "lightgbm_default": 300.0})
    found = chosen(nothing)
    assert found.candidate == "prior"
    assert "better than chance" in found.sentence


def test_the_first_fold_counts_for_ranks_but_not_for_probabilities() -> None:
    scores = seen({"rule": 0.3, "logistic": 0.3, "lightgbm_default": 0.3})
    samples = sample_folds(scores, CONFIG)
    assert samples.calibrated == (1, 2)
    assert samples.of("rule", "roc_auc").shape[0] == 3
    assert samples.of("rule", "log_loss").shape[0] == 2
    assert samples.levelled["rule"].shape == samples.of("rule", "log_loss").shape
    free = PredictorConfig.model_validate(CONFIG.model_dump() | {"calibration": "none"})
    assert sample_folds(scores, free).calibrated == (0, 1, 2)


def test_probabilities_of_a_fold_are_calibrated_by_the_folds_before_only() -> None:
    scores = seen({"rule": 0.3, "logistic": 0.3, "lightgbm_default": 0.3})
    before = scores.calibrated("logistic", CONFIG)
    last = scores.folds[2]
    turned = replace(last, y=1 - last.y)
    again = replace(scores, folds=(*scores.folds[:2], turned))
    after = again.calibrated("logistic", CONFIG)
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    first = replace(scores.folds[1], y=1 - scores.folds[1].y)
    other = replace(scores, folds=(scores.folds[0], first, last))
    assert (other.calibrated("logistic", CONFIG)[2] != before[2]).any()


def test_settings_of_a_fold_are_those_found_before_it() -> None:
    late = CONFIG.model.model_copy(update={"num_leaves": 5})
    found = Tuning(late, kept_default=False, by_fold=(CONFIG.model, CONFIG.model, late))
    kept = [tuning_before(i, found, CONFIG).kept_default for i in range(3)]
    assert kept == [True, True, False]
    assert tuning_before(2, found, CONFIG).settings == late
    assert tuning_before(0, Tuning(late, kept_default=False), CONFIG).kept_default


def test_without_folds_the_rule_is_used() -> None:
    nothing = OutOfTime((), {}, ())
    samples: FoldSamples | None = None
    found = recommend(nothing, samples, RISING, kept_default=True)
    assert (found.candidate, found.differences) == ("rule", {})
