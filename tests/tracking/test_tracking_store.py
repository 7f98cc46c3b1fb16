import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ccml.project import Project
from ccml.tracking.store import (
    ENVIRONMENT,
    create_local_store,
    database_uri,
    open_store,
    tracking_uri,
)

CREATE = (
    "import sys; from pathlib import Path; from ccml.tracking.store import "
    "create_local_store; print(create_local_store(Path(sys.argv[1])))"
)


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CREATE, str(folder)], stdout=subprocess.PIPE, text=True
    )


def is_whole(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        checked = connection.execute("pragma integrity_check").fetchone()
        names = connection.execute("select name from experiments").fetchall()
        revision = connection.execute("select * from alembic_version").fetchall()
    return checked == ("ok",) and names == [("Default",)] and len(revision) == 1


@pytest.mark.slow
def test_three_processes_at_once_make_one_whole_store(tmp_path: Path) -> None:
    folder = tmp_path / "mlflow"
    running = [start(folder) for _ in range(3)]
    said = [process.communicate(timeout=120)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert sorted(said) == ["False", "False", "True"]
    assert is_whole(folder / "mlflow.db")
    assert not list(folder.glob(".tmp-*"))


def test_leftovers_of_a_killed_creation_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / ".tmp-dead-mlflow.db").write_bytes(b"half a database")
    assert create_local_store(tmp_path)
    assert is_whole(tmp_path / "mlflow.db")
    assert not list(tmp_path.glob(".tmp-*"))
    assert not create_local_store(tmp_path)


def test_creation_killed_half_way_leaves_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(file: Path, artifacts: Path) -> None:
        del artifacts
        file.write_bytes(b"half")
        raise KeyboardInterrupt("killed")

    monkeypatch.setattr("ccml.tracking.store._fill_database", die)
    with pytest.raises(KeyboardInterrupt, match="killed"):
        create_local_store(tmp_path)
    assert not (tmp_path / "mlflow.db").exists()


def test_store_is_the_same_from_any_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_store(project)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    second = open_store(project)
    assert first.uri == second.uri == database_uri(tmp_path / "my work" / "mlflow")
    assert first.experiment_id == second.experiment_id
    assert list(elsewhere.iterdir()) == []


def test_artifacts_live_in_the_workspace(project: Project) -> None:
    store = open_store(project)
    experiment = store.client.get_experiment(store.experiment_id)
    assert experiment.name == "tiny"
    expected = project.workspace / "mlflow" / "artifacts" / "tiny"
    assert experiment.artifact_location == expected.as_uri()


def test_configured_server_and_experiment_are_used(
    project: Project, ready_store: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(ready_store, other / "mlflow.db")
    settings = [f"tracking.uri={database_uri(other)}", "tracking.experiment=named"]
    served = Project.open(project.file, settings)
    store = open_store(served)
    assert store.uri == tracking_uri(served) == database_uri(other)
    experiment = store.client.get_experiment(store.experiment_id)
    assert experiment.name == "named"


def test_telemetry_and_pickles_are_off(project: Project) -> None:
    open_store(project)
    from mlflow.environment_variables import MLFLOW_ALLOW_PICKLE_DESERIALIZATION
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()
    assert not MLFLOW_ALLOW_PICKLE_DESERIALIZATION.get()
    assert {key: os.environ[key] for key in ENVIRONMENT} == ENVIRONMENT
