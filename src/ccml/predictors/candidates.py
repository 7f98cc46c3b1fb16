"""All candidates: what they said out of time on the folds, and fitted for good."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ccml.config.predictors import PredictorConfig
from ccml.predictors.base_rate import corrected
from ccml.predictors.calibrate import (
    MIN_CLASS_ROWS,
    MIN_ROWS,
    Sample,
    fit_calibrator,
)
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.calibrators import shift
from ccml.predictors.dataset import Floats
from ccml.predictors.fit import CANDIDATES, FoldData, Part, fit_model
from ccml.predictors.metrics import METRICS, Scored, log_odds, sampled_measures
from ccml.predictors.models import Model, RuleModel
from ccml.predictors.resampling import as_json, cluster_weights, compact
from ccml.predictors.scorer import Scorer
from ccml.predictors.tune import Tuning

RuleReading = tuple[str, bool]


@dataclass(frozen=True)
class OutOfTime:
    """Scores of fold rows by models that saw only the rows before them.

    Attributes:
        folds: The folds, in order.
        raw: Candidate -> raw scores, one array per fold. Settings were chosen on the
            folds before, so that these scores may be quoted.
        rules: Feature and direction (rising or not) of the one rule, per fold.
        final: The same where the final settings, chosen on all folds, are others: the
            calibrator of the final model is learnt from these.
    """

    folds: tuple[FoldData, ...]
    raw: dict[str, tuple[Floats, ...]]
    rules: tuple[RuleReading, ...]
    final: dict[str, tuple[Floats, ...]] = field(default_factory=dict)

    def with_final_settings(self) -> "OutOfTime":
        """Return the scores that the final settings give; never to be quoted."""
        return replace(self, raw=self.raw | self.final, final={})

    def pooled(self, candidate: str, folds: Sequence[int]) -> Sample:
        """Return the raw scores, outcomes and customers of some folds together."""
        raw = np.concatenate([self.raw[candidate][i] for i in folds])
        y = np.concatenate([self.folds[i].y for i in folds])
        return Sample(raw, y, np.concatenate([self.folds[i].clusters for i in folds]))

    def calibrated(self, candidate: str, config: PredictorConfig) -> tuple[Floats, ...]:
        """Return probabilities per fold, calibrated by the folds before it.

        Nothing comes before the first fold: its scores are only shifted to its own mean,
        and they count in no comparison.
        """
        return tuple(
            corrected(
                calibrator_before(i, candidate, self, config)[0],
                float(self.folds[i].part.y.mean()),
                config.calibration.real_base_rate,
            ).apply(raw)
            for i, raw in enumerate(self.raw[candidate])
        )

    def calibrated_folds(self, config: PredictorConfig) -> tuple[int, ...]:
        """Return the folds whose probabilities may be compared."""
        every = tuple(range(len(self.folds)))
        alone = len(every) == 1 or config.split.kind == "random"
        return every if alone or config.calibration.kind == "none" else every[1:]

    def fold_metrics(self) -> list[dict[str, dict[str, float | None]]]:
        """Return, per fold and candidate, every measure before calibration."""
        return [self._metrics(i, fold) for i, fold in enumerate(self.folds)]

    def _metrics(self, i: int, fold: FoldData) -> dict[str, dict[str, float | None]]:
        scored = {
            name: Scored(raw[i], Calibrator().apply(raw[i]))
            for name, raw in self.raw.items()
        }
        clusters = compact(fold.clusters)
        none_drawn = cluster_weights(int(clusters.max()) + 1, 0, seed=0)
        found = sampled_measures(fold.y, scored, clusters, none_drawn)
        return {
            name: dict(zip(METRICS, map(as_json, values[0]), strict=True))
            for name, values in found.items()
        }


def read_rule(model: Model) -> RuleReading:
    """Return the feature of a rule and whether its curve rises."""
    if not isinstance(model, RuleModel):
        msg = f"expected a rule, got {model.kind!r}"
        raise TypeError(msg)
    return model.feature, model.odds[-1] >= model.odds[0]


def score_folds(
    folds: tuple[FoldData, ...],
    config: PredictorConfig,
    tuning: Tuning,
    progress: Callable[[str], None],
) -> OutOfTime:
    """Fit every candidate on every fold and score the rows after it."""
    raw: dict[str, list[Floats]] = {name: [] for name in CANDIDATES}
    final: list[Floats] = []
    rules = []
    for number, fold in enumerate(folds, start=1):
        progress(f"fold {number} of {len(folds)}")
        models = fit_all(fold.part, config, tuning_before(number - 1, tuning, config))
        rules.append(read_rule(models["rule"]))
        for name, model in models.items():
            raw[name].append(model.raw(fold.X))
        if not tuning.kept_default:
            tuned = fit_model("tuned", fold.part, config, tuning.settings)
            final.append(tuned.raw(fold.X))
    scores = {name: tuple(values) for name, values in raw.items()}
    return OutOfTime(
        folds, scores, tuple(rules), {"tuned": tuple(final)} if final else {}
    )


def tuning_before(fold: int, tuning: Tuning, config: PredictorConfig) -> Tuning:
    """Return what the search had found before a fold began: nothing of that fold.

    Settings that were chosen on a fold's own rows would be judged too well by it.
    """
    found = tuning.by_fold
    settings = found[fold] if fold < len(found) else config.model
    return replace(tuning, settings=settings, kept_default=settings == config.model)


def fit_all(part: Part, config: PredictorConfig, tuning: Tuning) -> dict[str, Model]:
    """Fit every candidate on one part; `tuned` is the default where that was kept."""
    models = {
        name: fit_model(name, part, config, tuning.settings)
        for name in CANDIDATES
        if name != "tuned"
    }
    kept = tuning.kept_default
    tuned = None if kept else fit_model("tuned", part, config, tuning.settings)
    return models | {"tuned": tuned or models["lightgbm_default"]}


def calibrated_scorers(
    name: str,
    part: Part,
    models: Mapping[str, Model],
    seen: OutOfTime,
    config: PredictorConfig,
) -> tuple[dict[str, Scorer], dict[str, str]]:
    """Give every candidate its calibrator, learnt on the latest fold rows.

    Returns:
        Scorers and, per candidate, a sentence where calibration did not go as asked.
    """
    scorers, notes, seen = {}, {}, seen.with_final_settings()
    for candidate, model in models.items():
        calibrator, note = calibrator_before(len(seen.folds), candidate, seen, config)
        real = config.calibration.real_base_rate
        calibrator = corrected(calibrator, float(part.y.mean()), real)
        scorers[candidate] = Scorer(name, part.encoder, model, calibrator)
        if note:
            notes[candidate] = note
    return scorers, notes


def latest_folds(folds: tuple[FoldData, ...]) -> list[int]:
    """Choose the fewest latest folds that hold enough rows for any calibration."""
    used: list[int] = []
    for i in reversed(range(len(folds))):
        used.append(i)
        y = np.concatenate([folds[j].y for j in used])
        rare = min(y.sum(), len(y) - y.sum())
        if len(y) >= MIN_ROWS and rare >= MIN_CLASS_ROWS:
            break
    return sorted(used)


def calibrator_before(
    fold: int, candidate: str, seen: OutOfTime, config: PredictorConfig
) -> tuple[Calibrator, str | None]:
    """Learn the calibrator that a fold would have been given before it began.

    `fold` may be the number of folds: that is the calibrator of the final model. Random
    folds have no order, so each one's calibrator comes from all others.
    """
    if not seen.folds or config.calibration.kind == "none":
        return Calibrator(), None
    pooled = config.split.kind == "random"
    known = range(len(seen.folds)) if pooled else range(fold)
    used = [i for i in known if i != fold]
    if not used:
        own = seen.pooled(candidate, [fold])
        return shift(own.raw, own.y), None
    if not pooled:
        used = latest_folds(seen.folds[:fold])
    sample = seen.pooled(candidate, used)
    if candidate == "prior":
        return _latest_rate(sample), None
    before = list(range(used[0]))
    return fit_calibrator(
        sample,
        config.calibration,
        earlier=seen.pooled(candidate, before[-1:]) if before else None,
        seed=config.seed,
    )


def _latest_rate(sample: Sample) -> Calibrator:
    """Give everybody the latest share of positives, whatever the prior learnt before."""
    rate = (sample.y.sum() + 0.5) / (len(sample) + 1)
    odds = float(log_odds(np.array([rate]))[0])
    return Calibrator("shift", slope=0.0, intercept=odds, rows=len(sample))
