"""Check every feature and label for leaks, on the project's own data."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.features.audit.finding import Finding, as_frame
from ccml.features.audit.leaks import by_predictor, endings_of_flat, leaks_of_label
from ccml.features.audit.results import (
    audit_result,
    features_mark,
    subject_of,
    subjects,
)
from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.labels.audit import labels_of
from ccml.labels.audit_spine import audit_spine
from ccml.labels.build import build_labels
from ccml.predictors.training_table import training_set
from ccml.project import Project

CODE = ("features", "labels", "windows", "config", "predictors/training_table")


def run(project: Project) -> dict[str, Any]:
    """Audit spines and flat tables; those of some predictors when `--only` names them."""
    chosen = _chosen(project)
    prepare_missing(project)
    for name in chosen:
        if name in project.config.spines:
            _audit_spine(project, name)
        else:
            _audit(project, name, [name], _flat)
    return audit_result(project, chosen)


def _chosen(project: Project) -> list[str]:
    everything = subjects(project)
    if not everything:
        raise ConfigError(
            "spines: there is none, and no predictor learns from a flat table, so there "
            "are no features to audit; add a spine and `features`."
        )
    if not project.only:
        return everything
    used = {subject_of(project, name) for name in project.predictors}
    used |= {
        spine
        for name in project.predictors
        if (spine := project.config.predictors[name].scoring.spine)
    }
    return [name for name in everything if name in used]


def _audit_spine(project: Project, spine: str) -> None:
    build_features(project, spine)
    predictors = labels_of(project, spine)
    for name in predictors:
        build_labels(project, name)
    inputs = [f"features__{spine}", *(f"labels__{name}" for name in predictors)]
    _audit(project, spine, inputs, _spine)


def _audit(
    project: Project,
    subject: str,
    inputs: list[str],
    check: Callable[[Project, str], list[Finding]],
) -> None:
    config = project.config
    stage = Stage(
        name=f"audit of {subject}",
        outputs=[f"audit__{subject}"],
        inputs=inputs,
        settings=config.model_dump(mode="json", exclude={"sources", "lists"}),
        code=CODE,
    )

    def build() -> Mapping[str, Table]:
        rows = as_frame(check(project, subject), features_mark(project, subject))
        about = "one row per check and feature, table or label"
        return {f"audit__{subject}": Table(rows, ["position"], about)}

    project.stages.run(stage, build)


def _spine(project: Project, spine: str) -> list[Finding]:
    findings = audit_spine(project, spine)
    for name, label in labels_of(project, spine).items():
        if not label.is_number:
            findings += _leaks(project, name)
    return findings


def _flat(project: Project, table: str) -> list[Finding]:
    """A flat table has no times: only what looks like the answer can be found."""
    findings = []
    for name in project.config.predictors:
        if subject_of(project, name) == table:
            findings += _leaks(project, name)
            columns = _learnt(project, name)[0].columns
            findings += by_predictor(name, endings_of_flat(columns))
    return findings


def _leaks(project: Project, name: str) -> list[Finding]:
    project.progress.step(f"{name}: what tells the label alone")
    features, label = _learnt(project, name)
    return by_predictor(name, leaks_of_label(features, label, project.config))


def _learnt(project: Project, name: str) -> tuple[pd.DataFrame, pd.Series]:
    """Read the features that a predictor does not drop, and its labels."""
    data = training_set(project, name)
    dropped = {*project.config.predictors[name].drop} & {*data.features.columns}
    return data.features.drop(columns=sorted(dropped)), data.label
