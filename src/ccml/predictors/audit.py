"""The stage that audits a spine or a flat table, with what its predictors would learn."""

from collections.abc import Mapping

import pandas as pd

from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.features.audit.finding import Finding, as_frame
from ccml.features.audit.leaks import by_predictor, endings_of_flat, leaks_of_label
from ccml.features.audit.results import features_mark, subject_of
from ccml.labels.audit import labels_of
from ccml.labels.audit_spine import audit_spine
from ccml.predictors.training_table import training_set
from ccml.project import Project

CODE = (
    "features", "labels", "windows", "config", "predictors/training_table",
    "predictors/audit",
)  # fmt: skip
ABOUT = "one row per check and feature, table or label"


def build_audit(project: Project, subject: str) -> None:
    """Audit a spine or a flat table, unless its audit stands.

    Args:
        project: The project; features and labels of a spine stand.
        subject: A name of `ccml.features.audit.results.subjects`.
    """
    stage = Stage(
        name=f"audit of {subject}",
        outputs=[f"audit__{subject}"],
        inputs=_inputs(project, subject),
        settings=project.config.model_dump(mode="json", exclude={"sources", "lists"}),
        code=CODE,
    )

    def build() -> Mapping[str, Table]:
        check = _spine if subject in project.config.spines else _flat
        rows = as_frame(check(project, subject), features_mark(project, subject))
        return {f"audit__{subject}": Table(rows, ["position"], ABOUT)}

    project.stages.run(stage, build)


def _inputs(project: Project, subject: str) -> list[str]:
    if subject not in project.config.spines:
        return [subject]
    labels = [f"labels__{name}" for name in labels_of(project, subject)]
    return [f"features__{subject}", *labels]


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
