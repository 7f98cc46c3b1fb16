"""The same project by DuckDB and by Spark, and what must be equal."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from builders import arrow, config_file

from ccml.engine.store import Table
from ccml.features.build import build_features
from ccml.labels.build import build_labels
from ccml.project import Project

TOLERANCE = 1e-9
KEYS = {
    "calls": ["call_id"],
    "identity_map": ["call_id"],
    "customers": ["customer_id", "valid_from"],
    "bills": ["event_id"],
}


def stored_project(
    folder: Path, world: Mapping[str, list[dict[str, Any]]], **changes: Any
) -> Project:
    """Make a project whose canonical tables are stored already."""
    folder.mkdir()
    project = Project.open(config_file(folder, **changes))
    store_tables(project, world)
    return project


def store_tables(
    project: Project, world: Mapping[str, list[dict[str, Any]]], mark: str = "given"
) -> None:
    """Store canonical tables as if a source had been read."""
    for name, rows in world.items():
        project.store.write(name, Table(arrow(name, rows), KEYS[name], "given"), mark)


def build_all(project: Project) -> list[str]:
    """Make all features and labels; give the names of their tables."""
    spines, predictors = project.config.spines, project.config.predictors
    for name in spines:
        build_features(project, name)
    labelled = [name for name, one in predictors.items() if one.spine]
    for name in labelled:
        build_labels(project, name)
    kinds = ("spine", "features", "catalogue")
    made = [f"{kind}__{name}" for name in spines for kind in kinds]
    return [*made, *(f"labels__{name}" for name in labelled)]


def copied(project: Project, folder: Path, *overrides: str) -> Project:
    """Copy a project with all its tables, to go on there by other settings."""
    shutil.copytree(project.folder, folder)
    return Project.open(folder / project.file.relative_to(project.folder), overrides)


def engine_overrides(engine: Mapping[str, Any]) -> list[str]:
    """Write an `engine` section as assignments."""
    import yaml

    given = {f"engine.{key}": value for key, value in engine.items()}
    return [
        f"{key}={yaml.safe_dump(value, default_flow_style=True).strip()}"
        if isinstance(value, dict)
        else f"{key}={value}"
        for key, value in given.items()
    ]


def require_same(one: Project, other: Project, names: Iterable[str]) -> None:
    """Check that stored tables are equal: rows and order, columns, types and values."""
    for name in names:
        left = one.store.read(name).to_pyarrow()
        right = other.store.read(name).to_pyarrow()
        assert left.schema == right.schema, name
        assert len(left) == len(right) > 0, name
        unequal = [
            column
            for column in left.column_names
            if not _is_same(left[column], right[column])
        ]
        assert unequal == [], name


def _is_same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(one.type):
        return bool(one.equals(other))
    if one.is_null().to_pylist() != other.is_null().to_pylist():
        return False
    numbers = [c.fill_null(0).to_numpy(zero_copy_only=False) for c in (one, other)]
    return bool(np.allclose(*numbers, rtol=TOLERANCE, atol=0, equal_nan=True))
