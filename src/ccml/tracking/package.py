"""Packs a scorer as an MLflow model: code, Booster text and JSON, with their hashes."""

import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ccml.engine.digest import sha256_file
from ccml.predictors.scorer import Scorer
from ccml.predictors.survival.hazard import FOLDER as SURVIVAL
from ccml.predictors.survival.hazard import HazardModel
from ccml.tracking.store import TrackingStore, as_current

FOLDER = "scorer"
OUTPUTS = ("raw_score", "probability")
REQUIREMENTS = ("ccml", "lightgbm", "mlflow", "numpy", "pandas", "scikit-learn")


@dataclass(frozen=True)
class LoggedModel:
    """A model in MLflow: where it is, the run that made it, and its files' hashes."""

    uri: str
    model_id: str
    run_id: str
    hashes: dict[str, str]


def log_scorer(
    store: TrackingStore,
    run_id: str,
    name: str,
    scorer: Scorer,
    survival: HazardModel | None = None,
) -> LoggedModel:
    """Store a scorer in a run, and the model of when it happens in a folder inside.

    The requirements are given, because finding them out takes MLflow seconds.
    """
    with tempfile.TemporaryDirectory() as temporary, as_current(store):
        import mlflow

        folder = Path(temporary) / FOLDER
        folder.mkdir()
        scorer.save(folder)
        if survival:
            survival.save(folder / SURVIVAL)
        code = Path(__file__).with_name("scorer_model.py")
        with mlflow.start_run(run_id=run_id):
            info = mlflow.pyfunc.log_model(
                name=name,
                python_model=str(code),
                artifacts={FOLDER: str(folder)},
                pip_requirements=[f"{part}=={version(part)}" for part in REQUIREMENTS],
                signature=_signature(),
                metadata={"features": {c.name: c.kind for c in scorer.encoder.codes}},
            )
        hashes = file_hashes(folder)
    return LoggedModel(info.model_uri, info.model_id, run_id, hashes)


def _signature() -> Any:
    """Tell what the model returns and which parameter it takes.

    The columns it needs stand in the metadata, not in the signature. MLflow enforces a
    signature before the model sees the frame, and that goes wrong in three ways: it turns
    a missing boolean of a request into false, refuses whole numbers where fractions are
    declared, and drops unknown columns, so that a renamed one cannot be named.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, DataType, ParamSchema, ParamSpec, Schema

    outputs = [ColSpec(DataType.double, name) for name in OUTPUTS]
    strict = ParamSpec("strict", DataType.boolean, default=False)
    return ModelSignature(outputs=Schema(outputs), params=ParamSchema([strict]))


def file_hashes(folder: Path) -> dict[str, str]:
    """Hash every file of a folder, by its path inside it."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): sha256_file(file) for file in files}
