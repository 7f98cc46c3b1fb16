"""The service manager's report over small tables, made once."""

from pathlib import Path

import pytest
from callers_project import open_callers, store_all

from ccml.project import Project
from ccml.reports.callers_report.build import build_callers_report
from ccml.reports.callers_report.gather import CallersData, read_callers_data


@pytest.fixture(scope="session")
def callers_project(tmp_path_factory) -> Project:
    project = open_callers(tmp_path_factory.mktemp("callers"))
    store_all(project)
    return project


@pytest.fixture(scope="session")
def callers_data(callers_project) -> CallersData:
    return read_callers_data(callers_project)


@pytest.fixture(scope="session")
def callers_page(callers_project) -> Path:
    return build_callers_report(callers_project)


@pytest.fixture(scope="session")
def callers_html(callers_page) -> str:
    return callers_page.read_text(encoding="utf-8")


@pytest.fixture
def no_data(tmp_path) -> CallersData:
    """What is known before anything has been stored."""
    return read_callers_data(open_callers(tmp_path))
