"""Train, judge, record and register every predictor."""

from typing import Any

from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.labels.build import build_labels
from ccml.project import Project
from ccml.reports.predictor_figures import predictor_pictures
from ccml.tracking.runs import pipeline_run
from ccml.tracking.train import train_predictor, training_result


def run(project: Project) -> dict[str, Any]:
    """Build spines, features and labels, then train what has changed."""
    names = project.predictors
    prepare_missing(project)
    with pipeline_run(project, "train"):
        for name in names:
            _make_inputs(project, name)
            train_predictor(project, name, predictor_pictures)
    return {"predictors": {name: training_result(project, name) for name in names}}


def _make_inputs(project: Project, name: str) -> None:
    predictor = project.config.predictors[name]
    for spine in {predictor.spine, predictor.scoring.spine} - {None}:
        build_features(project, str(spine))
    if predictor.spine:
        build_labels(project, name)
