"""Pipelines: plain Python files with one function `run(project)`."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ccml
from ccml.errors import ConfigError, unknown_name
from ccml.project import Project

Pipeline = Callable[[Project], dict[str, Any]]


def pipeline_folder(project: Project) -> Path:
    """Find the folder of pipelines: the project's own, or the one beside the source."""
    own = project.folder / "pipelines"
    beside_source = Path(ccml.__file__).resolve().parents[2] / "pipelines"
    return own if own.is_dir() else beside_source


def load_pipeline(project: Project, name: str) -> Pipeline:
    """Load `run` of pipelines/NAME.py.

    Raises:
        ConfigError: There is no such file.
    """
    folder = pipeline_folder(project)
    known = sorted(file.stem for file in folder.glob("*.py") if file.stem[0] != "_")
    if name not in known:
        raise unknown_name("pipeline", name, known, str(folder))
    file = folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"ccml_pipeline_{name}", file)
    if spec is None or spec.loader is None:  # pragma: no cover - a .py file has both
        raise unknown_name("pipeline", name, known, str(folder))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    work: Pipeline | None = getattr(module, "run", None)
    if work is None:
        raise ConfigError(f"{file}: no function `run(project)`; a pipeline needs one.")
    return work
