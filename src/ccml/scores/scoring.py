"""Scoring one frame of customers: score, parts of the score, reasons in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from ccml.config.reasons import ReasonsConfig, matching
from ccml.errors import ConfigError, DataError, did_you_mean, unknown_name
from ccml.predictors.explain import Explained, contributions
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.scores.catalogue import feature_infos, usual_values
from ccml.scores.reasons import Explainer, check_additivity
from ccml.scores.rows import scoring_spine


@dataclass(frozen=True)
class Scoring:
    """What scores customers: the champion, and what puts its parts into words."""

    name: str
    version: str
    scorer: Scorer
    explainer: Explainer
    fast: bool


def reasons_config(project: Project, name: str) -> ReasonsConfig:
    """Read which reasons are told: as many as the longest list asks for."""
    reasons = project.config.predictors[name].reasons
    lists = project.config.lists.values()
    asked = [item.reasons for item in lists if item.predictor == name]
    return reasons.model_copy(update={"up": max([reasons.up, *asked])})


def given_values(project: Project, name: str, scorer: Scorer) -> dict[str, Any]:
    """Resolve `scoring.set`, and make sure that every feature has its values.

    A column of the event itself is called `this_attempt_no`; `attempt_no` means it too.
    Hour and weekday of a moment that is still to come are taken as the usual ones.

    Raises:
        ConfigError: A name is unknown, or features are missing and not set.
    """
    config = project.config.predictors[name]
    spine = scoring_spine(project, name)
    present = set(project.store.read(f"features__{spine}").columns)
    learnt = set(scorer.feature_names)
    known = learnt | present
    if config.spine and config.spine != spine:
        known |= set(project.store.read(f"features__{config.spine}").columns)
    given = {}
    for key, value in config.scoring.set.items():
        column = key if key in known else f"this_{key}"
        if column not in known:
            raise ConfigError(
                f"predictors.{name}.scoring.set: {key!r} is no feature of this "
                f"predictor.{did_you_mean(key, known)}"
            )
        given[column] = value
    given |= _usual_moment(project, name, scorer, learnt - present - set(given))
    missing = sorted(learnt - present - set(given))
    if missing:
        raise ConfigError(
            f"predictors.{name}.scoring: features__{spine} does not hold {missing}, on "
            f"which the model was trained; give their values under `scoring.set`, or add "
            f"them to `drop` and train again."
        )
    return given


def _usual_moment(
    project: Project, name: str, scorer: Scorer, missing: Collection[str]
) -> dict[str, Any]:
    infos = feature_infos(project, name) if missing else {}
    calendar = [f for f in missing if f in infos and infos[f].statistic == "calendar"]
    return {feature: scorer.typical_values[feature] for feature in calendar}


def scoring_by(
    project: Project, name: str, version: str, scorer: Scorer, chosen: ibis.Table
) -> Scoring:
    """Prepare scoring by a champion, with what is usual among `chosen`.

    Raises:
        ConfigError: `reasons.never` names an unknown feature; see also `given_values`.
    """
    config = reasons_config(project, name)
    given = given_values(project, name, scorer)
    features = tuple(scorer.feature_names)
    read = [feature for feature in features if feature not in given]
    infos = feature_infos(project, name)
    explainer = Explainer(
        features=features,
        infos=infos,
        usual=usual_values(project, scoring_spine(project, name), chosen, read),
        silent=frozenset(given),
        never=_unspoken(config, features, infos, f"predictors.{name}.reasons.never"),
        groups=scorer.families,
        up=config.up,
        down=config.down,
    )
    return Scoring(name, version, scorer, explainer, config.fast == "auto")


def _unspoken(
    config: ReasonsConfig, features: Sequence[str], known: Collection[str], place: str
) -> frozenset[str]:
    """List the features that are never told; a misspelt one would be told."""
    names = sorted({*features, *known})
    for pattern in config.never:
        if not matching(names, [pattern]):
            raise unknown_name("feature", pattern, names, place)
    return frozenset(matching(features, config.never + config.protected))


def score_frame(
    frame: pd.DataFrame, scoring: Scoring
) -> tuple[pd.DataFrame, Explained]:
    """Score one frame of keys and raw features, with reasons.

    Returns:
        The scores, and how they were taken apart.

    Raises:
        DataError: A score is not finite, or its reasons do not add up to it.
    """
    name, scorer = scoring.name, scoring.scorer
    scored = scorer.predict(frame)
    bad = int((~np.isfinite(scored.to_numpy(dtype=np.float64))).sum())
    if bad:
        raise DataError(
            f"predictors.{name}: {bad:,} scores are not finite; look at the features for "
            f"values that are far too large."
        )
    raw = scored["raw_score"].to_numpy(dtype=np.float64)
    explained = contributions(scorer, frame, raw, fast=scoring.fast)
    effects = check_additivity(
        explained.values, scored["raw_score"], f"predictors.{name}"
    )
    rows = pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "predictor": name,
            "cutoff_at": frame["cutoff_at"],
            "model_version": scoring.version,
            "raw_score": scored["raw_score"],
            "probability": scored["probability"],
            "reasons": scoring.explainer.explain(frame, effects),
        }
    )
    return rows, explained
