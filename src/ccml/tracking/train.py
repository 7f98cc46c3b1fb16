"""The stage that trains a predictor, records it and registers its model."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ccml.engine.manifest import Manifest
from ccml.engine.stage import Stage
from ccml.engine.store import Folder
from ccml.features.audit.results import audit_of_features, subject_of
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.explain import long_sample
from ccml.predictors.survival.hazard import FOLDER as SURVIVAL
from ccml.predictors.survival.material import (
    followed_until,
    survival_inputs,
    survival_rows,
)
from ccml.predictors.survival.train import Parts, train_survival, with_survival
from ccml.predictors.train import TrainedPredictor, train
from ccml.predictors.training_table import training_inputs, training_set
from ccml.project import Project
from ccml.tracking.evidence import gate_rows
from ccml.tracking.runs import log_predictor
from ccml.tracking.touches import touch

Draw = Callable[[Mapping[str, Any], pd.DataFrame], Mapping[str, bytes]]
"""From an evaluation and a SHAP sample to pictures by file name."""
ABOUT = "model, judgement and registration of one predictor"


def train_predictor(project: Project, name: str, draw: Draw) -> None:
    """Train, record and register a predictor, unless its model stands.

    Args:
        project: The project; features and labels of the predictor stand.
        name: The predictor.
        draw: Draws the pictures that are recorded with the model.
    """
    config = project.config
    stage = Stage(
        name=f"training of {name}",
        outputs=[f"model__{name}"],
        inputs=[*training_inputs(project, name), *survival_inputs(project, name)],
        settings={
            "predictor": config.predictors[name],
            "tracking": config.tracking,
            "followed_until": followed_until(project, name),
        },
        code=("predictors", "tracking", "labels/spells"),
    )
    model = Folder(lambda to: _fill(project, name, draw, to), ABOUT)
    project.stages.run(stage, lambda: {f"model__{name}": model})


def training_result(project: Project, name: str) -> dict[str, Any]:
    """Give what is told of a trained predictor: its model version and evaluation."""
    folder = project.store.folder(f"model__{name}")
    evaluation: dict[str, Any] = json.loads((folder / "evaluation.json").read_text())
    registration = json.loads((folder / "registration.json").read_text())
    del evaluation["curves"]
    return {"model_version": registration["version"], **evaluation}


def _fill(project: Project, name: str, draw: Draw, folder: Path) -> None:
    data = training_set(project, name)
    trained = _trained(project, name, data)
    sample = long_sample(trained.shap_sample.values, trained.shap_sample.features)
    figures = draw(trained.evaluation, sample)
    project.progress.step(f"{name}: recording in MLflow")
    rows = gate_rows(project, name, data, trained.test_predictions)
    registration = log_predictor(
        project, name, trained, figures, _manifests(project, name), rows
    )
    trained.scorer.save(folder)
    if trained.survival:
        trained.survival.save(folder / SURVIVAL)
    sample.to_parquet(folder / "shap_sample.parquet")
    trained.test_predictions.to_parquet(folder / "test_predictions.parquet")
    _write_json(folder / "evaluation.json", trained.evaluation)
    _write_json(folder / "registration.json", asdict(registration))


def _trained(project: Project, name: str, data: TrainingSet) -> TrainedPredictor:
    trained = train(
        project.config.predictors[name],
        data,
        name=name,
        study_storage=project.workspace / "studies.db",
        progress=project.progress.step,
        touch=lambda test_id: touch(project, name, test_id),
    )
    if trained.parts:
        trained = _with_survival(project, name, trained, trained.parts)
    audit = audit_of_features(project, subject_of(project, name))
    trained.evaluation["audit"] = audit
    project.progress.note(f"{name}: audit of its features: {audit['result']}")
    return trained


def _with_survival(
    project: Project, name: str, trained: TrainedPredictor, parts: Parts
) -> TrainedPredictor:
    """Add the model of when it happens, on the classifier's split."""
    project.progress.step(f"{name}: learning when it happens")
    config, rows = project.config.predictors[name], survival_rows(project, name)
    found = train_survival(config, rows, parts, trained.settings, name)
    with_survival(trained.evaluation, found)
    return replace(trained, survival=found.model)


def _manifests(project: Project, name: str) -> dict[str, Manifest]:
    return {
        table: manifest
        for table in training_inputs(project, name)
        if (manifest := project.store.manifest(table))
    }


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
