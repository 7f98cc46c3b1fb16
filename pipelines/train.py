"""Train, judge, record and register every predictor."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ccml.engine.stage import Stage
from ccml.engine.store import Folder
from ccml.features.audit.results import audit_of_features, subject_of
from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.labels.build import build_labels
from ccml.predictors.train import train
from ccml.predictors.training_table import training_inputs, training_set
from ccml.project import Project
from ccml.reports.figures_reasons import long_sample
from ccml.reports.predictor_figures import predictor_figures
from ccml.reports.render import png
from ccml.tracking.runs import log_predictor, pipeline_run


def run(project: Project) -> dict[str, Any]:
    """Build spines, features and labels, then train what has changed."""
    prepare_missing(project)
    with pipeline_run(project, "train"):
        for name in project.predictors:
            _make_inputs(project, name)
            _train(project, name)
    return {"predictors": {name: _result(project, name) for name in project.predictors}}


def _make_inputs(project: Project, name: str) -> None:
    predictor = project.config.predictors[name]
    for spine in {predictor.spine, predictor.scoring.spine} - {None}:
        build_features(project, str(spine))
    if predictor.spine:
        build_labels(project, name)


def _train(project: Project, name: str) -> None:
    config = project.config.predictors[name]
    inputs = training_inputs(project, name)
    stage = Stage(
        name=f"training of {name}",
        outputs=[f"model__{name}"],
        inputs=inputs,
        settings={"predictor": config, "tracking": project.config.tracking},
        code=("predictors", "tracking"),
    )
    about = "model, judgement and registration of one predictor"
    project.stages.run(
        stage,
        lambda: {f"model__{name}": Folder(lambda to: _fill(project, name, to), about)},
    )


def _fill(project: Project, name: str, folder: Path) -> None:
    trained = train(
        project.config.predictors[name],
        training_set(project, name),
        name=name,
        study_storage=project.workspace / "studies.db",
        progress=project.progress.step,
    )
    audit = audit_of_features(project, subject_of(project, name))
    trained.evaluation["audit"] = audit
    project.progress.note(f"{name}: audit of its features: {audit['result']}")
    sample = long_sample(trained.shap_sample.values, trained.shap_sample.features)
    charts = predictor_figures(trained.evaluation, sample)
    manifests = {
        table: manifest
        for table in training_inputs(project, name)
        if (manifest := project.store.manifest(table))
    }
    project.progress.step(f"{name}: recording in MLflow")
    figures = {f"{title}.png": png(chart) for title, chart in charts.items()}
    registration = log_predictor(project, name, trained, figures, manifests)
    trained.scorer.save(folder)
    sample.to_parquet(folder / "shap_sample.parquet")
    trained.test_predictions.to_parquet(folder / "test_predictions.parquet")
    _write_json(folder / "evaluation.json", trained.evaluation)
    _write_json(folder / "registration.json", asdict(registration))


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _result(project: Project, name: str) -> dict[str, Any]:
    folder = project.store.folder(f"model__{name}")
    evaluation: dict[str, Any] = json.loads((folder / "evaluation.json").read_text())
    registration = json.loads((folder / "registration.json").read_text())
    del evaluation["curves"]
    return {"model_version": registration["version"], **evaluation}
