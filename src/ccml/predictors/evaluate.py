"""The evaluation of a trained predictor: one JSON-serialisable dict.

Keys:
    name, label_rule: The predictor and what a label of 1 means.
    split: kind, name (in words), group, train_rows, test_rows, dropped_rows,
        train_period and test_period ({from, until}: first and last cutoff or row),
        embargo_days, folds (train_rows, valid_rows, from, until, base_rate, metrics per
        candidate before calibration).
    recommended, recommendation: The candidate to use; sentence and differences why.
    metrics: Its measures on the test, each {value, low, high}.
    baselines: The same for every candidate.
    comparison: Other candidate -> measure -> recommended minus other, paired.
    slices, worst_slice: See `judgement.slices`.
    months: See `judgement.months`.
    curves: roc, pr, gains (points) and calibration (bins).
    importance: feature and mean_abs_shap, largest first.
    reason_stability: agreement, rows, against; absent where nothing is drawn in a fit.
    dependence, typical_scores: See `dependence`; nothing in them is of under 20 rows.
    claim: promised (measure -> value, low, high, folds; made before the test), kept
        (measure -> bool), declined (reasons), claimed and realised (AUC), base rates,
        shuffled_estimate, holds (not declined and kept), sentence.
    findings: check, severity, sentence.
    tuning: trials, kept_default, seconds, settings, losses.
    calibration: kind, slope, intercept, rows and offset (to reality's share of
        positives) of the recommended calibrator; ece_noise (see `ece_noise`).
    duplicates: test_rows_in_training, rows.
    test_use: id and times: how often this test was used, null where nobody counts.
    profit: With a payoff only; see `profit.section`.
    survival: With `survival` only; see `survival.section`.
    staleness, drift, learning_curve, ablation, fairness: See `judgement`; absent where
        not computed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.features.audit.alone import aucs_alone, aucs_of_missing
from ccml.predictors.base_rate import real_weights
from ccml.predictors.candidates import OutOfTime
from ccml.predictors.checks import Facts, run_checks
from ccml.predictors.claim import Claim
from ccml.predictors.curves import curves
from ccml.predictors.dataset import CUTOFF, Floats, TrainingSet
from ccml.predictors.ece_noise import ece_noise
from ccml.predictors.explain import ShapSample, importance
from ccml.predictors.fit import Part
from ccml.predictors.folds import rarest
from ccml.predictors.judgement.further import further
from ccml.predictors.judgement.months import by_month
from ccml.predictors.judgement.parts import Judged
from ccml.predictors.judgement.periods import described_split
from ccml.predictors.judgement.slices import judge_slices, worst_slice
from ccml.predictors.metrics import (
    METRICS,
    RESAMPLES,
    Scored,
    roc_auc,
    sampled_measures,
    table,
)
from ccml.predictors.profit.section import profit_section
from ccml.predictors.promise import Promises
from ccml.predictors.recommend import Recommendation
from ccml.predictors.resampling import Measure, cluster_weights, compact, with_interval
from ccml.predictors.scorer import Scorer
from ccml.predictors.split import Split
from ccml.predictors.touch import UseOfTest
from ccml.predictors.tune import Tuning

COMPARED = ("roc_auc", "pr_auc", "log_loss", "brier", "lift_at_10pct")


@dataclass(frozen=True)
class Case:
    """Everything known about a trained predictor before it is judged."""

    name: str
    config: PredictorConfig
    data: TrainingSet
    split: Split
    part: Part
    seen: OutOfTime
    tuning: Tuning
    scorers: Mapping[str, Scorer]
    notes: Mapping[str, str]
    recommendation: Recommendation
    promises: Promises
    shuffled: float | None
    empty: list[str]

    @property
    def test(self) -> TrainingSet:
        """Return the test rows."""
        return self.data.take(self.split.test)

    @property
    def recommended(self) -> str:
        """Return the name of the candidate to use."""
        return self.recommendation.candidate

    def scored(self) -> dict[str, Scored]:
        """Score the test rows by every candidate."""
        X = self.part.encoder.transform(self.test.features)
        raws = {name: scorer.model.raw(X) for name, scorer in self.scorers.items()}
        return {
            name: Scored(raw, self.scorers[name].calibrator.apply(raw))
            for name, raw in raws.items()
        }


def evaluate(
    case: Case, scored: Mapping[str, Scored], sample: ShapSample, use: UseOfTest
) -> dict[str, Any]:
    """Judge every candidate on the test; see the module's text for the shape."""
    chosen, y = case.recommended, case.test.y
    drawn = _drawn(case, scored)
    baselines = {name: table(samples) for name, samples in drawn.items()}
    ranked = importance(sample)
    comparison = _comparison(chosen, drawn)
    copies, repeated = _copies(case.data, case.split)
    money = profit_section(case, scored)
    judged = _judged(case, scored[chosen])
    learnt = case.data.take(case.split.train)
    slices = judge_slices(
        learnt, case.test, judged, case.config.judge, case.config.seed
    )
    noise = _ece_noise(case, scored[chosen])
    more = further(case, judged, ranked, money)
    facts = Facts(
        recommended=chosen,
        metrics=baselines[chosen],
        comparison=comparison,
        feature_aucs=aucs_alone(case.part.X, case.part.y),
        train_auc=roc_auc(case.part.y, case.scorers[chosen].model.raw(case.part.X)),
        claim=_claim(case, baselines[chosen]),
        importance=ranked,
        positives=(rarest(case.part.y), rarest(y)),
        folds_asked=case.config.split.folds,
        copies=copies,
        empty=case.empty,
        notes=case.notes.get(chosen),
        test_uses=use.times,
        profit=money,
        null_aucs=aucs_of_missing(learnt.features, learnt.y),
        ece_noise=noise,
        worst_slice=worst_slice(slices),
        further=more,
    )
    return {
        "name": case.name,
        "label_rule": case.data.label_rule,
        "split": described_split(case),
        "recommended": chosen,
        "recommendation": case.recommendation.to_json(),
        "metrics": baselines[chosen],
        "baselines": baselines,
        "comparison": comparison,
        "slices": slices,
        "worst_slice": facts.worst_slice,
        "months": by_month(case, judged),
        "curves": curves(y, _as_the_rows_are(case, scored[chosen])),
        "importance": ranked,
        "claim": facts.claim.to_json(),
        "findings": run_checks(facts),
        "tuning": _tuning(case.tuning),
        "calibration": {**_calibration(case.scorers[chosen]), "ece_noise": noise},
        "duplicates": {"test_rows_in_training": copies, "rows": repeated},
        "test_use": {"id": use.id, "times": use.times},
        **({} if money is None else {"profit": money}),
        **more,
    }


