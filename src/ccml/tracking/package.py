"""Packs a scorer as an MLflow model: code, Booster text and JSON, with their hashes."""

import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ccml.engine.digest import sha256_file
from ccml.predictors.scorer import Scorer
from ccml.tracking.store import TrackingStore, as_current

FOLDER = "scorer"
REQUIREMENTS = ("ccml", "lightgbm", "mlflow", "numpy", "pandas", "scikit-learn")


@dataclass(frozen=True)
class LoggedModel:
    """A model in MLflow: where it is, the run that made it, and its files' hashes."""

    uri: str
    model_id: str
    run_id: str
    hashes: dict[str, str]


def log_scorer(
    store: TrackingStore, run_id: str, name: str, scorer: Scorer
) -> LoggedModel:
    """Store a scorer in a run.

    The requirements are given, because finding them out takes MLflow seconds.
    """
    with tempfile.TemporaryDirectory() as temporary, as_current(store):
        import mlflow

        folder = Path(temporary) / FOLDER
        folder.mkdir()
        scorer.save(folder)
        code = Path(__file__).with_name("scorer_model.py")
        with mlflow.start_run(run_id=run_id):
            info = mlflow.pyfunc.log_model(
                name=name,
                python_model=str(code),
                artifacts={FOLDER: str(folder)},
                pip_requirements=[f"{part}=={version(part)}" for part in REQUIREMENTS],
            )
        hashes = file_hashes(folder)
    return LoggedModel(info.model_uri, info.model_id, run_id, hashes)


def file_hashes(folder: Path) -> dict[str, str]:
    """Hash every file of a folder, by its path inside it."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): sha256_file(file) for file in files}
