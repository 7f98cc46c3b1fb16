"""Gathers what the gate judges by: both models on the same rows."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.payoff import PayoffConfig
from ccml.config.predictors import PredictorConfig
from ccml.errors import CcmlError
from ccml.features.spine import spine_keys
from ccml.predictors.base_rate import real_weights
from ccml.predictors.dataset import CUTOFF, Floats, Rows, TrainingSet
from ccml.predictors.ece_noise import ece_noise
from ccml.predictors.metrics import Scored
from ccml.predictors.profit.offers import BREAK_EVEN, contacted
from ccml.predictors.profit.sample import Sample, sample_of
from ccml.predictors.resampling import Measure
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.tracking.champions import ROLLED_BACK
from ccml.tracking.compare import (
    Paired,
    log_loss_gain,
    mean_by_cluster,
    shadow,
)
from ccml.tracking.gate import Evidence
from ccml.tracking.registry import champion, champion_version, model_name
from ccml.tracking.store import TrackingStore, quiet_mlflow

NEWEST_ROWS = 20_000
MIN_ROWS = 100
MIN_CLASS_ROWS = 10
SEED = 1
TEST_ROWS = "ccml.test_rows"
TRAIN_PERIOD = "ccml.train_period"
LABEL_RULE = "ccml.label_rule"


@dataclass(frozen=True)
class GateRows:
    """Rows that old and new model are compared on, with raw features.

    Attributes:
        test: The test rows of the new model.
        newest: Features of the newest rows, whose outcome nobody knows yet.
    """

    test: TrainingSet
    newest: pd.DataFrame

    @property
    def mark(self) -> str:
        """Hash which rows these are, and their outcomes."""
        rows = self.test.keys.assign(label=self.test.label.to_numpy())
        numbers = pd.util.hash_pandas_object(rows, index=False).to_numpy()
        return hashlib.sha256(np.sort(numbers).tobytes()).hexdigest()


def gate_rows(
    project: Project, name: str, data: TrainingSet, tested: pd.DataFrame
) -> GateRows:
    """Collect the rows for the gate.

    Args:
        project: The project.
        name: The predictor.
        data: What it learnt from and was judged by.
        tested: Keys of the test rows, among other columns.
    """
    keys = list(data.keys.columns)
    wanted = pd.MultiIndex.from_frame(tested[keys])
    inside = pd.MultiIndex.from_frame(data.keys).isin(wanted)
    test = data.take(np.flatnonzero(inside).astype(np.int64))
    newest = _newest(project, name)
    return GateRows(test, test.features if newest is None else newest)


def _newest(project: Project, name: str) -> pd.DataFrame | None:
    """Read the features of the newest rows of a spine; a flat table has none."""
    spine = project.config.predictors[name].spine
    if spine is None:
        return None
    keys = spine_keys(project.config.spines[spine])
    rows = project.store.read(f"features__{spine}")
    order = [rows[CUTOFF].desc(), *(rows[key] for key in keys if key != CUTOFF)]
    newest = rows.order_by(order).limit(NEWEST_ROWS)
    frame: pd.DataFrame = newest.to_pandas().drop(columns=keys)
    return frame


@dataclass(frozen=True)
class Challenger:
    """A registered model that asks for the champion's place."""

    version: str
    scorer: Scorer
    evaluation: Mapping[str, Any]
    dirty: bool = False


def gather(
    project: Project,
    store: TrackingStore,
    name: str,
    challenger: Challenger,
    rows: GateRows | None,
) -> Evidence:
    """Score the rows by both models and measure what the gate asks for."""
    full = model_name(project, name)
    with quiet_mlflow():
        tags = store.client.get_model_version(full, challenger.version).tags
        present = champion_version(store.client, full)
    alone = _alone(challenger, rows, tags.get(ROLLED_BACK))
    if present is None or str(present.version) == challenger.version:
        return alone
    former = str(present.version)
    if rows is None:
        told = "the rows to compare them on were not given"
        return replace(alone, champion=former, not_comparable=told)
    try:
        scorer = Scorer.load(champion(project, name).folder)
        before = probability(scorer, rows.newest)
    except CcmlError as error:
        return replace(alone, broken=f"Version {former} could not score: {error}")
    with quiet_mlflow():
        learnt = store.client.get_run(present.run_id).data.tags
    size = project.config.predictors[name].promotion.list_size
    beside = replace(
        alone,
        champion=former,
        shadow=shadow(probability(challenger.scorer, rows.newest), before, size),
    )
    later = later_rows(rows, learnt, challenger.evaluation)
    if isinstance(later, str):
        return replace(beside, not_comparable=later)
    test = rows.test.take(later)
    config = project.config.predictors[name]
    return _compared(beside, challenger.scorer, scorer, test, config)


