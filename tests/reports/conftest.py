"""A trained predictor, a full workspace and its report, made once."""

from pathlib import Path

import pytest
from report_inputs import open_project, store_everything, trained_churn

from ccml.predictors.explain import long_sample
from ccml.predictors.train import TrainedPredictor
from ccml.project import Project
from ccml.reports.build import build_report
from ccml.reports.stored import ReportData


@pytest.fixture(scope="session")
def trained() -> TrainedPredictor:
    return trained_churn()


@pytest.fixture(scope="session")
def evaluation(trained):
    return trained.evaluation


@pytest.fixture(scope="session")
def sample(trained):
    return long_sample(trained.shap_sample.values, trained.shap_sample.features)


@pytest.fixture
def empty(tmp_path) -> ReportData:
    """What a report knows before anything has been stored."""
    config = open_project(tmp_path).config
    return ReportData(config, "demo.yaml", "f" * 64, {"ccml": "0.1.0"})


@pytest.fixture(scope="session")
def full_project(tmp_path_factory, trained) -> Project:
    project = open_project(tmp_path_factory.mktemp("full"))
    store_everything(project, trained)
    return project


@pytest.fixture(scope="session")
def report_file(full_project) -> Path:
    return build_report(full_project)


@pytest.fixture(scope="session")
def html(report_file) -> str:
    return report_file.read_text(encoding="utf-8")
