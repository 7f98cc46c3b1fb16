"""Training: from a training set to a calibrated scorer and its evaluation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.candidates import (
    OutOfTime,
    calibrated_scorers,
    fit_all,
    read_rule,
    score_folds,
)
from ccml.predictors.claim import shuffled_estimate
from ccml.predictors.constraints import check_constraints
from ccml.predictors.dataset import TrainingSet, prepare, without_empty_features
from ccml.predictors.deadline import SearchTime, search_time, start_deadline
from ccml.predictors.dependence import with_pictured
from ccml.predictors.ensemble import Blend, fit_ensemble, with_ensemble
from ccml.predictors.evaluate import Case, evaluate
from ccml.predictors.explain import ShapSample, shap_sample
from ccml.predictors.families import correlated_families
from ccml.predictors.fit import ENSEMBLE, fold_data, learning_part
from ccml.predictors.fold_samples import sample_folds
from ccml.predictors.judgement.slice_columns import check_slice_by, judging_columns
from ccml.predictors.metrics import Scored
from ccml.predictors.promise import promise
from ccml.predictors.protected import refuse_protected
from ccml.predictors.recommend import recommend
from ccml.predictors.refit import refit_note, refit_slope
from ccml.predictors.scorer import Scorer
from ccml.predictors.split import split_rows
from ccml.predictors.stability import stability, with_stability
from ccml.predictors.study import StudyPlace, study_name
from ccml.predictors.survival.hazard import HazardModel
from ccml.predictors.survival.train import Parts, parts_of
from ccml.predictors.touch import UseOfTest, name_of_test
from ccml.predictors.tune import Tuning, tune


@dataclass(frozen=True)
class TrainedPredictor:
    """What training hands over.

    Attributes:
        scorer: The recommended candidate, calibrated.
        evaluation: JSON-serialisable; its shape is in `evaluate`.
        test_predictions: Keys of the test rows, label, probability, raw_score.
        shap_sample: Parts of the scores of up to 2,000 test rows, with their features.
        candidates: Every fitted candidate by name: prior, rule, logistic,
            lightgbm_default, tuned, and ensemble where that pays.
        test_rows: The rows that judged, so that two models can be judged on the same.
        test_id: Name of the test; the same rows under other settings keep it.
        settings: LightGBM settings to go on with: the default ones or the tuned.
        parts: The split for a model of when it happens, where the config asks for one.
        survival: That model, once there is one.
    """

    scorer: Scorer
    evaluation: dict[str, Any]
    test_predictions: pd.DataFrame
    shap_sample: ShapSample
    candidates: Mapping[str, Scorer]
    test_rows: TrainingSet
    test_id: str
    settings: ModelConfig
    parts: Parts | None
    survival: HazardModel | None = None


def train(
    config: PredictorConfig,
    data: TrainingSet,
    *,
    name: str,
    study_storage: Path | None,
    progress: Callable[[str], None],
    touch: Callable[[str], int] | None = None,
) -> TrainedPredictor:
    """Train one predictor: split, tune, fit, calibrate, choose, claim, judge.

    Args:
        config: The predictor's section.
        data: Rows whose label is known, in any order.
        name: Name of the predictor.
        study_storage: SQLite file of the tuning study; None keeps it in memory.
        progress: Called with a short text at every step.
        touch: Counts a use of the test, by its name, and returns the uses so far, this
            one included; called once, after the claim and before the test is scored.

    Raises:
        ConfigError: `drop` or `rule` names an unknown feature.
        DataError: The rows cannot answer the question.
    """
    case = _fitted_case(config, data, name, study_storage, progress)
    progress("judging on the test period")
    test_id = name_of_test(case.data, case.split)
    use = UseOfTest(test_id, touch(test_id) if touch else None)
    scored = case.scored()
    scorer = _with_families(case)
    sample = shap_sample(scorer, case.test.features, config.seed)
    evaluation = evaluate(case, scored, sample, use)
    progress("fitting again to see whether the reasons stay")
    is_default = case.recommended == "lightgbm_default"
    settings = config.model if is_default else case.tuning.settings
    with_stability(evaluation, stability(scorer, case.part, settings, sample))
    with_pictured(evaluation, sample)
    return TrainedPredictor(
        scorer=scorer,
        evaluation=evaluation,
        test_predictions=_test_predictions(case.test, scored[case.recommended]),
        shap_sample=sample,
        candidates=case.scorers,
        test_rows=case.test,
        test_id=use.id,
        settings=settings,
        parts=parts_of(case) if config.survival else None,
    )


def _with_families(case: Case) -> Scorer:
    """Return the recommended scorer with its groups of correlated features."""
    scorer = case.scorers[case.recommended]
    above = case.config.reasons.group_correlated_above
    X = case.part.X[scorer.feature_names]
    families = correlated_families(X, above, case.config.seed)
    return replace(scorer, families=families)


def _fitted_case(
    config: PredictorConfig,
    data: TrainingSet,
    name: str,
    study_storage: Path | None,
    progress: Callable[[str], None],
) -> Case:
    place = f"predictors.{name}"
    deadline = start_deadline(config)
    progress("splitting and encoding")
    ready = prepare(config, data, place)
    refuse_protected(config.reasons, list(ready.features.columns), place)
    check_constraints(config, ready.features.columns, place)
    check_slice_by(config.judge, judging_columns(ready).columns, place)
    split = split_rows(config, ready, place)
    ready, empty = without_empty_features(config, ready, split.train, place)
    folds = tuple(fold_data(ready, f, config.seed, place, config) for f in split.folds)
    study = StudyPlace(study_storage, _study(name, config, ready, study_storage))
    allowed = search_time(config, folds, deadline)
    tuning = tune(config, folds, study, progress, allowed)
    seen = score_folds(folds, config, tuning, progress)
    seen, blend = _with_ensemble(seen, config, tuning, allowed, progress)
    progress("fitting on the whole training part")
    part = learning_part(ready, split.train, config.seed, place, config)
    models = fit_all(part, config, tuning)
    if blend:
        models[ENSEMBLE] = fit_ensemble(part, tuning.settings, blend)
    scorers, notes = calibrated_scorers(name, part, models, seen, config)
    samples = sample_folds(seen, config) if seen.folds else None
    recommendation = recommend(
        seen, samples, read_rule(models["rule"]), kept_default=tuning.kept_default
    )
    promises = promise(
        samples,
        recommendation.candidate,
        len(split.test),
        ordered=split.kind != "random",
    )
    progress("checking the calibrator on a refitted model")
    refitted = refit_slope(
        config,
        ready,
        split,
        recommendation.candidate,
        tuning.settings,
        scorers[recommendation.candidate],
    )
    if (note := refit_note(refitted)) and recommendation.candidate not in notes:
        notes[recommendation.candidate] = note
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
        promises=promises,
        shuffled=shuffled,
        empty=empty,
    )


def _with_ensemble(
    seen: OutOfTime,
    config: PredictorConfig,
    tuning: Tuning,
    allowed: SearchTime,
    progress: Callable[[str], None],
) -> tuple[OutOfTime, Blend | None]:
    if not (config.ensemble and allowed.ensemble):
        return seen, None
    progress("trying an ensemble")
    return with_ensemble(seen, config, tuning)


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
