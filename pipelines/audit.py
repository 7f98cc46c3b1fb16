"""Check every feature and label for leaks, on the project's own data."""

from collections.abc import Mapping
from typing import Any

from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.features.audit.finding import Finding, as_frame
from ccml.features.audit.leaks import by_predictor, leaks_of_label
from ccml.features.audit.results import audit_result, features_mark
from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.labels.audit import labels_of
from ccml.labels.audit_spine import audit_spine
from ccml.labels.build import build_labels
from ccml.predictors.training_table import training_set
from ccml.project import Project

CODE = ("features", "labels", "windows", "config", "predictors/training_table")


def run(project: Project) -> dict[str, Any]:
    """Audit every spine; those of some predictors only when `--only` names them."""
    prepare_missing(project)
    spines = _spines(project)
    for spine in spines:
        build_features(project, spine)
        for name in labels_of(project, spine):
            build_labels(project, name)
        _audit(project, spine)
    return audit_result(project, spines)


def _spines(project: Project) -> list[str]:
    if not project.only:
        return list(project.config.spines)
    asked = [project.config.predictors[name] for name in project.predictors]
    used = {spine for p in asked for spine in (p.spine, p.scoring.spine) if spine}
    return [spine for spine in project.config.spines if spine in used]


def _audit(project: Project, spine: str) -> None:
    config, predictors = project.config, labels_of(project, spine)
    stage = Stage(
        name=f"audit of {spine}",
        outputs=[f"audit__{spine}"],
        inputs=[f"features__{spine}", *(f"labels__{name}" for name in predictors)],
        settings=config.model_dump(mode="json", exclude={"sources", "lists"}),
        code=CODE,
    )
    project.stages.run(stage, lambda: _build(project, spine))


def _build(project: Project, spine: str) -> Mapping[str, Table]:
    findings = audit_spine(project, spine)
    for name, label in labels_of(project, spine).items():
        if not label.is_number:
            findings += _leaks(project, name)
    rows = as_frame(findings, features_mark(project, spine))
    about = "one row per check and feature, table or label"
    return {f"audit__{spine}": Table(rows, ["position"], about)}


def _leaks(project: Project, name: str) -> list[Finding]:
    project.progress.step(f"{name}: what tells the label alone")
    data = training_set(project, name)
    return by_predictor(name, leaks_of_label(data.features, data.label, project.config))
