import json
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest_tracking import (
    SECRET,
    Trained,
    evaluation,
    manifest,
    prior_scorer,
    small_scorer,
)

from ccml.engine.digest import fingerprint
from ccml.project import Project
from ccml.tracking.records import figure_file, metric_values, parameters
from ccml.tracking.revision import code_revision
from ccml.tracking.runs import log_predictor, pipeline_run
from ccml.tracking.store import local_folder, open_store

FIGURES: dict[str, str | bytes] = {"roc": "<svg></svg>", "gains": b"\x89PNG"}


def log(project: Project, **changes: Any) -> Any:
    trained = Trained(small_scorer(), evaluation() | changes)
    inputs = {"features": manifest()}
    return log_predictor(project, "repeat", trained, FIGURES, inputs)


def the_run(project: Project, run_id: str) -> Any:
    return open_store(project).client.get_run(run_id)


def files_of(project: Project) -> list[Path]:
    return [f for f in local_folder(project).rglob("*") if f.is_file()]


def test_run_holds_parameters_figures_and_tags(project: Project) -> None:
    done = log(project)
    run = the_run(project, done.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {
        "roc_auc": 0.8,
        "roc_auc_low": 0.75,
        "roc_auc_high": 0.85,
        "brier": 0.1,
        "baseline.prior.roc_auc": 0.5,
    }
    assert run.data.params["predictor.label.horizon_days"] == "7"
    assert run.data.params["spine.each"] == "calls"
    tags = run.data.tags
    assert tags["ccml.label_rule"] == "another call within 7 days"
    assert tags["ccml.test_period"] == "2026-01-01 to 2026-03-01"
    assert tags["ccml.config_fingerprint"] == fingerprint(project.config)
    stored = open_store(project).client.list_artifacts(done.run_id, "figures")
    assert [f.path for f in stored] == ["figures/gains.png", "figures/roc.svg"]


def test_data_sets_are_named_by_hash_and_rows_only(project: Project) -> None:
    done = log(project)
    (found,) = the_run(project, done.run_id).inputs.dataset_inputs
    assert found.dataset.name == "features"
    assert found.dataset.digest == fingerprint(manifest().content)[:36]
    assert json.loads(found.dataset.profile) == {"num_rows": 1234}


def test_nothing_secret_and_no_pickle_is_recorded(project: Project) -> None:
    log(project)
    files = files_of(project)
    assert SECRET in project.config.sources.calls.path  # the guard of this test
    assert not [f for f in files if SECRET.encode() in f.read_bytes()]
    endings = {f.suffix for f in files}
    assert not endings & {".pkl", ".pickle", ".joblib", ".skops"}
    assert not [f for f in files if f.name.startswith("input_example")]


def test_recording_a_model_takes_less_than_a_second_or_so(project: Project) -> None:
    log(project)  # imports
    begin = time.perf_counter()
    log(project)
    assert time.perf_counter() - begin < 5  # 0.5 s on a quiet core


def test_predictor_runs_hang_under_the_pipeline_run(project: Project) -> None:
    with pipeline_run(project, "train") as parent:
        assert parent.run_id is None
        first, second = log(project), log(project)
    store = open_store(project)
    above = store.client.get_run(parent.run_id)
    assert above.info.status == "FINISHED"
    assert above.data.tags["ccml.pipeline"] == "train"
    for done in (first, second):
        tags = store.client.get_run(done.run_id).data.tags
        assert tags["mlflow.parentRunId"] == parent.run_id


def test_pipeline_without_anything_to_record_leaves_no_trace(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(
        "{version: 1, project: t, workspace: w, time_zone: UTC, sources: {}}"
    )
    project = Project.open(file)
    with pipeline_run(project, "train"):
        pass
    assert not local_folder(project).exists()


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_broken_pipeline_ends_its_run(
    project: Project, error: type[BaseException], status: str
) -> None:
    parents = []

    def broken() -> None:
        with pipeline_run(project, "train") as parent:
            parents.append(parent)
            parent.begin()
            raise error("stop here")

    with pytest.raises(error, match="stop here"):
        broken()
    (parent,) = parents
    assert the_run(project, str(parent.run_id)).info.status == status


def test_failure_while_recording_marks_the_run_failed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("ccml.tracking.runs.log_scorer", fail)
    with pytest.raises(OSError, match="disk full"):
        log(project)
    with closing(sqlite3.connect(local_folder(project) / "mlflow.db")) as connection:
        assert connection.execute("select status from runs").fetchall() == [("FAILED",)]


def test_parameters_of_a_flat_predictor_need_no_spine(project: Project) -> None:
    flat = project.config.predictors["repeat"].model_copy(update={"spine": None})
    config = project.config.model_copy(update={"predictors": {"repeat": flat}})
    found = dict(parameters(replace(project, config=config), "repeat"))
    assert found["predictor.spine"] == "null"
    assert not [key for key in found if key.startswith("features.")]


def test_metrics_without_a_finite_value_are_left_out() -> None:
    figures = {"auc": {"value": float("nan"), "low": 0.1}, "n": 3, "text": "x"}
    assert metric_values({"metrics": figures}) == [("auc_low", 0.1), ("n", 3.0)]


@pytest.mark.parametrize(
    ("name", "content", "file"),
    [
        ("roc", "  <svg/>", "roc.svg"),
        ("roc", "<p>", "roc.html"),
        ("roc", b"x", "roc.png"),
        ("roc.json", "{}", "roc.json"),
    ],
)
def test_figures_get_the_ending_of_their_content(
    name: str, content: str | bytes, file: str
) -> None:
    assert figure_file(name, content) == file


def test_revision_of_no_repository_is_unknown(tmp_path: Path) -> None:
    assert code_revision(tmp_path) is None


def test_revision_names_the_commit_and_open_changes(tmp_path: Path) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("needs git")
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    file = tmp_path / "a"
    file.write_text("1")
    for words in (["init", "-q"], ["add", "a"], ["commit", "-q", "-m", "a"]):
        subprocess.run([git, "-C", str(tmp_path), *who, *words], check=True)
    clean = code_revision(tmp_path)
    file.write_text("2")
    changed = code_revision(tmp_path)
    assert clean is not None
    assert len(clean.commit) == 40
    assert not clean.dirty
    assert changed == replace(clean, dirty=True)


def test_without_git_the_revision_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_revision(tmp_path) is None


def test_signs_that_mlflow_refuses_in_keys_are_replaced(project: Project) -> None:
    slices = Project.open(
        project.file, ["predictors.repeat.slices={'few % (calls)': 'a <= 2'}"]
    )
    found = dict(parameters(slices, "repeat"))
    assert found["predictor.slices.few _ _calls_"] == "a <= 2"


def test_scorer_can_be_a_prior(project: Project) -> None:
    trained = Trained(prior_scorer(), evaluation())
    done = log_predictor(project, "repeat", trained, {}, {})
    assert (done.version, done.is_champion) == ("1", True)