def _drawn(case: Case, scored: Mapping[str, Scored]) -> dict[str, Floats]:
    """Measure every candidate on the test and on the same resamples of it."""
    clusters = compact(case.test.clusters)
    weights = cluster_weights(int(clusters.max()) + 1, RESAMPLES, case.config.seed)
    distinct = _distinct(case, scored)
    rate, real = float(case.part.y.mean()), case.config.calibration.real_base_rate
    importance = real_weights(case.test.y, rate, real)
    drawn = sampled_measures(case.test.y, distinct, clusters, weights, importance)
    return drawn | {"tuned": drawn.get("tuned", drawn["lightgbm_default"])}


def _as_the_rows_are(case: Case, scored: Scored) -> Scored:
    """Leave out the step to reality's share of positives: curves count plain rows."""
    plain = replace(case.scorers[case.recommended].calibrator, offset=0.0)
    return Scored(scored.raw, plain.apply(scored.raw))


def _judged(case: Case, scored: Scored) -> Judged:
    """Put the test rows and their scores together, each as often as in reality."""
    rate, real = float(case.part.y.mean()), case.config.calibration.real_base_rate
    y = case.test.y
    return Judged(y, scored, case.test.clusters, real_weights(y, rate, real))


def _ece_noise(case: Case, scored: Scored) -> float:
    """Return the calibration error of true probabilities, among rows as these are."""
    rate, real = float(case.part.y.mean()), case.config.calibration.real_base_rate
    weights = real_weights(np.array([0.0, 1.0]), rate, real)
    plain = _as_the_rows_are(case, scored).probability
    negative, positive = (1.0, 1.0) if weights is None else weights
    return ece_noise(
        scored.probability,
        case.config.seed,
        among_rows=plain,
        weights=(float(negative), float(positive)),
    )


def _distinct(case: Case, scored: Mapping[str, Scored]) -> dict[str, Scored]:
    """Leave `tuned` out where it is the default, which need not be judged twice."""
    same = case.tuning.kept_default
    return {k: v for k, v in scored.items() if not (same and k == "tuned")}


def _comparison(
    chosen: str, drawn: Mapping[str, Floats]
) -> dict[str, dict[str, Measure]]:
    return {
        other: {
            metric: with_interval((drawn[chosen] - samples)[:, METRICS.index(metric)])
            for metric in COMPARED
        }
        for other, samples in drawn.items()
        if other != chosen
    }


def _claim(case: Case, realised: Mapping[str, Measure]) -> Claim:
    return Claim(
        split_kind=case.split.kind,
        promises=case.promises,
        realised=realised,
        train_rate=float(case.part.y.mean()),
        test_rate=float(case.test.y.mean()),
        shuffled=case.shuffled,
    )


def _tuning(tuning: Tuning) -> dict[str, Any]:
    plain = asdict(tuning)
    by_fold = [settings.model_dump() for settings in tuning.by_fold]
    return plain | {"settings": tuning.settings.model_dump(), "by_fold": by_fold}


def _calibration(scorer: Scorer) -> dict[str, Any]:
    stored = scorer.calibrator.to_json()
    return {
        key: stored[key] for key in ("kind", "slope", "intercept", "rows", "offset")
    }


def _copies(data: TrainingSet, split: Split) -> tuple[int, int]:
    """Count test rows that also occur in training, and repeated rows, in flat tables.

    In a spine equal rows are normal: quiet customers look alike at every cutoff.
    """
    if CUTOFF in data.keys.columns:
        return 0, 0
    rows = pd.util.hash_pandas_object(data.features, index=False).to_numpy()
    marks = pd.Series(rows ^ data.label.to_numpy().astype(np.uint64))
    in_training = marks.iloc[split.test].isin(marks.iloc[split.train])
    return int(in_training.sum()), int(marks.duplicated().sum())
