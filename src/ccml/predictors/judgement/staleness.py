"""How long a model may be used before it should be trained again.

The models of the folds grow old on the folds after theirs. What an old model loses is
counted on the same rows against the model trained just before them. Where it loses, it
is compared with models that learnt from as few rows, which is what decides. The advised
age is where the loss reaches a tenth of what a fresh model gains over the prior.

Keys of the result:
    candidate, unit: Whose models; months, or rows where the table has no cutoffs.
    ages: age, pairs, excess_log_loss and auc_lost (value, low, high), share_of_skill.
    by_rows: Mean excess that few rows explain; null where nothing had to be explained.
    skill: Log loss that a fresh model gains over the prior.
    decays: Whether the advised age stands.
    advised_age: value, low, high; high is null where the resamples do not reach it.
    sentence: The advice in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from ccml.config.predictors import PredictorConfig
from ccml.config.search import ModelConfig
from ccml.predictors.candidates import OutOfTime
from ccml.predictors.dataset import CUTOFF, Floats, Rows, TrainingSet
from ccml.predictors.fit import CANDIDATES
from ccml.predictors.judgement.aging import (
    Ageing,
    Pair,
    aged_pairs,
    fresh_losses,
    judged_rows,
    of_age,
)
from ccml.predictors.metrics import sampled_auc
from ccml.predictors.resampling import (
    Draws,
    Measure,
    as_json,
    cluster_weights,
    sampled_mean,
    with_interval,
)
from ccml.predictors.split import Split

LOST_SHARE = 0.1
RESAMPLES = 200
DAYS_PER_MONTH = 30.4375


def staleness(
    data: TrainingSet,
    split: Split,
    seen: OutOfTime,
    candidate: str,
    config: PredictorConfig,
    settings: ModelConfig,
) -> dict[str, Any] | None:
    """Read from the folds how a model ages.

    Args:
        data: Prepared rows.
        split: Their parts.
        seen: What the candidates said on the folds.
        candidate: The candidate that will be used; of an ensemble its LightGBM model.
        config: The predictor's section.
        settings: Settings of tuned LightGBM.

    Returns:
        None where nothing ages: fewer than two folds, folds without time, groups that
        an older model knew and the fresh one does not, or the prior.
    """
    judged = candidate if candidate in CANDIDATES else "tuned"
    ordered = split.kind != "random" and not split.group
    if judged == "prior" or not ordered or len(seen.folds) < 2:
        return None
    ageing = Ageing(
        data, split.folds, seen.with_final_settings(), judged, config, settings
    )
    return _described(_curve(ageing))


@dataclass(frozen=True)
class Curve:
    """What models lose by age, in the sample and in resamples of its customers.

    Attributes:
        ageing: What is compared.
        pairs: Old models on later folds.
        ages: Age of each step: models one fold old, two folds old, ...
        excess: Steps x (1 + resamples), log loss above that of fresh models.
        auc_lost: The same of the AUC.
        skill: 1 + resamples, log loss that fresh models gain over the prior.
    """

    ageing: Ageing
    pairs: tuple[Pair, ...]
    ages: Floats
    excess: Floats
    auc_lost: Floats
    skill: Floats

    @property
    def advised(self) -> Floats:
        """Return the age at which the loss reaches its limit, per resample."""
        return np.array(
            [
                _crossing(self.ages, self.excess[:, i], LOST_SHARE * self.skill[i])
                for i in range(self.excess.shape[1])
            ]
        )

    @property
    def is_skilled(self) -> bool:
        """Tell whether fresh models are better than the prior, by more than chance."""
        return bool(np.quantile(self.skill[1:], 0.025) > 0)

    @property
    def decays(self) -> bool:
        """Tell whether the limit is reached, and by more than chance."""
        if not self.is_skilled or not np.isfinite(self.advised[0]):
            return False
        reached = self.excess[:, 0] >= LOST_SHARE * self.skill[0]
        errors = self.excess[:, 1:].std(axis=1, ddof=1)
        # As many ages as are looked at may be wrong in one of forty cases together.
        clear = self.excess[:, 0] > norm.ppf(1 - 0.025 / len(self.ages)) * errors
        return bool((reached & clear).any())


def _curve(ageing: Ageing) -> Curve:
    known = np.unique(np.concatenate([fold.clusters for fold in ageing.seen.folds]))
    weights = cluster_weights(len(known), RESAMPLES, ageing.config.seed)
    codes = [
        np.searchsorted(known, fold.clusters[judged_rows(ageing, j)]).astype(np.int64)
        for j, fold in enumerate(ageing.seen.folds)
    ]
    pairs = tuple(aged_pairs(ageing))
    losses = [sampled_mean(p.excess, codes[p.fold], weights) for p in pairs]
    fresh = {
        j: _fresh_auc(ageing, j, codes[j], weights) for j in {p.fold for p in pairs}
    }
    aucs = [
        fresh[p.fold]
        - sampled_auc(_outcomes(ageing, p.fold), p.raw, codes[p.fold], weights)
        for p in pairs
    ]
    gained = [
        sampled_mean(_gain(ageing, j), codes[j], weights)
        for j in range(1, len(ageing.folds))
    ]
    return Curve(
        ageing=ageing,
        pairs=pairs,
        ages=_by_step(pairs, [np.array([_age(ageing, p)]) for p in pairs])[:, 0],
        excess=_by_step(pairs, losses),
        auc_lost=_by_step(pairs, aucs),
        skill=np.asarray(np.mean(gained, axis=0)),
    )


def _by_step(pairs: Sequence[Pair], values: Sequence[Floats]) -> Floats:
    """Average what pairs of the same age in folds showed."""
    steps = [pair.fold - pair.model for pair in pairs]
    return np.array(
        [
            np.mean(
                [v for v, s in zip(values, steps, strict=True) if s == step], axis=0
            )
            for step in sorted(set(steps))
        ]
    )


def _gain(ageing: Ageing, fold: int) -> Floats:
    prior = fresh_losses(ageing, fold, "prior")
    return prior - fresh_losses(ageing, fold, ageing.candidate)


def _outcomes(ageing: Ageing, fold: int) -> Floats:
    return ageing.seen.folds[fold].y[judged_rows(ageing, fold)]


def _fresh_auc(ageing: Ageing, fold: int, codes: Rows, weights: Draws) -> Floats:
    raw = ageing.seen.raw[ageing.candidate][fold][judged_rows(ageing, fold)]
    return sampled_auc(_outcomes(ageing, fold), raw, codes, weights)


def _age(ageing: Ageing, pair: Pair) -> float:
    """Return how much later the judging fold began than that of the model."""
    first, later = (ageing.folds[i].valid for i in (pair.model, pair.fold))
    if CUTOFF not in ageing.data.keys.columns:
        return float(later.min() - first.min())
    cutoffs = ageing.data.keys[CUTOFF]
    passed: pd.Timedelta = cutoffs.iloc[later].min() - cutoffs.iloc[first].min()
    return float(passed / pd.Timedelta(days=DAYS_PER_MONTH))


def _crossing(ages: Floats, excess: Floats, limit: float) -> float:
    """Return the age at which a loss that does not fall reaches a limit."""
    rising = np.maximum.accumulate(np.append(0.0, excess))
    if limit <= 0 or rising[-1] < limit:
        return float("inf")
    at = int(np.argmax(rising >= limit))
    low, high = np.append(0.0, ages)[[at - 1, at]]
    part = (limit - rising[at - 1]) / (rising[at] - rising[at - 1])
    return float(low + part * (high - low))


def _described(curve: Curve) -> dict[str, Any]:
    """Say how the models age; where they do, take out what fewer rows explain."""
    by_rows, aged = None, curve
    if curve.decays:
        aged = _without_rows(curve)
        by_rows = float((curve.excess[:, 0] - aged.excess[:, 0]).mean())
    in_time = CUTOFF in curve.ageing.data.keys.columns
    found: dict[str, Any] = {
        "candidate": curve.ageing.candidate,
        "unit": "months" if in_time else "rows",
        "ages": [_point(curve, i) for i in range(len(curve.ages))],
        "by_rows": by_rows,
        "skill": as_json(curve.skill[0]),
        "decays": aged.decays,
        "advised_age": _advice(aged.advised) if aged.decays else None,
    }
    return found | {"sentence": _sentence(found, is_behind=curve.decays)}


def _without_rows(curve: Curve) -> Curve:
    """Take out of the excess what models with as few recent rows lose as well."""
    ageing = curve.ageing
    known = np.unique(np.concatenate([fold.clusters for fold in ageing.seen.folds]))
    weights = cluster_weights(len(known), RESAMPLES, ageing.config.seed)
    losses = []
    for pair in curve.pairs:
        rows = of_age(ageing, pair)
        owner = ageing.seen.folds[pair.fold].clusters[pair.rows]
        codes = np.searchsorted(known, owner).astype(np.int64)
        values = pair.excess if rows is None else rows
        losses.append(sampled_mean(values, codes, weights))
    return replace(curve, excess=_by_step(curve.pairs, losses))


def _point(curve: Curve, i: int) -> dict[str, Any]:
    pairs = [pair.fold - pair.model for pair in curve.pairs]
    return {
        "age": float(curve.ages[i]),
        "pairs": pairs.count(sorted(set(pairs))[i]),
        "excess_log_loss": with_interval(curve.excess[i]),
        "auc_lost": with_interval(curve.auc_lost[i]),
        "share_of_skill": as_json(curve.excess[i, 0] / curve.skill[0])
        if curve.is_skilled
        else None,
    }


def _advice(ages: Floats) -> Measure:
    low, high = np.quantile(ages[1:], [0.025, 0.975], method="nearest")
    return {"value": float(ages[0]), "low": as_json(low), "high": as_json(high)}


def _sentence(found: dict[str, Any], *, is_behind: bool) -> str:
    unit, oldest = found["unit"], found["ages"][-1]
    until = f"{_spoken(oldest['age'])} {unit}"
    if oldest["share_of_skill"] is None:
        return "Even fresh models gain nothing sure over the prior: nothing can age."
    if found["decays"]:
        age = found["advised_age"]
        high = (
            f"{_spoken(age['high'])} {unit}" if age["high"] else "later than was seen"
        )
        return (
            f"After {_spoken(age['value'])} {unit} (95 % interval: "
            f"{_spoken(age['low'])} to {high}) a model has lost {LOST_SHARE:.0%} of what "
            "it gains over the prior: train it again by then."
        )
    if is_behind:
        return (
            f"Models up to {until} old fall behind, but once calibrated no more than "
            "fresh models that learn from as few rows: it is not their age."
        )
    return (
        f"Up to {until} after training no decay shows: there a model loses "
        f"{oldest['share_of_skill']:.0%} of what it gains over the prior (limit: "
        f"{LOST_SHARE:.0%}, and by more than chance)."
    )


def _spoken(age: float) -> str:
    return f"{age:,.1f}" if age < 100 else f"{age:,.0f}"
