"""Check every feature and label for leaks, on the project's own data."""

from typing import Any

from ccml.features.audit.results import audit_result, chosen_subjects
from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.labels.audit import labels_of
from ccml.labels.build import build_labels
from ccml.predictors.audit import build_audit
from ccml.project import Project


def run(project: Project) -> dict[str, Any]:
    """Audit spines and flat tables; those of some predictors when `--only` names them."""
    chosen = chosen_subjects(project)
    prepare_missing(project)
    for subject in chosen:
        if subject in project.config.spines:
            build_features(project, subject)
            for name in labels_of(project, subject):
                build_labels(project, name)
        build_audit(project, subject)
    return audit_result(project, chosen)
