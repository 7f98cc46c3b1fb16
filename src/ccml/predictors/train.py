"""Training: from a training set to a calibrated scorer and its evaluation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.predictors.candidates import (
    calibrated_scorers,
    fit_all,
    read_rule,
    score_folds,
)
from ccml.predictors.claim import shuffled_estimate
from ccml.predictors.dataset import TrainingSet, prepare, without_empty_features
from ccml.predictors.evaluate import Case, evaluate
from ccml.predictors.explain import ShapSample, shap_sample
from ccml.predictors.fit import fold_data, learning_part
from ccml.predictors.metrics import Scored
from ccml.predictors.recommend import recommend
from ccml.predictors.scorer import Scorer
from ccml.predictors.split import split_rows
from ccml.predictors.tune import StudyPlace, study_name, tune


@dataclass(frozen=True)
class TrainedPredictor:
    """What training hands over.

    Attributes:
        scorer: The recommended candidate, calibrated.
        evaluation: JSON-serialisable; its shape is in `evaluate`.
        test_predictions: Keys of the test rows, label, probability, raw_score.
        shap_sample: Parts of the scores of up to 2,000 test rows, with their features.
        candidates: Every fitted candidate by name: prior, rule, logistic,
            lightgbm_default, tuned.
    """

    scorer: Scorer
    evaluation: dict[str, Any]
    test_predictions: pd.DataFrame
    shap_sample: ShapSample
    candidates: Mapping[str, Scorer]


def train(
    config: PredictorConfig,
    data: TrainingSet,
    *,
    name: str,
    study_storage: Path | None,
    progress: Callable[[str], None],
) -> TrainedPredictor:
    """Train one predictor: split, tune, fit, calibrate, choose, judge.

    Args:
        config: The predictor's section.
        data: Rows whose label is known, in any order.
        name: Name of the predictor.
        study_storage: SQLite file of the tuning study; None keeps it in memory.
        progress: Called with a short text at every step.

    Raises:
        ConfigError: `drop` or `rule` names an unknown feature.
        DataError: The rows cannot answer the question.
    """
    case = _fitted_case(config, data, name, study_storage, progress)
    progress("judging on the test period")
    scored = case.scored()
    scorer = case.scorers[case.recommended]
    sample = shap_sample(scorer, case.test.features, config.seed)
    return TrainedPredictor(
        scorer=scorer,
        evaluation=evaluate(case, scored, sample),
        test_predictions=_test_predictions(case.test, scored[case.recommended]),
        shap_sample=sample,
        candidates=case.scorers,
    )


def _fitted_case(
    config: PredictorConfig,
    data: TrainingSet,
    name: str,
    study_storage: Path | None,
    progress: Callable[[str], None],
) -> Case:
    place = f"predictors.{name}"
    progress("splitting and encoding")
    ready = prepare(config, data, place)
    split = split_rows(config, ready, place)
    ready, empty = without_empty_features(config, ready, split.train, place)
    folds = tuple(fold_data(ready, f, config.seed, place) for f in split.folds)
    study = StudyPlace(study_storage, _study(name, config, ready, study_storage))
    tuning = tune(config, folds, study, progress)
    seen = score_folds(folds, config, tuning, progress)
    progress("fitting on the whole training part")
    part = learning_part(ready, split.train, config.seed, place)
    models = fit_all(part, config, tuning)
    scorers, notes = calibrated_scorers(name, part, models, seen, config)
    recommendation = recommend(
        seen,
        read_rule(models["rule"]),
        kept_default=tuning.kept_default,
        seed=config.seed,
    )
    progress("measuring what shuffled rows would claim")
    shuffled = shuffled_estimate(config, ready, split, place)
    return Case(
        name=name,
        config=config,
        data=ready,
        split=split,
        part=part,
        seen=seen,
        tuning=tuning,
        scorers=scorers,
        notes=notes,
        recommendation=recommendation,
        shuffled=shuffled,
        empty=empty,
    )


def _study(
    name: str, config: PredictorConfig, data: TrainingSet, storage: Path | None
) -> str:
    # Hashing all rows is only worth its time where a study may be resumed.
    return name if storage is None else study_name(name, config, data)


def _test_predictions(test: TrainingSet, scored: Scored) -> pd.DataFrame:
    return test.keys.assign(
        label=test.label,
        probability=scored.probability,
        raw_score=scored.raw,
    ).reset_index(drop=True)
