"""`ccml run export`, from the exports of a small company to files on the disk."""

import duckdb
import pytest
from openpyxl import load_workbook
from small_site import SmallSite, write_site

from ccml.cli.pipelines import load_pipeline
from ccml.errors import ConfigError
from ccml.project import Project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> SmallSite:
    folder = tmp_path_factory.mktemp("small")
    write_site(folder)
    return SmallSite(folder)


@pytest.fixture(scope="module")
def first(small):
    return small.run("export", "--json")


def test_export_prepares_what_is_missing_and_names_its_files(small, first):
    assert first.code == 0, first.stderr
    files = first.json["exports"]
    exports = small.workspace / "exports"
    assert str(exports / "kpis.xlsx") in files
    assert files[-1] == str(exports / "manifest.json")
    assert "Overview" in load_workbook(exports / "kpis.xlsx").sheetnames
    with duckdb.connect(str(exports / "bi" / "ccml.duckdb"), read_only=True) as found:
        calls = found.sql("select sum(calls) from fact_calls_hourly").fetchone()
    assert calls == (400,)


def test_a_second_run_is_skipped(small, first):
    again = small.run("export", "--json")
    assert again.json["exports"] == first.json["exports"]
    assert "exports: unchanged, skipped" in again.stderr


def test_without_calls_the_pipeline_says_what_to_add(small):
    small.configure({}, source="customers")
    project = Project.open(small.config)
    with pytest.raises(ConfigError, match=r"sources.calls: .* add a call log"):
        load_pipeline(project, "export")(project)
