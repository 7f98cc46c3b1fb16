"""Runs of processes that died: found by their locks, and closed.

A run at work holds a file lock that the operating system drops with the process. A lock
that nobody holds belongs to a run that nobody will end.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ccml.project import Project
from ccml.tracking.store import TrackingStore, local_folder, open_store, quiet_mlflow

FOLDER = "alive"
ENDING = ".lock"
RUNNING = "RUNNING"
KILLED = "KILLED"


def hold(project: Project, run_id: str) -> FileLock:
    """Hold the lock of a run until `let_go`, or until the process ends."""
    folder = local_folder(project) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{run_id}{ENDING}")
    lock.acquire()
    return lock


def let_go(lock: FileLock) -> None:
    """Give the lock of a run that has ended back."""
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)


def close_orphans(project: Project) -> list[str]:
    """Mark runs as KILLED whose process is gone; name them.

    Without such a run MLflow is not even imported.
    """
    dead = list(_dead(local_folder(project) / FOLDER))
    if not dead:
        return []
    store = open_store(project)
    with quiet_mlflow():
        closed = [file.stem for file in dead if _close(store, file.stem)]
    for file in dead:
        file.unlink(missing_ok=True)
    return closed


def _dead(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.glob(f"*{ENDING}")):
        lock = FileLock(file, timeout=0)
        with suppress(Timeout):
            lock.acquire()
            lock.release()
            yield file


def _close(store: TrackingStore, run_id: str) -> bool:
    run = _run(store.client, run_id)
    if run is None or run.info.status != RUNNING:
        return False
    store.client.set_terminated(run_id, KILLED)
    return True


def _run(client: Any, run_id: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
