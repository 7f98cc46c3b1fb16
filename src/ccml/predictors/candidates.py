"""All candidates: what they said out of time on the folds, and fitted for good."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ccml.config.predictors import PredictorConfig
from ccml.predictors.calibrate import (
    MIN_CLASS_ROWS,
    MIN_ROWS,
    Calibrator,
    Sample,
    fit_calibrator,
    shift,
)
from ccml.predictors.dataset import Floats
from ccml.predictors.fit import CANDIDATES, FoldData, Part, fit_model
from ccml.predictors.metrics import (
    METRICS,
    Scored,
    as_json,
    cluster_weights,
    compact,
    sampled_measures,
)
from ccml.predictors.models import Model, RuleModel
from ccml.predictors.scorer import Scorer
from ccml.predictors.tune import Tuning

RuleReading = tuple[str, bool]


@dataclass(frozen=True)
class OutOfTime:
    """Scores of fold rows by models that saw only the rows before them.

    Attributes:
        folds: The folds, in order.
        raw: Candidate -> raw scores, one array per fold.
        rules: Feature and direction (rising or not) of the one rule, per fold.
    """

    folds: tuple[FoldData, ...]
    raw: dict[str, tuple[Floats, ...]]
    rules: tuple[RuleReading, ...]

    def pooled(self, candidate: str, folds: Sequence[int]) -> Sample:
        """Return the raw scores and outcomes of some folds together."""
        raw = np.concatenate([self.raw[candidate][i] for i in folds])
        return raw, np.concatenate([self.folds[i].y for i in folds])

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
    rules = []
    for number, fold in enumerate(folds, start=1):
        progress(f"fold {number} of {len(folds)}")
        models = fit_all(fold.part, config, tuning)
        rules.append(read_rule(models["rule"]))
        for name, model in models.items():
            raw[name].append(model.raw(fold.X))
    return OutOfTime(folds, {k: tuple(v) for k, v in raw.items()}, tuple(rules))


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
    scorers, notes = {}, {}
    for candidate, model in models.items():
        calibrator, note = _calibrator(candidate, seen, config)
        scorers[candidate] = Scorer(name, part.encoder, model, calibrator)
        if note:
            notes[candidate] = note
    return scorers, notes


def latest_folds(folds: tuple[FoldData, ...], *, pooled: bool) -> list[int]:
    """Choose the fewest latest folds that hold enough rows for any calibration."""
    if pooled:
        return list(range(len(folds)))
    used: list[int] = []
    for i in reversed(range(len(folds))):
        used.append(i)
        y = np.concatenate([folds[j].y for j in used])
        rare = min(y.sum(), len(y) - y.sum())
        if len(y) >= MIN_ROWS and rare >= MIN_CLASS_ROWS:
            break
    return sorted(used)


def _calibrator(
    candidate: str, seen: OutOfTime, config: PredictorConfig
) -> tuple[Calibrator, str | None]:
    if not seen.folds or config.calibration == "none":
        return Calibrator(), None
    pooled = config.split.kind == "random"
    used = latest_folds(seen.folds, pooled=pooled)
    raw, y = seen.pooled(candidate, used)
    if candidate == "prior":
        return shift(raw, y), None
    before = list(range(used[0]))
    return fit_calibrator(
        raw,
        y,
        config.calibration,
        earlier=seen.pooled(candidate, before[-1:]) if before else None,
        seed=config.seed,
    )
