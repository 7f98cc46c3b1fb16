"""The model registry: versions, which is champion, and the hashes that guard files."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ccml.errors import DataError, RefusedError
from ccml.project import Project
from ccml.tracking.package import FOLDER, LoggedModel, file_hashes
from ccml.tracking.store import (
    DATABASE,
    TrackingStore,
    as_current,
    local_folder,
    open_store,
    quiet_mlflow,
)

ALIAS = "champion"
HASH_TAG = "sha256."
BY_ALIAS = (
    "select a.version, v.storage_location from registered_model_aliases a "
    "join model_versions v on v.name = a.name and v.version = a.version "
    "where a.name = ? and a.alias = ?"
)
TAGS = "select key, value from model_version_tags where name = ? and version = ?"


@dataclass(frozen=True)
class ChampionMark:
    """Which version is champion, the hashes of its files, and where they are if known."""

    version: str
    hashes: dict[str, str]
    home: Path | None = None


class Champion(NamedTuple):
    """A champion whose files were found and verified."""

    version: str
    folder: Path


def model_name(project: Project, predictor: str) -> str:
    """Name of a predictor in the registry."""
    return f"{project.config.project}.{predictor}"


def registered(store: TrackingStore, full: str, model: LoggedModel) -> str:
    """Give the version of a model in the registry.

    The same files are never registered twice: a second run gives the same version.
    """
    return _same_files(store, full, model.hashes) or _create(store, full, model)


def ensure_model(store: TrackingStore, full: str) -> None:
    """Make the entry of a predictor in the registry, unless it is there."""
    from mlflow.exceptions import MlflowException

    try:
        store.client.create_registered_model(full)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _same_files(
    store: TrackingStore, full: str, hashes: Mapping[str, str]
) -> str | None:
    found = store.client.search_model_versions(f"name = '{full}'")
    same = [int(v.version) for v in found if _hashes(v.tags) == hashes]
    return str(max(same)) if same else None


def _hashes(tags: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(HASH_TAG): value
        for key, value in tags.items()
        if key.startswith(HASH_TAG)
    }


def _create(store: TrackingStore, full: str, model: LoggedModel) -> str:
    ensure_model(store, full)
    with as_current(store):  # a model's address is looked up in the current store
        made = store.client.create_model_version(
            full,
            source=model.uri,
            run_id=model.run_id,
            model_id=model.model_id,
            tags={f"{HASH_TAG}{file}": sha for file, sha in model.hashes.items()},
        )
    return str(made.version)


def champion_version(client: Any, full: str) -> Any:
    """Find the version that MLflow calls champion; None without one."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(full, ALIAS)
    except MlflowException as error:
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise


def champion(project: Project, name: str) -> Champion:
    """Find the champion's files and verify them before anybody loads one.

    Returns:
        The version, and the folder that `Scorer.load` takes.

    Raises:
        DataError: There is no champion, or its files are gone.
        RefusedError: A file differs from what was registered.
    """
    mark = champion_mark(project, name)
    if mark is None:
        raise no_champion(name)
    return verified(project, name, mark)


def verified(project: Project, name: str, mark: ChampionMark) -> Champion:
    """Find the files of a version and verify them.

    Raises:
        DataError: Its files are gone.
        RefusedError: A file differs from what was registered.
    """
    home = mark.home or _fetch(project, name, mark.version)
    folder = home / "artifacts" / FOLDER
    _verify(name, mark.version, folder, mark.hashes)
    return Champion(mark.version, folder)


def _fetch(project: Project, name: str, version: str) -> Path:
    with as_current(open_store(project)):
        import mlflow
        from mlflow.exceptions import MlflowException

        address = f"models:/{model_name(project, name)}/{version}"
        try:
            return Path(mlflow.artifacts.download_artifacts(address))
        except (MlflowException, OSError) as error:
            raise _files_gone(name, version) from error


def no_champion(name: str) -> DataError:
    """Build the error for a predictor without a champion."""
    return DataError(
        f"predictors.{name}: there is no champion yet; run `ccml run train` (with "
        f"--force if it says unchanged), and read its findings if it refused the model."
    )


def _files_gone(name: str, version: str) -> DataError:
    return DataError(
        f"predictors.{name}: the files of version {version} are not where the registry "
        f"says; bring the workspace back to its place, or run `train --force`."
    )


def _verify(name: str, version: str, folder: Path, expected: dict[str, str]) -> None:
    if not folder.is_dir():
        raise _files_gone(name, version)
    found = file_hashes(folder)
    for file in sorted(set(expected) | set(found)):
        if expected.get(file) != found.get(file):
            raise RefusedError(
                f"predictors.{name}: {file} of version {version} is not what was "
                f"registered: expected sha256 {expected.get(file, 'no such file')}, "
                f"found {found.get(file, 'no such file')}; run `train --force`, and find "
                f"out who changed it."
            )


def champion_mark(project: Project, name: str) -> ChampionMark | None:
    """Tell which version is champion, without loading anything of it.

    The local store is asked by SQL, because importing MLflow takes seconds; where that
    fails, and for servers, MLflow itself is asked.
    """
    full = model_name(project, name)
    if project.config.tracking.uri is None:
        database = local_folder(project) / DATABASE
        if not database.is_file():
            return None
        with suppress(sqlite3.Error):  # tables unlike those known here: ask MLflow
            return _mark_by_sql(database, full)
    store = open_store(project)
    with quiet_mlflow():
        found = champion_version(store.client, full)
    return mark_of(found) if found else None


def mark_of(found: Any) -> ChampionMark:
    """Give the mark of a version as MLflow tells of it."""
    return ChampionMark(str(found.version), _hashes(found.tags))


def _mark_by_sql(database: Path, full: str) -> ChampionMark | None:
    address = f"{database.as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
        row = connection.execute(BY_ALIAS, (full, ALIAS)).fetchone()
        if row is None:
            return None
        tags = connection.execute(TAGS, (full, row[0])).fetchall()
    return ChampionMark(str(row[0]), _hashes(dict(tags)), _local_path(row[1]))


def _local_path(address: str | None) -> Path | None:
    parts = urlsplit(address or "")
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None
