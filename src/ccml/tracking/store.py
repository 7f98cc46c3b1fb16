"""The MLflow store of a project, made whole or not at all, found from any folder."""

import logging
import os
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from filelock import FileLock

from ccml.engine.atomic import TEMPORARY, sync_file, sync_folder
from ccml.project import Project

DATABASE = "mlflow.db"
CREATE_TIMEOUT_S = 300
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "GIT_PYTHON_REFRESH": "quiet",
}


@dataclass(frozen=True)
class TrackingStore:
    """An open MLflow store: its address, client and the project's experiment."""

    uri: str
    client: Any
    experiment_id: str


@contextmanager
def quiet_mlflow() -> Iterator[None]:
    """Switch telemetry and pickles off, and keep third-party noise from the user.

    MLflow reads its settings from the environment when it is imported and when it acts;
    it and SQLAlchemy warn of their own affairs, which nobody here can mend.
    """
    os.environ.update(ENVIRONMENT)
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_module("mlflow")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def local_folder(project: Project) -> Path:
    """Folder of the default store, absolute: it never depends on where one stands."""
    return project.workspace.resolve() / "mlflow"


def tracking_uri(project: Project) -> str:
    """Address of the project's MLflow: the configured server, or the local store."""
    return project.config.tracking.uri or database_uri(local_folder(project))


def database_uri(folder: Path) -> str:
    """Address of the SQLite store in a folder."""
    return f"sqlite:///{folder / DATABASE}"


def create_local_store(folder: Path) -> bool:
    """Make an empty SQLite store unless there is one; tell whether it was made.

    MLflow's own creation breaks for good when two processes start it or one is killed
    in it. So it happens in a file of another name, under a lock, and is renamed.
    """
    target = folder / DATABASE
    if target.is_file():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "create.lock", timeout=CREATE_TIMEOUT_S):
        if target.is_file():
            return False
        for leftover in folder.glob(f"{TEMPORARY}*"):
            leftover.unlink()
        temporary = folder / f"{TEMPORARY}{uuid.uuid4().hex}-{DATABASE}"
        _fill_database(temporary, folder / "artifacts")
        sync_file(temporary)
        temporary.rename(target)
        sync_folder(folder)
    return True


def _fill_database(file: Path, artifacts: Path) -> None:
    with quiet_mlflow():
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        store = SqlAlchemyStore(f"sqlite:///{file}", artifacts.as_uri())
        store.engine.dispose()


def open_store(project: Project) -> TrackingStore:
    """Open the project's MLflow and its experiment; make what is missing."""
    uri = tracking_uri(project)
    if project.config.tracking.uri is None:
        create_local_store(local_folder(project))
    with quiet_mlflow():
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        return TrackingStore(uri, client, _experiment(project, client))


def _experiment(project: Project, client: Any) -> str:
    name = project.config.tracking.experiment or project.config.project
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    place = None
    if project.config.tracking.uri is None:
        place = (local_folder(project) / "artifacts" / project.config.project).as_uri()
    return str(client.create_experiment(name, artifact_location=place))


@contextmanager
def as_current(store: TrackingStore) -> Iterator[None]:
    """Make a store MLflow's current one for the calls that know no client."""
    with quiet_mlflow():
        import mlflow

        before = (mlflow.get_tracking_uri(), mlflow.get_registry_uri())
        mlflow.set_tracking_uri(store.uri)
        mlflow.set_registry_uri(store.uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(before[0])
            mlflow.set_registry_uri(before[1])