def probability(scorer: Scorer, features: pd.DataFrame) -> Floats:
    """Return the probabilities of raw features."""
    return scorer.predict(features)["probability"].to_numpy(dtype=np.float64)


def _alone(
    challenger: Challenger, rows: GateRows | None, rolled_back: str | None
) -> Evidence:
    evidence = Evidence(
        challenger.evaluation, dirty=challenger.dirty, rolled_back=rolled_back
    )
    if rows is None:
        return evidence
    newest = probability(challenger.scorer, rows.newest)
    tested = probability(challenger.scorer, rows.test.features)
    return replace(
        evidence,
        not_finite=int((~np.isfinite(newest)).sum()),
        ece_noise=ece_noise(tested, SEED),
    )


def _compared(
    evidence: Evidence,
    challenger: Scorer,
    champion: Scorer,
    test: TrainingSet,
    config: PredictorConfig,
) -> Evidence:
    """Measure both on the same rows, each as often as its like comes in reality."""
    real = config.calibration.real_base_rate
    weight = None if real is None else _weights(evidence.evaluation, test.y, real)
    paired = Paired(
        y=test.y,
        challenger=probability(challenger, test.features),
        champion=probability(champion, test.features),
        clusters=test.clusters,
        weight=weight,
    )
    gain = log_loss_gain(paired, SEED)
    compared = replace(evidence, compared_rows=len(test), log_loss_gain=gain)
    if config.profit is None:
        return compared
    earned = profit_gain(test, challenger, champion, config.profit, weight)
    return replace(compared, profit_gain=earned)


def _weights(evaluation: Mapping[str, Any], y: Floats, real: float) -> Floats | None:
    """Weigh rows that were oversampled as the training rows were."""
    return real_weights(y, float(evaluation["claim"]["base_rate_train"]), real)


def profit_gain(
    test: TrainingSet,
    challenger: Scorer,
    champion: Scorer,
    payoff: PayoffConfig,
    weight: Floats | None = None,
) -> Measure:
    """Return how many euros more per row the challenger earns, with its interval.

    Each model contacts whom it expects to be worth it, within the capacity.
    """
    new, old = (
        _earned(_sample(test, scorer, payoff, weight))
        for scorer in (challenger, champion)
    )
    return mean_by_cluster(new - old, test.clusters, SEED, weight)


def _earned(sample: Sample) -> Floats:
    """Return what each row earns, whatever number of customers it stands for."""
    advised = contacted(sample.offers, BREAK_EVEN.threshold)
    return sample.offers.earned * advised / sample.weight


def _sample(
    test: TrainingSet, scorer: Scorer, payoff: PayoffConfig, weight: Floats | None
) -> Sample:
    found = scorer.predict(test.features)
    raw, p = (found[c].to_numpy(dtype=np.float64) for c in ("raw_score", "probability"))
    place = f"predictors.{scorer.name}.profit"
    return sample_of(test, Scored(raw, p), payoff, place, weight)


def later_rows(
    rows: GateRows, learnt: Mapping[str, str], evaluation: Mapping[str, Any]
) -> Rows | str:
    """Find the test rows that the champion cannot have learnt from.

    Args:
        rows: The new model's test rows.
        learnt: Tags of the run that made the champion.
        evaluation: Of the new model.

    Returns:
        Their positions, or in words why there are none to compare on.
    """
    if learnt.get(LABEL_RULE) != str(evaluation.get("label_rule", "")):
        return "it was trained for another label"
    if CUTOFF in rows.test.keys.columns:
        found = _after(rows.test, learnt.get(TRAIN_PERIOD, ""))
        if found is None:
            return "the registry does not tell until when it learnt"
    elif learnt.get(TEST_ROWS) == rows.mark:
        found = np.arange(len(rows.test), dtype=np.int64)
    else:
        return (
            "the flat table or its split is another one, so no row surely is new to it"
        )
    y = rows.test.y[found]
    rare = int(min(y.sum(), len(y) - y.sum()))
    if len(y) < MIN_ROWS or rare < MIN_CLASS_ROWS:
        return (
            f"only {len(y):,} test rows, with {rare:,} of the rarer outcome, are later "
            f"than what it learnt from; {MIN_ROWS} with {MIN_CLASS_ROWS} are needed"
        )
    return found


def _after(test: TrainingSet, period: str) -> Rows | None:
    """Return the rows whose cutoff comes after the labels of a training period."""
    until = pd.to_datetime(period.rpartition(" to ")[2], utc=True, errors="coerce")
    if pd.isna(until):
        return None
    later = test.keys[CUTOFF] >= until + test.embargo
    return np.flatnonzero(later.to_numpy()).astype(np.int64)
