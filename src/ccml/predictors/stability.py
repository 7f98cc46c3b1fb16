"""Whether a model fitted once more with another seed would give the same reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.search import ModelConfig
from ccml.predictors.dataset import Floats
from ccml.predictors.explain import ShapSample
from ccml.predictors.fit import Part, fit_booster
from ccml.predictors.members import fit_group
from ccml.predictors.models import BoosterModel, EnsembleModel, Model
from ccml.predictors.scorer import BIAS, Scorer

MIN_EFFECT = 0.05  # log-odds; less changes the odds by under five per cent
TOP = 3
ROWS = 500
GOOD_AGREEMENT = 0.7
AGAIN = 101  # a number of a fit that no candidate has


@dataclass(frozen=True)
class Stability:
    """How many of the reasons that raise a score stay when the model is fitted again.

    Attributes:
        agreement: Mean share of a row's up to three strongest that stay; None where no
            row has any.
        rows: Rows with such a reason.
    """

    agreement: float | None
    rows: int


def stability(
    scorer: Scorer, part: Part, settings: ModelConfig, sample: ShapSample
) -> Stability | None:
    """Fit the scorer's model again with another seed, and compare the reasons.

    Args:
        scorer: The scorer whose parts the sample holds.
        part: The rows that it learnt from.
        settings: The settings of its LightGBM models.
        sample: Rows that it did not learn from.

    Returns:
        None for a model in which nothing is drawn: it would be the same again.
    """
    model = _refitted(scorer.model, part, settings)
    if model is None:
        return None
    features = sample.features.iloc[:ROWS]
    again = replace(scorer, model=model).contributions(features)
    return agreement(sample.values.iloc[:ROWS], again, scorer.families)


def _refitted(model: Model, part: Part, settings: ModelConfig) -> Model | None:
    if isinstance(model, BoosterModel):
        return fit_booster(part, settings, AGAIN)
    if not isinstance(model, EnsembleModel):
        return None
    drawn = {name: fit_group(name, part, settings, AGAIN) for name in set(model.groups)}
    members = [drawn[name] for name in dict.fromkeys(model.groups)]
    return replace(model, members=tuple(one for group in members for one in group))


def agreement(
    parts: pd.DataFrame, again: pd.DataFrame, families: Mapping[str, str]
) -> Stability:
    """Compare the up to three strongest raising families, row by row.

    Args:
        parts: Rows x features and a bias.
        again: The same of the other model.
        families: Feature -> group of features that are told as one.
    """
    first, second = _told(parts, families), _told(again, families)
    most = np.maximum(first.sum(axis=1), second.sum(axis=1))
    rows = np.flatnonzero(most)
    if not len(rows):
        return Stability(None, 0)
    shared = (first & second).sum(axis=1)
    return Stability(float((shared[rows] / most[rows]).mean()), len(rows))


def _told(parts: pd.DataFrame, families: Mapping[str, str]) -> np.ndarray:
    """Mark the families that would be told: rows x families."""
    moves = parts.drop(columns=BIAS)
    names = [families.get(str(name), str(name)) for name in moves.columns]
    sums: Floats = moves.T.groupby(names, sort=True).sum().T.to_numpy()
    places = np.argsort(np.argsort(-sums, axis=1, kind="stable"), axis=1)
    return np.asarray((places < TOP) & (sums >= MIN_EFFECT))


def with_stability(evaluation: dict[str, Any], found: Stability | None) -> None:
    """Put the stability into an evaluation, and a finding where the reasons change."""
    if found is None or found.agreement is None:
        return
    evaluation["reason_stability"] = {
        "agreement": found.agreement,
        "rows": found.rows,
        "against": "the same model fitted with another seed",
    }
    if found.agreement < GOOD_AGREEMENT:
        _add_warning(evaluation["findings"], found.agreement)


def _add_warning(findings: list[dict[str, str]], agreement: float) -> None:
    sentence = (
        f"Fitted again with another seed, only {agreement:.0%} of the strongest reasons "
        f"stay (good: {GOOD_AGREEMENT:.0%} or more): tell reasons with care, or group "
        "more features by a lower reasons.group_correlated_above."
    )
    warning = {
        "check": "unstable_reasons",
        "severity": "warning",
        "sentence": sentence,
    }
    notes = [i for i, finding in enumerate(findings) if finding["severity"] == "note"]
    findings.insert(notes[0] if notes else len(findings), warning)
